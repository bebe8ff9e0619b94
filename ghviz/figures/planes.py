"""UMAP layouts for the screen, in Plotly: both sides at one scale, each snapshot a frame to be played."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.palette import class_colors, inks, mix
from ghviz.figures.panels import PlanePanels, plane_panels
from ghviz.figures.screen import layout, verbatim
from ghviz.figures.series import shorten
from ghviz.types import ClassTable

Layouts = Mapping[int, NDArray[np.floating[Any]]]
_MAX_SVG_POINTS: Final = 4000  # drawn as SVG, so that saving gives vectors; more go through WebGL
_MAX_NUMBERS: Final = 400_000  # in all frames together, 2.8 MB as they travel; more are thinned out
_FRAME_MS: Final = 260
_MOVE_MS: Final = 200


def umap_twin(  # noqa: PLR0913
    base: Layouts,
    gh: Layouts,
    labels: NDArray[np.integer[Any]],
    classes: ClassTable,
    *,
    step: int,
    dark: bool = False,
    stacked: bool = False,
) -> go.Figure:
    """UMAP layouts of both sides, coloured by class, at one scale.

    Args:
        base: step -> (n, 2) layout of the side without GH.
        gh: step -> (n, 2) layout of the side with GH; what counts are the steps that both sides have.
        labels: (n,) classes.
        classes: names and counts, head to tail.
        step: what to show first: the layouts of the step nearest to it.
        dark: for a dark page.
        stacked: one above the other, for a narrow screen.

    Returns:
        A figure with two traces a class (one a side), grouped in the legend; `customdata` holds each point's
        position in `labels`, which is its identity from frame to frame. With more than one step there is a
        frame for each, named after it, a slider and a button that plays them.

    Raises:
        ValueError: if the sides have no step in common.
    """
    steps = frame_steps(base, gh, points=len(labels))
    shown = min(steps, key=lambda each: abs(each - step))
    planes = {each: at_one_scale(base[each], gh[each]) for each in steps}
    panels = plane_panels(
        [plane for pair in planes.values() for plane in pair], labels, num_classes=len(classes.names)
    )
    figure = make_subplots(
        rows=2 if stacked else 1,
        cols=1 if stacked else 2,
        subplot_titles=panels.titles,
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
    )
    figure.update_layout(layout(dark=dark))
    for side, plane in enumerate(planes[shown]):
        place = {"row": side + 1, "col": 1} if stacked else {"row": 1, "col": side + 1}
        for trace in _class_dots(plane, panels, classes, first=side == 0, dark=dark):
            figure.add_trace(trace, **place)
    frame_axes(figure, panels, dark=dark)
    for title in figure.layout.annotations:
        title.update(font={"size": 14, "color": inks(dark=dark).text})
    figure.update_layout(
        height=960 if stacked else 590,
        legend={
            "orientation": "h",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "itemsizing": "constant",
        },
        margin={"t": 78, "b": 70, "l": 10, "r": 10},
        dragmode=False if stacked else "lasso",  # a finger on the chart is to scroll the page
    )
    if len(steps) > 1:
        kind = type(figure.data[0])
        figure.frames = [
            go.Frame(name=str(each), data=_moved(kind, pair, panels)) for each, pair in planes.items()
        ]
        figure.update_layout(_player(steps, shown, dark=dark))
    return figure


def at_one_scale(
    base: NDArray[np.floating[Any]], gh: NDArray[np.floating[Any]]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both layouts of a step about their common middle, in units of their common spread.

    UMAP's sizes say nothing, and the first layout of a run may be twice as large as all others: so frames
    fill the picture alike, and within a frame the two sides share their scale.
    """
    both = np.concatenate([base, gh]).astype(np.float64)
    middle = both.mean(axis=0)
    spread = float(np.sqrt(((both - middle) ** 2).sum(axis=1).mean())) or 1.0
    scaled = ((both - middle) / spread).astype(np.float32)
    return scaled[: len(base)], scaled[len(base) :]


