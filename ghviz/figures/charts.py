"""Charts for the screen, in Plotly: data class in, figure out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.palette import BASE_COLOR, GH_COLOR, Theme, class_colors, inks, mix
from ghviz.figures.series import (
    SIDE_NAMES,
    Curve,
    Mark,
    MetricText,
    Track,
    axis_title,
    loss_tracks,
    range_below_labels,
    shorten,
    side_title,
    span,
)
from ghviz.types import ClassTable, MetricTable, Step

CONFIG: Final[dict[str, Any]] = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtons": [["toImage"]],
    "toImageButtonOptions": {"format": "svg", "filename": "ghviz"},
    "showSendToCloud": False,
    "scrollZoom": False,
    "responsive": True,
}
"""What to pass as `config`: the only button saves the chart as SVG; nothing is sent anywhere."""

_FONT: Final = "Source Sans Pro, Source Sans 3, -apple-system, Segoe UI, sans-serif"
_ROW_PX: Final = 190
_MAX_BARS: Final = 30  # beyond it bars give way to dots
_MAX_SVG_POINTS: Final = 4000  # drawn as SVG, so that saving gives vectors; more go through WebGL


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
    classes = base.classes
    ranks = np.arange(len(classes.names))
    figure = go.Figure(layout=_layout(dark=dark))
    for side, table in enumerate((base, gh)):
        name, color = SIDE_NAMES[side], _side_colors(dark)[side]
        shared = {
            "x": ranks,
            "y": _numbers(_per_class(table, metric), info.digits),
            "name": name,
            "customdata": list(zip(classes.names, classes.counts, strict=True)),
            "hovertemplate": f"%{{customdata[0]}} · %{{customdata[1]:,}} samples<br>{name}: {_hover(info)}"
            "<extra></extra>",
        }
        if len(ranks) <= _MAX_BARS:
            figure.add_bar(**shared, marker={"color": color, "line": {"width": 0}, "cornerradius": 2})
        else:
            figure.add_scatter(**shared, mode="markers", marker={"color": color, "size": 5})
    if even is not None:
        muted = inks(dark=dark).muted
        figure.add_hline(
            y=even,
            line={"color": muted, "width": 1, "dash": "dot"},
            annotation={"text": "even", "font": {"size": 11, "color": muted}},
            annotation_position="top right",
        )
    figure.update_layout(
        barmode="group",
        bargap=0.28,
        bargroupgap=0.06,
        height=300,
        legend=_legend_above(),
        yaxis={"title": {"text": axis_title(info)}},
        xaxis={"title": {"text": "classes, head to tail"}, "showgrid": False, **_class_ticks(classes)},
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
    if not curves:
        raise ValueError("metric_curves needs at least one curve, got none")
    columns = max(1, min(columns, len(curves)))
    rows = -(-len(curves) // columns)
    height = 96 + _ROW_PX * rows
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[axis_title(curve.text) for curve in curves],
        horizontal_spacing=0.14 / columns,
        vertical_spacing=56 / height if rows > 1 else 0,
    )
    figure.update_layout(_layout(dark=dark))
    for i, curve in enumerate(curves):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        for side, track in enumerate((curve.base, curve.gh)):
            figure.add_trace(_line(track, side, curve.text, dark=dark, shown=i == 0), **place)
        figure.update_xaxes(range=span(curves), **place)
    for title in figure.layout.annotations:
        title.update(font={"size": 13, "color": inks(dark=dark).text})
    if marks:
        _draw_marks(figure, marks, dark=dark)
        figure.update_yaxes(range=range_below_labels(curves[0], room=0.5), row=1, col=1)
    for column in range(columns):
        figure.update_xaxes(
            title={"text": "step"}, row=(len(curves) - 1 - column) // columns + 1, col=column + 1
        )
    figure.update_layout(
        height=height,
        legend=_legend_above(rise=26 / (height - 110)),
        margin={"t": 66},
        hovermode="x",
    )
    return figure


def loss_curves(
    base: Sequence[Step],
    gh: Sequence[Step],
    marks: Sequence[Mark] = (),
    *,
    columns: int = 2,
    dark: bool = False,
) -> go.Figure:
    """The losses of both sides over training steps, from their step events.

    Args:
        base: step events of the side without GH; may be empty.
        gh: step events of the side with GH.
        marks: steps to point out.
        columns: charts side by side.
        dark: for a dark page.

    Returns:
        The contrastive loss of both sides and, if it was ever computed, GH's loss.
    """
    return metric_curves(loss_tracks(base, gh), marks, columns=columns, dark=dark)


def umap_twin(  # noqa: PLR0913
    base_layout: NDArray[np.floating[Any]],
    gh_layout: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    classes: ClassTable,
    *,
    step: int | None = None,
    dark: bool = False,
    stacked: bool = False,
) -> go.Figure:
    """UMAP layouts of both sides, coloured by class, at one scale.

    Args:
        base_layout: (n, 2) layout of the side without GH.
        gh_layout: (n, 2) layout of the side with GH.
        labels: (n,) classes.
        classes: names and counts, head to tail.
        step: training step, for the titles.
        dark: for a dark page.
        stacked: one above the other, for a narrow screen.

    Returns:
        A figure with two traces a class (one a side), grouped in the legend; `customdata` holds each point's
        position in `labels`.
    """
    layouts = [np.asarray(layout, dtype=np.float32) for layout in (base_layout, gh_layout)]
    figure = make_subplots(
        rows=2 if stacked else 1,
        cols=1 if stacked else 2,
        subplot_titles=[side_title(side, step) for side in (0, 1)],
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
    )
    figure.update_layout(_layout(dark=dark))
    for side, layout in enumerate(layouts):
        place = {"row": side + 1, "col": 1} if stacked else {"row": 1, "col": side + 1}
        for trace in _class_dots(layout, labels, classes, first=side == 0, dark=dark):
            figure.add_trace(trace, **place)
    frame = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False, "mirror": True}
    frame |= {"showline": True, "linecolor": inks(dark=dark).grid}
    for axis, values in zip(("x", "y"), np.concatenate(layouts).T, strict=True):
        low, high = float(values.min()), float(values.max())
        pad = 0.04 * (high - low or 1.0)
        for k in ("", "2"):
            lock = {} if axis == "x" else {"scaleanchor": f"x{k}", "constrain": "domain"}
            figure.update_layout({f"{axis}axis{k}": frame | lock | {"range": [low - pad, high + pad]}})
    for title in figure.layout.annotations:
        title.update(font={"size": 14, "color": inks(dark=dark).text})
    figure.update_layout(
        height=900 if stacked else 520,
        legend={"orientation": "h", "y": -0.02, "yanchor": "top", "itemsizing": "constant"},
        margin={"t": 40, "b": 10, "l": 10, "r": 10},
        dragmode="lasso",
    )
    return figure


def _layout(*, dark: bool) -> dict[str, Any]:
    """Our look: transparent, quiet axes, no template of others."""
    ink = inks(dark=dark)
    axis = {
        "gridcolor": ink.grid,
        "linecolor": ink.line,
        "zeroline": False,
        "tickfont": {"size": 12, "color": ink.muted},
        "title": {"font": {"size": 13, "color": ink.muted}, "standoff": 6},
        "automargin": True,
    }
    return {
        "template": go.layout.Template(layout={"xaxis": axis, "yaxis": axis}),
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": _FONT, "size": 13, "color": ink.text},
        "hoverlabel": {
            "bgcolor": mix(ink.background, ink.text, 0.06),
            "bordercolor": ink.line,
            "font": {"family": _FONT, "size": 13, "color": ink.text},
        },
        "margin": {"t": 40, "b": 44, "l": 50, "r": 12},
        "uirevision": "keep",
    }


def _legend_above(rise: float = 0.03) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "xanchor": "left", "y": 1 + rise, "yanchor": "bottom"}


def _side_colors(dark: bool) -> tuple[str, str]:
    theme: Theme = "dark" if dark else "light"
    return BASE_COLOR[theme], GH_COLOR[theme]


def _per_class(table: MetricTable, metric: str) -> NDArray[np.float64]:
    if metric not in table.per_class:
        raise ValueError(f"no per-class metric {metric!r} in the table; it has {', '.join(table.per_class)}")
    return table.per_class[metric]


def _numbers(values: NDArray[np.float64], digits: int) -> list[float | None]:
    """Rounded to what hover shows; None, a gap, for NaN. Short payloads, and JSON knows no NaN."""
    return [round(float(value), digits + 2) if np.isfinite(value) else None for value in values]


def _hover(info: MetricText) -> str:
    unit = "" if not info.unit else info.unit if info.unit in ("°", "%") else f" {info.unit}"
    return f"%{{y:.{info.digits}f}}{unit}"


def _class_ticks(classes: ClassTable) -> dict[str, Any]:
    """Names where they fit, else every tenth or so rank with its count."""
    count = len(classes.names)
    shown = np.arange(count) if count <= 12 else np.unique(np.linspace(0, count - 1, 6).round().astype(int))
    text = [f"{shorten(classes.names[i])}<br>{classes.counts[i]:,}" for i in shown]
    return {"tickvals": shown.tolist(), "ticktext": text}


def _line(track: Track | None, side: int, text: MetricText, *, dark: bool, shown: bool) -> go.Scatter:
    return go.Scatter(
        x=[] if track is None else track.steps,
        y=[] if track is None else _numbers(track.values, text.digits),
        name=SIDE_NAMES[side],
        legendgroup=SIDE_NAMES[side],
        showlegend=shown,
        mode="lines",
        line={"color": _side_colors(dark)[side], "width": 2.2 if side else 1.8},
        hovertemplate=f"{SIDE_NAMES[side]}: {_hover(text)}<extra></extra>",
    )


def _draw_marks(figure: go.Figure, marks: Sequence[Mark], *, dark: bool) -> None:
    color = inks(dark=dark).muted
    for mark in marks:
        figure.add_vline(
            x=mark.step, line={"color": color, "width": 1, "dash": "solid" if mark.strong else "dot"}
        )
        figure.add_annotation(
            x=mark.step,
            y=1,
            xref="x",
            yref="y domain",
            text=mark.label,
            showarrow=False,
            textangle=-90,
            xanchor="right",
            yanchor="top",
            font={"size": 11, "color": color},
        )


def _class_dots(
    layout: NDArray[np.float32],
    labels: NDArray[np.integer[Any]],
    classes: ClassTable,
    *,
    first: bool,
    dark: bool,
) -> list[go.Scatter | go.Scattergl]:
    count = len(classes.names)
    kind = go.Scatter if len(labels) <= _MAX_SVG_POINTS else go.Scattergl
    traces = []
    for label, color in enumerate(class_colors(count, dark=dark)):
        here = np.flatnonzero(labels == label)
        samples = f"{classes.counts[label]:,}"
        traces.append(
            kind(
                x=layout[here, 0],
                y=layout[here, 1],
                customdata=here,
                mode="markers",
                name=f"{shorten(classes.names[label])} ({samples})",
                legendgroup=str(label),
                showlegend=first and (count <= 20 or label in (0, count - 1)),
                marker={"color": color, "size": 5 if len(labels) <= 3000 else 3, "opacity": 0.85},
                hovertemplate=f"{classes.names[label]} · {samples} samples<extra></extra>",
            )
        )
    return traces
