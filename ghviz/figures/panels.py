"""What the charts on the screen and those on paper have in common: order, titles, ranges, ticks, marks.

`ghviz.figures.charts` (Plotly) and `ghviz.figures.plates` (Matplotlib) draw these; neither decides any of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.figures.measure_series import log_ticks
from ghviz.figures.series import Curve, Mark, MetricText, Track, axis_title, side_title
from ghviz.types import ClassTable, MetricTable

EVEN: Final = "even"
"""What is written at the line of an even share."""
_PAD: Final = 0.06  # of the spread of the values, left free below and above them
_MARK_ROOM: Final = 0.85  # of the same, above them where labels of marks stand
_MOST_TICKS: Final = 5  # of a logarithmic axis
_MANY_POINTS: Final = 3000  # beyond it the points of a plane are drawn smaller


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of a chart.

    Attributes:
        title: name and unit; empty where another chart's axis says it.
        low: where it begins.
        high: where it ends.
        ticks: (t,) rising.
        labels: (t,) what is written at them.
        log: whether equal ratios take equal room; `low` is above 0 then.
    """

    title: str
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class CurvePanel:
    """One of several small charts of numbers over training steps.

    Attributes:
        row: from the top, 0 first.
        column: from the left.
        text: what is shown.
        x: training steps, the same for all charts.
        y: the values; its title stands above the chart.
        sides: the lines without and with GH; None where there is none.
        marks: steps to point out.
        labels: of each mark what is written at it: in the first chart only, and "" where it would cover
            another.
    """

    row: int
    column: int
    text: MetricText
    x: Axis
    y: Axis
    sides: tuple[Track | None, Track | None]
    marks: tuple[Mark, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BarPanel:
    """A metric of every class, head to tail.

    Attributes:
        classes: names and counts.
        sides: (L,) values without and with GH; NaN where there is none.
        x_title: of the axis of classes.
        y: the values.
        even: where a line marks an even share, or None.
    """

    classes: ClassTable
    sides: tuple[NDArray[np.float64], NDArray[np.float64]]
    x_title: str
    y: Axis
    even: float | None


@dataclass(frozen=True, kw_only=True)
class PlanePanels:
    """UMAP layouts of both sides at one scale.

    Attributes:
        titles: of the two sides.
        x: ends of the axis, the same for both sides.
        y: the same.
        members: (L,) positions of each class's points in a layout, head to tail.
        small: whether there are so many points that they should be drawn small.
    """

    titles: tuple[str, str]
    x: tuple[float, float]
    y: tuple[float, float]
    members: tuple[NDArray[np.intp], ...]
    small: bool


def curve_panels(
    curves: Sequence[Curve], marks: Sequence[Mark], *, columns: int, apart: float
) -> list[CurvePanel]:
    """Lay small charts out in rows, from left to right.

    Args:
        curves: one chart each.
        marks: steps to point out in each of them.
        columns: charts side by side, at most.
        apart: how far labels of marks must lie apart, as a part of a chart's width.

    Raises:
        ValueError: if there is no curve.
    """
    if not curves:
        raise ValueError("expected at least one curve to draw, got none")
    columns = max(1, min(columns, len(curves)))
    first, last = _span(curves)
    labels = _roomy(marks, apart * (last - first))
    panels = []
    for i, curve in enumerate(curves):
        row, column = divmod(i, columns)
        labelled = i == 0 and bool(marks)
        panels.append(
            CurvePanel(
                row=row,
                column=column,
                text=curve.text,
                x=_axis("step" if i + columns >= len(curves) else "", first, last),
                y=_value_axis(curve, above=_MARK_ROOM if labelled else _PAD),
                sides=(curve.base, curve.gh),
                marks=tuple(marks),
                labels=labels if labelled else ("",) * len(marks),
            )
        )
    return panels


def bar_panel(
    base: MetricTable, gh: MetricTable, metric: str, info: MetricText, *, even: float | None = None
) -> BarPanel:
    """Bars of a metric for every class.

    Args:
        base: table of the side without GH.
        gh: table of the side with GH.
        metric: key in `MetricTable.per_class`.
        info: title, unit and digits of the metric.
        even: a value to mark with a line, such as 1 / L for shares.

    Raises:
        ValueError: if a table lacks the metric.
    """
    sides = _per_class(base, metric), _per_class(gh, metric)
    values = np.concatenate([*sides, [0.0, even or 0.0]])
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    size = high - low or 1.0
    return BarPanel(
        classes=base.classes,
        sides=sides,
        x_title="classes, head to tail, with training samples",
        y=_axis(axis_title(info), low - (_PAD * size if low < 0 else 0), high + 2 * _PAD * size),
        even=even,
    )


def plane_panels(
    layouts: Sequence[NDArray[np.floating[Any]]], labels: NDArray[np.integer[Any]], *, num_classes: int
) -> PlanePanels:
    """Two planes at one scale that holds all of some layouts.

    Args:
        layouts: (n, 2) each, of any side and step.
        labels: (n,) classes.
        num_classes: number of classes.
    """
    lows = np.min([np.min(layout, axis=0) for layout in layouts], axis=0)
    highs = np.max([np.max(layout, axis=0) for layout in layouts], axis=0)
    middle, reach = (lows + highs) / 2, 0.53 * float((highs - lows).max() or 1.0)
    (left, bottom), (right, top) = (middle - reach).tolist(), (middle + reach).tolist()
    return PlanePanels(
        titles=(side_title(0), side_title(1)),
        x=(left, right),
        y=(bottom, top),
        members=tuple(np.flatnonzero(labels == label) for label in range(num_classes)),
        small=len(labels) > _MANY_POINTS,
    )


def round_ticks(low: float, high: float, *, most: int = 5) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Round numbers in a range and how they are written.

    >>> round_ticks(0, 800)
    ((0.0, 200.0, 400.0, 600.0, 800.0), ('0', '200', '400', '600', '800'))
    >>> round_ticks(-0.1, 0.62)[1]
    ('0.0', '0.2', '0.4', '0.6')
    """
    least = (high - low) / most
    power = int(np.floor(np.log10(least)))
    factor = next(factor for factor in (1, 2, 2.5, 5, 10) if factor * 10.0**power >= least * (1 - 1e-9))
    step = factor * 10.0**power
    numbers = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1) * step
    digits = max(0, -power + (factor == 2.5) - (factor == 10))
    written = tuple(f"{number + 0.0:,.{digits}f}".replace("-", "−") for number in numbers)
    return tuple(float(number) + 0.0 for number in numbers), written


def _roomy(marks: Sequence[Mark], apart: float) -> tuple[str, ...]:
    """What is written at each mark: switches go before the end of the warm-up, new ones before old ones."""
    written: dict[int, int] = {}
    for i in sorted(range(len(marks)), key=lambda i: (marks[i].strong, marks[i].step, i), reverse=True):
        if all(abs(marks[i].step - step) >= apart for step in written.values()):
            written[i] = marks[i].step
    return tuple(mark.label if i in written else "" for i, mark in enumerate(marks))


def _axis(title: str, low: float, high: float) -> Axis:
    ticks, labels = round_ticks(low, high)
    return Axis(title=title, low=low, high=high, ticks=ticks, labels=labels)


def _value_axis(curve: Curve, *, above: float) -> Axis:
    title = axis_title(curve.text)
    low, high = _range(curve, above=above)
    if not curve.log:
        return _axis(title, low, high)
    ends, ticks, labels = log_ticks(low, high)
    written = [label.replace("e-0", "e-").replace("-", "−") for label in labels]
    every = -(-len(ticks) // _MOST_TICKS)
    return Axis(
        title=title,
        low=10 ** ends[0],
        high=10 ** ends[1],
        ticks=tuple(ticks[::every]),
        labels=tuple(written[::every]),
        log=True,
    )


def _span(curves: Sequence[Curve]) -> tuple[float, float]:
    """First and last step of all curves; (0, 1) where there are none."""
    steps = [
        track.steps[[0, -1]]
        for curve in curves
        for track in (curve.base, curve.gh)
        if track is not None and len(track.steps)
    ]
    if not steps:
        return 0.0, 1.0
    first, last = float(np.min(steps)), float(np.max(steps))
    return first, last if last > first else first + 1.0


def _range(curve: Curve, *, above: float) -> tuple[float, float]:
    """Ends of the axis of values; labels of marks must not cover a curve, least of all at GH's switch."""
    tracks = [track.values for track in (curve.base, curve.gh) if track is not None]
    values = np.concatenate(tracks) if tracks else np.empty(0)
    values = values[np.isfinite(values)]
    if curve.log:
        return _powers(values[values > 0], above=above)
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    size = high - low or abs(high) or 1.0
    return low - _PAD * size, high + above * size


def _powers(values: NDArray[np.float64], *, above: float) -> tuple[float, float]:
    """Ends of a logarithmic axis of values above 0, at least a decade apart, so that there are ticks."""
    if not len(values):
        return 0.1, 1.0
    low, high = np.log10(values.min()), np.log10(values.max())
    if high - low < 1:
        low, high = np.floor(low), max(np.ceil(high), np.floor(low) + 1)
    return float(10**low), float(10 ** (high + max(above - _PAD, 0) * (high - low)))


def _per_class(table: MetricTable, metric: str) -> NDArray[np.float64]:
    if metric not in table.per_class:
        raise ValueError(f"no per-class metric {metric!r} in the table; it has {', '.join(table.per_class)}")
    return table.per_class[metric]
