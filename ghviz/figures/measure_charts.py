"""Charts of the Measure page, in Plotly: share against frequency, dumbbells, pairs of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.palette import inks, side_colors
from ghviz.figures.screen import layout, legend_above
from ghviz.figures.series import SIDE_NAMES, MetricText, axis_title, shorten, side_title

Values = NDArray[np.float64]
_TALL_ROW: Final = 30
"""Pixels a class of a dumbbell chart gets where there are few."""
_MANY: Final = 30
"""Classes beyond which rows are low and cells have no numbers."""
_CELLS_WITH_NUMBERS: Final = 10
_COLD, _WARM = {False: "#4460e6", True: "#6f8dff"}, {False: "#d9480f", True: "#ff8a4c"}


@dataclass(frozen=True, kw_only=True)
class Dots:
    """One side of a chart with a value and an interval a class.

    Attributes:
        values: (L,) NaN where there is none.
        low: (L,) lower end of the interval; NaN where there is none.
        high: (L,) upper end.
    """

    values: Values
    low: Values
    high: Values


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A straight line through points on two logarithmic axes.

    Attributes:
        slope: of log y on log x.
        error: standard error of the slope; NaN where it is not known.
        ends: y at the smallest and at the largest x.
    """

    slope: float
    error: float
    ends: tuple[float, float]


def share_chart(
    counts: NDArray[np.int64],
    sides: tuple[Values, Values],
    fits: tuple[Fit, Fit],
    *,
    names: Sequence[str],
    dark: bool = False,
) -> go.Figure:
    """Territory against frequency on logarithmic axes, with both slopes.

    Args:
        counts: (L,) training samples of the classes, at least 1.
        sides: (L,) shares in per cent without and with GH; zero and NaN are left out.
        fits: the lines through them.
        names: of the classes.
        dark: for a dark page.
    """
    ink = inks(dark=dark)
    figure = go.Figure(layout=layout(dark=dark))
    few, many = int(counts.min()), int(counts.max())
    for name, color, share, fit in zip(SIDE_NAMES, side_colors(dark=dark), sides, fits, strict=True):
        error = f" ± {fit.error:.2f}" if np.isfinite(fit.error) else ""
        said = f"{name}: slope {fit.slope:.2f}{error}".replace("-", "−")
        figure.add_scatter(
            x=[few, many],
            y=list(fit.ends),
            mode="lines",
            line={"color": color, "width": 1.6},
            legendgroup=name,
            showlegend=False,
            hoverinfo="skip",
        )
        figure.add_scatter(
            x=counts,
            y=[float(v) if v > 0 else None for v in share],
            mode="markers",
            name=said,
            legendgroup=name,
            marker={"color": color, "size": 9 if len(counts) <= _MANY else 5},
            customdata=list(names),
            hovertemplate=f"%{{customdata}} · %{{x:,}} samples<br>{name}: %{{y:.2g}} %<extra></extra>",
        )
    even = 100 / len(counts)
    figure.add_hline(
        y=even,
        line={"color": ink.muted, "width": 1, "dash": "dot"},
        annotation={"text": "even", "font": {"size": 11, "color": ink.muted}},
        annotation_position="top left",
    )
    shown = np.concatenate([*(s[s > 0] for s in sides), [even], *(np.array(fit.ends) for fit in fits)])
    figure.update_layout(
        height=340,
        legend=legend_above(),
        xaxis={"title": {"text": "training samples of the class"}, **_log_axis(few, many)},
        yaxis={"title": {"text": "territory (%)"}, **_log_axis(float(shown.min()), float(shown.max()))},
    )
    return figure


