"""Which classes are head, medium and tail."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked_counts

HEAD, MEDIUM, TAIL = 0, 1, 2
"""What the entries of a group array stand for."""
GROUP_NAMES: Final = ("head", "medium", "tail")


def frequency_groups(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return the group of each class by its rank: the first 34 % are head, the last 33 % tail.

    Numbers of classes are rounded to the nearest, at least 1; among equally frequent classes the larger label
    counts as rarer. Two classes are head and tail, one is head. `ghviz.evaluate.groups_by_rank` gives these
    groups under the names of accuracy tables: many, medium and few.

    Args:
        counts: (L,) samples of the classes, L >= 1.

    Returns:
        (L,) integers: 0 head, 1 medium, 2 tail.

    Raises:
        ValueError: if there is no class, or a count that is negative or not finite.

    Example:
        >>> frequency_groups(np.array([500, 300, 200, 5, 70, 40, 25, 15, 9, 120]))
        array([0, 0, 0, 2, 1, 1, 1, 2, 2, 1])
    """
    counts = checked_counts(counts)
    size = len(counts)
    if size < 1:
        raise ValueError("counts must have at least one class, got none")
    head, tail = max(1, round(0.34 * size)), max(1, round(0.33 * size))
    groups = np.full(size, MEDIUM, dtype=np.int64)
    by_frequency = np.argsort(-counts, kind="stable")
    groups[by_frequency[size - tail :]] = TAIL
    groups[by_frequency[:head]] = HEAD
    return groups
