"""Do samples lie nearer to their own class than to the next one?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked, chunks

SAME_PLACE = 1e-12
"""Mean cosine distances below this are rounding and count as 0."""


def silhouette(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the mean silhouette coefficient of each class's samples.

    s_i = (b_i - a_i) / max(a_i, b_i) [0] with a_i the mean cosine distance 1 - f_i . f_j to the other samples
    of its class and b_i the smallest mean distance to the samples of another class. The mean of cosine
    distances is the distance to the mean, so this takes N L products, not N^2, and all samples are used.
    scikit-learn's `silhouette_samples(metric="cosine")` gives the same; where it gives a silent 0 to a class
    of one sample, this gives NaN.

    [0] Rousseeuw, Silhouettes: a graphical aid to the interpretation and validation of cluster analysis,
    J. Comput. Appl. Math., 1987.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in -1 .. 1: 1 = apart, 0 = overlapping, below = inside another class; NaN for a class of fewer
        than two samples or if there is no other class.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
        >>> silhouette(points, np.array([0, 0, 1, 1]))
        array([1.  , 0.25])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    counts = np.bincount(classes, minlength=num_classes)
    coefficients = silhouettes_of_samples(rows, classes, num_classes)
    totals = np.bincount(classes, weights=coefficients, minlength=num_classes)
    return totals / np.where(counts >= 2, counts, np.nan)


def silhouettes_of_samples(
    rows: NDArray[np.float64], classes: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """Return the silhouette coefficient of each of the unit rows (N, d); NaN if there is one class only.

    That of a sample that is alone in its class means nothing: its distance to itself stands for its class.
    """
    counts = np.bincount(classes, minlength=num_classes)
    present = np.flatnonzero(counts)
    if len(present) < 2:
        return np.full(len(rows), np.nan)
    sums = class_means(rows, classes, num_classes)[present] * counts[present, None]
    place = np.cumsum(counts > 0) - 1  # of a class among those present
    return np.concatenate(
        [
            _coefficients(rows[part], place[classes[part]], sums, counts[present])
            for part in chunks(len(rows), 2 * len(present))
        ]
    )


def _coefficients(
    rows: NDArray[np.float64],
    classes: NDArray[np.int64],
    sums: NDArray[np.float64],
    counts: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the silhouette coefficient of each of the unit rows (m, d), given the classes' sums (L, d)."""
    each = np.arange(len(rows))
    towards = rows @ sums.T  # (m, L), sum of cosines to the samples of each class
    own = 1 - (towards[each, classes] - 1) / np.maximum(counts[classes] - 1, 1)
    towards /= counts
    distances = np.subtract(1, towards, out=towards)  # in place: there may be many classes
    distances[each, classes] = np.inf
    own, other = (np.where(d < SAME_PLACE, 0, d) for d in (own, distances.min(axis=1)))
    larger = np.maximum(own, other)
    coefficients: NDArray[np.float64] = (other - own) / np.where(larger > 0, larger, 1)
    return coefficients
