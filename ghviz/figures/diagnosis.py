"""What GH is doing, for the screen, in Plotly: its prior, its vertices over time, its transport plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ghviz.figures.palette import class_colors, inks, mix, side_colors
from ghviz.figures.screen import layout, legend_above, verbatim
from ghviz.figures.series import Curve, Label, Track, shorten
from ghviz.types import ClassTable, Diagnosed

HEIGHT: Final = 330
MAX_BARS: Final = 30  # beyond it bars give way to dots
_MAX_NAMES: Final = 12
MAX_VERTICES: Final = 100  # rows of the mass over time: of more the heaviest
_STRIP: Final = 0.03  # of the width or height of a plan, for the colours of the classes
_LEAST: Final = 0.14  # how far from the background the smallest value of a heat map is

_CURVES: Final = (
    ("live_vertices", Label(title="Live vertices", digits=0), 1.0),
    ("evenness", Label(title="Evenness of the vertices"), 1.0),
    ("gradient_share", Label(title="GH's part of the pull", unit="%", digits=0), 100.0),
    ("nmi", Label(title="Agreement with classes (NMI)"), 1.0),
    ("adjusted_rand", Label(title="Agreement (adjusted Rand)"), 1.0),
    ("gradient_cosine", Label(title="Cosine of GH's pull and the base's"), 1.0),
    ("moved", Label(title="Moved by transport", unit="%", digits=0), 100.0),
    ("iterations", Label(title="Iterations of Sinkhorn", digits=0), 1.0),
    ("residual", Label(title="Residual of Sinkhorn"), 1.0),
)
_LOG: Final = ("residual",)


def diagnosis_curves(base: Sequence[Diagnosed], gh: Sequence[Diagnosed]) -> list[Curve]:
    """What GH was doing over training steps, one curve for each number that was ever known.

    The residual, from a rounding error to a failure, is on a logarithmic axis.

    Args:
        base: of the side without GH, in the order of steps; may be empty.
        gh: of the side with GH.
    """
    curves = [
        Curve(text=text, base=_track(base, name, factor), gh=_track(gh, name, factor), log=name in _LOG)
        for name, text, factor in _CURVES
    ]
    return [curve for curve in curves if curve.base is not None or curve.gh is not None]


def prior_bars(event: Diagnosed, classes: ClassTable, *, dark: bool = False) -> go.Figure:
    """The prior of each class's vertices beside the class's share of the samples, head to tail.

    Args:
        event: what GH was doing.
        classes: of the run.
        dark: for a dark page.

    Returns:
        Two traces: one segment a vertex, stacked over the rank of the class that owns it (the last place is
        for vertices without samples), and the shares; with many classes the sums as dots.
    """
    count, ink = len(classes.names), inks(dark=dark)
    owners, prior = np.array(event.owners), 100 * np.array(event.prior)
    place = np.where(owners < 0, count, owners)
    shares = 100 * np.array(classes.counts) / sum(classes.counts)
    colors = [*class_colors(count, dark=dark), ink.line]
    names = [*map(verbatim, classes.names), "no class"]
    figure = go.Figure(layout=layout(dark=dark))
    if count <= MAX_BARS:
        order = np.lexsort((-prior, place))
        figure.add_bar(
            x=place[order],
            y=prior[order].round(3),
            base=_bases(prior[order], place[order]).round(3),
            marker={
                "color": [colors[i] for i in place[order]],
                "line": {"width": 1, "color": ink.background},
            },
            customdata=[(int(vertex), names[place[vertex]]) for vertex in order],
            hovertemplate="vertex %{customdata[0]}, %{customdata[1]}: prior %{y:.1f} %<extra></extra>",
            name="prior of its vertices",
            showlegend=False,
        )
    else:
        sums = np.bincount(place, prior, minlength=count + 1)
        figure.add_scatter(
            x=np.arange(count + 1),
            y=sums.round(3),
            mode="markers",
            marker={"color": colors, "size": 5},
            customdata=names,
            hovertemplate="%{customdata}: prior of its vertices %{y:.2f} %<extra></extra>",
            name="prior of its vertices",
            showlegend=False,
        )
    figure.add_scatter(
        x=np.arange(count),
        y=shares.round(3),
        mode="markers" if count <= MAX_BARS else "lines",
        marker={"symbol": "line-ew", "size": 16, "line": {"width": 2.5, "color": ink.text}},
        line={"width": 1.2, "color": ink.text},
        customdata=names[:count],
        hovertemplate="%{customdata}: %{y:.1f} % of the samples<extra></extra>",
        name="share of the samples",
    )
    lost = [count] if (owners < 0).any() else []
    ticks = [each for each in _class_places(count) if not (lost and each > 0.9 * count > _MAX_NAMES)]
    figure.update_layout(
        height=HEIGHT,
        legend=legend_above(),
        yaxis={"title": {"text": "prior (%)"}, "rangemode": "tozero", "fixedrange": True},
        xaxis={
            "title": {"text": "class that owns the vertices, head to tail"},
            "showgrid": False,
            "fixedrange": True,
            "range": (-0.7, count - 0.3 + len(lost)),
            **({"tickangle": 0} if count > _MAX_NAMES else {}),  # few, so that they fit
            "tickvals": [*ticks, *lost],
            "ticktext": [*(verbatim(shorten(classes.names[i])) for i in ticks), *("none" for _ in lost)],
        },
    )
    return figure


def mass_over_time(events: Sequence[Diagnosed], classes: ClassTable, *, dark: bool = False) -> go.Figure:
    """The share of the samples that is nearest to each vertex, over training steps; dead vertices are blank.

    Args:
        events: in the order of steps, at least one.
        classes: of the run.
        dark: for a dark page.

    Returns:
        A heat map: a row for each vertex, from the head's vertices to the tail's as the last event has them,
        those without samples at the end.
    """
    last = events[-1]
    order = vertex_order(last)
    if len(order) > MAX_VERTICES:
        peaks = np.max([event.mass for event in events], axis=0)
        shown = set(np.argsort(-peaks, kind="stable")[:MAX_VERTICES].tolist())
        order = np.array([vertex for vertex in order if vertex in shown])
    mass = 100 * np.array([event.mass for event in events]).T[order]  # (rows, steps)
    names = [*map(verbatim, classes.names), "no class"]
    owners = [names[last.owners[vertex]] for vertex in order]
    figure = go.Figure(layout=layout(dark=dark))
    figure.add_heatmap(
        x=[event.step for event in events],
        y=np.arange(len(order)),
        z=[[round(value, 3) if value > 0 else None for value in row] for row in mass.tolist()],
        zmin=0,
        customdata=[
            [(int(vertex), owner)] * len(events) for vertex, owner in zip(order, owners, strict=True)
        ],
        hovertemplate="vertex %{customdata[0]}, last of %{customdata[1]}, step %{x:,}: %{z:.1f} %"
        "<extra></extra>",
        **_heat(dark=dark),
    )
    figure.update_layout(
        height=HEIGHT,
        xaxis={"title": {"text": "step"}, "showgrid": False, "ticks": "", "fixedrange": True},
        yaxis={
            "title": {"text": "vertices, head's to tail's"},
            "autorange": "reversed",
            "showgrid": False,
            "ticks": "",
            "showticklabels": False,
            "fixedrange": True,
        },
    )
    return figure


def plan_map(event: Diagnosed, classes: ClassTable, *, dark: bool = False) -> go.Figure:
    """The transport plan of a batch: which share of each sample goes to which vertex.

    Args:
        event: what GH was doing.
        classes: of the run.
        dark: for a dark page.

    Returns:
        A heat map: a row for each sample, head at the top, a column for each vertex, the head's on the left;
        strips in the colours of the classes stand at the left for the samples and above for the vertices.
    """
    columns = {vertex: i for i, vertex in enumerate(event.plan_vertices)}
    order = [int(vertex) for vertex in vertex_order(event) if vertex in columns]
    plan = np.array(event.plan, dtype=np.int64).reshape(len(event.plan_classes), len(columns))
    plan = plan[:, [columns[vertex] for vertex in order]]
    names = [*map(verbatim, classes.names), "no class"]
    figure = go.Figure(layout=layout(dark=dark))
    figure.add_heatmap(
        x=np.arange(len(order)),
        y=np.arange(len(plan)),
        z=[[value or None for value in row] for row in plan.tolist()],
        zmin=0,
        zmax=100,
        customdata=[
            [(names[label], vertex, names[event.owners[vertex]]) for vertex in order]
            for label in event.plan_classes
        ],
        hovertemplate="%{customdata[0]} to vertex %{customdata[1]} (%{customdata[2]}): %{z} %<extra></extra>",
        **_heat(dark=dark),
    )
    figure.update_layout(
        height=HEIGHT,
        shapes=_strips(event, order, len(classes.names), dark=dark),
        xaxis={
            "title": {"text": "vertices, head's to tail's"},
            "showgrid": False,
            "ticks": "",
            "showticklabels": False,
            "fixedrange": True,
            "range": (-0.5, len(order) - 0.5),
        },
        yaxis={
            "title": {"text": "samples, head to tail", "standoff": 16},
            "range": (len(plan) - 0.5, -0.5),
            "showgrid": False,
            "ticks": "",
            "showticklabels": False,
            "fixedrange": True,
        },
    )
    return figure


def vertex_order(event: Diagnosed) -> NDArray[np.intp]:
    """All vertices from the head's to the tail's, heavy ones first; those without samples at the end."""
    owners = np.array(event.owners)
    return np.lexsort((-np.array(event.mass), np.where(owners < 0, np.iinfo(np.int64).max, owners)))


def _track(events: Sequence[Diagnosed], name: str, factor: float) -> Track | None:
    values = [event.numbers.get(name) for event in events]
    if all(value is None for value in values):
        return None
    return Track(
        steps=np.array([event.step for event in events], dtype=np.int64),
        values=np.array([np.nan if value is None else factor * value for value in values]),
    )


def _bases(heights: NDArray[np.float64], place: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where each segment of a stack begins; segments come stack by stack."""
    ends = np.cumsum(heights)
    starts = ends - heights
    firsts = np.searchsorted(place, place)
    return np.asarray(starts - starts[firsts])


