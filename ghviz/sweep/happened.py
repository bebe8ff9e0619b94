"""What happened when in the runs of a sweep: the moments of each, and how they come together over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ghviz.metrics import Moment, events_of, series_of
from ghviz.metrics.moments import Kind
from ghviz.store import RunFolderError, open_run
from ghviz.sweep.collect import Block, Switch
from ghviz.types import GHSwitch, Measured, Started

KINDS: Final[dict[Kind, str]] = {
    "merge": "Two class centres merge",
    "split": "Two class centres split",
    "rank-drop": "The effective rank drops",
    "head-overtakes": "A head class overtakes a tail class",
    "tail-overtakes": "A tail class overtakes a head class",
    "gh": "GH sets in or is switched",
}
"""What can happen, in words."""


@dataclass(frozen=True, kw_only=True)
class Happened:
    """One kind of moment, in the runs of one method without or with GH.

    Attributes:
        seeds: in how many it happened at least once.
        of: seeds that there are.
        times: how often in each of these, pair by pair of classes; median.
        step: of all these times; median. NaN, as `times`, where it never happened.
    """

    seeds: int
    of: int
    times: float
    step: float


@dataclass(frozen=True, kw_only=True)
class HappenedRow:
    """One kind of moment.

    Attributes:
        kind: which.
        cells: by method and GH.
    """

    kind: Kind
    cells: dict[tuple[str, Switch], Happened]


def run_moments(folder: Path) -> list[Moment]:
    """The moments of a run, found in its snapshots of the training points.

    Raises:
        RunFolderError: it has no snapshots, or they can't be read or make no sense.
    """
    run = open_run(folder)
    classes, points, steps, events = run.classes, run.points, run.snapshot_steps(), run.events()
    if classes is None or points is None or not steps:
        raise RunFolderError(f"{folder} has no snapshots to find moments in.")
    measured = {event.step: event.per_class for event in events if isinstance(event, Measured)}
    unknown: list[float | None] = [None] * len(classes.names)
    shares = [measured.get(step, {}).get("territory_share", unknown) for step in steps]
    started = next((event for event in events if isinstance(event, Started)), None)
    try:
        series = series_of(
            (run.snapshot(step).train for step in steps),
            points.train_labels,
            steps=steps,
            classes=classes,
            territory_share=np.array(shares, dtype=np.float64),  # None becomes NaN
        )
    except ValueError as error:
        raise RunFolderError(f"{folder} has snapshots without moments: {error}.") from error
    series = replace(
        series,
        switches=[(event.step, event.weight) for event in events if isinstance(event, GHSwitch)],
        initial_weight=run.config.initial_gh_weight,
        gh_starts_at=None if started is None else started.steps_per_epoch * run.config.gh_warm_up,
    )
    return events_of(series)


def happened(block: Block, moments: Mapping[Path, list[Moment]]) -> list[HappenedRow]:
    """How often and when each kind of moment came, over seeds; kinds that never came are left out.

    Args:
        block: runs that can be compared.
        moments: of its runs by folder; runs that are not in it don't count.
    """
    rows = []
    for kind in KINDS:
        cells = {}
        for key in block.keys:
            known = [moments[run.folder] for run in block.runs[key].values() if run.folder in moments]
            cells[key] = _over_seeds([[m for m in found if m.kind == kind] for found in known])
        if any(cell.seeds for cell in cells.values()):
            rows.append(HappenedRow(kind=kind, cells=cells))
    return rows


def _over_seeds(found: list[list[Moment]]) -> Happened:
    """Of the moments of one kind, seed by seed."""
    there = [moments for moments in found if moments]
    if not there:
        return Happened(seeds=0, of=len(found), times=float("nan"), step=float("nan"))
    steps = [np.repeat([m.step for m in moments], [m.count for m in moments]) for moments in there]
    return Happened(
        seeds=len(there),
        of=len(found),
        times=float(np.median([len(each) for each in steps])),
        step=float(np.median(np.concatenate(steps))),
    )
