"""What comes back from metrics that have one value overall and one a class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ByClass(NamedTuple):
    """A metric of all samples together and of each class.

    Attributes:
        overall: of all samples.
        per_class: (L,) of each class's samples alone.
    """

    overall: float
    per_class: NDArray[np.float64]


def members_of(classes: NDArray[np.int64], num_classes: int) -> list[NDArray[np.int64]]:
    """Return the positions of the samples of each class, in their order."""
    borders = np.cumsum(np.bincount(classes, minlength=num_classes))[:-1]
    return np.split(np.argsort(classes, kind="stable"), borders)


def equal_part(sizes: NDArray[np.int64], total: int) -> int:
    """Return how many samples of each class can be taken, or all of a smaller one, so that they are `total`.

    Args:
        sizes: (L,) samples of the classes.
        total: not to be passed, unless it is smaller than L: one of each class is taken in any case.

    Example:
        >>> equal_part(np.array([500, 30, 4]), 100)
        66
    """
    low, high = 1, max(1, int(sizes.max(initial=1)))
    while low < high:
        middle = (low + high + 1) // 2
        fits = int(np.minimum(sizes, middle).sum()) <= total
        low, high = (middle, high) if fits else (low, middle - 1)
    return low
