"""Pairs and runs as the pages read them: which there are, and everything about one of them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ghviz import pretrained
from ghviz.metrics.table import measure
from ghviz.store import SECOND_BASELINE, Run, RunFolderError, find_runs, is_pair, open_run, pair_sides
from ghviz.store.layout import is_run
from ghviz.types import (
    ClassTable,
    GHSwitch,
    Measured,
    MetricTable,
    Points,
    Snapshot,
    Started,
    Step,
)

RUNS_VARIABLE = "GHVIZ_RUNS"
"""Names another folder for runs."""
Stamp = tuple[tuple[str, int, int], ...]


def runs_root() -> Path:
    """Where runs live: `GHVIZ_RUNS`, or `runs/` in the working directory."""
    return Path(os.environ.get(RUNS_VARIABLE) or "runs").absolute()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Something to open.

    Attributes:
        key: what stands in the page's address: a pretrained pair's name, or a folder.
        label: what to call it.
        text: what it shows; empty for own runs.
        command: command that makes it again; empty for own runs.
    """

    key: str
    label: str
    text: str = ""
    command: str = ""


def pretrained_choices() -> list[Choice]:
    """The pretrained pairs that can be opened.

    Raises:
        RunFolderError: their list is broken.
    """
    return [
        Choice(key=pair.name, label=pair.title, text=pair.text, command=pair.command)
        for pair in pretrained.pairs()
    ]


def own_choices(*, also: str = "") -> list[Choice]:
    """The visitor's own pairs that can be opened, newest first.

    Args:
        also: key of one more, such as a folder elsewhere that the page's address names.
    """
    found = []
    for summary in find_runs(runs_root()):
        if summary.kind == "pair" and summary.state.status not in ("empty", "broken"):
            found.append(Choice(key=str(summary.path), label=f"{summary.name} ({summary.state.status})"))
    if also and also not in {choice.key for choice in found} and (is_pair(Path(also)) or is_run(Path(also))):
        found.append(Choice(key=also, label=Path(also).name))
    return found


def folder_of(key: str) -> Path:
    """The folder that a key stands for; a pretrained pair's files are checked by their SHA-256.

    Raises:
        RunFolderError: nothing of that name, or files that were changed.
    """
    folder = Path(key).absolute()
    if not Path(key).is_absolute() and key in {pair.name for pair in pretrained.pairs()}:
        return pretrained.open_pair(key)
    if not (is_pair(folder) or is_run(folder)):
        raise RunFolderError(f"{folder} is gone: it was renamed, moved or deleted.")
    return folder


def stamp(folder: Path) -> Stamp:
    """What changes whenever a run in the folder has something new to show; cheap."""
    files = [run / "events.jsonl" for run in _sides(folder).values()] + [folder / "layouts.safetensors"]
    stats = [(path, path.stat()) for path in files if path.is_file()]
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in stats)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One run, read whole.

    Attributes:
        run: its folder.
        classes: names and counts.
        points: the fixed points of its snapshots.
        steps: (s,) steps of its drawable snapshots; rising.
        tables: (s,) metrics of these snapshots.
        losses: its step events.
        switches: flips of GH's switch.
        gh_starts_at: step at which GH's warm-up ends; None where it is not known.
    """

    run: Run
    classes: ClassTable
    points: Points
    steps: tuple[int, ...]
    tables: tuple[MetricTable, ...]
    losses: tuple[Step, ...]
    switches: tuple[GHSwitch, ...]
    gh_starts_at: int | None

    def snapshots(self) -> list[Snapshot]:
        """The drawable snapshots."""
        return [self.run.snapshot(step) for step in self.steps]

    def index_at(self, step: int) -> int:
        """Position of the last snapshot at or before `step`; of the first, where there is none before."""
        return max(0, int(np.searchsorted(self.steps, step, side="right")) - 1)

    def table_at(self, step: int) -> MetricTable:
        """Metrics of that snapshot."""
        return self.tables[self.index_at(step)]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What the Compare page shows.

    Attributes:
        folder: of the pair, or of a single run.
        sides: "base" and "gh", one of them for a single run; `SECOND_BASELINE`, one of another seed, if there
            is one that has come as far.
    """

    folder: Path
    sides: dict[str, Record]

    @property
    def shown(self) -> dict[str, Record]:
        """The sides that are drawn."""
        return {side: record for side, record in self.sides.items() if side != SECOND_BASELINE}

    @property
    def any_side(self) -> Record:
        """A side, for what all of them share."""
        return next(iter(self.shown.values()))

    @property
    def is_pair(self) -> bool:
        """Whether there are two sides to compare."""
        return len(self.shown) == 2

    @property
    def last_step(self) -> int:
        """The last step that a side has a snapshot of."""
        return max(record.steps[-1] for record in self.shown.values())


def read_comparison(folder: Path) -> Comparison:
    """Read a pair, or a single run as a pair without its other side.

    Raises:
        RunFolderError: not a run folder, broken, or without anything to draw yet.
    """
    sides = {side: read_record(path) for side, path in _sides(folder).items() if side != SECOND_BASELINE}
    if SECOND_BASELINE in _sides(folder):
        with suppress(RunFolderError):  # it may be about to begin, and the pair can be seen without it
            second = read_record(folder / SECOND_BASELINE)
            if second.steps[-1] >= sides["base"].steps[-1]:
                sides[SECOND_BASELINE] = second
    return Comparison(folder=folder, sides=sides)


def read_record(folder: Path) -> Record:
    """Read a run.

    Raises:
        RunFolderError: not a run folder, broken, or without anything to draw yet.
    """
    run = open_run(folder)
    classes, points = run.classes, run.points
    if classes is None or points is None:
        raise RunFolderError(f"{folder} has no data yet: its training has not begun.")
    events = run.events()
    started = next((event for event in events if isinstance(event, Started)), None)
    measured = {event.step: table_of(event, classes) for event in events if isinstance(event, Measured)}
    tables = []
    for step in run.snapshot_steps():
        table = measured.get(step) or measure(run.snapshot(step), points, classes)
        if np.isfinite(table.per_class["territory_share"]).any():  # what diverged cannot be drawn
            tables.append(table)
    if not tables:
        raise RunFolderError(f"{folder} has no snapshot that can be drawn yet.")
    return Record(
        run=run,
        classes=classes,
        points=points,
        steps=tuple(table.step for table in tables),
        tables=tuple(tables),
        losses=tuple(event for event in events if isinstance(event, Step)),
        switches=tuple(event for event in events if isinstance(event, GHSwitch)),
        gh_starts_at=gh_start(run, started),
    )


def gh_start(run: Run, started: Started | None) -> int | None:
    """The step at which GH's warm-up ends; None where the run has not begun."""
    return None if started is None else started.steps_per_epoch * run.config.gh_warm_up


def table_of(event: Measured, classes: ClassTable) -> MetricTable:
    """The table that an event carries; None becomes NaN."""
    nan = float("nan")
    return MetricTable(
        step=event.step,
        classes=classes,
        per_class={
            name: np.array([nan if v is None else v for v in values], dtype=np.float64)
            for name, values in event.per_class.items()
        },
        summary={name: nan if value is None else value for name, value in event.summary.items()},
    )


def _sides(folder: Path) -> dict[str, Path]:
    if is_pair(folder):
        return pair_sides(folder)
    return {"gh" if open_run(folder).config.gh == "on" else "base": folder}
