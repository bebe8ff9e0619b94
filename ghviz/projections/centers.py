"""Where the classes lie, in whatever space they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def class_means(
    coordinates: NDArray[Any], labels: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """Return the mean of each class's points.

    On circle and sphere its direction is the class centre *as drawn*, and its length says how concentrated
    the class is drawn (1: a point); a spoke of this length ends at the mean. For numbers use
    `ghviz.metrics`, which measures in the embedding's own space and corrects for small classes.

    Args:
        coordinates: (n, d).
        labels: (n,) integers 0 .. L-1.
        num_classes: L.

    Returns:
        (L, d) float64; NaN for a class without points.

    Example:
        >>> class_means(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]), np.array([0, 0, 1]), 2)
        array([[0.5, 0.5],
               [0. , 1. ]])
    """
    counts = np.bincount(labels, minlength=num_classes).astype(np.float64)
    counts[counts == 0] = np.nan
    columns = np.asarray(coordinates, dtype=np.float64).T
    sums = np.stack(
        [np.bincount(labels, weights=column, minlength=num_classes) for column in columns], axis=1
    )
    means: NDArray[np.float64] = sums / counts[:, None]
    return means


def class_directions(
    coordinates: NDArray[Any], labels: NDArray[np.int64], num_classes: int
) -> NDArray[np.float64]:
    """Return the means of `class_means` put back on the sphere; NaN where there is no direction."""
    means = class_means(coordinates, labels, num_classes)
    lengths = np.linalg.norm(means, axis=1, keepdims=True)
    lengths[~(lengths > 1e-9)] = np.nan
    directions: NDArray[np.float64] = means / lengths
    return directions
