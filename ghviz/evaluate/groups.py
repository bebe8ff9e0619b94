"""Many, medium and few: accuracy where there is much to learn from, and where there is little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate.few_shot import FewShot
from ghviz.evaluate.result import Accuracy
from ghviz.metrics.frequency_groups import HEAD, MEDIUM, TAIL, frequency_groups
from ghviz.metrics.inputs import checked_counts

MANY, FEW = HEAD, TAIL
"""What the entries of a group array stand for, beside `MEDIUM`."""


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

    They are the head, medium and tail of `ghviz.metrics.frequency_groups`, which has the rule.

    Args:
        counts: (L,) training samples of the classes, L >= 3.

    Returns:
        (L,) integers: 0 many, 1 medium, 2 few.

    Raises:
        ValueError: for fewer than three classes, or a count that is negative or not finite.

    Example:
        >>> groups_by_rank(np.array([500, 300, 200, 120, 70, 40, 25, 15, 9, 5]))
        array([0, 0, 0, 1, 1, 1, 1, 2, 2, 2])
    """
    if len(counts) < 3:
        raise ValueError(f"three groups need at least three classes, got {len(counts)}")
    return frequency_groups(counts)


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
        ValueError: if the borders overlap, or for a count that is negative or not finite.

    Example:
        >>> groups_by_count(np.array([1280, 101, 100, 20, 19]))
        array([0, 0, 1, 1, 2])
    """
    if few > many + 1:
        raise ValueError(f"few must not begin above many, got few < {few} and many > {many}")
    counts = checked_counts(counts)
    return np.where(counts > many, MANY, np.where(counts < few, FEW, MEDIUM)).astype(np.int64)


def group_accuracy(per_class: NDArray[Any] | Accuracy, groups: NDArray[Any]) -> GroupAccuracy:
    """Return the accuracy of the three groups, how far they differ, and the average.

    Args:
        per_class: (L,) accuracies in any unit, NaN entries left out; or what `linear_probe`, `knn` or a
            `FewShot.of` found.
        groups: (L,) integers 0, 1, 2 as `groups_by_rank` or `groups_by_count` gives them, or your own.

    Returns:
        Many, medium, few, std and average; NaN for a group without classes, and for std then.

    Raises:
        ValueError: for different lengths or another group number.

    Example:
        >>> group_accuracy(np.array([0.75, 0.5, 0.25]), np.array([0, 1, 2]))
        GroupAccuracy(many=0.75, medium=0.5, few=0.25, std=0.25, average=0.5)
    """
    given = per_class.per_class if isinstance(per_class, Accuracy) else per_class
    values, groups = np.asarray(given, dtype=np.float64), np.asarray(groups)
    if values.ndim != 1 or values.shape != groups.shape:
        raise ValueError(f"per_class and groups must both be (L,), got {values.shape} and {groups.shape}")
    if not np.isin(groups, (MANY, MEDIUM, FEW)).all():
        raise ValueError(f"groups must be 0, 1 or 2, got {sorted(set(groups.tolist()))}")
    many, medium, few = (_mean(values[groups == group]) for group in (MANY, MEDIUM, FEW))
    std = float(np.std([many, medium, few], ddof=1))
    return GroupAccuracy(many=many, medium=medium, few=few, std=std, average=_mean(values))


def accuracy_table(
    results: Mapping[str, Accuracy | FewShot], groups: NDArray[Any]
) -> dict[str, GroupAccuracy]:
    """Return the table of the papers: many, medium, few, std and average of each way of asking.

    Args:
        results: by name, what `linear_probe`, `knn` and `few_shot` found; `few_shot` makes a row for each k,
            of means over its draws.
        groups: (L,) integers 0, 1, 2 as `groups_by_rank` or `groups_by_count` gives them, or your own.

    Returns:
        Rows by name, accuracies in 0 .. 1; std is the sample standard deviation over the three groups.

    Raises:
        ValueError: for groups of another length or number.

    Example:
        >>> from ghviz.evaluate import few_shot, knn
        >>> data = np.eye(3)[[0, 1, 2, 0, 1, 2]], np.array([0, 1, 2, 0, 1, 2])
        >>> results = {"1-NN": knn(data, data, neighbors=1), "few-shot": few_shot(data, data, shots=(1, 2))}
        >>> for name, row in accuracy_table(results, np.array([0, 1, 2])).items():
        ...     print(name, row.many, row.few, row.average)
        1-NN 1.0 1.0 1.0
        few-shot, k = 1 1.0 1.0 1.0
        few-shot, k = 2 1.0 1.0 1.0
    """
    rows: dict[str, Accuracy] = {}
    for name, result in results.items():
        if isinstance(result, FewShot):
            rows |= {f"{name}, k = {k}": result.of(k) for k in result.shots}
        else:
            rows[name] = result
    return {name: group_accuracy(result, groups) for name, result in rows.items()}


def _mean(values: NDArray[np.float64]) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
