"""Save buttons: every picture on a page as PDF, SVG or PNG, drawn when it is asked for, with its caption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ghviz.app.pairs import Comparison
from ghviz.app.scenes import Stage
from ghviz.figures.captions import View, twin_caption
from ghviz.metrics.catalog import METRICS
from ghviz.projections.camera import Quaternion
from ghviz.twin import HEADLINES, side_title
from ghviz.types import ClassTable, MetricTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ghviz.figures.style import Width

Format = Literal["pdf", "svg", "png"]
Draw = Callable[..., "Figure"]
"""Draws a picture as wide as its keyword argument `width` says, on another thread: no Streamlit in it."""
WIDTHS: dict[str, Width] = {"Page (5.5 in)": "full", "Column (3.25 in)": 3.25}
MIME: dict[Format, str] = {"pdf": "application/pdf", "svg": "image/svg+xml", "png": "image/png"}


def save_buttons(draw: Draw, *, name: str, key: str, caption: str = "") -> None:
    """Offer a picture in three formats and two widths.

    Args:
        draw: see `Draw`.
        name: of the file, without its ending.
        key: identity on the page.
        caption: how to read the picture; to be copied.
    """
    with save_menu(key):
        save_links(draw, name=name, key=key, caption=caption)


def save_menu(key: str) -> DeltaGenerator:
    """What opens when "Save" is pressed."""
    return st.popover("Save", icon=":material/download:", key=f"save-{key}")


def save_links(draw: Draw, *, name: str, key: str, caption: str = "") -> None:
    """What stands in it; arguments as for `save_buttons`."""
    width = st.segmented_control(
        "Width in print", list(WIDTHS), default=next(iter(WIDTHS)), required=True, key=f"save-{key}-width"
    )
    for format_ in get_args(Format):
        st.download_button(
            format_.upper() + (" (300 dpi)" if format_ == "png" else " (vector)"),
            data=partial(picture, draw, format_, width=WIDTHS[width]),
            file_name=f"{name}.{format_}",
            mime=MIME[format_],
            on_click="ignore",
            key=f"save-{key}-{format_}",
        )
    if caption:
        st.caption("Caption, to be copied; the file holds it, too")
        st.code(caption, language=None, wrap_lines=True, width=380)


def picture(draw: Draw, format_: Format, *, width: Width = "full") -> bytes:
    """The bytes of a picture."""
    from ghviz.figures.paper import save

    buffer = BytesIO()
    save(draw(width=width), buffer, format_)
    return buffer.getvalue()


@dataclass(frozen=True, kw_only=True)
class PictureSide:
    """One side of the twins at one step, as it stands on the screen.

    Attributes:
        title: such as "SimCLR + GH".
        coordinates: (n, 2) or (n, 3).
        labels: (n,) classes.
        targets: GH's vertices, or None.
        table: metrics of the step.
    """

    title: str
    coordinates: NDArray[np.float32]
    labels: NDArray[np.int64]
    targets: NDArray[np.float32] | None
    table: MetricTable | None


def sides_of(comparison: Comparison, drawn: Stage, step: int) -> dict[str, PictureSide]:
    """Both sides of a comparison at the last snapshots up to a step."""
    return {
        side: PictureSide(
            title=side_title(record.run),
            coordinates=drawn.views[side].coordinates[record.index_at(step)],
            labels=record.points.train_labels,
            targets=drawn.views[side].targets if side == "gh" else None,
            table=record.table_at(step),
        )
        for side, record in comparison.shown.items()
    }


def twin_picture(  # noqa: PLR0913
    sides: dict[str, PictureSide],
    classes: ClassTable,
    *,
    step: int,
    rotation: Quaternion,
    note: str = "",
    width: Width = "full",
) -> Figure:
    """The twins on paper: same snapshot, same alignment, same camera as on the screen.

    Args:
        sides: "base" and "gh".
        classes: names and counts.
        step: for the caption.
        rotation: of the camera.
        note: what else the caption must say.
        width: in print.
    """
    from ghviz.figures.paper import PaperSide, twin_figure

    paper = {
        name: PaperSide(
            title=side.title,
            coordinates=side.coordinates,
            labels=side.labels,
            targets=side.targets,
            numbers=_numbers(side.table),
        )
        for name, side in sides.items()
    }
    return twin_figure(
        paper["base"], paper["gh"], classes, camera=rotation, step=step, remark=note, width=width
    )


def twin_text(sides: dict[str, PictureSide], *, step: int, note: str = "") -> str:
    """The caption of `twin_picture`."""
    base, gh = sides["base"], sides["gh"]
    view: View = "circle" if base.coordinates.shape[1] == 2 else "globe"
    return twin_caption((base.title, gh.title), view, vertices=gh.targets is not None, step=step, remark=note)


def _numbers(table: MetricTable | None) -> dict[str, str]:
    if table is None:
        return {}
    return {METRICS[key].title: METRICS[key].format(table.summary.get(key)) for key in HEADLINES[:3]}
