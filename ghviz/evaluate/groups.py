"""Many, medium and few: accuracy where there is much to learn from, and where there is little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MANY, MEDIUM, FEW = 0, 1, 2
"""What the entries of a group array stand for."""


@dataclass(frozen=True, kw_only=True)
class GroupAccuracy:
    """Accuracy of the three groups, as tables of the field have it; in the unit of what came in.

    Attributes:
        many: mean over the frequent classes.
        medium: mean over those between.
        few: mean over the rare classes.
        std: sample standard deviation over the three (divided by 2, not 3): the disparity.
        average: mean over all classes.
    """

    many: float
    medium: float
    few: float
    std: float
    average: float


def groups_by_rank(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return the groups of CIFAR-LT: classes ranked by size, the first 34 % many, the last 33 % few.

    Numbers of classes are rounded to the nearest, at least 1; among equally frequent classes the larger label
    counts as rarer.

    Args:
        counts: (L,) training samples of the classes, L >= 3.

    Returns:
        (L,) integers: 0 many, 1 medium, 2 few.

    Raises:
        ValueError: for fewer than three classes.

    Example:
        >>> groups_by_rank(np.array([500, 300, 200, 120, 70, 40, 25, 15, 9, 5]))
        array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
    """
    size = len(counts)
    if size < 3:
        raise ValueError(f"three groups need at least three classes, got {size}")
    many, few = max(1, round(0.34 * size)), max(1, round(0.33 * size))
    groups = np.full(size, MEDIUM, dtype=np.int64)
    by_frequency = np.argsort(-np.asarray(counts), kind="stable")
    groups[by_frequency[:many]], groups[by_frequency[size - few :]] = MANY, FEW
    return groups


def groups_by_count(counts: NDArray[Any], *, many: int = 100, few: int = 20) -> NDArray[np.int64]:
    """Return the groups of ImageNet-LT and Places-LT: many above 100 training samples, few below 20 [0].

    [0] Liu et al., Large-scale long-tailed recognition in an open world, CVPR 2019,
    https://arxiv.org/abs/1904.05160

    Args:
        counts: (L,) training samples of the classes.
        many: a class with more than this is many.
        few: a class with fewer than this is few.

    Returns:
        (L,) integers: 0 many, 1 medium, 2 few. A group may be empty.

    Raises:
        ValueError: if the borders overlap.

    Example:
        >>> groups_by_count(np.array([1280, 101, 100, 20, 19]))
        array([0, 0, 1, 1, 2])
    """
    if few > many + 1:
        raise ValueError(f"few must not begin above many, got few < {few} and many > {many}")
    counts = np.asarray(counts)
    return np.where(counts > many, MANY, np.where(counts < few, FEW, MEDIUM)).astype(np.int64)


def group_accuracy(per_class: NDArray[Any], groups: NDArray[Any]) -> GroupAccuracy:
    """Return the accuracy of the three groups, how far they differ, and the average.

    Args:
        per_class: (L,) accuracies in any unit; NaN entries are left out.
        groups: (L,) integers 0, 1, 2 as `groups_by_rank` or `groups_by_count` gives them, or your own.

    Returns:
        Many, medium, few, std and average; NaN for a group without classes, and for std then.

    Raises:
        ValueError: for different lengths or another group number.

    Example:
        >>> group_accuracy(np.array([0.75, 0.5, 0.25]), np.array([0, 1, 2]))
        GroupAccuracy(many=0.75, medium=0.5, few=0.25, std=0.25, average=0.5)
    """
    values, groups = np.asarray(per_class, dtype=np.float64), np.asarray(groups)
    if values.ndim != 1 or values.shape != groups.shape:
        raise ValueError(f"per_class and groups must both be (L,), got {values.shape} and {groups.shape}")
    if not np.isin(groups, (MANY, MEDIUM, FEW)).all():
        raise ValueError(f"groups must be 0, 1 or 2, got {sorted(set(groups.tolist()))}")
    many, medium, few = (_mean(values[groups == group]) for group in (MANY, MEDIUM, FEW))
    std = float(np.std([many, medium, few], ddof=1))
    return GroupAccuracy(many=many, medium=medium, few=few, std=std, average=_mean(values))


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