def _class_places(count: int) -> list[int]:
    """The classes whose names fit below an axis."""
    if count <= _MAX_NAMES:
        return list(range(count))
    return sorted(set(np.linspace(0, count - 1, 5).round().astype(int).tolist()))


def _heat(*, dark: bool) -> dict[str, Any]:
    """The look of a heat map: from nearly the background to the colour of the side with GH."""
    ink, (_, color) = inks(dark=dark), side_colors(dark=dark)
    return {
        "colorscale": [[0.0, mix(ink.background, color, _LEAST)], [1.0, color]],
        "colorbar": {
            "thickness": 9,
            "outlinewidth": 0,
            "ticksuffix": " %",
            "tickfont": {"size": 11, "color": ink.muted},
        },
        "hoverongaps": False,
    }


def _strips(event: Diagnosed, vertices: list[int], count: int, *, dark: bool) -> list[dict[str, Any]]:
    """Rectangles in the colours of the classes: of the samples at the left, of the vertices above."""
    colors = [*class_colors(count, dark=dark), inks(dark=dark).grid]
    left = {"xref": "x domain", "x0": -_STRIP, "x1": -0.3 * _STRIP, "yref": "y"}
    above = {"yref": "y domain", "y0": 1 + 0.3 * _STRIP, "y1": 1 + 1.4 * _STRIP, "xref": "x"}
    owners = [event.owners[vertex] for vertex in vertices]
    rows = [
        {**left, "y0": first - 0.5, "y1": last + 0.5, "fillcolor": colors[label]}
        for first, last, label in _stretches(event.plan_classes)
    ]
    tops = [
        {**above, "x0": first - 0.5, "x1": last + 0.5, "fillcolor": colors[owner]}
        for first, last, owner in _stretches(owners)
    ]
    return [{"type": "rect", "line": {"width": 0}, **each} for each in (*rows, *tops)]


def _stretches(labels: Sequence[int]) -> list[tuple[int, int, int]]:
    """First and last position and label of each run of equal labels."""
    found: list[tuple[int, int, int]] = []
    for i, label in enumerate(labels):
        if found and found[-1][2] == label:
            found[-1] = (found[-1][0], i, label)
        else:
            found.append((i, i, label))
    return found
