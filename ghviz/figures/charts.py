"""Small charts for the screen, in Plotly: data class in, figure out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.palette import inks, side_colors
from ghviz.figures.panels import Axis, CurvePanel, bar_panel, curve_panels
from ghviz.figures.screen import BESIDE_PX, even_label, layout, legend_above, verbatim
from ghviz.figures.series import SIDE_NAMES, Curve, Mark, MetricText, Track, shorten
from ghviz.types import ClassTable, MetricTable

_ROW_PX: Final = 190
_UNSAID: Final = "•"
"""Stands at the foot of a mark whose label has no room; pointed at, it says it."""
_TEXT_PX: Final = 14
"""Height of a line of text of a mark's label."""
_INSIDE_PX: Final = {1: 280, 2: 225, 3: 145}
"""By the number of columns: how wide a chart is at least, beside the labels of its axis."""
_MAX_BARS: Final = 30  # beyond it bars give way to dots


def class_bars(  # noqa: PLR0913
    base: MetricTable,
    gh: MetricTable,
    metric: str,
    info: MetricText,
    *,
    even: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """A metric of every class, head to tail, without and with GH side by side.

    Args:
        base: table of the side without GH.
        gh: table of the side with GH.
        metric: key in `MetricTable.per_class`.
        info: title, unit and digits of the metric.
        even: a value to mark with a line, such as 1 / L for shares.
        dark: for a dark page.

    Returns:
        Two traces, named after the sides, over the classes' ranks.

    Raises:
        ValueError: if a table lacks the metric.
    """
    panel = bar_panel(base, gh, metric, info, even=even)
    classes = panel.classes
    ranks = np.arange(len(classes.names))
    figure = go.Figure(layout=layout(dark=dark))
    for name, color, values in zip(SIDE_NAMES, side_colors(dark=dark), panel.sides, strict=True):
        shared = {
            "x": ranks,
            "y": _numbers(values, info.digits),
            "name": name,
            "customdata": list(zip(map(verbatim, classes.names), classes.counts, strict=True)),
            "hovertemplate": f"%{{customdata[0]}} · %{{customdata[1]:,}} samples<br>{name}: {_hover(info)}"
            "<extra></extra>",
        }
        if len(ranks) <= _MAX_BARS:
            figure.add_bar(**shared, marker={"color": color, "line": {"width": 0}, "cornerradius": 2})
        else:
            figure.add_scatter(**shared, mode="markers", marker={"color": color, "size": 5})
    if panel.even is not None:
        figure.add_hline(y=panel.even, line={"color": inks(dark=dark).muted, "width": 1, "dash": "dot"})
        figure.add_annotation(y=panel.even, **even_label(dark=dark))
        figure.update_layout(margin={"r": BESIDE_PX})
    figure.update_layout(
        barmode="group",
        bargap=0.28,
        bargroupgap=0.06,
        height=300,
        legend=legend_above(),
        yaxis={"title": {"text": panel.y.title}, **_axis(panel.y)},
        xaxis={
            "title": {"text": panel.x_title},
            "showgrid": False,
            "fixedrange": True,
            **_class_ticks(classes),
        },
    )
    return figure


def metric_curves(
    curves: Sequence[Curve], marks: Sequence[Mark] = (), *, columns: int = 2, dark: bool = False
) -> go.Figure:
    """Small charts of numbers over training steps, both sides in each, with marked steps.

    Args:
        curves: one chart each.
        marks: steps to point out, such as GH's switches.
        columns: charts side by side; 1 suits a narrow screen.
        dark: for a dark page.

    Returns:
        A figure with one subplot a curve and the steps as shared x axis.

    Raises:
        ValueError: if there is no curve.
    """
    columns = max(1, min(columns, len(curves)))
    apart = _TEXT_PX / _INSIDE_PX.get(columns, _INSIDE_PX[3])
    panels = curve_panels(curves, marks, columns=columns, apart=apart)
    columns, rows = max(panel.column for panel in panels) + 1, panels[-1].row + 1
    height = 96 + _ROW_PX * rows
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[panel.y.title for panel in panels],
        horizontal_spacing=0.14 / columns,
        vertical_spacing=56 / height if rows > 1 else 0,
    )
    figure.update_layout(layout(dark=dark))
    for title in figure.layout.annotations:
        title.update(font={"size": 13, "color": inks(dark=dark).text})
    lines, texts = [], []
    for i, panel in enumerate(panels):
        place = {"row": panel.row + 1, "col": panel.column + 1}
        for side, track in enumerate(panel.sides):
            figure.add_trace(_line(track, side, panel, dark=dark, shown=i == 0), **place)
        figure.update_xaxes(title={"text": panel.x.title}, **_axis(panel.x), **place)
        figure.update_yaxes(**_axis(panel.y), **place)
        axes = figure.data[-1].xaxis, figure.data[-1].yaxis
        lines += _mark_lines(panel, axes, dark=dark)
        texts += _mark_texts(panel, axes, dark=dark)
    figure.update_layout(
        shapes=lines,  # all at once: one by one takes minutes for a hundred marks
        annotations=[*figure.layout.annotations, *texts],
        height=height,
        legend=legend_above(rise=26 / (height - 110)),
        margin={"t": 66},
        hovermode="x",
    )
    return figure


