"""What the runs of a sweep say together: tables as the field has them, and differences with their tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate import group_accuracy, groups_by_count, groups_by_rank
from ghviz.metrics import Moment
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.differences import Verdict, verdict
from ghviz.sweep.collect import Block, Collected, RunNumbers, Switch
from ghviz.sweep.happened import HappenedRow, happened
from ghviz.sweep.paired import SIGNIFICANT, Paired, Spread, holm, paired, spread
from ghviz.sweep.words import (
    counted,
    groups_text,
    how_measured,
    method_title,
    name_of,
    notes_of,
    run_title,
    shots_of,
    span,
    told_apart,
    unlike_settings,
)

Measure = Literal["linear_probe", "knn", "few_shot_1", "few_shot_5", "few_shot_10", "nearest"]
Grouping = Literal["auto", "rank", "count"]

MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
COLUMNS: Final = ("many", "medium", "few", "std", "average")
"""What a paper's table says of a run, in per cent."""
HEADLINES: Final = (
    "frequency_slope",
    "tail_gap",
    "tail_territory",
    "evenness",
    "tail_accuracy",
    "accuracy",
)
"""Metrics of the embedding whose differences are shown."""
_BY_COUNT: Final = ("imagenet-lt", "places-lt")
_SWITCHES: Final[tuple[Switch, Switch]] = ("off", "on")
Value = Callable[[RunNumbers], float]
"""What is compared of two runs."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a number differs between runs without and with GH.

    Attributes:
        paired: over the seeds that both have.
        p: of its test, corrected for all tests of its table (Holm).
        by_seed: the differences themselves.
    """

    paired: Paired
    p: float
    by_seed: dict[int, float]

    @property
    def verdict(self) -> Verdict:
        """What can be said of it, by the rule of all pages."""
        found = self.paired
        return verdict(found.mean, low=found.low, high=found.high, noise=found.noise)

    @property
    def uncertain(self) -> bool:
        """Whether it may be none: within seed noise, or without an interval that excludes 0."""
        return self.verdict != "clear"

    @property
    def starred(self) -> bool:
        """Whether it is significant at 5 %, and certain by its interval and by seed noise too."""
        return self.p < SIGNIFICANT and not self.uncertain


@dataclass(frozen=True, kw_only=True)
class PaperRow:
    """A method without or with GH.

    Attributes:
        title: such as "SimCLR + GH".
        cells: spread over seeds of every one of `COLUMNS`, in per cent.
        gain: of the average; None without GH, or where no seed has both runs.
    """

    title: str
    cells: dict[str, Spread]
    gain: Difference | None


@dataclass(frozen=True, kw_only=True)
class PaperTable:
    """Accuracy by frequency of the classes, as papers have it.

    Attributes:
        measure: how accuracy was measured.
        how: the same as a sentence.
        rows: methods, each without and with GH.
    """

    measure: Measure
    how: str
    rows: list[PaperRow]


@dataclass(frozen=True, kw_only=True)
class MetricRow:
    """A metric of the embedding, of one method.

    Attributes:
        key: of the metric.
        method: title of the method.
        base: without GH.
        gh: with GH.
        difference: with GH minus without.
        better: seeds on which GH is better; None where the metric does not say which way is good.
    """

    key: str
    method: str
    base: Spread
    gh: Spread
    difference: Difference
    better: int | None


@dataclass(frozen=True, kw_only=True)
class BlockReport:
    """Everything about runs that differ in method, GH and seed alone.

    Attributes:
        title: what they share.
        settings: in which they differ from other runs of the same preset in their folder; empty for none.
        size: how many runs, methods and seeds.
        groups: which classes are many, medium and few.
        papers: one table a way of measuring accuracy, where any run has it.
        metrics: of the embeddings, method by method.
        moments: what happened while they were trained, one a kind; none where it was not looked for.
        notes: what a reader must know, a sentence each.
    """

    title: str
    settings: str
    size: str
    groups: str
    papers: list[PaperTable]
    metrics: list[MetricRow]
    moments: list[HappenedRow]
    notes: list[str]


def block_report(
    block: Block,
    *,
    apart: str = "",
    settings: str = "",
    grouping: Grouping = "auto",
    moments: Mapping[Path, list[Moment]] | None = None,
) -> BlockReport:
    """Return tables and differences of runs that can be compared.

    Args:
        block: the runs.
        apart: what tells them apart from other runs of the same name.
        settings: all in which they differ from these.
        grouping: borders of Many, Medium and Few: by rank of frequency, by count of images, or what is usual
            for the data set.
        moments: of the runs by folder; None: not looked for.
    """
    numbers = block.numbers
    rank = goes_by_rank(block, grouping)
    seeds = sorted({run.config.seed for run in numbers})
    titles = " and ".join(method_title(method) for method in block.methods)
    name = ", ".join(filter(None, [name_of(block.config), apart]))
    papers = [_paper(block, measure, rank) for measure in MEASURES if _has(numbers, measure)]
    return BlockReport(
        title=f"{name}: {titles}, {counted(len(seeds), 'seed')}",
        settings=settings,
        size=f"{counted(len(numbers), 'run')}, {counted(len(seeds), 'seed')} ({span(seeds)})",
        groups=groups_text(numbers[0], rank),
        papers=papers,
        metrics=_metrics(block),
        moments=happened(block, moments or {}),
        notes=notes_of(block),
    )