def dumbbells(
    sides: tuple[Dots, Dots],
    certain: NDArray[np.bool_],
    text: MetricText,
    *,
    names: Sequence[str],
    dark: bool = False,
) -> go.Figure:
    """A metric of every class without and with GH, joined by a line; head above, tail below.

    Args:
        sides: values and intervals without and with GH.
        certain: (L,) whether the difference is beyond doubt; the others are pale.
        text: title, unit and digits of the metric.
        names: of the classes.
        dark: for a dark page.
    """
    ink, places = inks(dark=dark), np.arange(len(names))
    figure = go.Figure(layout=layout(dark=dark))
    for sure in (True, False):
        ends = [
            (side[i], places[i])
            for i in np.flatnonzero(certain == sure)
            for side in (*(dots.values for dots in sides), np.full(len(names), np.nan))
        ]
        figure.add_scatter(
            x=[None if np.isnan(x) else float(x) for x, _ in ends],
            y=[int(y) for _, y in ends],
            mode="lines",
            line={"color": ink.line, "width": 2.5 if sure else 1.2, "dash": "solid" if sure else "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
    for name, color, dots in zip(SIDE_NAMES, side_colors(dark=dark), sides, strict=True):
        opacity = np.where(certain, 1.0, 0.4)
        figure.add_scatter(
            x=_gaps(dots.values),
            y=places,
            mode="markers",
            name=name,
            marker={"color": color, "size": 10 if len(names) <= _MANY else 6, "opacity": opacity},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": _gaps(dots.high - dots.values),
                "arrayminus": _gaps(dots.values - dots.low),
                "color": color,
                "thickness": 1,
                "width": 3 if len(names) <= _MANY else 0,
            },
            customdata=list(names),
            hovertemplate=f"%{{customdata}}<br>{name}: %{{x:.{text.digits}f}}{text.unit}<extra></extra>",
        )
    row = _TALL_ROW if len(names) <= _MANY else _TALL_ROW / 3
    shown = places if len(names) <= _MANY else places[:: len(places) // 10]
    figure.update_layout(
        height=int(110 + row * len(names)),
        legend=legend_above(rise=12 / (row * len(names))),
        xaxis={"title": {"text": axis_title(text)}, "fixedrange": True},
        yaxis={
            "tickvals": shown,
            "ticktext": [shorten(names[i]) for i in shown],
            "range": (len(names) - 0.5, -0.5),
            "showgrid": False,
            "fixedrange": True,
        },
    )
    return figure


def matrix_pair(
    matrices: tuple[Values, Values],
    *,
    names: Sequence[str],
    percent: bool = False,
    stacked: bool = False,
    dark: bool = False,
) -> go.Figure:
    """Two (L, L) matrices in one colour scale: cosines from -1 to 1, or shares from 0 to 100 %.

    Args:
        matrices: without and with GH; NaN leaves a cell empty.
        names: of the classes, head to tail.
        percent: the numbers are per cent of a row rather than cosines.
        stacked: one below the other, for narrow screens.
        dark: for a dark page.
    """
    ink, size = inks(dark=dark), len(names)
    rows, columns = (2, 1) if stacked else (1, 2)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=[side_title(0), side_title(1)],
        horizontal_spacing=0.12,
        vertical_spacing=0.16,
    )
    figure.update_layout(layout(dark=dark))
    scale = [[0, ink.background], [1, _COLD[dark]]]
    if not percent:
        scale = [[0, _COLD[dark]], [0.5, ink.background], [1, _WARM[dark]]]
    unit, digits = (" %", 0) if percent else ("", 2)
    words, number = "taken for" if percent else "and", f"%{{z:.{digits}f}}{unit}"
    for i, matrix in enumerate(matrices):
        cells: dict[str, Any] = {}
        if size <= _CELLS_WITH_NUMBERS:
            cells = {"texttemplate": f"%{{z:.{digits}f}}", "textfont": {"size": 10}}
        figure.add_heatmap(
            z=[_gaps(line) for line in matrix],
            coloraxis="coloraxis",
            customdata=[[(a, b) for b in names] for a in names],
            hovertemplate=f"%{{customdata[0]}} {words} %{{customdata[1]}}: {number}<extra></extra>",
            xgap=1 if size <= _MANY else 0,
            ygap=1 if size <= _MANY else 0,
            row=i + 1 if stacked else 1,
            col=1 if stacked else i + 1,
            **cells,
        )
    shown = list(range(size)) if size <= 12 else sorted({round(j * (size - 1) / 5) for j in range(6)})
    ticks = {"tickvals": shown, "ticktext": [shorten(names[j])[:9] for j in shown]}
    figure.update_xaxes(**ticks, showgrid=False, fixedrange=True, constrain="domain")
    figure.update_yaxes(**ticks, autorange="reversed", showgrid=False, fixedrange=True, constrain="domain")
    for i in range(2):
        figure.update_yaxes(
            scaleanchor=f"x{i + 1 if i else ''}", selector={"anchor": f"x{i + 1 if i else ''}"}
        )
    figure.update_layout(
        height=760 if stacked else 430,
        coloraxis={
            "colorscale": scale,
            "cmin": 0 if percent else -1,
            "cmax": 100 if percent else 1,
            "colorbar": {"thickness": 10, "outlinewidth": 0, "ticksuffix": unit, "len": 0.8},
        },
    )
    return figure


def _gaps(values: Values) -> list[float | None]:
    """Short numbers; None, which JSON has, for NaN."""
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values]


def _log_axis(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis from `low` to `high` with ticks at 1, 2 and 5 times powers of ten."""
    bottom, top = np.log10(low), np.log10(high)
    room = 0.06 * max(top - bottom, 0.1)
    powers = 10.0 ** np.arange(np.floor(bottom), np.ceil(top) + 1)
    steps = (1, 2, 5) if top - bottom < 2.6 else (1,)
    ticks = [step * power for power in powers for step in steps]
    return {
        "type": "log",
        "range": (bottom - room, top + room),
        "tickvals": ticks,
        "ticktext": [f"{tick:,.6g}" for tick in ticks],
        "fixedrange": True,
    }
