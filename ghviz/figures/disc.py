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
from ghviz.figures.style import HAIRLINE_PT, SMALL_PT

RING_INNER: Final = 1.0
RING_OUTER: Final = 1.085
_RIM: Final = 0.972  # where the outermost points lie
_VERTEX: Final = 1.135
_BADGE: Final = 1.27
REACH: Final = 1.36  # half the width that a disc needs, badges included
_DEEPEST: Final = 0.34
_POINT_PT: Final = 1.9


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
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    axes.axis("off")
    _draw_ring(axes, ring, look)
    _draw_points(axes, points, labels, look)
    _draw_spokes(axes, points, labels, look)
    if vertices is not None:
        axes.plot(
            *(_VERTEX * vertices.T), "D", color=look.inks.muted, markersize=2.2, markeredgewidth=0, zorder=3
        )
    if look.badges is not None:
        _draw_badges(axes, ring, look)


def _draw_ring(axes: Axes, ring: tuple[Array, Labels], look: Look) -> None:
    starts, classes = ring
    ends = np.append(starts[1:], starts[0] + 2 * np.pi)
    for start, end, label in zip(starts, ends, classes, strict=True):
        axes.add_patch(
            Wedge(
                (0, 0),
                RING_OUTER,
                np.degrees(start),
                np.degrees(end),
                width=RING_OUTER - RING_INNER,
                facecolor=look.colors[label],
                edgecolor=look.inks.background,
                linewidth=0.35 if len(starts) > 1 else 0,
                zorder=2,
            )
        )


def _draw_points(axes: Axes, points: Array, labels: Labels, look: Look) -> None:
    angles = np.arctan2(points[:, 1], points[:, 0])
    width_pt = axes.get_position().width * axes.figure.get_figwidth() * 72  # type: ignore[union-attr]
    size = 0.95 * _POINT_PT * 2 * REACH / width_pt
    radii = _RIM - rim_depths(angles, size=size, deepest=_DEEPEST)
    places = radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    for label in range(look.num_classes):
        here = places[labels == label]
        axes.plot(*here.T, "o", color=look.colors[label], markersize=_POINT_PT, markeredgewidth=0, zorder=4)


def _draw_spokes(axes: Axes, points: Array, labels: Labels, look: Look) -> None:
    axes.add_patch(
        Circle((0, 0), RING_INNER, facecolor="none", edgecolor=look.inks.grid, linewidth=HAIRLINE_PT)
    )
    directions, lengths = class_means(points, labels, look.num_classes)
    for label in range(look.num_classes):
        if not np.isfinite(directions[label]).all():
            continue
        tail = label >= look.tail_start
        end = _RIM * (lengths[label] if np.isfinite(lengths[label]) else 1.0) * directions[label]
        for color, width, dashes, order in (
            (look.inks.background, 2.4, "-", 5.0),
            (look.colors[label], 1.2, (0, (2.2, 1.3)) if tail else "-", 6.0 + label / 1000),
        ):
            axes.plot(
                [0, end[0]],
                [0, end[1]],
                linestyle=dashes,
                color=color,
                linewidth=width,
                solid_capstyle="butt",
                zorder=order,
            )
    axes.plot([0], [0], "o", color=look.inks.text, markersize=2.2, markeredgewidth=0, zorder=8)


def _draw_badges(axes: Axes, ring: tuple[Array, Labels], look: Look) -> None:
    """Write each class beside its largest arc, moved apart where arcs are narrow, with a line to the arc."""
    starts, classes = ring
    widths = np.append(starts[1:], starts[0] + 2 * np.pi) - starts
    shown = [label for label in range(look.num_classes) if (classes == label).any()]
    largest = [max(np.flatnonzero(classes == label), key=lambda arc: widths[arc]) for label in shown]
    anchors = np.mod(starts[largest] + widths[largest] / 2, 2 * np.pi)
    badges = look.badges or ()
    for label, anchor, place in zip(shown, anchors, spread(anchors, 0.2), strict=True):
        inner = 1.17 * np.array([np.cos(anchor), np.sin(anchor)])
        outer = (_BADGE - 0.06) * np.array([np.cos(place), np.sin(place)])
        line = look.colors[label]
        axes.plot(*np.column_stack([inner, outer]), color=line, linewidth=HAIRLINE_PT, zorder=3)
        axes.text(
            _BADGE * np.cos(place),
            _BADGE * np.sin(place),
            badges[label],
            color=look.colors[label],
            fontsize=SMALL_PT + 0.5,
            fontweight="bold",
            ha="center",
            va="center_baseline",
            parse_math=False,
            zorder=9,
        )
