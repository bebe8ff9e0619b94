"""How far apart the classes lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import center_distances, class_centers


def class_uniformity(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the mean distance of each class's centre to the other centres.

    U_c = 1 / (L - 1) sum over j != c of ||c_c - c_j||; its mean over classes is the inter-class uniformity
    U of [0]. Classes at a simplex's vertices reach sqrt(2 L / (L - 1)), merged classes 0.

    [0] Li et al., Targeted supervised contrastive learning for long-tailed recognition, CVPR 2022,
    https://arxiv.org/abs/2111.13998 (section 4.3 there).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in 0 .. 2; NaN for a class without a centre. Classes without a centre are no neighbours either.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> class_uniformity(np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), np.array([0, 1, 2])).round(3)
        array([1.707, 1.707, 1.414])
    """
    return mean_center_distance(class_centers(embeddings, labels, num_classes=num_classes))


def mean_center_distance(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) mean distances of (L, d) centres to the others; rows of NaN are left out."""
    defined = np.isfinite(centers).all(axis=1)
    result = np.full(len(centers), np.nan)
    present = centers[defined]
    if len(present) >= 2:
        result[defined] = center_distances(present).sum(axis=1) / (len(present) - 1)
    return result
