"""Geometry behind the pictures: camera, class means, territories, and points stacked on a circle."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]

_MAX_LAYERS: Final = 60


def rotation(camera: Sequence[float] | None) -> Array:
    """(3, 3) rotation matrix of a quaternion [w, x, y, z]; None: no rotation.

    A picture shows `rotation(camera) @ p`: x to the right, y up, z towards the viewer.

    Raises:
        ValueError: if these are not four finite numbers that say a direction.

    >>> rotation([1, 0, 0, 0]).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if camera is None:
        return np.eye(3)
    q = np.asarray(camera, dtype=np.float64)
    if q.shape != (4,) or not np.isfinite(q).all() or np.linalg.norm(q) < 1e-9:
        raise ValueError(f"camera must be a quaternion of four numbers [w, x, y, z], got {list(camera)}")
    w, x, y, z = q / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def turn(camera: Sequence[float] | None) -> float:
    """Angle in radians by which a camera turns a circle: its rotation about the viewing axis."""
    matrix = rotation(camera)
    return float(np.arctan2(matrix[1, 0] - matrix[0, 1], matrix[0, 0] + matrix[1, 1]))


def class_means(points: Array, labels: Labels, num_classes: int) -> tuple[Array, Array]:
    """Directions of the class means and their mean resultant lengths, unbiased for small classes.

    The length is the square root of the mean cosine of distinct pairs, (n R^2 - 1) / (n - 1), at least 0.

    Args:
        points: (n, d) unit rows.
        labels: (n,) classes, 0 to num_classes - 1.
        num_classes: number of classes L.

    Returns:
        (L, d) unit rows and (L,) lengths; NaN for a class without points, length NaN for a single point.
    """
    sums = np.zeros((num_classes, points.shape[1]))
    np.add.at(sums, labels, points)
    counts = np.bincount(labels, minlength=num_classes).astype(np.float64)
    norms = np.linalg.norm(sums, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        directions = sums / norms[:, None]
        squares = (norms**2 / counts - 1) / (counts - 1)
    squares[counts < 2] = np.nan
    return directions, np.sqrt(np.clip(squares, 0, 1))


def rim_depths(angles: Array, *, size: float, deepest: float) -> Array:
    """How far inside the rim to draw each point of a circle, so that neighbours do not hide one another.

    Points are stacked inwards like coins; high stacks are compressed, so that none is deeper than `deepest`.

    Args:
        angles: (n,) radians.
        size: width of a point as an angle in radians, and the height of one layer.
        deepest: limit of the depth.

    Returns:
        (n,) depths, 0 at the rim; the same for the same angles.
    """
    layers = np.zeros(len(angles))
    taken: list[list[float]] = []  # rising angles of the points in each layer
    turned = np.mod(angles, 2 * np.pi)
    order = np.argsort(turned, kind="stable")
    # Golden-ratio order: each point comes far from the one before it, so that stacks do not slant.
    order = order[np.argsort(np.mod(np.arange(len(angles)) * 0.6180339887498949, 1), kind="stable")]
    for i in order:
        layers[i] = _lowest_free_layer(taken, float(turned[i]), size)
    return np.asarray(deepest * (1 - np.exp(-layers * size / deepest)))


def _lowest_free_layer(taken: list[list[float]], angle: float, size: float) -> int:
    for layer, angles in enumerate(taken):
        place = bisect(angles, angle)
        if (place == 0 or angle - angles[place - 1] >= size) and (
            place == len(angles) or angles[place] - angle >= size
        ):
            angles.insert(place, angle)
            return layer
    if len(taken) == _MAX_LAYERS:  # compressed beyond telling apart
        return _MAX_LAYERS - 1
    taken.append([angle])
    return len(taken) - 1


def territory_arcs(angles: Array, labels: Labels) -> tuple[Array, Labels]:
    """Arcs of a circle that belong to the class of their nearest point.

    Args:
        angles: (n,) radians, n at least 1.
        labels: (n,) classes.

    Returns:
        (m,) rising starts in radians and (m,) classes; an arc ends where the next one starts.
    """
    turned = np.mod(angles, 2 * np.pi)
    order = np.argsort(turned, kind="stable")
    turned, sorted_labels = turned[order], labels[order]
    before = np.roll(turned, 1)
    before[0] -= 2 * np.pi
    starts = np.mod((turned + before) / 2, 2 * np.pi)
    change = sorted_labels != np.roll(sorted_labels, 1)
    if not change.any():
        return np.zeros(1), sorted_labels[:1]
    starts, classes = starts[change], sorted_labels[change]
    order = np.argsort(starts, kind="stable")
    return starts[order], classes[order]


def class_fields(directions: Array, points: Array, labels: Labels, num_classes: int) -> Array:
    """(m, L) cosine from each direction to the nearest point of each class; -1 for a class without points."""
    order = np.argsort(labels, kind="stable")
    present, first = np.unique(labels[order], return_index=True)
    sorted_points = np.ascontiguousarray(points[order].T, dtype=np.float32)
    fields = np.full((len(directions), num_classes), -1.0)
    chunk = max(1, 20_000_000 // max(1, len(points)))
    for start in range(0, len(directions), chunk):
        cosines = directions[start : start + chunk].astype(np.float32) @ sorted_points
        fields[start : start + chunk, present] = np.maximum.reduceat(cosines, first, axis=1)
    return fields


def spread(angles: Array, gap: float) -> Array:
    """Angles moved as little as needed so that neighbours on the circle are at least `gap` apart."""
    count = len(angles)
    if count < 2:
        return angles.copy()
    gap = min(gap, 2 * np.pi / count)
    order = np.argsort(angles, kind="stable")
    placed = angles[order].astype(np.float64)
    for _ in range(200):
        following = np.roll(placed, -1)
        following[-1] += 2 * np.pi
        missing = np.clip(gap - (following - placed), 0, None) / 2
        if missing.max() < 1e-4:
            break
        placed += np.roll(missing, 1) - missing
    result = np.empty(count)
    result[order] = placed
    return result


def mollweide(directions: Array) -> Array:
    """Equal-area picture of the sphere: (n, 2) in the ellipse with half axes 2 and 1; z at the centre, y up.

    [0] J. P. Snyder, Map Projections: A Working Manual, 1987, https://doi.org/10.3133/pp1395, p. 251
    """
    latitude = np.arcsin(np.clip(directions[:, 1], -1, 1))
    longitude = np.arctan2(directions[:, 0], directions[:, 2])
    theta = latitude.copy()
    target = np.pi * np.sin(latitude)
    for _ in range(60):  # Newton; slow only at the poles, where theta has its end value anyway
        slope = 2 + 2 * np.cos(2 * theta)
        error = 2 * theta + np.sin(2 * theta) - target
        theta -= np.where(slope > 1e-9, error / np.maximum(slope, 1e-9), 0)
        theta = np.clip(theta, -np.pi / 2, np.pi / 2)
    return np.column_stack([2 / np.pi * longitude * np.cos(theta), np.sin(theta)])


def mollweide_directions(places: Array) -> Array:
    """Directions of places in the ellipse of `mollweide`; places outside take the nearest on its rim."""
    theta = np.arcsin(np.clip(places[:, 1], -1, 1))
    latitude = np.arcsin(np.clip((2 * theta + np.sin(2 * theta)) / np.pi, -1, 1))
    longitude = np.pi * np.clip(places[:, 0] / (2 * np.maximum(np.cos(theta), 1e-9)), -1, 1)
    across = np.cos(latitude)
    return np.column_stack([across * np.sin(longitude), np.sin(latitude), across * np.cos(longitude)])
