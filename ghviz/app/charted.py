"""Metrics on their way into a chart: shares become per cent, switches become marks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from ghviz.app.pairs import Record
from ghviz.figures.series import Curve, Label, Mark, Track, metric_curve, switch_marks
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.types import MetricTable

CURVES: Final = ("tail_territory", "tail_gap", "frequency_slope", "tail_accuracy")
"""The numbers shown over steps."""
BARS: Final = (
    "territory_share",
    "nearest_center_angle",
    "nearest_neighbor_accuracy",
    "mean_resultant_length",
    "class_uniformity",
    "class_alignment",
)
"""The numbers shown per class."""


def label(info: MetricInfo) -> Label:
    """What a chart's axis says."""
    if info.percent:
        return Label(title=info.title, unit="%", digits=max(0, info.digits - 2))
    return Label(title=info.title, unit=info.unit, digits=info.digits)


def curve(key: str, base: tuple[MetricTable, ...], gh: tuple[MetricTable, ...]) -> Curve:
    """A summary metric over the snapshots of both sides; either may be empty."""
    info = METRICS[key]
    drawn = metric_curve(key, label(info), base, gh)
    if not info.percent:
        return drawn
    return replace(drawn, base=_in_percent(drawn.base), gh=_in_percent(drawn.gh))


def is_measured(key: str, base: tuple[MetricTable, ...], gh: tuple[MetricTable, ...]) -> bool:
    """Whether any snapshot of a side has this number."""
    return any(math.isfinite(table.summary.get(key, math.nan)) for table in (*base, *gh))


def per_class(table: MetricTable, key: str) -> MetricTable:
    """The table with one metric as a chart shows it."""
    factor = 100 if METRICS[key].percent else 1
    return replace(table, per_class={key: table.per_class[key] * factor})


def marks(record: Record | None) -> list[Mark]:
    """The steps to point out: GH's switches and the end of its warm-up, if it was reached."""
    if record is None:
        return []
    return switch_marks(record.switches, warm_up_step=reached(record.gh_starts_at, record.steps[-1]))


def reached(gh_starts_at: int | None, step: int) -> int | None:
    """The end of GH's warm-up, if there is a warm-up and it is over."""
    return gh_starts_at if gh_starts_at and gh_starts_at <= step else None


def _in_percent(track: Track | None) -> Track | None:
    return None if track is None else replace(track, values=track.values * 100)
