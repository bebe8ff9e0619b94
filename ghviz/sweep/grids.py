"""The tables of a report as words, ready for Markdown, LaTeX and the screen."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from ghviz.metrics.catalog import METRICS, MetricInfo, rounded
from ghviz.metrics.meetings import APART_ABOVE, MERGED_BELOW
from ghviz.metrics.moments import RANK_FALL
from ghviz.metrics.overtakings import OVERTAKES_BY, SURE_BY
from ghviz.sweep.happened import KINDS, Happened, HappenedRow
from ghviz.sweep.paired import BASELINES, NEEDED, Spread, seeds_for_a_star
from ghviz.sweep.report import BlockReport, Difference, MetricRow, PaperRow, PaperTable
from ghviz.sweep.words import run_title

TITLES: Final = {"many": "Many", "medium": "Med", "few": "Few", "std": "Std", "average": "Avg"}
STAR: Final = "*"
NOTHING: Final = "–"
TOO_FEW: Final = "too few seeds to know"
"""Said in place of seed noise that is not known."""
NO_INTERVAL: Final = f"too few seeds for an interval, which takes {NEEDED}"
"""Said where seed noise is known and an interval is not."""
MEASURE_TITLES: Final = {
    "linear_probe": "Linear probe",
    "knn": "k-nearest neighbours on features",
    **{f"few_shot_{k}": f"Few-shot, {k} sample{'s' * (k > 1)} a class" for k in (1, 5, 10)},
    "nearest": "1-nearest neighbour on embeddings",
}
MOMENTS_TITLE: Final = "What happened when"
LEGEND: Final = (
    "Mean ± sample standard deviation over seeds. Gain and difference: mean over the seeds that have both "
    "runs, with GH minus without; in brackets the 95 % interval of a paired bootstrap over seeds, where "
    f"there are at least {NEEDED} of them (from 5 it covers the truth some 92 % of the time, from 8 on 95 %; "
    "less where differences are skewed). Seed noise: how far the same mean would lie from 0, in 95 % "
    "of cases, if all that differed were the seeds: runs without GH against others without GH, of which it "
    f"takes {BASELINES} at least; (within): the difference is no larger. p: of a two-sided sign-flip test "
    "over seeds, not corrected. "
    f"{STAR}: p < 0.05 also when corrected for all tests of the table (Holm), an interval that excludes 0, "
    f"and beyond seed noise; from fewer than {seeds_for_a_star(1)} seeds there can be none. Metrics of the "
    "embedding are plain, as recorded while training: not corrected for small classes, which the Measure "
    "page does."
)
"""What all tables have in common."""
GREY: Final = "Grey: within seed noise, or without an interval that excludes 0; nothing grey has a star."
"""What tables in colour have in common besides."""


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: what it says.
        uncertain: of a difference, whether it may be none; None for other numbers.
    """

    text: str
    uncertain: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table in words.

    Attributes:
        title: a few words.
        caption: what the numbers are, beyond `LEGEND`.
        header: of the columns.
        rows: of cells; as long as the header.
        breaks: rows before which a line separates methods.
    """

    title: str
    caption: str
    header: list[str]
    rows: list[list[Cell]]
    breaks: list[int] = field(default_factory=list)


def grids(report: BlockReport) -> list[Grid]:
    """Every table of a report."""
    found = [paper_grid(table, report.groups) for table in report.papers]
    if report.metrics:
        found.append(metric_grid(report.metrics))
    if report.moments:
        found.append(moments_grid(report.moments))
    return found


def paper_grid(table: PaperTable, groups: str) -> Grid:
    """The table that papers have: Many, Med, Few, Std, Avg, Gain."""
    gains = [row.gain for row in table.rows if row.gain is not None]
    return Grid(
        title=f"{MEASURE_TITLES[table.measure]}, accuracy in per cent",
        caption=f"{table.how} {groups} Std: sample standard deviation over the three groups, less is more "
        f"even. Gain: of Avg.{_star_text(gains)}",
        header=["Method", *TITLES.values(), "Gain", "Seed noise", "p", "Seeds"],
        rows=[_paper_cells(row) for row in table.rows],
        breaks=[i for i, row in enumerate(table.rows) if i and not row.title.endswith(" + GH")],
    )


def metric_grid(rows: list[MetricRow]) -> Grid:
    """Metrics of the embedding without and with GH, and their differences."""
    return Grid(
        title="What GH changes in the embedding",
        caption="At the last snapshot, of the long-tailed training embeddings (accuracies: of balanced test "
        "embeddings among them). Better: seeds on which GH is better by more than is rounded off."
        f"{_star_text([row.difference for row in rows])}",
        header=["Method", "Metric", "Without", "With GH", "Difference", "Seed noise", "p", "Better"],
        rows=[_metric_cells(row) for row in rows],
        breaks=[i for i in range(1, len(rows)) if rows[i].method != rows[i - 1].method],
    )


def moments_grid(rows: list[HappenedRow]) -> Grid:
    """What happened while the runs were trained: kinds of moments by method."""
    return Grid(
        title=MOMENTS_TITLE,
        caption="In how many seeds it happened; how often in each of these, every pair of classes counted, "
        "and at which step (medians). A step is that of the first snapshot that shows it. Two centres are "
        f"one from {MERGED_BELOW:g} degrees down, and two again from {APART_ABOVE:g} up; the effective rank "
        f"drops when {100 * RANK_FALL:g} % of its highest value are gone; a class overtakes another when its "
        f"share of the sphere is {100 * OVERTAKES_BY:g} % larger, and in more than three dimensions by "
        f"{SURE_BY:g} standard errors or more (the more pairs and snapshots, the more), after it was as much "
        "smaller. "
        "Centres are corrected for small classes; those of fewer than three samples take no part.",
        header=["Moment", *(run_title(*key) for key in rows[0].cells)],
        rows=[[Cell(KINDS[row.kind]), *map(_happened_cell, row.cells.values())] for row in rows],
    )


def number(value: float, digits: int, *, signed: bool = False) -> str:
    """A number with its digits and a true minus; a dash where there is none.

    >>> number(-0.04, 1, signed=True), number(float("nan"), 1)
    ('0.0', '–')
    """
    if not math.isfinite(value):
        return NOTHING
    shown = rounded(value, digits)
    return f"{shown:{'+' if signed and shown else ''}.{digits}f}".replace("-", "−")


def with_spread(found: Spread, digits: int, *, scale: float = 1.0) -> str:
    """Mean ± sd; the mean alone where there is a single seed."""
    mean = number(scale * found.mean, digits)
    return mean if not math.isfinite(found.sd) else f"{mean} ± {number(scale * found.sd, digits)}"


def difference_text(difference: Difference, digits: int, *, scale: float = 1.0) -> str:
    """Mean difference, star, and interval where there is one."""
    paired = difference.paired
    text = number(scale * paired.mean, digits, signed=True) + (STAR if difference.starred else "")
    if not math.isfinite(paired.low):
        return text
    ends = (number(scale * end, digits, signed=True) for end in (paired.low, paired.high))
    return f"{text} [{', '.join(ends)}]"


def noise_text(difference: Difference, digits: int, *, scale: float = 1.0) -> str:
    """What seeds alone do, and whether that is as much as the difference.

    >>> from ghviz.sweep.paired import paired
    >>> noise_text(Difference(paired=paired([0, 9], [1, 2]), p=1.0, by_seed={}), 1)
    'too few seeds to know'
    """
    if not math.isfinite(difference.paired.noise):
        return TOO_FEW
    band = number(scale * difference.paired.noise, digits)
    return f"±{band} (within)" if difference.paired.within_noise else f"±{band}"


def p_text(difference: Difference) -> str:
    """The p value of the test alone, not corrected.

    >>> from ghviz.sweep.paired import paired
    >>> p_text(Difference(paired=paired([0, 0], [1, 2]), p=1.0, by_seed={}))
    '0.500'
    """
    p = difference.paired.p
    if not math.isfinite(p):
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _star_text(differences: list[Difference]) -> str:
    """Why a table can't have a star, where it can't."""
    seeds = max((each.paired.seeds for each in differences), default=0)
    tests = sum(math.isfinite(each.p) for each in differences)
    if not tests or seeds >= (needed := seeds_for_a_star(tests)):
        return ""
    of = "one test" if tests == 1 else f"{tests} tests"
    return f" With {of} a star takes {needed} seeds at least."


def _paper_cells(row: PaperRow) -> list[Cell]:
    cells = [Cell(row.title), *(Cell(with_spread(row.cells[column], 1)) for column in TITLES)]
    seeds = Cell(str(row.cells["average"].seeds))
    if row.gain is None:
        return [*cells, Cell(""), Cell(""), Cell(""), seeds]
    gain = Cell(difference_text(row.gain, 1), uncertain=row.gain.uncertain)
    return [*cells, gain, Cell(noise_text(row.gain, 1)), Cell(p_text(row.gain)), seeds]


def _metric_cells(row: MetricRow) -> list[Cell]:
    info = METRICS[row.key]
    digits, scale = digits_and_scale(info)
    unit = " (%)" if info.percent else f" ({info.unit})" if info.unit else ""
    better = NOTHING if row.better is None else f"{row.better}/{row.difference.paired.seeds}"
    return [
        Cell(row.method),
        Cell(info.title + unit),
        Cell(with_spread(row.base, digits, scale=scale)),
        Cell(with_spread(row.gh, digits, scale=scale)),
        Cell(difference_text(row.difference, digits, scale=scale), uncertain=row.difference.uncertain),
        Cell(noise_text(row.difference, digits, scale=scale)),
        Cell(p_text(row.difference)),
        Cell(better),
    ]


def _happened_cell(found: Happened) -> Cell:
    if not found.of:
        return Cell(NOTHING)
    times = "once" if found.times == 1 else f"{found.times:g} times"
    when = f": {times}, step {found.step:,.0f}" if found.seeds else ""
    return Cell(f"{found.seeds}/{found.of}{when}")


def digits_and_scale(info: MetricInfo) -> tuple[int, float]:
    """Digits after the point, and what shares are multiplied by: one more digit than a sentence has."""
    return (info.digits - 1, 100.0) if info.percent else (info.digits, 1.0)
