"""The A/A band: how far runs lie apart that differ in nothing but their seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.catalog import METRICS
from ghviz.types import MetricTable


@dataclass(frozen=True, kw_only=True)
class SeedNoise:
    """Distances between baselines, metric by metric; a difference no larger may be chance.

    Attributes:
        per_class: name -> (L,) largest distance of any two baselines at the same rank; NaN where only one or
            none has a value.
        summary: name -> the same of one number.
        runs: baselines that were compared.
        reordered: another seed made other classes frequent and rare, so that distances per class are between
            different classes of the same rank.
        from_zero: name of a summary that is better the nearer it is to 0 -> largest difference of any two
            baselines in their distance from 0: what `Differences.from_zero` stands beside.
    """

    per_class: dict[str, NDArray[np.float64]]
    summary: dict[str, float]
    runs: int
    reordered: bool = False
    from_zero: dict[str, float] = field(default_factory=dict)


def seed_noise(baselines: Sequence[MetricTable]) -> SeedNoise:
    """Return how far baselines that differ in their seed alone lie apart.

    The largest |a - b| over pairs of baselines. Classes are compared by their rank from head to tail: another
    seed may put another class there, and what that changes is part of the noise. Two baselines give one
    distance, which is a rough yardstick: where there is no effect at all, every second difference between two
    seeds is larger than it. More seeds make a wider, surer band.

    Args:
        baselines: two or more tables of the same step, of runs that differ in their seed.

    Raises:
        ValueError: for fewer than two tables, or of different numbers of classes or embeddings.

    Example:
        >>> from ghviz.types import ClassTable
        >>> classes = ClassTable(names=("a", "b"), counts=(9, 3))
        >>> tables = [
        ...     MetricTable(step=1, classes=classes, per_class={}, summary={"evenness": each})
        ...     for each in (0.75, 0.5)
        ... ]
        >>> seed_noise(tables).summary
        {'evenness': 0.25}
    """
    if len(baselines) < 2:
        raise ValueError(f"seed noise needs two baselines at least, got {len(baselines)}")
    first = baselines[0]
    for each in baselines[1:]:
        if len(each.classes.names) != len(first.classes.names) or each.embeddings != first.embeddings:
            raise ValueError("baselines must have the same number of classes and the same embeddings")
    keys = [key for key in first.per_class if all(key in each.per_class for each in baselines)]
    names = [name for name in first.summary if all(name in each.summary for each in baselines)]
    return SeedNoise(
        per_class={key: _largest([each.per_class[key] for each in baselines]) for key in keys},
        summary={
            name: float(_largest([np.asarray(each.summary[name]) for each in baselines])) for name in names
        },
        runs=len(baselines),
        reordered=any(each.classes.names != first.classes.names for each in baselines),
        from_zero={
            name: float(_largest([np.abs(each.summary[name]) for each in baselines]))
            for name in names
            if name in METRICS and METRICS[name].better == "zero"
        },
    )


def _largest(values: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the largest distance of any two; NaN only where no two have a value."""
    with np.errstate(invalid="ignore"):  # two classes that are points: infinity less infinity is not known
        distances = np.array([np.abs(a - b) for a, b in combinations(values, 2)])
    known = np.isfinite(distances)
    largest: NDArray[np.float64] = np.where(known, distances, -np.inf).max(axis=0)
    return np.where(np.isfinite(largest), largest, np.nan)
