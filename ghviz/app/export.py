"""Save buttons: every picture on a page as PDF, SVG or PNG, drawn when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Literal, get_args

import streamlit as st

from ghviz.app.pairs import Comparison
from ghviz.app.scenes import Stage
from ghviz.metrics.catalog import METRICS
from ghviz.twin import HEADLINES, side_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format = Literal["pdf", "svg", "png"]
MIME: dict[Format, str] = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


def save_buttons(draw: Callable[[], Figure], *, name: str, key: str) -> None:
    """Offer a picture in three formats.

    Args:
        draw: draws it, on another thread: it must not talk to Streamlit.
        name: of the file, without its ending.
        key: identity on the page.
    """
    with st.popover("Save", icon=":material/download:", key=f"save-{key}"):
        for format_ in get_args(Format):
            st.download_button(
                format_.upper() + (" (300 dpi)" if format_ == "png" else " (vector)"),
                data=partial(picture, draw, format_),
                file_name=f"{name}.{format_}",
                mime=MIME[format_],
                on_click="ignore",
                key=f"save-{key}-{format_}",
                type="tertiary",
            )


def picture(draw: Callable[[], Figure], format_: Format) -> bytes:
    """The bytes of a picture."""
    from ghviz.figures.paper import save

    buffer = BytesIO()
    save(draw(), buffer, format_)
    return buffer.getvalue()


def twin_picture(
    comparison: Comparison, drawn: Stage, *, step: int, rotation: tuple[float, float, float, float]
) -> Figure:
    """The twins as they stand on the screen: same snapshot, same alignment, same camera."""
    from ghviz.figures.paper import PaperSide, twin_figure

    sides = {}
    for side, record in comparison.shown.items():
        table = record.table_at(step)
        sides[side] = PaperSide(
            title=side_title(record.run),
            coordinates=drawn.views[side].coordinates[record.index_at(step)],
            labels=record.points.train_labels,
            targets=drawn.views[side].targets if side == "gh" else None,
            numbers={
                METRICS[key].title: METRICS[key].format(table.summary.get(key)) for key in HEADLINES[:3]
            },
        )
    return twin_figure(
        sides["base"],
        sides["gh"],
        comparison.any_side.classes,
        camera=rotation,
        caption=_caption(drawn, step),
    )


def _caption(drawn: Stage, step: int) -> str:
    kept = min(view.kept or 1.0 for view in drawn.views.values())
    return f"Step {step:,}." + (
        "" if kept == 1.0 else f" A projection; keeps {kept:.0%} of the second moment."
    )
