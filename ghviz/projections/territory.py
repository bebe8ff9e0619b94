"""Territory to paint: which class owns each direction of the circle or sphere, as drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAME_PLACE = 1e-7
"""Points closer than this (about float32's resolution on the unit sphere) count as one place."""


def territory_map(
    points: NDArray[Any], labels: NDArray[np.int64], *, side: int = 64
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the class of the nearest point for every texel of an octahedral map of the sphere.

    The mapping [0]: a direction p is scaled to |x| + |y| + |z| = 1; where z < 0 the lower half is folded
    outwards, (x, y) <- ((1 - |y|) sgn x, (1 - |x|) sgn y) with sgn 0 = +1; then u = (x + 1) / 2, v = (y +
    1) / 2, and the texel is map[row, column] with column = min(floor(u side), side - 1), row = min(floor(v
    side), side - 1). The texel's class is that of the direction at its middle (`texel_directions`). Where
    points of several classes lie at the very same place, it belongs to the class that has most of them
    there, the more frequent in `labels`' order among equals.

    [0] Praun and Hoppe, Spherical parametrization and remeshing, ACM Trans. Graphics (SIGGRAPH), 2003.

    Args:
        points: (n, 3) unit rows, n >= 1.
        labels: (n,) integers 0 .. L-1.
        side: texels along an edge.

    Returns:
        (side, side) classes; uint8 up to 256 classes, else uint16.

    Raises:
        ValueError: for other shapes, values that are not finite, or `side` below 1.

    Example:
        >>> territory_map(np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]), np.array([0, 1]), side=4)
        array([[1, 1, 1, 1],
               [1, 0, 0, 1],
               [1, 0, 0, 1],
               [1, 1, 1, 1]], dtype=uint8)
    """
    from scipy.spatial import cKDTree

    points, labels = _checked(points, labels, dimension=3)
    if side < 1:
        raise ValueError(f"side must be at least 1, got {side}")
    places, owners = _owners(points, labels)
    nearest = cKDTree(places).query(texel_directions(side).reshape(-1, 3))[1]
    dtype = np.uint8 if labels.max() < 256 else np.uint16
    classes: NDArray[np.uint8] | NDArray[np.uint16] = owners[nearest].reshape(side, side).astype(dtype)
    return classes


@lru_cache(maxsize=4)
def texel_directions(side: int) -> NDArray[np.float64]:
    """Return the unit directions (side, side, 3) of an octahedral map's texel middles; read-only."""
    middle = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = np.meshgrid(middle, middle)  # column -> x, row -> y
    z = 1 - np.abs(x) - np.abs(y)
    below = z < 0
    folded_x = np.where(below, (1 - np.abs(y)) * np.where(x < 0, -1, 1), x)
    folded_y = np.where(below, (1 - np.abs(x)) * np.where(y < 0, -1, 1), y)
    directions = np.stack([folded_x, folded_y, z], axis=-1)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    directions.flags.writeable = False
    return directions