def frame_steps(base: Layouts, gh: Layouts, *, points: int) -> list[int]:
    """The steps that both sides have; thinned out, the last kept, where there would be too many numbers.

    Raises:
        ValueError: if there is none.
    """
    steps = sorted(set(base) & set(gh))
    if not steps:
        raise ValueError("expected layouts of both sides at the same steps, got none in common")
    most = max(1, _MAX_NUMBERS // max(1, 4 * points))
    if len(steps) <= most:
        return steps
    kept = np.unique(np.linspace(len(steps) - 1, 0, most).round().astype(int))
    return [steps[i] for i in kept]


def frame_axes(figure: go.Figure, panels: PlanePanels, *, dark: bool) -> None:
    """Draw the frame of both planes at one scale, without numbers."""
    frame = {"showticklabels": False, "ticks": "", "showgrid": False, "zeroline": False, "mirror": True}
    frame |= {"showline": True, "linecolor": inks(dark=dark).grid}
    for k in ("", "2"):
        lock = {"scaleanchor": f"x{k}", "constrain": "domain"}
        figure.update_layout(
            {f"xaxis{k}": {**frame, "range": panels.x}, f"yaxis{k}": {**frame, **lock, "range": panels.y}}
        )


def _class_dots(
    plane: NDArray[np.floating[Any]], panels: PlanePanels, classes: ClassTable, *, first: bool, dark: bool
) -> list[go.Scatter | go.Scattergl]:
    count = len(classes.names)
    kind = go.Scatter if len(plane) <= _MAX_SVG_POINTS else go.Scattergl
    traces = []
    for label, (color, members) in enumerate(
        zip(class_colors(count, dark=dark), panels.members, strict=True)
    ):
        samples = f"{classes.counts[label]:,}"
        traces.append(
            kind(
                **_places(plane, members),
                customdata=members.astype(np.int32),
                mode="markers",
                name=f"{verbatim(shorten(classes.names[label]))} ({samples})",
                legendgroup=str(label),
                showlegend=first and (count <= 20 or label in (0, count - 1)),
                marker={"color": color, "size": 3 if panels.small else 5, "opacity": 0.85},
                hovertemplate=f"{verbatim(classes.names[label])} · {samples} samples<extra></extra>",
            )
        )
    return traces


def _places(plane: NDArray[np.floating[Any]], members: NDArray[np.intp]) -> dict[str, NDArray[np.float32]]:
    chosen = np.asarray(plane, dtype=np.float32)[members]
    return {"x": chosen[:, 0].copy(), "y": chosen[:, 1].copy()}


def _moved(
    kind: type, planes: tuple[NDArray[np.floating[Any]], ...], panels: PlanePanels
) -> list[go.Scatter | go.Scattergl]:
    """Where the points of all traces are at another step: each is its number within its class."""
    return [kind(**_places(plane, members)) for plane in planes for members in panels.members]


def _player(steps: list[int], shown: int, *, dark: bool) -> dict[str, Any]:
    """A button that plays all frames, one that pauses, and the slider that they move."""
    ink = inks(dark=dark)
    button = mix(ink.background, ink.text, 0.08)
    play = {
        "frame": {"duration": _FRAME_MS, "redraw": False},
        "transition": {"duration": _MOVE_MS, "easing": "linear"},
        "mode": "immediate",
    }
    still = {"frame": {"duration": 0, "redraw": False}, "transition": {"duration": 0}, "mode": "immediate"}
    names = [str(step) for step in steps]
    above = {"x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"}
    return {
        "updatemenus": [
            {
                "type": "buttons",
                "direction": "left",
                "showactive": False,
                **above,
                "pad": {"b": 32},
                "bgcolor": button,
                "bordercolor": ink.line,
                "font": {"size": 13, "color": ink.text},
                "buttons": [
                    {"label": "▶ Play", "method": "animate", "args": [names, play]},
                    {"label": "Pause", "method": "animate", "args": [[None], still]},
                ],
            }
        ],
        "sliders": [
            {
                "active": steps.index(shown),
                **above,
                "len": 1,
                "pad": {"b": 22, "l": 150, "r": 8},
                "currentvalue": {"prefix": "step ", "font": {"size": 13, "color": ink.text}, "offset": 6},
                "ticklen": 0,
                "minorticklen": 0,
                "font": {"size": 1, "color": "rgba(0,0,0,0)"},
                "bgcolor": ink.grid,
                "bordercolor": ink.line,
                "activebgcolor": ink.muted,
                "steps": [
                    {"label": f"{step:,}", "method": "animate", "args": [[name], still]}
                    for step, name in zip(steps, names, strict=True)
                ],
            }
        ],
    }
