"""Charts of the Measure page, in Plotly: share against frequency, dumbbells, pairs of matrices."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.matrix_colors import cell_text, ink_on, limits, matrix_scale
from ghviz.figures.measure_series import (
    CELLS_WITH_NUMBERS,
    MANY,
    Dumbbells,
    Matrices,
    Shares,
    Values,
    distinct,
    log_ticks,
    some_ranks,
)
from ghviz.figures.palette import inks, mix, side_colors
from ghviz.figures.screen import BESIDE_PX, even_label, layout, legend_above, verbatim
from ghviz.figures.series import SIDE_NAMES, axis_title, shorten, side_title

_ROW_PX: Final = 30
"""Height of a class of a dumbbell chart where there are few."""
_TALLEST_PX: Final = 1500
_WHISKERS_UP_TO: Final = 200
"""Classes beyond which whiskers would lie on each other."""
_PALE: Final = 0.62
"""How far the colours of an uncertain difference go towards the background."""
_PHONE_PX: Final = 335
"""Width of a chart on the narrowest phones."""
_BESIDE_PX: Final = 105
"""What a matrix leaves free beside its cells and the names of its rows: the scale, and margins."""
_LETTER_PX: Final = 6.6
_NUMBER_PX: Final = {True: 20, False: 31}
"""Width that a cell needs for its number: per cent or a cosine."""


def share_chart(shares: Shares, *, dark: bool = False) -> go.Figure:
    """Territory against frequency on logarithmic axes, with both slopes.

    Args:
        shares: what is shown.
        dark: for a dark page.
    """
    ink, counts = inks(dark=dark), shares.counts
    figure = go.Figure(layout=layout(dark=dark))
    few, many = int(counts.min()), int(counts.max())
    for name, color, share, fit in zip(
        SIDE_NAMES, side_colors(dark=dark), shares.sides, shares.fits, strict=True
    ):
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
            name=f"{name}: slope {fit.text}",
            legendgroup=name,
            marker={"color": color, "size": 9 if len(counts) <= MANY else 5},
            customdata=list(map(verbatim, shares.names)),
            hovertemplate=f"%{{customdata}} · %{{x:,}} samples<br>{name}: %{{y:.2g}} %<extra></extra>",
        )
    figure.add_hline(y=shares.even, line={"color": ink.muted, "width": 1, "dash": "dot"})
    figure.add_annotation(y=np.log10(shares.even), **even_label(dark=dark))  # a logarithmic axis wants it so
    figure.update_layout(
        margin={"r": BESIDE_PX},
        height=340,
        legend=legend_above(),
        xaxis={"title": {"text": "training samples of the class"}, **_log_axis(few, many)},
        yaxis={"title": {"text": "Territory (%)"}, **_log_axis(*shares.ends)},
    )
    return figure


def dumbbells(shown: Dumbbells, *, dark: bool = False) -> go.Figure:
    """A metric of every class without and with GH, joined by a line; head above, tail below.

    Args:
        shown: what is shown; the uncertain differences are pale.
        dark: for a dark page.
    """
    ink, size = inks(dark=dark), len(shown.names)
    figure = go.Figure(layout=layout(dark=dark))
    whiskers = size <= _WHISKERS_UP_TO
    for sure in (False, True):
        places = np.flatnonzero(shown.certain == sure)
        figure.add_scatter(
            **_joints(shown, places),
            mode="lines",
            line={"color": ink.line, "width": 2.5 if sure else 1.2, "dash": "solid" if sure else "dot"},
            hoverinfo="skip",
            showlegend=False,
        )
        for name, color, dots in zip(SIDE_NAMES, side_colors(dark=dark), shown.sides, strict=True):
            color = color if sure else mix(color, ink.background, _PALE)
            values = dots.values[places]
            figure.add_scatter(
                x=_gaps(values),
                y=places,
                mode="markers",
                name=name,
                legendgroup=name,
                showlegend=False,
                marker={"color": color, "size": 10 if size <= MANY else 6 if whiskers else 4},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": _gaps(dots.high[places] - values),
                    "arrayminus": _gaps(values - dots.low[places]),
                    "color": color,
                    "thickness": 1,
                    "width": 3 if size <= MANY else 0,
                    "visible": whiskers,
                },
                customdata=[verbatim(shown.names[i]) for i in places],
                hovertemplate=f"%{{customdata}}<br>{name}: %{{x:.{shown.text.digits}f}}{shown.text.unit}"
                "<extra></extra>",
            )
    for name, color in zip(SIDE_NAMES, side_colors(dark=dark), strict=True):  # in full colour in any case
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=name,
            legendgroup=name,
            marker={"color": color, "size": 10},
        )
    height = min(_ROW_PX * size if size <= MANY else max(_ROW_PX * MANY, 10 * size), _TALLEST_PX)
    named = some_ranks(size, MANY if size <= MANY else 11)
    figure.update_layout(
        height=110 + height,
        legend=legend_above(rise=12 / height),
        xaxis={"title": {"text": axis_title(shown.text)}, "fixedrange": True},
        yaxis={
            "tickvals": named,
            "ticktext": [verbatim(shorten(shown.names[i])) for i in named],
            "range": (size - 0.5, -0.5),
            "showgrid": False,
            "fixedrange": True,
        },
    )
    return figure


def matrix_pair(matrices: Matrices, *, stacked: bool = False, dark: bool = False) -> go.Figure:
    """Two (L, L) matrices in one colour scale: cosines from -1 to 1, or shares from 0 to 100 %.

    Args:
        matrices: what is shown.
        stacked: one below the other, for narrow screens.
        dark: for a dark page.
    """
    size, percent = len(matrices.names), matrices.percent
    plain = distinct(matrices.names)
    names = list(map(verbatim, plain))
    figure = make_subplots(
        rows=2 if stacked else 1,
        cols=1 if stacked else 2,
        subplot_titles=[side_title(0), side_title(1)],
        horizontal_spacing=0.1,
        vertical_spacing=0.12,
    )
    figure.update_layout(layout(dark=dark))
    for title in figure.layout.annotations:
        title.update(font={"size": 14, "color": inks(dark=dark).text})
    unit, words = (" %", "taken for") if percent else ("", "and")
    number = f"%{{z:.{matrices.digits}f}}{unit}"
    for i, matrix in enumerate(matrices.sides):
        place = {"row": i + 1 if stacked else 1, "col": 1 if stacked else i + 1}
        figure.add_heatmap(
            z=matrix.astype(np.float32),  # sent as it is; a thousand classes are a million numbers
            x=names,
            y=names,
            coloraxis="coloraxis",
            hovertemplate=f"%{{y}} {words} %{{x}}: {number}<extra></extra>",
            xgap=1 if size <= MANY else 0,
            ygap=1 if size <= MANY else 0,
            **place,
        )
        if size <= CELLS_WITH_NUMBERS and not (stacked and _too_narrow(matrices)):
            _write_cells(figure, matrices, i, place=place, dark=dark)
    shown = some_ranks(size, 12 if size <= 12 else 6)
    ticks = {
        "type": "category",
        "tickvals": [names[j] for j in shown],
        "ticktext": [verbatim(_short(plain[j])) for j in shown],
        "showgrid": False,
        "fixedrange": True,
        "constrain": "domain",
    }
    figure.update_xaxes(**ticks)
    figure.update_yaxes(**ticks, autorange="reversed")
    for i in range(2):
        axis = f"x{i + 1 if i else ''}"
        figure.update_yaxes(scaleanchor=axis, selector={"anchor": axis})
    low, high = limits(percent=percent)
    figure.update_layout(
        height=700 if stacked else 430,
        margin={"t": 30},
        coloraxis={
            "colorscale": matrix_scale(percent=percent, dark=dark),
            "cmin": low,
            "cmax": high,
            "colorbar": {"thickness": 10, "outlinewidth": 0, "ticksuffix": unit, "len": 0.8},
        },
    )
    return figure


def _too_narrow(matrices: Matrices) -> bool:
    """Whether numbers would run together in the cells on a phone, where hover says them."""
    longest = max(len(_short(name)) for name in distinct(matrices.names))
    inside = _PHONE_PX - _BESIDE_PX - _LETTER_PX * longest
    return inside / len(matrices.names) < _NUMBER_PX[matrices.percent]


def _write_cells(
    figure: go.Figure, matrices: Matrices, side: int, *, place: dict[str, int], dark: bool
) -> None:
    """The number of each cell."""
    matrix, names = matrices.sides[side], list(map(verbatim, distinct(matrices.names)))
    cells = [(i, j) for i, j in np.ndindex(matrix.shape) if np.isfinite(matrix[i, j])]
    figure.add_scatter(
        x=[names[j] for _, j in cells],
        y=[names[i] for i, _ in cells],
        mode="text",
        text=[cell_text(matrix.item(i, j), matrices.digits) for i, j in cells],
        textfont={
            "size": 11,
            "color": [ink_on(matrix.item(i, j), percent=matrices.percent, dark=dark) for i, j in cells],
        },
        hoverinfo="skip",
        showlegend=False,
        **place,
    )


def _joints(shown: Dumbbells, places: NDArray[np.intp]) -> dict[str, Any]:
    """Lines between the two sides, those of different classes apart."""
    without, with_gh = (dots.values for dots in shown.sides)
    ends = [(value, int(i)) for i in places for value in (without[i], with_gh[i], np.nan)]
    return {"x": _gaps(np.array([x for x, _ in ends])), "y": [y for _, y in ends]}


def _short(name: str) -> str:
    name = shorten(name)
    return name if len(name) <= 10 else name[:9].rstrip() + "…"


def _gaps(values: Values) -> list[float | None]:
    """Short numbers; None, which JSON has, for NaN."""
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in values]


def _log_axis(low: float, high: float) -> dict[str, Any]:
    ends, ticks, written = log_ticks(low, high)
    return {"type": "log", "range": ends, "tickvals": ticks, "ticktext": written, "fixedrange": True}