def texel_of(directions: NDArray[Any], side: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return row and column (...,) of the texel that holds each of the directions (..., 3).

    Example:
        >>> row, column = texel_of(np.array([[0.0, 0.0, 1.0], [-1.0, -1.0, 0.1]]), 64)
        >>> row.tolist(), column.tolist()
        ([32, 16], [32, 16])
    """
    p = np.asarray(directions, dtype=np.float64)
    p = p / np.abs(p).sum(axis=-1, keepdims=True)
    x, y = p[..., 0], p[..., 1]
    below = p[..., 2] < 0
    u = np.where(below, (1 - np.abs(y)) * np.where(x < 0, -1, 1), x)
    v = np.where(below, (1 - np.abs(x)) * np.where(y < 0, -1, 1), y)
    row, column = (np.minimum(np.floor((w + 1) / 2 * side).astype(np.int64), side - 1) for w in (v, u))
    return row, column


def territory_ring(
    points: NDArray[Any], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the arcs of the circle that the classes own: borders lie half-way between neighbours, exactly.

    Neighbouring arcs of one class are merged. Points at the very same place divide its arc in equal parts,
    lower classes first, so that the arcs of a class add up to `ghviz.metrics.territory_share`.

    Args:
        points: (n, 2) unit rows, n >= 1.
        labels: (n,) integers 0 .. L-1.

    Returns:
        starts: (m,) radians in 0 .. 2 pi, rising; arc i goes counter-clockwise from starts[i] to starts[i +
            1], the last
            one through 0 to starts[0]. A class that owns everything has the single start 0.
        classes: (m,) class of each arc.

    Raises:
        ValueError: for other shapes or values that are not finite.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
        >>> starts, classes = territory_ring(points, np.array([0, 1, 0]))
        >>> np.degrees(starts).round(3), classes
        (array([ 45., 135.]), array([1, 0]))
    """
    points, labels = _checked(points, labels, dimension=2)
    angles = np.arctan2(points[:, 1], points[:, 0])
    order = np.lexsort((labels, angles))
    angles, labels = angles[order], labels[order]
    new = np.diff(angles, prepend=angles[-1] - 2 * np.pi) > SAME_PLACE
    first = int(np.argmax(new))  # starts at a place of its own, so that no place is cut in two
    angles = np.concatenate([angles[first:], angles[:first] + 2 * np.pi])
    labels, new = np.roll(labels, -first), np.roll(new, -first)
    starts, classes = _arcs(angles, labels, np.flatnonzero(new) if new.any() else np.zeros(1, dtype=np.int64))
    changes = classes != np.roll(classes, 1)
    if not changes.any():
        return np.zeros(1), classes[:1]
    starts, classes = np.mod(starts[changes], 2 * np.pi), classes[changes]
    by_angle = np.argsort(starts, kind="stable")
    return starts[by_angle], classes[by_angle]


def _arcs(
    angles: NDArray[np.float64], labels: NDArray[np.int64], begins: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return start and class of every point's arc; angles rise, and places begin at the given indices."""
    counts = np.diff(begins, append=len(angles))
    at = angles[begins]
    borders = (at + np.roll(at, 1)) / 2  # of each place with the one before it
    borders[0] = (at[0] + at[-1] - 2 * np.pi) / 2
    widths = np.diff(borders, append=borders[0] + 2 * np.pi)
    place = np.repeat(np.arange(len(at)), counts)
    rank = np.arange(len(angles)) - begins[place]
    by_class = np.lexsort((labels, place))
    return borders[place] + widths[place] * rank / counts[place], labels[by_class]


def _owners(
    points: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the different places (P, d) and the class (P,) that has most points at each."""
    grid = np.rint(points / SAME_PLACE).astype(np.int64)
    order = np.lexsort((labels, *grid.T))
    grid, labels = grid[order], labels[order]
    moved = np.ones(len(grid), dtype=bool)
    moved[1:] = (np.diff(grid, axis=0) != 0).any(axis=1)
    if moved.all():
        return points[order], labels
    place = np.cumsum(moved) - 1
    switch = moved.copy()
    switch[1:] |= np.diff(labels) != 0
    runs = np.flatnonzero(switch)  # one class at one place
    sizes = np.diff(runs, append=len(labels))
    best = np.lexsort((labels[runs], -sizes, place[runs]))
    winners = best[np.flatnonzero(np.diff(place[runs][best], prepend=-1))]
    return points[order][moved], labels[runs][winners]


def _checked(
    points: NDArray[Any], labels: NDArray[np.int64], *, dimension: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    points, labels = np.asarray(points, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if points.ndim != 2 or points.shape[1] != dimension or len(points) < 1:
        raise ValueError(f"points must be (n, {dimension}) with n >= 1, got shape {points.shape}")
    if labels.shape != (len(points),) or labels.min() < 0:
        raise ValueError(f"labels must be ({len(points)},) integers from 0 on, got shape {labels.shape}")
    if not np.isfinite(points).all():
        raise ValueError("points must be finite, got NaN or infinity: this snapshot can't be drawn")
    return points, labels
