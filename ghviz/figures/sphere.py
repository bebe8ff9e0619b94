"""One sphere of embeddings, as a globe or an equal-area atlas: territories, points, pins."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Ellipse, Patch

from ghviz.figures.disc import Look
from ghviz.figures.geometry import (
    Array,
    Labels,
    class_fields,
    class_means,
    mollweide,
    mollweide_directions,
)
from ghviz.figures.palette import mix
from ghviz.figures.style import MAX_VECTOR_POINTS, SMALL_PT

_TINT: Final = 0.52  # how much of the background a territory's colour takes on
_GRID: Final = 240  # samples across the height of a picture; borders are interpolated between them
_BEHIND: Final = np.diag([-1.0, 1.0, -1.0])


def draw_globe(  # noqa: PLR0913
    axes: Axes,
    points: Array,
    labels: Labels,
    *,
    vertices: Array | None,
    look: Look,
    graticule: Array,
    small: bool = False,
) -> None:
    """Draw the half of a sphere that faces the viewer, in orthographic projection.

    Args:
        axes: empty axes; limits are set here.
        points: (n, 3) unit rows, already turned by the camera.
        labels: (n,) classes.
        vertices: (K, 3) GH's vertices, turned as well, or None.
        look: colours and badges.
        graticule: (lines, steps, 3) turned meridians and parallels.
        small: a companion picture: smaller pins, nothing written on them.
    """
    axes.set(xlim=(-1.02, 1.02), ylim=(-1.02, 1.02), aspect="equal")
    axes.axis("off")
    outline = axes.add_patch(
        Circle((0, 0), 1, facecolor="none", edgecolor=look.inks.line, linewidth=0.7, zorder=9)
    )
    line = np.linspace(-1.02, 1.02, _GRID // 2 if small else _GRID)
    places = np.stack(np.meshgrid(line, line), axis=-1)  # (rows, columns, 2)
    depth = np.sqrt(np.clip(1 - (places**2).sum(-1), 0, None))
    directions = np.concatenate([places, depth[..., None]], axis=-1)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)  # beyond the rim: the nearest on it
    _paint(axes, (line, line), directions, (points, labels), look=look, outline=outline)
    for arc in graticule:
        _draw_line(axes, np.where(arc[:, 2:] > 0, arc[:, :2], np.nan), look)
    near = points[:, 2] > 0
    _draw_points(axes, points[near, :2], labels[near], look, size=1.2 if small else 1.9)
    means, _ = class_means(points, labels, look.num_classes)
    pins = np.where(means[:, 2:] > 0, means[:, :2], np.nan)
    if vertices is not None:
        _draw_vertices(axes, vertices[vertices[:, 2] > 0, :2], look, size=2.2 if small else 3.4)
    _draw_pins(axes, pins, look, small=small)


def from_behind(directions: Array) -> Array:
    """The same directions, seen by a viewer on the other side of the sphere."""
    return directions @ _BEHIND.T


def draw_atlas(  # noqa: PLR0913
    axes: Axes, points: Array, labels: Labels, *, vertices: Array | None, look: Look, graticule: Array
) -> None:
    """Draw the whole sphere as an equal-area map (Mollweide) centred on the viewing direction.

    Arguments as for `draw_globe`.
    """
    axes.set(xlim=(-2.03, 2.03), ylim=(-1.03, 1.03), aspect="equal")
    axes.axis("off")
    outline = axes.add_patch(
        Ellipse((0, 0), 4, 2, facecolor="none", edgecolor=look.inks.line, linewidth=0.7, zorder=9)
    )
    across, up = np.linspace(-2.03, 2.03, 2 * _GRID), np.linspace(-1.03, 1.03, _GRID)
    places = np.stack(np.meshgrid(across, up), axis=-1)
    directions = mollweide_directions(places.reshape(-1, 2)).reshape(*places.shape[:2], 3)
    _paint(axes, (across, up), directions, (points, labels), look=look, outline=outline)
    for arc in graticule:
        flat = mollweide(arc)
        flat[np.abs(np.diff(flat[:, 0], prepend=flat[0, 0])) > 0.5] = np.nan  # the line leaves at one side
        _draw_line(axes, flat, look)
    _draw_points(axes, mollweide(points), labels, look, size=1.9)
    if vertices is not None:
        _draw_vertices(axes, mollweide(vertices), look, size=3.4)
    means, _ = class_means(points, labels, look.num_classes)
    known = np.isfinite(means).all(axis=1)
    pins = np.full((look.num_classes, 2), np.nan)
    pins[known] = mollweide(means[known])
    _draw_pins(axes, pins, look, small=False)


def meridians(turned: Array) -> Array:
    """(lines, steps, 3) meridians and parallels every 30 degrees, turned by a (3, 3) rotation."""
    along = np.linspace(0, 2 * np.pi, 181)
    lines = []
    for longitude in np.radians(np.arange(0, 180, 30)):
        ring = np.column_stack([np.cos(along), np.sin(along), np.zeros_like(along)])
        c, s = np.cos(longitude), np.sin(longitude)
        lines.append(ring @ np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]).T)
    for latitude in np.radians([-60, -30, 0, 30, 60]):
        r, y = np.cos(latitude), np.sin(latitude)
        lines.append(np.column_stack([r * np.sin(along), np.full_like(along, y), r * np.cos(along)]))
    return np.stack(lines) @ turned.T


def _paint(  # noqa: PLR0913
    axes: Axes,
    grid: tuple[Array, Array],
    directions: Array,
    embeddings: tuple[Array, Labels],
    *,
    look: Look,
    outline: Patch,
) -> None:
    """Fill the territory of each class with polygons: where its nearest point is nearer than all others'."""
    shape = directions.shape[:2]
    fields = class_fields(directions.reshape(-1, 3), *embeddings, look.num_classes)
    best = fields.max(axis=1)
    winner = fields.argmax(axis=1)
    second = np.partition(fields, -2, axis=1)[:, -2] if look.num_classes > 1 else np.full(len(fields), -2.0)
    for label in np.unique(winner):
        lead = fields[:, label] - np.where(winner == label, second, best)
        filled = axes.contourf(
            *grid,
            lead.reshape(shape),
            levels=[0, 10],
            colors=[mix(look.colors[label], look.inks.background, _TINT)],
            zorder=1,
        )
        filled.set(edgecolor=look.inks.background, linewidth=0.7, antialiased=True)
        filled.set_clip_path(outline)


