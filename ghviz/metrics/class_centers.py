"""Where each class sits on the sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked

UNDEFINED_BELOW = 1e-9
"""A mean of unit vectors shorter than this has no direction: the class is balanced about the origin."""


def class_means(
    rows: NDArray[np.float64], labels: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """Return the (L, d) plain means of the classes' rows; NaN for a class without samples."""
    counts = np.bincount(labels, minlength=num_classes).astype(np.float64)
    counts[counts == 0] = np.nan
    sums = [np.bincount(labels, weights=column, minlength=num_classes) for column in rows.T]
    means: NDArray[np.float64] = np.stack(sums, axis=1) / counts[:, None]
    return means


def centers_of_means(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the class means put back on the sphere; NaN where a mean has no direction."""
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    lengths[~(lengths > UNDEFINED_BELOW)] = np.nan
    centers: NDArray[np.float64] = means / lengths
    return centers


def center_distances(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L, L) distances between the rows of (L, d), exact also where they are tiny."""
    from scipy.spatial.distance import cdist

    distances: NDArray[np.float64] = cdist(centers, centers)
    return distances


def class_centers(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return each class's centre on the unit sphere.

    c_c = m_c / ||m_c|| with m_c the mean of the normalised embeddings of class c [0].

    [0] Mardia and Jupp, Directional Statistics, 2000 (mean direction, section 9.2).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L, d) unit rows; NaN for a class without samples or whose mean is the origin.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> class_centers(np.array([[2.0, 0.0], [0.0, 1.0], [0.0, -3.0]]), np.array([0, 0, 1])).round(3)
        array([[ 0.707,  0.707],
               [ 0.   , -1.   ]])
    """
    return centers_of_means(class_means(*checked(embeddings, labels, num_classes)))
