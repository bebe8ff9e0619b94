"""How concentrated each class is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked


def mean_resultant_length(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return each class's mean resultant length, unbiased for small n: 1 = a point, 0 = spread all over.

    R^2 = (n Rbar^2 - 1) / (n - 1), clipped at 0, with Rbar = ||m_c|| the plain length [0]. This is the mean
    cosine of two different samples of the class; the plain length is about 1 / sqrt(n) even for a class
    that is spread all over, so that a tail class would look collapsed because it is small.

    [0] Mardia and Jupp, Directional Statistics, 2000 (section 9.2); the correction is our own arithmetic on
    E[n^2 Rbar^2] = n + n (n - 1) R^2.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in 0 .. 1; NaN for a class of fewer than two samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [0.0, -1.0]])
        >>> mean_resultant_length(points, np.array([0, 0, 1, 1]))
        array([0., 1.])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    return length_of_means(
        class_means(rows, classes, num_classes), np.bincount(classes, minlength=num_classes)
    )


def length_of_means(means: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (L,) unbiased lengths of the means of `counts` unit vectors each; NaN below two samples."""
    n = np.where(counts >= 2, counts, np.nan)
    squared = (n * np.square(means).sum(axis=1) - 1) / (n - 1)
    length: NDArray[np.float64] = np.sqrt(np.clip(squared, 0, 1))
    return length
