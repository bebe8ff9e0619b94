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
