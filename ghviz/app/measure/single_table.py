"""A single run's numbers class by class, head to tail: as a table, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ghviz.app.measure.borders import Borders
from ghviz.app.measure.class_table import ClassFacts, booktabs, class_facts, embeddings_of
from ghviz.app.measure.rounding import in_full
from ghviz.figures.latex import escaped
from ghviz.metrics.catalog import MetricInfo
from ghviz.types import Certainty, MetricTable


@dataclass(frozen=True, kw_only=True)
class Row(ClassFacts):
    """A class of a single run.

    Attributes:
        value: of the metric; NaN where there is none.
        interval: its 95 % interval; NaN where there is none.
        reason: why there is no value; empty where there is.
    """

    value: float
    interval: tuple[float, float]
    reason: str


def rows_of(table: MetricTable, key: str, borders: Borders | None = None) -> list[Row]:
    """The classes from head to tail, grouped by rank unless other borders are given."""
    return [
        Row(
            **facts,
            value=float(table.per_class[key][c]),
            interval=_ends(table.certainty.get(key), c),
            reason=table.reasons[key][c],
        )
        for c, facts in enumerate(class_facts(table, key, borders))
    ]


def run_csv(table: MetricTable, keys: Iterable[str], borders: Borders | None = None) -> str:
    """Metrics of every class, and those with one value, a line each, numbers in full.

    Args:
        table: of the run.
        keys: names of metrics.
        borders: of the groups; None: by rank.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["metric", "class", "training_samples", "measured_samples", "group", "value", "low", "high"]
    writer.writerow([*header, "embeddings", "corrected", "reason"])
    for key in keys:
        on = [embeddings_of(key, table), "yes" if key in table.corrected else "no"]
        for row in rows_of(table, key, borders) if key in table.per_class else []:
            writer.writerow([key, *row.in_csv, *in_full(row.value, *row.interval), *on, row.reason])
        if key in table.summary:
            ends = _ends(table.summary_certainty.get(key))
            writer.writerow([key, "", "", "", "", *in_full(table.summary[key], *ends), *on, ""])
    return text.getvalue()


def run_latex(rows: Sequence[Row], info: MetricInfo, *, remarks: Sequence[str] = ()) -> str:
    """The table of one metric, with booktabs.

    Args:
        rows: of the table.
        info: the metric.
        remarks: what must be said of all its numbers.
    """
    cells = [
        [
            *row.in_latex,
            escaped(info.format(row.value)),
            f"[{', '.join(escaped(info.format(end)) for end in row.interval)}]"
            if all(map(math.isfinite, row.interval))
            else "",
        ]
        for row in rows
    ]
    return booktabs(info, ["Value", r"95\,\%"], cells, remarks=remarks, needs=("booktabs",))


def _ends(certainty: Certainty | None, *place: int) -> tuple[float, float]:
    if certainty is None:
        return math.nan, math.nan
    return float(certainty.low[place]), float(certainty.high[place])
