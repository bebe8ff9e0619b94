"""UMAP layouts of a pair: those that lie in its folder, or computed in the background of this process."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.app.pairs import Comparison
from ghviz.projections.umap import layout_arrays, layouts_from_arrays, umap_layouts
from ghviz.store import RunFolderError, read_layouts, write_layouts

Layouts = dict[str, dict[int, NDArray[np.float32]]]
SIDES = ("base", "gh")


@dataclass
class Job:
    """A computation going on in a thread.

    Attributes:
        total: layouts to make.
        done: layouts made.
        layouts: the result, once it is there.
        error: one sentence, if it failed.
    """

    total: int
    done: int = 0
    layouts: Layouts | None = None
    error: str = ""
    thread: threading.Thread | None = field(default=None, repr=False)


_jobs: dict[tuple[str, int], Job] = {}
_lock = threading.Lock()


def stored_layouts(comparison: Comparison) -> Layouts | None:
    """The layouts in the pair's folder; None where there are none, or not of its last snapshots.

    Raises:
        RunFolderError: the file is broken.
        ValueError: it holds something else.
    """
    arrays = read_layouts(comparison.folder)
    if arrays is None:
        return None
    layouts = layouts_from_arrays(arrays)
    ends = {side: record.steps[-1] for side, record in comparison.shown.items()}
    return layouts if all(end in layouts.get(side, {}) for side, end in ends.items()) else None


def layout_job(comparison: Comparison) -> Job:
    """The computation of a pair's layouts, started by the first who asks; later askers get the same."""
    key = (str(comparison.folder), comparison.last_step)
    with _lock:
        if key not in _jobs:
            job = Job(total=sum(len(record.steps) for record in comparison.shown.values()))
            job.thread = threading.Thread(target=_work, args=(job, comparison), daemon=True, name="umap")
            _jobs[key] = job
            job.thread.start()
        return _jobs[key]


def _work(job: Job, comparison: Comparison) -> None:
    """Lay out base first; GH starts at its first layout, so that both share their beginning."""
    found: Layouts = {}
    previous: NDArray[np.float32] | None = None
    before = 0
    try:
        for side in SIDES:
            record = comparison.shown[side]

            def report(done: int, _total: int, before: int = before) -> None:
                job.done = before + done

            snapshots = [snapshot.train for snapshot in record.snapshots()]
            drawn = umap_layouts(snapshots, previous=previous, progress=report)
            found[side] = dict(zip(record.steps, drawn, strict=True))
            previous = drawn[0] if previous is None else previous
            before += len(drawn)
    except (RunFolderError, ValueError, MemoryError, ImportError) as error:
        job.error = str(error)
        return
    job.layouts = found
    _keep(comparison.folder, found)


def _keep(folder: Path, layouts: Layouts) -> None:
    """Put them beside the runs for the next time; where that can't be done, memory has to do."""
    with suppress(RunFolderError):
        write_layouts(folder, layout_arrays(layouts))
