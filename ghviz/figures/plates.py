"""The charts of `ghviz.figures.charts` on paper: the same data classes in, Matplotlib figures out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from ghviz.figures import layout, style
from ghviz.figures.disc import Look
from ghviz.figures.palette import BASE_COLOR, GH_COLOR, Theme, class_colors, inks
from ghviz.figures.series import (
    SIDE_NAMES,
    Curve,
    Mark,
    MetricText,
    axis_title,
    range_below_labels,
    shorten,
    side_title,
    span,
)
from ghviz.figures.style import HAIRLINE_PT, MAX_VECTOR_POINTS, SMALL_PT, TEXT_PT, Venue, Width
from ghviz.types import ClassTable, MetricTable

_LEFT: Final = 0.46  # inches left of a chart for its numbers
_BELOW: Final = 0.36
_KEY_HEIGHT: Final = 0.2
_MAX_UPRIGHT: Final = 24  # classes whose names are all written, upright where they must


def bars_figure(  # noqa: PLR0913
    base: MetricTable,
    gh: MetricTable,
    metric: str,
    info: MetricText,
    *,
    even: float | None = None,
    width: Width = "full",
    venue: Venue = "neurips",
    dark: bool = False,
) -> Figure:
    """A metric of every class, head to tail, without and with GH side by side; arguments as for `class_bars`.

    Raises:
        ValueError: if a table lacks the metric.
    """
    classes = base.classes
    values = [_per_class(table, metric) for table in (base, gh)]
    across = style.inches(width, venue=venue)
    with style.paper():
        figure, canvas = _blank(across, 4, dark=dark)
        chart = across - _LEFT - 0.05
        ticks, below = _class_ticks(figure, classes, room=chart / (len(classes.names) + 0.2))
        height = _KEY_HEIGHT + 0.05 + 1.18 + below + 0.2
        figure.set_size_inches(across, height)
        canvas.set_ylim(0, height)
        axes = _panel(figure, (_LEFT, below + 0.2, chart, 1.18), dark=dark)
        ranks = np.arange(len(classes.names))
        for side, heights in enumerate(values):
            shift = (side - 0.5) * 0.38
            axes.bar(ranks + shift, heights, width=0.34, color=_side_colors(dark)[side], linewidth=0)
        if even is not None:
            axes.axhline(even, color=inks(dark=dark).muted, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=3)
            axes.annotate(
                "even",
                (1, even),
                (0, 1.5),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                fontsize=SMALL_PT,
                color=inks(dark=dark).muted,
            )
        axes.set_xlim(-0.6, len(ranks) - 0.4)
        axes.set_ylabel(axis_title(info))
        axes.set_xticks(**ticks)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("classes, head to tail, with training samples", labelpad=2)
        _write_key(canvas, (_LEFT, height - 0.11), dark=dark, lines=False)
    return _labelled(figure, figure_kind="bars", metric=metric)


def curves_figure(  # noqa: PLR0913
    curves: Sequence[Curve],
    marks: Sequence[Mark] = (),
    *,
    columns: int = 2,
    width: Width = "full",
    venue: Venue = "neurips",
    dark: bool = False,
) -> Figure:
    """Small charts of numbers over training steps, both sides in each; arguments as for `metric_curves`.

    Raises:
        ValueError: if there is no curve.
    """
    if not curves:
        raise ValueError("curves_figure needs at least one curve, got none")
    columns = max(1, min(columns, len(curves)))
    rows = -(-len(curves) // columns)
    across = style.inches(width, venue=venue)
    row_height, panel_width = 1.5, across / columns
    height = _KEY_HEIGHT + rows * row_height + 0.02
    with style.paper():
        figure, canvas = _blank(across, height, dark=dark)
        for i, curve in enumerate(curves):
            row, column = divmod(i, columns)
            top = height - _KEY_HEIGHT - row * row_height
            box = (column * panel_width + _LEFT, top - row_height + _BELOW, panel_width - _LEFT - 0.1, 0.9)
            axes = _panel(figure, box, dark=dark)
            _draw_curve(axes, curve, dark=dark)
            axes.set_xlim(*span(curves))
            _draw_marks(axes, marks, written=i == 0, dark=dark)
            room = range_below_labels(curve, room=0.85)
            if marks and i == 0 and room:
                axes.set_ylim(*room)
            if i + columns >= len(curves):
                axes.set_xlabel("step", labelpad=2)
        _write_key(canvas, (_LEFT, height - 0.11), dark=dark, lines=True)
    return _labelled(figure, figure_kind="curves")


def umap_figure(  # noqa: PLR0913
    base_layout: NDArray[np.floating[Any]],
    gh_layout: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    classes: ClassTable,
    *,
    step: int | None = None,
    width: Width = "full",
    venue: Venue = "neurips",
    dark: bool = False,
) -> Figure:
    """UMAP layouts of both sides at one scale, coloured by class; arguments as for `umap_twin`."""
    look = Look(colors=class_colors(len(classes.names), dark=dark), badges=None, inks=inks(dark=dark))
    layouts = [np.asarray(plane, dtype=np.float64) for plane in (base_layout, gh_layout)]
    everything = np.concatenate(layouts)
    middle = (everything.min(0) + everything.max(0)) / 2
    reach = 0.53 * float((everything.max(0) - everything.min(0)).max() or 1.0)
    across = style.inches(width, venue=venue)
    side_width = (across - 0.18) / 2
    with style.paper():
        figure, _ = _blank(across, 4, dark=dark)
        legend = layout.legend_height(figure, classes, look=look, width=across - 0.1)
        height = layout.TITLE_HEIGHT + side_width + 0.06 + legend
        figure.set_size_inches(across, height)
        canvas = figure.axes[0]
        canvas.set_ylim(0, height)
        for side, plane in enumerate(layouts):
            left = 0.02 + side * (side_width + 0.14)
            axes = layout.panel(figure, (left, legend + 0.06, side_width, side_width))
            axes.set(xlim=middle[0] + np.array([-reach, reach]), ylim=middle[1] + np.array([-reach, reach]))
            axes.set(xticks=[], yticks=[], facecolor=look.inks.background)
            for spine in axes.spines.values():
                spine.set(visible=True, color=look.inks.grid, linewidth=0.7)
            _draw_layout(axes, plane, labels, look)
            title = f"({'ab'[side]})  {side_title(side, step)}"
            place = (left + side_width / 2, height - 0.15)
            layout.write_title(canvas, place, title, width=side_width, look=look)
        layout.write_legend(canvas, legend + 0.02, classes, look=look, dashes=False, width=across - 0.1)
    return _labelled(figure, figure_kind="umap", step=step)


def _blank(width: float, height: float, *, dark: bool) -> tuple[Figure, Axes]:
    figure = style.blank_figure(width, height, background=inks(dark=dark).background)
    return figure, layout.canvas_axes(figure)


def _labelled(figure: Figure, *, figure_kind: str, **shows: object) -> Figure:
    figure.set_label(json.dumps({"figure": figure_kind, **shows}))
    return figure


def _side_colors(dark: bool) -> tuple[str, str]:
    theme: Theme = "dark" if dark else "light"
    return BASE_COLOR[theme], GH_COLOR[theme]


def _per_class(table: MetricTable, metric: str) -> NDArray[np.float64]:
    if metric not in table.per_class:
        raise ValueError(f"no per-class metric {metric!r} in the table; it has {', '.join(table.per_class)}")
    return table.per_class[metric]


def _panel(figure: Figure, box: tuple[float, float, float, float], *, dark: bool) -> Axes:
    ink = inks(dark=dark)
    axes = layout.panel(figure, box)
    axes.set_facecolor(ink.background)
    axes.grid(axis="y", color=ink.grid, linewidth=HAIRLINE_PT)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, min_n_ticks=3, steps=[1, 2, 2.5, 5, 10]))
    axes.tick_params(colors=ink.line, labelcolor=ink.text, pad=2)
    for spine in axes.spines.values():
        spine.set_color(ink.line)
    for axis in (axes.xaxis, axes.yaxis):
        axis.label.set_color(ink.text)
    return axes


def _class_ticks(figure: Figure, classes: ClassTable, *, room: float) -> tuple[dict[str, Any], float]:
    """What to write below bars that are `room` inches apart, and the height in inches that it takes.

    Names above counts where they fit; else, for few classes, both in an upright line; for many, some of them.
    """
    ranks = np.arange(len(classes.names))
    counts = [f"{count:,}".replace(",", "\u2009") for count in classes.counts]
    names = [shorten(name) for name in classes.names]
    widest = max(layout.text_width(figure, text, SMALL_PT) for text in (*names, *counts))
    if len(ranks) <= _MAX_UPRIGHT and widest + 0.06 > room:
        lines = [f"{name}  {count}" for name, count in zip(names, counts, strict=True)]
        longest = max(layout.text_width(figure, line, SMALL_PT) for line in lines)
        return {"ticks": ranks, "labels": lines, "rotation": 90}, longest + 0.06
    if widest + 0.06 > room:
        most = max(2, int(room * len(ranks) / (widest + 0.3)))
        # The last label would stick out: it stands for the last class only if its half fits beside the chart.
        last = len(ranks) - 1 - int(np.ceil(max(0, widest / 2 - 0.05) / room))
        ranks = np.unique(np.linspace(0, last, most).round().astype(int))
    return {"ticks": ranks, "labels": [f"{names[i]}\n{counts[i]}" for i in ranks]}, 0.3


def _draw_curve(axes: Axes, curve: Curve, *, dark: bool) -> None:
    for side, track in enumerate((curve.base, curve.gh)):
        if track is not None:
            axes.plot(
                track.steps, track.values, color=_side_colors(dark)[side], linewidth=1.3 if side else 1.1
            )
    axes.margins(y=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.set_title(axis_title(curve.text), fontsize=TEXT_PT + 0.5, color=inks(dark=dark).text, pad=4)


def _draw_marks(axes: Axes, marks: Sequence[Mark], *, written: bool, dark: bool) -> None:
    ink = inks(dark=dark)
    for mark in marks:
        axes.axvline(
            mark.step,
            color=ink.muted,
            linewidth=0.6,
            linestyle="-" if mark.strong else (0, (1, 1.5)),
            zorder=1,
        )
        if written:
            axes.annotate(
                mark.label,
                (mark.step, 1),
                (-1.5, -1),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="top",
                fontsize=SMALL_PT,
                color=ink.muted,
            )


def _write_key(canvas: Axes, place: tuple[float, float], *, dark: bool, lines: bool) -> None:
    """What the two colours stand for, in one row that starts at `place` in inches."""
    x, y = place
    figure = canvas.get_figure(root=True)
    assert figure is not None
    for side, name in enumerate(SIDE_NAMES):
        color = _side_colors(dark)[side]
        if lines:
            canvas.plot([x, x + 0.2], [y, y], color=color, linewidth=1.4, solid_capstyle="butt")
        else:
            canvas.fill_between([x + 0.06, x + 0.18], y - 0.045, y + 0.045, color=color, linewidth=0)
        canvas.text(x + 0.25, y, name, fontsize=TEXT_PT, color=inks(dark=dark).text, va="center_baseline")
        x += 0.25 + layout.text_width(figure, name, TEXT_PT) + 0.2


def _draw_layout(
    axes: Axes, plane: NDArray[np.float64], labels: NDArray[np.integer[Any]], look: Look
) -> None:
    size = 2.2 if len(labels) <= 3000 else 1.2
    for label in np.unique(labels):
        axes.plot(
            *plane[labels == label].T,
            "o",
            color=look.colors[label],
            markersize=size,
            markeredgewidth=0,
            rasterized=len(labels) > MAX_VECTOR_POINTS,
        )
