"""UMAP layouts of one step, each point coloured by how well it is placed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from ghviz.figures.palette import inks
from ghviz.figures.panels import plane_panels
from ghviz.figures.placement_bands import BANDS, NOT_ASKED, band_of
from ghviz.figures.planes import at_one_scale, frame_axes
from ghviz.figures.screen import layout

_MAX_SVG_POINTS: Final = 4000
Plane = NDArray[np.floating[Any]]


def placement_twin(
    planes: tuple[Plane, Plane],
    placements: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    dark: bool = False,
    stacked: bool = False,
) -> go.Figure:
    """UMAP layouts of both sides at one step and one scale, coloured by placement.

    Args:
        planes: (n, 2) of the sides without and with GH.
        placements: (n,) of the same points, 0 to 1; NaN for one that was not measured.
        dark: for a dark page.
        stacked: one above the other, for a narrow screen.

    Returns:
        A figure with two traces a band (one a side), grouped in the legend; `customdata` holds each point's
        position and its placement. Badly placed points are drawn last, on top; what was not measured lies
        below, in grey.
    """
    scaled = at_one_scale(*planes)
    panels = plane_panels(list(scaled), np.zeros(len(scaled[0]), dtype=np.int64), num_classes=1)
    figure = make_subplots(
        rows=2 if stacked else 1,
        cols=1 if stacked else 2,
        subplot_titles=panels.titles,
        horizontal_spacing=0.03,
        vertical_spacing=0.06,
    )
    figure.update_layout(layout(dark=dark))
    for side, (plane, placement) in enumerate(zip(scaled, placements, strict=True)):
        place = {"row": side + 1, "col": 1} if stacked else {"row": 1, "col": side + 1}
        for trace in _bands(plane, placement, small=panels.small, first=side == 0, dark=dark):
            figure.add_trace(trace, **place)
    frame_axes(figure, panels, dark=dark)
    for title in figure.layout.annotations:
        title.update(font={"size": 14, "color": inks(dark=dark).text})
    legend = {"orientation": "h", "y": 0, "yref": "container", "yanchor": "bottom", "itemsizing": "constant"}
    figure.update_layout(
        height=960 if stacked else 590,
        legend=legend,
        margin={"t": 34, "b": 70, "l": 10, "r": 10},
        dragmode=False,
    )
    return figure


def _bands(
    plane: NDArray[np.float32], placement: NDArray[np.float64], *, small: bool, first: bool, dark: bool
) -> list[go.Scatter | go.Scattergl]:
    kind = go.Scatter if len(plane) <= _MAX_SVG_POINTS else go.Scattergl
    bands = band_of(placement)
    looks = [(i, band.name, band.dark if dark else band.light) for i, band in enumerate(BANDS)]
    if (bands == NOT_ASKED).any():
        looks.insert(0, (NOT_ASKED, "not measured", inks(dark=dark).grid))
    traces = []
    for i, name, color in looks:
        members = np.flatnonzero(bands == i)
        traces.append(
            kind(
                x=plane[members, 0].copy(),
                y=plane[members, 1].copy(),
                customdata=np.stack([members, placement[members]], axis=1),
                mode="markers",
                name=name,
                legendgroup=str(i),
                showlegend=first,
                marker={
                    "color": color,
                    "size": 3 if small else 5,
                    "opacity": 0.9,
                },
                hovertemplate="not measured<extra></extra>"
                if i == NOT_ASKED
                else "placement %{customdata[1]:.2f}<extra></extra>",
            )
        )
    return traces