def block_reports(
    collection: Collected,
    *,
    grouping: Grouping = "auto",
    moments: Mapping[Path, list[Moment]] | None = None,
) -> list[BlockReport]:
    """Return a report for each group of runs of a folder, under a name of its own; see `block_report`."""
    configs = [block.config for block in collection.blocks]
    return [
        block_report(block, apart=apart, settings=", ".join(unlike), grouping=grouping, moments=moments)
        for block, apart, unlike in zip(
            collection.blocks, told_apart(configs), unlike_settings(configs), strict=True
        )
    ]


def goes_by_rank(block: Block, grouping: Grouping) -> bool:
    """Whether Many, Medium and Few go by rank of frequency, not by count of images."""
    return grouping == "rank" or (grouping == "auto" and block.config.dataset not in _BY_COUNT)


def run_values(run: RunNumbers, measure: Measure, *, by_rank: bool) -> dict[str, float]:
    """`COLUMNS` of one run in per cent; NaN where it was not measured that way."""
    values = per_class(run, measure)
    if values is None:
        return dict.fromkeys(COLUMNS, float("nan"))
    counts = np.asarray(run.classes.counts)
    if len(counts) < 3:  # three groups need three classes
        average = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        return {**dict.fromkeys(COLUMNS, float("nan")), "average": 100 * average}
    accuracy = group_accuracy(100 * values, groups_by_rank(counts) if by_rank else groups_by_count(counts))
    return {column: getattr(accuracy, column) for column in COLUMNS}


def per_class(run: RunNumbers, measure: Measure) -> NDArray[np.float64] | None:
    """(L,) accuracies of a run, 0 .. 1; None where it was not measured that way."""
    if measure == "nearest":
        return run.nearest if np.isfinite(run.nearest).any() else None
    record = run.evaluation
    if record is None:
        return None
    if measure == "linear_probe":
        values = record.linear_probe
    elif measure == "knn":
        values = record.knn
    elif not (values := record.few_shot.get(shots_of(measure), [])):
        return None
    return np.array([np.nan if value is None else value for value in values])


def _paper(block: Block, measure: Measure, by_rank: bool) -> PaperTable:
    values = {
        key: {seed: run_values(run, measure, by_rank=by_rank) for seed, run in by_seed.items()}
        for key, by_seed in block.runs.items()
    }
    gains = _differences(block, {"average": lambda run: run_values(run, measure, by_rank=by_rank)["average"]})
    rows = []
    for method in block.methods:
        for gh in _SWITCHES:
            by_seed = values.get((method, gh))
            if not by_seed:
                continue
            cells = {column: spread([each[column] for each in by_seed.values()]) for column in COLUMNS}
            title = run_title(method, gh)
            gain = gains.get((method, "average")) if gh == "on" else None
            rows.append(PaperRow(title=title, cells=cells, gain=gain))
    return PaperTable(measure=measure, how=how_measured(block, measure), rows=rows)


def _metrics(block: Block) -> list[MetricRow]:
    rows = []
    for (method, key), difference in _differences(block, {key: _summary(key) for key in HEADLINES}).items():
        base, gh = (
            {seed: _summary(key)(run) for seed, run in block.runs[method, switch].items()}
            for switch in _SWITCHES
        )
        rows.append(
            MetricRow(
                key=key,
                method=method_title(method),
                base=spread(list(base.values())),
                gh=spread(list(gh.values())),
                difference=difference,
                better=_better(key, base, gh),
            )
        )
    return rows


def _summary(key: str) -> Value:
    return lambda run: run.summary.get(key, float("nan"))


def _differences(block: Block, values: dict[str, Value]) -> dict[tuple[str, str], Difference]:
    """Differences of numbers by method and name, of those that a seed has with and without GH.

    They are the tests of one table: their p values are corrected together.
    """
    found: dict[tuple[str, str], tuple[Paired, dict[int, float]]] = {}
    for method in block.methods:
        base, gh = (block.runs.get((method, switch), {}) for switch in _SWITCHES)
        seeds = sorted(base.keys() & gh.keys())
        for name, value in values.items():
            before, after = [value(base[seed]) for seed in seeds], [value(gh[seed]) for seed in seeds]
            difference = paired(before, after)
            if difference.seeds:
                by_seed = {s: b - a for s, a, b in zip(seeds, before, after, strict=True)}
                found[method, name] = difference, by_seed
    corrected = holm([difference.p for difference, _ in found.values()])
    return {
        key: Difference(paired=difference, p=p, by_seed=by_seed)
        for (key, (difference, by_seed)), p in zip(found.items(), corrected, strict=True)
    }


def _better(key: str, base: dict[int, float], gh: dict[int, float]) -> int | None:
    """On how many seeds GH is better by more than what tables round off."""
    info = METRICS[key]
    if info.better == "neither":
        return None
    least = 0.5 * 10.0**-info.digits
    return sum(info.gain(base[seed], gh[seed]) > least for seed in base.keys() & gh.keys())


def _has(numbers: list[RunNumbers], measure: Measure) -> bool:
    return any(per_class(run, measure) is not None for run in numbers)