def _draw_line(axes: Axes, line: Array, look: Look) -> None:
    axes.plot(*line.T, color=look.inks.background, linewidth=0.35, alpha=0.55, zorder=2)


def _draw_points(axes: Axes, places: Array, labels: Labels, look: Look, *, size: float) -> None:
    for label in np.unique(labels):
        color = mix(look.colors[label], look.inks.text, 0.15)
        dots = axes.plot(*places[labels == label].T, "o", color=color, zorder=4)[0]
        dots.set(markersize=size, markeredgewidth=0, rasterized=len(labels) > MAX_VECTOR_POINTS // 2)


def _draw_vertices(axes: Axes, places: Array, look: Look, *, size: float) -> None:
    axes.plot(
        *places.T,
        "D",
        markerfacecolor=look.inks.background,
        markeredgecolor=look.inks.text,
        markersize=size,
        markeredgewidth=0.6,
        zorder=5,
    )


def _draw_pins(axes: Axes, places: Array, look: Look, *, small: bool) -> None:
    written = look.badges is not None and not small
    for label, place in enumerate(places):
        if not np.isfinite(place).all():
            continue
        axes.plot(
            *place,
            "o",
            color=look.colors[label],
            markersize=9 if written else 4,
            markeredgecolor=look.inks.background,
            markeredgewidth=0.8 if written else 0.6,
            zorder=6 + label / 1000,
        )
        if written and look.badges is not None:
            axes.text(
                place[0],
                place[1],
                look.badges[label],
                color=look.text_on(look.colors[label]),
                fontsize=SMALL_PT - 0.5,
                fontweight="bold",
                ha="center",
                va="center_baseline",
                zorder=6 + label / 1000 + 0.0005,
            )
