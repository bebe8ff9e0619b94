"""Save buttons: every picture on a page as PDF, SVG or PNG, drawn when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.pairs import Comparison
from ghviz.app.scenes import Stage
from ghviz.metrics.catalog import METRICS
from ghviz.projections.camera import Quaternion
from ghviz.twin import HEADLINES, side_title
from ghviz.types import ClassTable, MetricTable

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


def twin_picture(
    sides: dict[str, PictureSide],
    classes: ClassTable,
    *,
    step: int,
    rotation: Quaternion,
    note: str = "",
) -> Figure:
    """The twins on paper: same snapshot, same alignment, same camera as on the screen."""
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
    caption = f"Step {step:,}. {note}".strip()
    return twin_figure(paper["base"], paper["gh"], classes, camera=rotation, caption=caption)


def _numbers(table: MetricTable | None) -> dict[str, str]:
    if table is None:
        return {}
    return {METRICS[key].title: METRICS[key].format(table.summary.get(key)) for key in HEADLINES[:3]}
