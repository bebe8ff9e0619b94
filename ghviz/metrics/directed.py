"""Which classes have a direction at all?"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked, checked_counts
from ghviz.metrics.mean_resultant_length import length_of_means

LEVEL: Final = 0.05
"""Of Rayleigh's test: so many of the classes that are spread all over seem to have a direction."""


def has_direction(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.bool_]:
    """Return whether each class points somewhere: a mean resultant length that chance hardly gives.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) whether `mean_resultant_length` is at least `least_length`; False below two samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0], [1, 0], [1, 0], [0, 1], [0, -1], [0, 1], [0, -1]])
        >>> has_direction(points, np.array([0, 0, 0, 1, 1, 1, 1]))
        array([ True, False])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    counts = np.bincount(classes, minlength=num_classes)
    lengths = length_of_means(class_means(rows, classes, num_classes), counts)
    directed: NDArray[np.bool_] = lengths >= least_length(counts, rows.shape[1])
    return directed


def least_length(counts: NDArray[np.int64], dimension: int) -> NDArray[np.float64]:
    """Return the mean resultant length from which on a class has a direction that chance hardly gives.

    Where Rayleigh's test at 5 % begins to tell, with its small-sample correction [0]: with Rbar the plain
    length and S = d n Rbar^2, (1 - 1 / (2 n)) S + S^2 / (2 n (d + 2)) is chi-square with d degrees of freedom
    if the samples are spread all over the sphere.

    [0] Mardia and Jupp, Directional Statistics, 2000, sections 6.3.1 (circle) and 10.4.1 (sphere).

    Args:
        counts: (L,) samples of the classes.
        dimension: d.

    Returns:
        (L,) in 0 .. 1, of the unbiased length (`mean_resultant_length`); NaN below two samples.

    Raises:
        ValueError: for `dimension` below 1, or counts that are negative or not finite.

    Example:
        >>> least_length(np.array([3, 6, 100]), 3).round(2), least_length(np.array([3, 6, 100]), 128).round(2)
        (array([0.84, 0.55, 0.13]), array([0.3 , 0.2 , 0.05]))
    """
    from scipy.special import chdtri  # not at import: the app's first picture does without

    if not dimension >= 1:  # NaN is refused too
        raise ValueError(f"dimension must be at least 1, got {dimension}")
    counts = checked_counts(counts)
    n, d = np.where(counts >= 2, counts, np.nan), dimension
    linear, slope = 1 - 1 / (2 * n), n * (d + 2)
    statistic = slope * (np.sqrt(linear**2 + 2 * chdtri(d, LEVEL) / slope) - linear)
    squared = (statistic / d - 1) / (n - 1)  # of the unbiased length: n Rbar^2 = 1 + (n - 1) R^2
    least: NDArray[np.float64] = np.sqrt(np.clip(squared, 0, 1))
    return least
