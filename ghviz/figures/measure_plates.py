"""The charts of `ghviz.figures.measure_charts` on paper: the same data classes in, Matplotlib figures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import matplotlib.colors
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure

from ghviz.figures import layout, style
from ghviz.figures.matrix_colors import cell_text, ink_on, limits, matrix_scale
from ghviz.figures.measure_series import (
    CELLS_WITH_NUMBERS,
    MANY,
    Dumbbells,
    Matrices,
    Shares,
    log_ticks,
    some_ranks,
)
from ghviz.figures.palette import inks, mix, side_colors
from ghviz.figures.plates import blank_chart, chart_panel, draw_even, even_room
from ghviz.figures.series import SIDE_NAMES, axis_title, shorten, side_title
from ghviz.figures.style import HAIRLINE_PT, SMALL_PT, TEXT_PT, THIN_SPACE, TITLE_PT, Venue, Width

_LEFT: Final = 0.46  # inches left of a chart for its numbers
_BELOW: Final = 0.38
_KEY_ROW: Final = 0.17
_DOTTED: Final = (0, (1, 1.5))
_MARKERS: Final = ("o", "D")  # grey and orange are equally dark in black-and-white print
_PALE: Final = 0.62
_ROW: Final = 0.15  # inches a class of a dumbbell chart gets
_CELL: Final = {True: 0.17, False: 0.27}
"""Inches that a cell needs for its number: per cent or a cosine."""
_AXIS_NAME: Final = 0.14
_TALLEST: Final = 7.2
_WHISKERS_UP_TO: Final = 200


def share_figure(
    shares: Shares, *, width: Width = "full", venue: Venue = "neurips", dark: bool = False
) -> Figure:
    """Territory against frequency on logarithmic axes, with both slopes; see `share_chart`."""
    across = style.inches(width, venue=venue)
    words = [f"{name}: slope {fit.text}" for name, fit in zip(SIDE_NAMES, shares.fits, strict=True)]
    with style.paper():
        figure, canvas = blank_chart(across, 4, dark=dark)
        rows = _key_rows(figure, words, width=across - _LEFT)
        height = _BELOW + 1.55 + rows * _KEY_ROW + 0.08
        figure.set_size_inches(across, height)
        canvas.set_ylim(0, height)
        chart = across - _LEFT - even_room(figure)
        axes = chart_panel(figure, (_LEFT, _BELOW, chart, 1.55), dark=dark)
        few, many = int(shares.counts.min()), int(shares.counts.max())
        for side, (share, fit) in enumerate(zip(shares.sides, shares.fits, strict=True)):
            color, there = side_colors(dark=dark)[side], share > 0
            size = 3.4 if len(share) <= MANY else 2.0
            axes.plot([few, many], fit.ends, color=color, linewidth=0.9, linestyle=("--", "-")[side])
            axes.plot(shares.counts[there], share[there], _MARKERS[side], color=color, markersize=size, mew=0)
        draw_even(axes, shares.even, dark=dark)
        _log_axes(axes, (few, many), shares.ends)
        axes.set_xlabel("training samples of the class", labelpad=2)
        axes.set_ylabel("Territory (%)")
        _write_markers(canvas, words, top=height, rows=rows, dark=dark)
    return style.labelled(figure, shares.caption, figure="shares", step=shares.step)


def dumbbells_figure(
    shown: Dumbbells, *, width: Width = "full", venue: Venue = "neurips", dark: bool = False
) -> Figure:
    """A metric of every class without and with GH, joined by a line; see `dumbbells`."""
    ink, across, size = inks(dark=dark), style.inches(width, venue=venue), len(shown.names)
    row = min(_ROW, _TALLEST / size)
    named = some_ranks(size, max(2, int(size * row / 0.12)))
    names = [shorten(shown.names[i]) for i in named]
    with style.paper():
        figure, canvas = blank_chart(across, 4, dark=dark)
        left = 0.1 + max(layout.text_width(figure, name, SMALL_PT) for name in names)
        height = _BELOW + row * size + _KEY_ROW + 0.08
        figure.set_size_inches(across, height)
        canvas.set_ylim(0, height)
        axes = chart_panel(figure, (left, _BELOW, across - left - 0.08, row * size), dark=dark)
        axes.grid(visible=False, axis="y")
        axes.grid(axis="x", color=ink.grid, linewidth=HAIRLINE_PT)
        for sure in (False, True):
            _draw_dumbbells(axes, shown, np.flatnonzero(shown.certain == sure), sure=sure, dark=dark)
        axes.set_ylim(size - 0.5, -0.5)
        axes.set_yticks(named, names)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(axis_title(shown.text), labelpad=2)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}".replace("-", "−"))
        _write_markers(canvas, SIDE_NAMES, top=height, rows=1, left=left, dark=dark)
    return style.labelled(figure, shown.caption, figure="dumbbells", step=shown.step)


def matrices_figure(
    matrices: Matrices, *, width: Width = "full", venue: Venue = "neurips", dark: bool = False
) -> Figure:
    """Two matrices over classes in one colour scale; see `matrix_pair`."""
    ink, across, size = inks(dark=dark), style.inches(width, venue=venue), len(matrices.names)
    low, high = limits(percent=matrices.percent)
    scale = matplotlib.colors.LinearSegmentedColormap.from_list(
        "matrix", matrix_scale(percent=matrices.percent, dark=dark)
    )
    norm = matplotlib.colors.Normalize(low, high)
    with style.paper():
        figure, canvas = blank_chart(across, 4, dark=dark)
        guess = (across - 1.4) / 2
        shown = some_ranks(size, int(np.clip(guess / 0.14, 2, 12)) if size > MANY else int(guess / 0.1))
        names = [shorten(matrices.names[i]) for i in shown]
        widest = max(layout.text_width(figure, name, SMALL_PT) for name in names)
        named = _AXIS_NAME if matrices.percent else 0.0  # rows and columns differ there: they have names
        room = 0.08 + widest + named
        side = (across - room - 0.14 - 0.5) / 2
        upright = widest + 0.04 > side / len(shown)
        below = (0.08 + widest if upright else 0.2) + named
        height = below + side + 0.26
        figure.set_size_inches(across, height)
        canvas.set_ylim(0, height)
        for i, matrix in enumerate(matrices.sides):
            left = room + i * (side + 0.14)
            axes = layout.panel(figure, (left, below, side, side))
            axes.set_facecolor(ink.background)
            axes.pcolormesh(
                np.ma.masked_invalid(matrix),
                cmap=scale,
                norm=norm,
                edgecolors=ink.background if size <= MANY else "none",
                linewidth=0.4 if size <= MANY else 0,
                rasterized=size > MANY,
            )
            axes.set(xlim=(0, size), ylim=(size, 0))
            places = [rank + 0.5 for rank in shown]
            axes.set_xticks(places, names, rotation=90 if upright else 0)
            axes.set_yticks(places, names if i == 0 else [""] * len(places))
            axes.tick_params(length=0, pad=2, labelcolor=ink.text)
            if matrices.percent:
                axes.set_xlabel("taken for", fontsize=SMALL_PT, color=ink.muted, labelpad=2)
                axes.set_ylabel("class" if i == 0 else "", fontsize=SMALL_PT, color=ink.muted, labelpad=2)
            for spine in axes.spines.values():
                spine.set(visible=True, color=ink.grid)
            axes.set_title(side_title(i), fontsize=TITLE_PT, color=ink.text, pad=4)
            if size <= CELLS_WITH_NUMBERS and side / size > _CELL[matrices.percent]:
                _write_cells(axes, matrices, i, dark=dark)
        bar = layout.panel(figure, (across - 0.42, below + 0.1 * side, 0.08, 0.8 * side))
        coarse = scale.resampled(48)  # from 50 colours on the bar would be pixels
        _scale_bar(figure, bar, ScalarMappable(norm=norm, cmap=coarse), percent=matrices.percent, dark=dark)
    kind = "confusion" if matrices.percent else "cosines"
    return style.labelled(figure, matrices.caption, figure=kind, step=matrices.step)


def _scale_bar(figure: Figure, bar: Axes, colors: ScalarMappable, *, percent: bool, dark: bool) -> None:
    ink, unit = inks(dark=dark), " %" if percent else ""
    scale_bar = figure.colorbar(colors, cax=bar)
    scale_bar.outline.set(linewidth=HAIRLINE_PT, edgecolor=ink.line)
    ticks = np.linspace(*limits(percent=percent), 5).tolist()
    scale_bar.set_ticks(ticks, labels=[f"{tick:g}{unit}".replace("-", "−") for tick in ticks])
    bar.tick_params(length=0, pad=2, labelcolor=ink.text)


def _draw_dumbbells(axes: Axes, shown: Dumbbells, places: np.ndarray, *, sure: bool, dark: bool) -> None:
    ink, many = inks(dark=dark), len(shown.names) > MANY
    values = [dots.values[places] for dots in shown.sides]
    for i, left, right in zip(places, *values, strict=True):
        axes.plot(
            [left, right],
            [i, i],
            color=ink.line,
            linewidth=1.4 if sure else 0.7,
            linestyle="-" if sure else _DOTTED,
            solid_capstyle="butt",
        )
    for side, dots in enumerate(shown.sides):
        color = side_colors(dark=dark)[side]
        color = color if sure else mix(color, ink.background, _PALE)
        if len(shown.names) <= _WHISKERS_UP_TO:
            axes.hlines(places, dots.low[places], dots.high[places], color=color, linewidth=0.5)
        axes.plot(values[side], places, _MARKERS[side], color=color, markersize=2.2 if many else 3.6, mew=0)


def _write_cells(axes: Axes, matrices: Matrices, side: int, *, dark: bool) -> None:
    matrix = matrices.sides[side]
    for i, j in np.ndindex(matrix.shape):
        if np.isfinite(matrix[i, j]):
            axes.text(
                j + 0.5,
                i + 0.5,
                cell_text(matrix.item(i, j), matrices.digits),
                fontsize=SMALL_PT - 1,
                color=ink_on(matrix.item(i, j), percent=matrices.percent, dark=dark),
                ha="center",
                va="center_baseline",
            )


def _log_axes(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    axes.set(xscale="log", yscale="log")
    for axis, (low, high) in ((axes.xaxis, x), (axes.yaxis, y)):
        ends, ticks, written = log_ticks(low, high)
        axis.set_ticks(ticks, [text.replace(",", THIN_SPACE) for text in written])
        axis.set_ticks([], minor=True)
        (axes.set_xlim if axis is axes.xaxis else axes.set_ylim)(10 ** ends[0], 10 ** ends[1])


def _key_rows(figure: Figure, words: Sequence[str], *, width: float) -> int:
    """Rows that a key takes."""
    needed = sum(layout.text_width(figure, text, TEXT_PT) + 0.4 for text in words)
    return 1 if needed <= width else len(words)


def _write_markers(  # noqa: PLR0913
    canvas: Axes, words: Sequence[str], *, top: float, rows: int, left: float = _LEFT, dark: bool
) -> None:
    """What the two markers stand for, below `top`, in one row or in one each."""
    figure = canvas.get_figure(root=True)
    assert figure is not None
    x, y = left, top - _KEY_ROW / 2 - 0.02
    for side, text in enumerate(words):
        canvas.plot(
            [x + 0.08], [y], _MARKERS[side], color=side_colors(dark=dark)[side], markersize=3.6, mew=0
        )
        canvas.text(x + 0.18, y, text, fontsize=TEXT_PT, color=inks(dark=dark).text, va="center_baseline")
        if rows == 1:
            x += layout.text_width(figure, text, TEXT_PT) + 0.4
        else:
            y -= _KEY_ROW
