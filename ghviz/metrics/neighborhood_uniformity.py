"""How far each class keeps from the classes around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import center_distances, class_centers


def neighborhood_uniformity(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    neighbors: int = 5,
    num_classes: int | None = None,
) -> NDArray[np.float64]:
    """Return the mean distance of each class's centre to its nearest other centres.

    U_k,c = mean over the k nearest other centres j of ||c_c - c_j||; its mean over classes is the
    neighbourhood uniformity U_k of [0]. With k = L - 1 it is `class_uniformity`, with k = 1 the chord of
    `nearest_center_angle`.

    [0] Li et al., Targeted supervised contrastive learning for long-tailed recognition, CVPR 2022,
    https://arxiv.org/abs/2111.13998 (section 4.3 there).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        neighbors: k, at least 1; where there are fewer other centres, all of them count.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in 0 .. 2; NaN for a class without a centre. Classes without a centre are no neighbours either.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `neighbors` below 1.

    Example:
        >>> points = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
        >>> neighborhood_uniformity(points, np.array([0, 1, 2]), neighbors=1).round(3)
        array([1.414, 1.414, 1.414])
    """
    if neighbors < 1:
        raise ValueError(f"neighbors must be at least 1, got {neighbors}")
    centers = class_centers(embeddings, labels, num_classes=num_classes)
    defined = np.isfinite(centers).all(axis=1)
    result = np.full(len(centers), np.nan)
    distances = center_distances(centers[defined])
    if len(distances) >= 2:
        np.fill_diagonal(distances, np.inf)
        result[defined] = np.sort(distances, axis=1)[:, : min(neighbors, len(distances) - 1)].mean(axis=1)
    return result
