"""Where to look from at first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.projections.centers import class_directions
from ghviz.types import Projection

IDENTITY = (1.0, 0.0, 0.0, 0.0)
TOWARDS_HEAD = 0.6
"""How far the view leans from the tail to the head, so that the border between them is in sight."""

Quaternion = tuple[float, float, float, float]


def camera_hint(projection: Projection, labels: NDArray[np.int64] | None = None) -> Quaternion:
    """Return a rotation that shows the rare classes, with the frequent ones coming in from the left.

    A view is R(q) p: x to the right, y up, z towards the viewer.

    Args:
        projection: a sphere; for anything else, and without labels, the answer is "as it is".
        labels: (n,) classes of the points, 0 = head.

    Returns:
        Unit quaternion (w, x, y, z) with w >= 0.
    """
    if projection.kind != "sphere" or labels is None:
        return IDENTITY
    num_classes = int(labels.max()) + 1
    centers = class_directions(projection.coordinates[-1], labels, num_classes)
    head, tail = centers[: (num_classes + 1) // 2], centers[(num_classes + 1) // 2 :]
    to_head, to_tail = _mean_direction(head), _mean_direction(tail)
    if to_head is None or to_tail is None:
        return IDENTITY
    towards = _mean_direction(np.stack([to_tail, to_tail + TOWARDS_HEAD * to_head]))
    z = to_tail if towards is None else towards
    left = to_head - (to_head @ z) * z
    if np.linalg.norm(left) < 1e-3:  # head and tail in one line with the eye: any left will do
        left = np.eye(3)[np.abs(z).argmin()]
        left -= (left @ z) * z
    x = -left / np.linalg.norm(left)
    return quaternion(np.stack([x, np.cross(z, x), z]))


def _mean_direction(rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
    rows = rows[np.isfinite(rows).all(axis=1)]
    mean = rows.sum(axis=0)
    length = float(np.linalg.norm(mean))
    if length < 1e-6:
        return None
    direction: NDArray[np.float64] = mean / length
    return direction


def quaternion(rotation: NDArray[Any]) -> Quaternion:
    """Return the unit quaternion (w, x, y, z), w >= 0, of a (3, 3) rotation matrix.

    It is the eigenvector of the largest eigenvalue of Bar-Itzhack's symmetric matrix [0]: no case
    distinctions.

    [0] Bar-Itzhack, New method for extracting the quaternion from a rotation matrix, J. Guid. Control Dyn.,
    2000.

    Example:
        >>> [round(v, 6) + 0.0 for v in quaternion(np.array([[-1.0, 0, 0], [0, -1.0, 0], [0, 0, 1.0]]))]
        [0.0, 0.0, 0.0, 1.0]
    """
    r = np.asarray(rotation, dtype=np.float64)
    skew = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    matrix = np.empty((4, 4))
    matrix[0, 0], matrix[0, 1:], matrix[1:, 0] = np.trace(r), skew, skew
    matrix[1:, 1:] = r + r.T - np.trace(r) * np.eye(3)
    q = np.linalg.eigh(matrix)[1][:, -1]
    first = q[np.abs(q) > 1e-9][0]
    w, x, y, z = (float(v) for v in q * np.sign(first))
    return w, x, y, z
