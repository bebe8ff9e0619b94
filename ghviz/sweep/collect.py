"""What lies in a sweep's folder: runs as numbers, those that can be compared together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.ssl.registry import METHODS
from ghviz.store import SECOND_BASELINE, Run, RunFolderError, find_runs, is_pair, open_run
from ghviz.sweep.evaluation_file import EvaluationRecord, read_evaluation
from ghviz.sweep.plan import comparable
from ghviz.types import IMPORTED, ClassTable, Measured, RunConfig

Switch = Literal["off", "on"]


@dataclass(frozen=True, kw_only=True)
class RunNumbers:
    """A finished run in numbers.

    Attributes:
        folder: where it lies.
        config: what was trained.
        classes: names and training counts, head to tail.
        summary: metrics of its last snapshot by name; NaN where there is none.
        nearest: (L,) 1-NN accuracy of test embeddings among the long-tailed training embeddings, 0 .. 1.
        evaluation: of its features; None where it was not made yet.
    """

    folder: Path
    config: RunConfig
    classes: ClassTable
    summary: dict[str, float]
    nearest: NDArray[np.float64]
    evaluation: EvaluationRecord | None


@dataclass(frozen=True, kw_only=True)
class Block:
    """Finished runs that differ in method, GH and seed alone.

    Attributes:
        config: of one of them.
        runs: by (method, GH), then by seed.
    """

    config: RunConfig
    runs: dict[tuple[str, Switch], dict[int, RunNumbers]]

    @property
    def methods(self) -> list[str]:
        """The methods, in the order of the registry."""
        there = {method for method, _ in self.runs}
        return [name for name in METHODS if name in there] + sorted(there - set(METHODS))

    @property
    def keys(self) -> list[tuple[str, Switch]]:
        """Methods without and with GH, of which there are runs, in order."""
        keys: list[tuple[str, Switch]] = [(m, gh) for m in self.methods for gh in ("off", "on")]
        return [key for key in keys if self.runs.get(key)]

    @property
    def numbers(self) -> list[RunNumbers]:
        """All runs, by method and seed, without GH first."""
        return [self.runs[key][seed] for key in self.keys for seed in sorted(self.runs[key])]


@dataclass(frozen=True, kw_only=True)
class Collected:
    """A sweep's folder as read.

    Attributes:
        folder: it.
        blocks: finished runs; the largest block first.
        left_out: name and reason of every run that is in no block.
        running: how many of these are being trained.
        failed: how many of these failed, or can't be read.
    """

    folder: Path
    blocks: list[Block] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    running: int = 0
    failed: int = 0


def run_folders(folder: Path) -> list[Path]:
    """All runs below a folder, sides of pairs one by one, by path; second baselines are no part of a sweep.

    Raises:
        RunFolderError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunFolderError(f"there is no folder {folder}")
    found: list[Path] = []
    for summary in find_runs(folder):
        sides = {side: path for side, path in summary.sides.items() if side != SECOND_BASELINE}
        found += sides.values() or [summary.path]
    return sorted(found)


def collected(folder: Path) -> Collected:
    """Read all runs below a folder.

    Raises:
        RunFolderError: there is no such folder, or no run in it.
    """
    folders = run_folders(folder)
    if not folders:
        raise RunFolderError(f"{folder} holds no runs: fill it with python -m ghviz sweep --out {folder}")
    blocks: dict[str, Block] = {}
    left_out: dict[str, str] = {}
    running = failed = 0
    for path in folders:
        name = path.relative_to(folder).as_posix()
        try:
            run = open_run(path)
            reason = _unfit(run)
            status = run.state().status
        except RunFolderError as error:
            left_out[name] = str(error)
            failed += 1
            continue
        running += status == "running"
        failed += status == "broken"
        if reason:
            left_out[name] = reason
            continue
        config = run.config
        block = blocks.setdefault(comparable(config), Block(config=config, runs={}))
        by_seed = block.runs.setdefault((config.method, config.gh), {})
        if config.seed in by_seed:
            twin = by_seed[config.seed].folder.relative_to(folder).as_posix()
            left_out[name] = f"Is the same run as {twin}."
            continue
        try:
            by_seed[config.seed] = run_numbers(run)
        except RunFolderError as error:
            left_out[name] = str(error)
    whole = [block for block in blocks.values() if any(block.runs.values())]
    return Collected(
        folder=folder,
        blocks=sorted(whole, key=lambda block: -len(block.numbers)),
        left_out=left_out,
        running=running,
        failed=failed,
    )


def unevaluated(collection: Collected) -> Iterator[Path]:
    """Finished runs whose features were not evaluated yet."""
    for block in collection.blocks:
        for run in block.numbers:
            if run.evaluation is None:
                yield run.folder


def run_numbers(run: Run) -> RunNumbers:
    """The numbers of a finished run.

    Raises:
        RunFolderError: it has none, or a file of it is broken.
    """
    classes = run.classes
    last = next((event for event in reversed(run.events()) if isinstance(event, Measured)), None)
    if classes is None or last is None:
        raise RunFolderError(f"{run.folder} has no measured snapshot.")
    nearest = last.per_class.get("nearest_neighbor_accuracy", [None] * len(classes.names))
    return RunNumbers(
        folder=run.folder,
        config=run.config,
        classes=classes,
        summary={key: np.nan if value is None else value for key, value in last.summary.items()},
        nearest=np.array([np.nan if value is None else value for value in nearest]),
        evaluation=read_evaluation(run.folder),
    )


def _unfit(run: Run) -> str:
    """Why a run can't be compared with others; empty where it can."""
    state = run.state()
    if run.config.preset == IMPORTED:
        return _imported(run.folder)
    if state.status != "finished":
        return state.message
    if run.switches():
        return "GH was switched by hand while it trained."
    return ""


def _imported(folder: Path) -> str:
    """Why an imported run is in no block, and where a pair of them is compared."""
    why = "Was imported: it has no training settings and no seed by which to group it with other runs"
    pair = folder.parent
    there = f"; Compare, Measure and python -m ghviz metrics {pair} show the pair" if is_pair(pair) else ""
    return f"{why}{there}."
