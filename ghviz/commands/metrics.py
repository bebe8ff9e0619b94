"""`metrics`: the numbers of runs, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ghviz.commands.measured import Shown, Wish, measured_pair, table_at
from ghviz.commands.metric_records import write_csv, write_json
from ghviz.commands.metric_text import plain_text, text_with_intervals
from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.material import Resampling
from ghviz.metrics.table import EVERYTHING
from ghviz.store import is_pair, open_run, pair_sides

_EXAMPLE = "python -m ghviz metrics runs/digits-7 --intervals"
_MORE = """\
Without --intervals each run stands for itself. With it, a pair's sides stand side by side with their paired
difference, its interval, what two seeds differ by (where there is a second baseline) and a verdict: clear,
uncertain (the interval holds 0, or there is none), or within seed noise. Metrics of class centres are then
corrected for the scatter of the centres of small classes, and the output names them.

"""


@dataclass(frozen=True)
class MetricsArguments:
    """Metrics of the last snapshot (or of a step) of runs and pairs."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Run or pair folders."""
    format: Literal["table", "json", "csv"] = "table"
    """How to print them."""
    step: int | None = None
    """The snapshot at or before this step; None: the last."""
    metrics: Annotated[str, tyro.conf.arg(metavar="NAMES")] = "recorded"
    """Names with commas between, all, or recorded: those that are measured while a run trains."""
    embeddings: Literal["train", "test"] = "train"
    """Long-tailed training embeddings or balanced test embeddings; accuracies always ask the test embeddings
    for their nearest training embedding."""
    intervals: bool = False
    """With intervals, and of a pair with differences."""
    draws: Annotated[int, tyro.conf.arg(metavar="N")] = Resampling().draws
    """Bootstrap replicates that intervals are made from, at least 100."""
    level: float = 0.95
    """Of the intervals, between 0 and 1."""
    seed: int = 0
    """Draws the replicates."""


def metrics(arguments: list[str]) -> int:
    """Print the metrics of runs."""
    asked = parse(
        MetricsArguments,
        arguments,
        command="metrics",
        example=_EXAMPLE,
        more=_MORE + "Metrics: " + ", ".join(METRICS),
    )
    if not asked.folders:
        raise BadArgumentsError("metrics needs at least one run or pair folder")
    wish = _wish(asked)
    shown = [each for folder in asked.folders for each in _shown(folder, wish)]
    if asked.format == "json":
        write_json(shown, intervals=asked.intervals)
    elif asked.format == "csv":
        write_csv(shown, intervals=asked.intervals)
    else:
        for each in shown:
            print(text_with_intervals(each, asked.level) if asked.intervals else _plain(each))
    return 0


def _wish(asked: MetricsArguments) -> Wish:
    """What is asked for.

    Raises:
        BadArgumentsError: a name that is no metric, or a number out of range.
    """
    if asked.draws < 100:
        raise BadArgumentsError(f"--draws must be at least 100, got {asked.draws}")
    if not 0 < asked.level < 1:
        raise BadArgumentsError(f"--level must lie between 0 and 1, got {asked.level:g}")
    if asked.seed < 0:
        raise BadArgumentsError(f"--seed must be at least 0, got {asked.seed}")
    how = Resampling(draws=asked.draws, seed=asked.seed, level=asked.level) if asked.intervals else None
    return Wish(step=asked.step, metrics=_names(asked.metrics), embeddings=asked.embeddings, resampling=how)


def _names(text: str) -> tuple[str, ...] | None:
    if text in ("all", "recorded"):
        return EVERYTHING if text == "all" else None
    names = tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in METRICS]
    if unknown:
        raise BadArgumentsError(
            f"--metrics must be all, recorded or names among {', '.join(METRICS)}, got {', '.join(unknown)}"
        )
    return names


def _shown(folder: Path, wish: Wish) -> list[Shown]:
    """What is printed of a folder: one for a run; two of a pair, or with intervals one."""
    if is_pair(folder) and wish.resampling is not None:
        return [measured_pair(folder, wish)]
    paths = pair_sides(folder).values() if is_pair(folder) else [folder]
    return [
        Shown(name=str(path), tables={str(path): table_at(open_run(path), wish.step, wish)}) for path in paths
    ]


def _plain(shown: Shown) -> str:
    return plain_text(shown.name, shown.table)
