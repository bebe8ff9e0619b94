"""Paper figures of the twin circles and spheres, and how any paper figure is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

import ghviz
from ghviz.figures import captions, disc, layout, sphere, style
from ghviz.figures.geometry import Array, Labels, rotation, territory_arcs, turn
from ghviz.figures.palette import class_colors, inks
from ghviz.figures.style import Venue, Width
from ghviz.types import ClassTable

View = Literal["globe", "atlas"]
Format = Literal["pdf", "svg", "png"]
_MARGIN: Final = 0.04  # inches
_GAP: Final = 0.16  # inches between the two sides
_PNG_DPI: Final = 300


@dataclass(frozen=True, kw_only=True)
class PaperSide:
    """One side of a twin figure.

    Attributes:
        title: what it shows, such as "SimCLR + GH".
        coordinates: (n, 2) or (n, 3) unit rows, the training embeddings.
        labels: (n,) classes, 0 = head.
        territory: circles only: starts in radians and classes of the territory's arcs; None: computed here.
            Borders on spheres are always computed from the coordinates, sharper than any raster of them.
        targets: (K, 2) or (K, 3) GH's vertices in the same frame; None: not drawn.
        numbers: name -> formatted headline number, shown beneath.
    """

    title: str
    coordinates: NDArray[np.floating[Any]]
    labels: NDArray[np.integer[Any]]
    territory: tuple[NDArray[np.floating[Any]], NDArray[np.integer[Any]]] | None = None
    targets: NDArray[np.floating[Any]] | None = None
    numbers: Mapping[str, str] = field(default_factory=dict)


def twin_figure(  # noqa: PLR0913
    base: PaperSide,
    gh: PaperSide,
    classes: ClassTable,
    *,
    camera: Sequence[float] | None = None,
    view: View = "globe",
    width: Width = "full",
    venue: Venue = "neurips",
    step: int | None = None,
    remark: str = "",
    dark: bool = False,
) -> Figure:
    """Draw both sides of a pair: circles where embeddings have two dimensions, spheres where they have three.

    Args:
        base: the side without GH.
        gh: the side with GH.
        classes: names and training counts, head to tail.
        camera: rotation as a quaternion [w, x, y, z]; None: none. A circle takes only its turn about the
            viewing axis.
        view: spheres only: "globe" shows the half that faces the camera and, small, the other half; "atlas"
            shows the whole sphere as an equal-area map centred on the viewing direction.
        width: "full" text width, "column", or inches.
        venue: whose text width.
        step: training step, for the caption.
        remark: what else the caption must say, such as that this is a projection.
        dark: for a dark background.

    Returns:
        A figure to be passed to `save`, which writes its caption into the file's metadata.

    Raises:
        ValueError: if the sides have different dimensions, no points, or labels without a class.
    """
    dimension = _dimension(base, gh, classes)
    look = disc.Look(
        colors=class_colors(len(classes.names), dark=dark),
        badges=layout.badges(classes),
        inks=inks(dark=dark),
    )
    across = style.inches(width, venue=venue)
    with style.paper():
        figure = _compose((base, gh), classes, look=look, across=across, camera=camera, view=view)
    shape: captions.View = view if dimension == 3 else "circle"
    caption = captions.twin_caption(
        (base.title, gh.title), shape, vertices=gh.targets is not None, step=step, remark=remark
    )
    place = None if camera is None else [round(float(c), 6) for c in camera]
    return style.labelled(figure, caption, figure="twin", camera=place, view=shape)


def save(figure: Figure, target: str | Path | BinaryIO, format: Format) -> None:
    """Write a figure as vector (PDF, SVG) or pixels (PNG, 300 dpi); equal figures give equal bytes.

    The file says which ghviz made it, its caption and, as JSON, what it shows and from which camera: in a PDF
    as subject and keywords, in an SVG as description and keywords, in a PNG as description and comment.

    Args:
        figure: from this package.
        target: path or binary stream.
        format: "pdf", "svg" or "png".

    Raises:
        ValueError: if the format is unknown.
    """
    if format not in ("pdf", "svg", "png"):
        raise ValueError(f"format must be 'pdf', 'svg' or 'png', got {format!r}")
    maker = f"ghviz {ghviz.__version__}"
    caption, shown = style.label_of(figure)
    shows = json.dumps(shown)
    entries: dict[str, dict[str, Any]] = {
        "pdf": {"Creator": maker, "Subject": caption, "Keywords": shows, "CreationDate": None},
        "svg": {"Creator": [maker], "Description": caption, "Keywords": [shows], "Date": None},
        "png": {"Software": maker, "Description": caption, "Comment": shows},
    }
    buffer = BytesIO()  # whole or not at all: a failing writer leaves no half file
    with style.paper():
        figure.savefig(
            buffer, format=format, dpi=_PNG_DPI, metadata=entries[format], facecolor=figure.get_facecolor()
        )
    if isinstance(target, str | Path):
        Path(target).write_bytes(buffer.getvalue())
    else:
        target.write(buffer.getvalue())


def _dimension(base: PaperSide, gh: PaperSide, classes: ClassTable) -> int:
    for side in (base, gh):
        shape = np.shape(side.coordinates)
        if len(shape) != 2 or shape[0] == 0 or shape[1] not in (2, 3) or len(side.labels) != shape[0]:
            raise ValueError(
                f"coordinates must be (n, 2) or (n, 3) with one label a row, "
                f"got {shape} and {len(side.labels)} labels"
            )
        if not np.isfinite(side.coordinates).all():
            raise ValueError(f"coordinates of {side.title!r} must be finite, got NaN or infinity")
        lowest, highest = side.labels.min(), side.labels.max()
        if lowest < 0 or highest >= len(classes.names):
            raise ValueError(f"labels must lie in 0..{len(classes.names) - 1}, got {lowest} to {highest}")
    if base.coordinates.shape[1] != gh.coordinates.shape[1]:
        raise ValueError("both sides must have the same dimension: two circles or two spheres")
    return int(base.coordinates.shape[1])


def _compose(  # noqa: PLR0913
    sides: tuple[PaperSide, PaperSide],
    classes: ClassTable,
    *,
    look: disc.Look,
    across: float,
    camera: Sequence[float] | None,
    view: View,
) -> Figure:
    circles = sides[0].coordinates.shape[1] == 2
    panel_width = (across - 2 * _MARGIN - _GAP) / 2
    picture = _picture_height(panel_width, circles=circles, view=view)
    figure = style.blank_figure(across, 4, background=look.inks.background)
    names = [name for side in sides for name in side.numbers]
    numbers = layout.numbers_height(figure, names, width=0.94 * panel_width)
    legend = layout.legend_height(figure, classes, look=look, width=across - 2 * _MARGIN)
    height = layout.TITLE_HEIGHT + picture + numbers + legend + 0.04
    figure.set_size_inches(across, height)
    canvas = layout.canvas_axes(figure)
    bottom = height - layout.TITLE_HEIGHT - picture
    for i, side in enumerate(sides):
        left = _MARGIN + i * (panel_width + _GAP)
        middle = left + panel_width / 2
        title = f"({'ab'[i]})  {side.title}"
        layout.write_title(canvas, (middle, height - 0.15), title, width=panel_width, look=look)
        box = (left, bottom, panel_width, picture)
        _draw_side(figure, box, side, look=look, camera=camera, view=view)
        layout.write_numbers(
            canvas, (middle, bottom - 0.03), side.numbers, width=0.94 * panel_width, look=look
        )
    top = bottom - numbers
    layout.write_legend(canvas, top, classes, look=look, dashes=circles, width=across - 2 * _MARGIN)
    return figure


def _picture_height(panel_width: float, *, circles: bool, view: View) -> float:
    if circles:
        return panel_width
    return panel_width / 2 if view == "atlas" else _globe_sizes(panel_width)[0]


def _globe_sizes(width: float) -> tuple[float, float]:
    """Diameters of the large globe and of the small one at its lower right, which do not touch."""
    ratio = 0.46
    # With radii 1 and r on one ground line, touching discs are sqrt((1 + r)^2 - (1 - r)^2) = 2 sqrt(r) apart.
    span = 1 + 2 * ratio**0.5 + ratio
    large = 2 * (width - 0.06) / span
    return large, ratio * large


def _draw_side(  # noqa: PLR0913
    figure: Figure,
    box: tuple[float, float, float, float],
    side: PaperSide,
    *,
    look: disc.Look,
    camera: Sequence[float] | None,
    view: View,
) -> None:
    points = np.asarray(side.coordinates, dtype=np.float64)
    labels = np.asarray(side.labels)
    if points.shape[1] == 2:
        _draw_circle(layout.panel(figure, box), side, points, look=look, camera=camera)
        return
    turned = rotation(camera)
    vertices = None if side.targets is None else np.asarray(side.targets, dtype=np.float64) @ turned.T
    points = points @ turned.T
    lines = sphere.meridians(turned)
    if view == "atlas":
        sphere.draw_atlas(
            layout.panel(figure, box), points, labels, vertices=vertices, look=look, graticule=lines
        )
        return
    left, bottom, width, _ = box
    large, small = _globe_sizes(width)
    front = layout.panel(figure, (left, bottom, large, large))
    back = layout.panel(figure, (left + width - small, bottom, small, small))
    sphere.draw_globe(front, points, labels, vertices=vertices, look=look, graticule=lines)
    sphere.draw_globe(
        back,
        sphere.from_behind(points),
        labels,
        vertices=None if vertices is None else sphere.from_behind(vertices),
        look=look,
        graticule=sphere.from_behind(lines),
        small=True,
    )


def _draw_circle(
    axes: Axes, side: PaperSide, points: Array, *, look: disc.Look, camera: Sequence[float] | None
) -> None:
    angle = turn(camera)
    spin = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = points @ spin.T
    labels: Labels = np.asarray(side.labels)
    if side.territory is None:
        ring = territory_arcs(np.arctan2(points[:, 1], points[:, 0]), labels)
    else:
        starts = np.asarray(side.territory[0], dtype=np.float64) + angle
        ring = (starts, np.asarray(side.territory[1]))
    vertices = None if side.targets is None else np.asarray(side.targets, dtype=np.float64) @ spin.T
    disc.draw_disc(axes, points, labels, ring=ring, vertices=vertices, look=look)
