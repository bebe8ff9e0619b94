"""The look of all Plotly charts: quiet axes on a transparent page, and a button that saves them as SVG."""

from __future__ import annotations

from html import escape
from typing import Any, Final

import plotly.graph_objects as go

from ghviz.figures.palette import inks, mix
from ghviz.figures.panels import EVEN

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

BESIDE_PX: Final = 36
"""Right margin of a chart with an even share's label."""
FONT: Final = "Source Sans, Source Sans Pro, -apple-system, Segoe UI, sans-serif"


def layout(*, dark: bool) -> dict[str, Any]:
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
        "font": {"family": FONT, "size": 13, "color": ink.text},
        "hoverlabel": {
            "bgcolor": mix(ink.background, ink.text, 0.06),
            "bordercolor": ink.line,
            "font": {"family": FONT, "size": 13, "color": ink.text},
        },
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": ink.muted, "activecolor": ink.text},
        "margin": {"t": 40, "b": 44, "l": 50, "r": 12},
        "uirevision": "keep",
    }


def verbatim(name: str) -> str:
    """A name as Plotly writes it letter by letter, where it would read HTML: in ticks, legends and hover.

    A hover template does not take it for one of its places either.

    >>> verbatim("<b>5 %{x}</b> &amp;")
    '&lt;b&gt;5 &#37;{x}&lt;/b&gt; &amp;amp;'
    """
    return escape(name, quote=False).replace("%", "&#37;")


def even_label(*, dark: bool) -> dict[str, Any]:
    """What is written at the line of an even share: beside the chart, where it can lie on nothing."""
    font = {"size": 11, "color": inks(dark=dark).muted}
    beside = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 3, "yanchor": "middle"}
    return {"text": EVEN, "showarrow": False, "font": font, **beside}


def legend_above(rise: float = 0.03) -> dict[str, Any]:
    """A legend in a row above the chart, higher by a part of its height."""
    return {"orientation": "h", "x": 0, "xanchor": "left", "y": 1 + rise, "yanchor": "bottom"}
