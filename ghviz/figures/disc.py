"""One circle of embeddings: territory ring, stacked points, spokes to the class means, vertices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Wedge

from ghviz.figures.geometry import Array, Labels, class_means, rim_depths, spread
from ghviz.figures.palette import Inks, contrast
from ghviz.figures.style import HAIRLINE_PT, MAX_VECTOR_POINTS, SMALL_PT

_RING_OUTER: Final = 1.09  # its inner edge is the unit circle
_RIM: Final = 0.972  # where the outermost points lie
_DEEPEST: Final = 0.34  # how far inwards points are stacked at most
_SPOKE: Final = 0.6  # a spoke of resultant length 1 ends here, inside the points
_VERTEX_PT: Final = 4.5  # beyond the ring
_BADGE_PT: Final = 11.5
_MARGIN_PT: Final = 17.0  # room beyond the ring for vertices and badges


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the classes of a figure look.

    Attributes:
        colors: (L,) hex colours, head to tail.
        badges: (L,) what to write on pins and labels, or None where there are too many classes to write on.
        inks: the other colours.
    """

    colors: Sequence[str]
    badges: Sequence[str] | None
    inks: Inks

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.colors)

    @property
    def tail_start(self) -> int:
        """First class of the tail half."""
        return self.num_classes - self.num_classes // 2

    def text_on(self, color: str) -> str:
        """White or black, whichever reads better on a colour."""
        return max(
            ("#ffffff", "#14161a"), key=lambda ink: contrast(ink, color) * (1.6 if ink == "#ffffff" else 1)
        )


def draw_disc(  # noqa: PLR0913
    axes: Axes,
    points: Array,
    labels: Labels,
    *,
    ring: tuple[Array, Labels],
    vertices: Array | None,
    look: Look,
) -> None:
    """Draw one circle into axes whose limits it sets.

    Args:
        axes: empty axes.
        points: (n, 2) unit rows, already turned by the camera.
        labels: (n,) classes.
        ring: starts in radians and classes of the territory's arcs.
        vertices: (K, 2) GH's vertices or None.
        look: colours and badges.
    """
    width = axes.get_position().width * axes.get_figure(root=True).get_figwidth() * 72  # type: ignore[union-attr]
    radius = (width / 2 - _MARGIN_PT) / _RING_OUTER  # of the unit circle, in points
    reach = width / 2 / radius
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.axis("off")
    _draw_ring(axes, ring, look)
    _draw_points(axes, points, labels, look=look, radius=radius)
    _draw_spokes(axes, points, labels, look)
    if vertices is not None:
        places = (_RING_OUTER + _VERTEX_PT / radius) * vertices.T
        axes.plot(*places, "D", color=look.inks.muted, markersize=2.4, markeredgewidth=0, zorder=3)
    if look.badges is not None:
        _draw_badges(axes, ring, look.badges, look=look, radius=radius)


def arc_widths(starts: Array) -> Array:
    """Widths in radians of the arcs that begin at rising `starts`."""
    return np.append(starts[1:], starts[0] + 2 * np.pi) - starts


def _draw_ring(axes: Axes, ring: tuple[Array, Labels], look: Look) -> None:
    starts, classes = ring
    widths = arc_widths(starts)
    for start, width, label in zip(starts, widths, classes, strict=True):
        ends = np.degrees([start, start + width])
        axes.add_patch(
            Wedge((0, 0), _RING_OUTER, *ends, width=_RING_OUTER - 1, color=look.colors[label], lw=0, zorder=2)
        )
    # A thin line between wide arcs; between narrow ones it would hide them.
    wide = (np.minimum(widths, np.roll(widths, 1)) > 0.03) & (len(starts) > 1)
    for angle in starts[wide]:
        across = np.outer([0.995, _RING_OUTER + 0.005], [np.cos(angle), np.sin(angle)])
        axes.plot(*across.T, color=look.inks.background, linewidth=0.8, solid_capstyle="butt", zorder=3)


def _draw_points(axes: Axes, points: Array, labels: Labels, *, look: Look, radius: float) -> None:
    angles = np.arctan2(points[:, 1], points[:, 0])
    point = float(np.clip(1.9 * radius / 70, 1.2, 2.4))
    radii = _RIM - rim_depths(angles, size=0.95 * point / radius, deepest=_DEEPEST)
    places = radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    for label in np.unique(labels):
        dots = axes.plot(*places[labels == label].T, "o", color=look.colors[label], zorder=4)[0]
        dots.set(markersize=point, markeredgewidth=0, rasterized=len(labels) > MAX_VECTOR_POINTS)


def _draw_spokes(axes: Axes, points: Array, labels: Labels, look: Look) -> None:
    axes.add_patch(Circle((0, 0), 1, facecolor="none", edgecolor=look.inks.grid, linewidth=HAIRLINE_PT))
    directions, lengths = class_means(points, labels, look.num_classes)
    axes.add_patch(
        Circle(
            (0, 0), _SPOKE, facecolor="none", edgecolor=look.inks.grid, linewidth=HAIRLINE_PT, ls=(0, (3, 3))
        )
    )
    for label in range(look.num_classes):
        if not np.isfinite(directions[label]).all():
            continue
        tail = label >= look.tail_start
        color, order = look.colors[label], 6.0 + label / 1000
        end = _SPOKE * (lengths[label] if np.isfinite(lengths[label]) else 1.0) * directions[label]
        axes.plot(
            [0, end[0]],
            [0, end[1]],
            linestyle=(0, (2.2, 1.3)) if tail else "-",
            color=color,
            linewidth=1.2,
            solid_capstyle="butt",
            zorder=order,
        )
        tip = axes.plot(*end, "o", color=color, markersize=3.2, zorder=order + 0.0005)[0]
        tip.set(markerfacecolor=look.inks.background if tail else color, markeredgewidth=0.9)
    axes.plot([0], [0], "o", color=look.inks.text, markersize=2.2, markeredgewidth=0, zorder=8)


def _draw_badges(
    axes: Axes, ring: tuple[Array, Labels], badges: Sequence[str], *, look: Look, radius: float
) -> None:
    """Write each class beside its largest arc; moved apart where arcs are narrow, with a line to the arc."""
    starts, classes = ring
    widths = arc_widths(starts)
    shown = np.unique(classes)
    largest = [max(np.flatnonzero(classes == label), key=lambda arc: widths[arc]) for label in shown]
    anchors = np.mod(starts[largest] + widths[largest] / 2, 2 * np.pi)
    reach = _RING_OUTER + _BADGE_PT / radius
    longest = max(len(badge) for badge in badges)
    places = spread(anchors, (7.5 + 2.5 * longest) / (reach * radius))
    for label, anchor, place in zip(shown, anchors, places, strict=True):
        style = {"color": look.colors[label], "zorder": 9}
        if abs(place - anchor) > 0.35 * 2 * np.pi / radius:  # moved by more than about two points
            inner = (_RING_OUTER + 1.5 / radius) * np.array([np.cos(anchor), np.sin(anchor)])
            outer = (reach - 5 / radius) * np.array([np.cos(place), np.sin(place)])
            axes.plot(*np.column_stack([inner, outer]), linewidth=HAIRLINE_PT, **style)
        axes.text(
            reach * np.cos(place),
            reach * np.sin(place),
            badges[label],
            fontsize=SMALL_PT + 0.5,
            fontweight="bold",
            ha="center",
            va="center_baseline",
            **style,
        )
