"""Differences of paired runs at a glance: every seed, the mean with its interval, seed noise behind."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from ghviz.figures.palette import inks, mix, side_colors
from ghviz.figures.screen import layout

_ROW_PX: Final = 34
_PANEL_PX: Final = 76


@dataclass(frozen=True, kw_only=True)
class GainRow:
    """One method's differences.

    Attributes:
        name: of the method.
        by_seed: difference by seed.
        mean: of them.
        low: lower end of its interval; NaN where there is none.
        high: upper end.
        noise: half width of the band in which the mean lies if the seeds alone differ; NaN where unknown.
        uncertain: whether the difference may be none.
    """

    name: str
    by_seed: Mapping[int, float]
    mean: float
    low: float
    high: float
    noise: float
    uncertain: bool


@dataclass(frozen=True, kw_only=True)
class GainPanel:
    """A number's differences, method by method.

    Attributes:
        title: of the number, with its unit.
        better: which way is good, in words.
        digits: after the point.
        rows: from top to bottom.
    """

    title: str
    better: str
    digits: int
    rows: Sequence[GainRow]


def gain_chart(panels: Sequence[GainPanel], *, columns: int = 2, dark: bool = False) -> go.Figure:
    """Dots for seeds, a diamond for their mean with its interval, a band for seed noise; grey: uncertain.

    The seeds and the interval say how wide a chart is: a band that is wider ends at its edge.

    Args:
        panels: one chart each, each on its own scale.
        columns: charts side by side.
        dark: for a dark page.

    Raises:
        ValueError: if there is no panel.
    """
    if not panels:
        raise ValueError("a chart of gains needs at least one number, got none")
    lines = math.ceil(len(panels) / columns)
    tallest = max(len(panel.rows) for panel in panels)
    height = lines * (_ROW_PX * tallest + _PANEL_PX)
    figure = make_subplots(
        rows=lines,
        cols=columns,
        subplot_titles=[f"{panel.title} · {panel.better}" for panel in panels],
        horizontal_spacing=0.2 / columns,
        vertical_spacing=62 / height if lines > 1 else 0,
    )
    figure.update_layout(layout(dark=dark))
    ink = inks(dark=dark)
    for title in figure.layout.annotations:
        title.update(font={"size": 13, "color": ink.text})
    for i, panel in enumerate(panels):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        low, high = _ends(panel)
        for rank, row in enumerate(panel.rows):
            _draw(figure, panel, rank, place=place, dark=dark)
            if math.isfinite(row.noise):
                figure.add_shape(
                    type="rect",
                    x0=max(-row.noise, low),
                    x1=min(row.noise, high),
                    y0=rank - 0.34,
                    y1=rank + 0.34,
                    fillcolor=ink.grid,
                    line={"width": 0},
                    layer="below",
                    **place,
                )
        figure.add_vline(x=0, line={"color": ink.line, "width": 1}, **place)
        figure.update_xaxes(range=(low, high), fixedrange=True, tickformat="+", nticks=6, **place)
        figure.update_yaxes(
            tickvals=list(range(len(panel.rows))),
            ticktext=[row.name for row in panel.rows],
            range=(len(panel.rows) - 0.5, -0.5),
            showgrid=False,
            fixedrange=True,
            **place,
        )
    figure.update_layout(height=height, showlegend=False, margin={"t": 30, "b": 30})
    return figure


def _ends(panel: GainPanel) -> tuple[float, float]:
    """From where to where a chart reaches: 0, what was seen, and bands, at most twice as far as that."""
    seen = [v for row in panel.rows for v in (*row.by_seed.values(), row.mean, row.low, row.high)]
    seen = [value for value in seen if math.isfinite(value)]
    widest = max(map(abs, seen), default=0.0) or 1.0
    bands = [min(row.noise, 2 * widest) for row in panel.rows if math.isfinite(row.noise)]
    low, high = min([0.0, *seen, *(-band for band in bands)]), max([0.0, *seen, *bands])
    room = 0.04 * (high - low or widest)
    return low - room, high + room


def _draw(figure: go.Figure, panel: GainPanel, rank: int, *, place: dict[str, int], dark: bool) -> None:
    """The seeds and the mean of one row."""
    ink, row = inks(dark=dark), panel.rows[rank]
    color = ink.muted if row.uncertain else side_colors(dark=dark)[1]
    number = f"%{{x:+.{panel.digits}f}}"
    known = {seed: value for seed, value in row.by_seed.items() if math.isfinite(value)}
    figure.add_scatter(
        x=list(known.values()),
        y=[rank] * len(known),
        customdata=list(known),
        name=f"{row.name}, seeds",
        mode="markers",
        marker={
            "size": 7,
            "color": "rgba(0,0,0,0)",
            "line": {"color": mix(color, ink.background, 0.25), "width": 1.4},
        },
        hovertemplate=f"{row.name}, seed %{{customdata}}: {number}<extra></extra>",
        **place,
    )
    figure.add_scatter(
        x=[row.mean],
        y=[rank],
        name=row.name,
        mode="markers",
        marker={"size": 10, "symbol": "diamond", "color": color},
        error_x=_interval(row, color),
        hovertemplate=f"{row.name}, mean: {number}<extra></extra>",
        **place,
    )


def _interval(row: GainRow, color: str) -> dict[str, Any]:
    if not math.isfinite(row.low):
        return {"visible": False}
    return {
        "type": "data",
        "symmetric": False,
        "array": [row.high - row.mean],
        "arrayminus": [row.mean - row.low],
        "color": color,
        "thickness": 2.2,
        "width": 5,
    }