def _axis(axis: Axis) -> dict[str, Any]:
    """Range and ticks as on paper; not to be zoomed, so that a finger on the chart scrolls the page."""
    scale = {"type": "log", "range": (np.log10(axis.low), np.log10(axis.high))} if axis.log else {}
    return {
        "range": (axis.low, axis.high),
        **scale,
        "tickvals": axis.ticks,
        "ticktext": axis.labels,
        "fixedrange": True,
    }


def _numbers(values: NDArray[np.float64], digits: int) -> list[float | None]:
    """Rounded to what hover shows; None, a gap, for NaN. Short payloads, and JSON knows no NaN."""
    return [round(float(value), digits + 2) if np.isfinite(value) else None for value in values]


def _significant(values: NDArray[np.float64]) -> list[float | None]:
    """Positive numbers, however small, rounded to what hover shows; None for others."""
    return [float(f"{value:.2e}") if np.isfinite(value) and value > 0 else None for value in values]


def _hover(info: MetricText) -> str:
    unit = "" if not info.unit else info.unit if info.unit in ("°", "%") else f" {info.unit}"
    return f"%{{y:.{info.digits}f}}{unit}"


def _class_ticks(classes: ClassTable) -> dict[str, Any]:
    """Names where they fit, else every tenth or so rank with its count."""
    count = len(classes.names)
    shown = np.arange(count) if count <= 12 else np.unique(np.linspace(0, count - 1, 6).round().astype(int))
    text = [f"{verbatim(shorten(classes.names[i]))}<br>{classes.counts[i]:,}" for i in shown]
    return {"tickvals": shown.tolist(), "ticktext": text}


def _line(track: Track | None, side: int, panel: CurvePanel, *, dark: bool, shown: bool) -> go.Scatter:
    values = np.empty(0) if track is None else track.values
    shown_as = "%{y:.1e}" if panel.y.log else _hover(panel.text)
    return go.Scatter(
        x=[] if track is None else track.steps,
        y=_significant(values) if panel.y.log else _numbers(values, panel.text.digits),
        name=SIDE_NAMES[side],
        legendgroup=SIDE_NAMES[side],
        showlegend=shown,
        mode="lines",
        line={"color": side_colors(dark=dark)[side], "width": 2.2 if side else 1.8},
        hovertemplate=f"{SIDE_NAMES[side]}: {shown_as}<extra></extra>",
    )


def _mark_lines(panel: CurvePanel, axes: tuple[str, str], *, dark: bool) -> list[dict[str, Any]]:
    color = inks(dark=dark).muted
    return [
        {
            "type": "line",
            "x0": mark.step,
            "x1": mark.step,
            "y0": 0,
            "y1": 1,
            "xref": axes[0],
            "yref": f"{axes[1]} domain",
            "line": {"color": color, "width": 1, "dash": "solid" if mark.strong else "dot"},
        }
        for mark in panel.marks
    ]


def _mark_texts(panel: CurvePanel, axes: tuple[str, str], *, dark: bool) -> list[dict[str, Any]]:
    """Labels left of their lines, and where there is no room for one a dot below, in the first chart."""
    if not any(panel.labels):
        return []
    ink = inks(dark=dark)
    label = {"y": 1, "yanchor": "top", "xanchor": "right", "textangle": -90, "bgcolor": ink.background}
    dot = {"y": 0, "yanchor": "bottom", "xanchor": "center", "text": _UNSAID}
    return [
        {
            **({**label, "text": text} if text else dot),
            "x": mark.step,
            "xref": axes[0],
            "yref": f"{axes[1]} domain",
            "hovertext": f"{mark.label}, step {mark.step:,}",
            "showarrow": False,
            "borderpad": 0,
            "font": {"size": 11, "color": ink.muted},
        }
        for mark, text in zip(panel.marks, panel.labels, strict=True)
    ]
