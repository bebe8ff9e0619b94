"""The charts of `ghviz.figures.charts` on paper: the same data classes in, Matplotlib figures out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ghviz.figures import layout, style
from ghviz.figures.captions import bars_caption, curves_caption, umap_caption
from ghviz.figures.disc import Look
from ghviz.figures.palette import class_colors, inks, side_colors
from ghviz.figures.panels import EVEN, Axis, CurvePanel, PlanePanels, bar_panel, curve_panels, plane_panels
from ghviz.figures.series import SIDE_NAMES, Curve, Mark, MetricText, shorten
from ghviz.figures.style import HAIRLINE_PT, MAX_VECTOR_POINTS, SMALL_PT, TEXT_PT, THIN_SPACE, Venue, Width
from ghviz.types import ClassTable, MetricTable

_LEFT: Final = 0.46  # inches left of a chart for its numbers
_BELOW: Final = 0.36
_KEY_HEIGHT: Final = 0.2
_DOTTED: Final = (0, (1, 1.5))
# Grey and orange are equally dark in black-and-white print: dashes tell the sides apart there.
_STROKES: Final[tuple[dict[str, Any], ...]] = (
    {"linewidth": 1.1, "linestyle": (0, (4, 1.2)), "dash_capstyle": "butt"},
    {"linewidth": 1.3, "solid_capstyle": "butt"},
)
EVEN_GAP_PT: Final = 2
"""Between a chart and the label of an even share."""
_LINE: Final = 1.2  # height of a line of text, as a multiple of its size
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
    panel = bar_panel(base, gh, metric, info, even=even)
    classes = panel.classes
    across = style.inches(width, venue=venue)
    with style.paper():
        figure, canvas = blank_chart(across, 4, dark=dark)
        chart = across - _LEFT - (0.05 if panel.even is None else even_room(figure))
        ticks, below = _class_ticks(figure, classes, room=chart / (len(classes.names) + 0.2))
        height = _KEY_HEIGHT + 0.05 + 1.18 + below + 0.2
        figure.set_size_inches(across, height)
        canvas.set_ylim(0, height)
        axes = chart_panel(figure, (_LEFT, below + 0.2, chart, 1.18), dark=dark)
        ranks = np.arange(len(classes.names))
        for side, heights in enumerate(panel.sides):
            shift = (side - 0.5) * 0.38
            axes.bar(ranks + shift, heights, width=0.34, color=side_colors(dark=dark)[side], linewidth=0)
        if panel.even is not None:
            draw_even(axes, panel.even, dark=dark)
        axes.set_xlim(-0.6, len(ranks) - 0.4)
        axes.set_ylabel(panel.y.title)
        _set_axis(axes, "y", panel.y)
        axes.set_xticks(**ticks)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel(panel.x_title, labelpad=2)
        _write_key(canvas, (_LEFT, height - 0.11), dark=dark, lines=False)
    caption = bars_caption(info.title, step=base.step, even=even is not None)
    return style.labelled(figure, caption, figure="bars", metric=metric)


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
    across = style.inches(width, venue=venue)
    row_height, panel_width = 1.5, across / max(1, min(columns, len(curves)))
    inside = panel_width - _LEFT - 0.1
    panels = curve_panels(curves, marks, columns=columns, apart=_LINE * SMALL_PT / 72 / inside)
    height = _KEY_HEIGHT + (panels[-1].row + 1) * row_height + 0.02
    with style.paper():
        figure, canvas = blank_chart(across, height, dark=dark)
        for panel in panels:
            top = height - _KEY_HEIGHT - panel.row * row_height
            left = panel.column * panel_width + _LEFT
            box = (left, top - row_height + _BELOW, inside, 0.9)
            _draw_curve(chart_panel(figure, box, dark=dark), panel, dark=dark)
        _write_key(canvas, (_LEFT, height - 0.11), dark=dark, lines=True)
    return style.labelled(figure, curves_caption(curves, marks), figure="curves")


def umap_figure(  # noqa: PLR0913
    base_layout: NDArray[np.floating[Any]],
    gh_layout: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    classes: ClassTable,
    *,
    step: int,
    width: Width = "full",
    venue: Venue = "neurips",
    dark: bool = False,
) -> Figure:
    """UMAP layouts of both sides at one scale, coloured by class; arguments as for `umap_twin`."""
    look = Look(colors=class_colors(len(classes.names), dark=dark), badges=None, inks=inks(dark=dark))
    layouts = [np.asarray(plane, dtype=np.float64) for plane in (base_layout, gh_layout)]
    panels = plane_panels(layouts, labels, num_classes=len(classes.names))
    across = style.inches(width, venue=venue)
    side_width = (across - 0.18) / 2
    with style.paper():
        figure, _ = blank_chart(across, 4, dark=dark)
        legend = layout.legend_height(figure, classes, look=look, width=across - 0.1)
        height = layout.TITLE_HEIGHT + side_width + 0.06 + legend
        figure.set_size_inches(across, height)
        canvas = figure.axes[0]
        canvas.set_ylim(0, height)
        for side, plane in enumerate(layouts):
            left = 0.02 + side * (side_width + 0.14)
            axes = layout.panel(figure, (left, legend + 0.06, side_width, side_width))
            axes.set(xlim=panels.x, ylim=panels.y, xticks=[], yticks=[], facecolor=look.inks.background)
            for spine in axes.spines.values():
                spine.set(visible=True, color=look.inks.grid, linewidth=0.7)
            _draw_layout(axes, plane, panels, look)
            title = f"({'ab'[side]})  {panels.titles[side]}"
            place = (left + side_width / 2, height - 0.15)
            layout.write_title(canvas, place, title, width=side_width, look=look)
        layout.write_legend(canvas, legend + 0.02, classes, look=look, dashes=False, width=across - 0.1)
    return style.labelled(figure, umap_caption(step), figure="umap", step=step)


def blank_chart(width: float, height: float, *, dark: bool) -> tuple[Figure, Axes]:
    """An empty figure of that many inches, and axes in inches over all of it."""
    figure = style.blank_figure(width, height, background=inks(dark=dark).background)
    return figure, layout.canvas_axes(figure)


def draw_even(axes: Axes, even: float, *, dark: bool) -> None:
    """The line of an even share; its label beside the chart, where it can lie on nothing."""
    muted = inks(dark=dark).muted
    axes.axhline(even, color=muted, linewidth=0.7, linestyle=_DOTTED, zorder=3)
    axes.annotate(
        EVEN,
        (1, even),
        (EVEN_GAP_PT, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=SMALL_PT,
        color=muted,
    )


def even_room(figure: Figure) -> float:
    """Inches right of a chart that the label of an even share takes."""
    return EVEN_GAP_PT / 72 + layout.text_width(figure, EVEN, SMALL_PT) + 0.03


def _set_axis(axes: Axes, which: Literal["x", "y"], axis: Axis) -> None:
    labels = [label.replace(",", THIN_SPACE) for label in axis.labels]
    if which == "x":
        axes.set_xlim(axis.low, axis.high)
        axes.set_xticks(axis.ticks, labels)
    else:
        if axis.log:
            axes.set_yscale("log", nonpositive="mask")
        axes.set_ylim(axis.low, axis.high)
        axes.set_yticks(axis.ticks, labels)
        axes.set_yticks([], minor=True)


def chart_panel(figure: Figure, box: tuple[float, float, float, float], *, dark: bool) -> Axes:
    """Axes at (left, bottom, width, height) in inches, with lines across."""
    ink = inks(dark=dark)
    axes = layout.panel(figure, box)
    axes.set_facecolor(ink.background)
    axes.grid(axis="y", color=ink.grid, linewidth=HAIRLINE_PT)
    axes.set_axisbelow(True)
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
    counts = [f"{count:,}".replace(",", THIN_SPACE) for count in classes.counts]
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


def _draw_curve(axes: Axes, panel: CurvePanel, *, dark: bool) -> None:
    ink = inks(dark=dark)
    for side, track in enumerate(panel.sides):
        if track is not None:
            axes.plot(track.steps, track.values, color=side_colors(dark=dark)[side], **_STROKES[side])
    _set_axis(axes, "x", panel.x)
    _set_axis(axes, "y", panel.y)
    axes.set_title(panel.y.title, fontsize=TEXT_PT + 0.5, color=ink.text, pad=4)
    axes.set_xlabel(panel.x.title, labelpad=2)
    for mark, label in zip(panel.marks, panel.labels, strict=True):
        line = "-" if mark.strong else _DOTTED
        axes.axvline(mark.step, color=ink.muted, linewidth=0.6, linestyle=line, zorder=1)
        if label:
            axes.annotate(
                label,
                (mark.step, 1),
                (-1.5, -1),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="top",
                fontsize=SMALL_PT,
                color=ink.muted,
                bbox={"facecolor": ink.background, "edgecolor": "none", "pad": 0.4},
            )


def _write_key(canvas: Axes, place: tuple[float, float], *, dark: bool, lines: bool) -> None:
    """What the two colours stand for, in one row that starts at `place` in inches."""
    x, y = place
    figure = canvas.get_figure(root=True)
    assert figure is not None
    for side, name in enumerate(SIDE_NAMES):
        color = side_colors(dark=dark)[side]
        if lines:
            canvas.plot([x, x + 0.2], [y, y], color=color, **_STROKES[side])
        else:
            canvas.fill_between([x + 0.06, x + 0.18], y - 0.045, y + 0.045, color=color, linewidth=0)
        canvas.text(x + 0.25, y, name, fontsize=TEXT_PT, color=inks(dark=dark).text, va="center_baseline")
        x += 0.25 + layout.text_width(figure, name, TEXT_PT) + 0.2


def _draw_layout(axes: Axes, plane: NDArray[np.float64], panels: PlanePanels, look: Look) -> None:
    for color, members in zip(look.colors, panels.members, strict=True):
        dots = axes.plot(*plane[members].T, "o", color=color, markersize=1.2 if panels.small else 2.2)[0]
        dots.set(markeredgewidth=0, rasterized=len(plane) > MAX_VECTOR_POINTS)
