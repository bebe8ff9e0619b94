"""Intervals of few samples are too narrow: by how much they are widened, and which classes have none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.knn_purity import AT_LEAST
from ghviz.metrics.knn_purity import EXACT_UP_TO as ASKED_UP_TO

CERTAIN_FROM: Final = 4
"""Samples that a class needs for an interval of its own; inside a summary three are resampled too."""


def widening(freedom: NDArray[Any] | float, level: float, *, bootstrap: bool = True) -> NDArray[np.float64]:
    """Return by what factor replicates are drawn apart about their value, so that few samples count as few.

    t / z, the quantiles of Student's t and of the normal distribution: the spread is itself known from few
    samples only. For bootstrap replicates times sqrt(n / (n - 1)), as the variance of n resampled samples is
    (n - 1) / n of what it should be; random halves don't have that fault. Both are those of Hesterberg's
    expanded percentile interval [0], which takes percentiles further out; drawing the replicates apart
    instead reaches beyond the least and the largest of the few replicates that few samples have, and
    differences of such replicates are drawn apart alike.

    [0] Hesterberg, What teachers should know about the bootstrap, The American Statistician 69(4), 2015,
    https://arxiv.org/abs/1411.5279

    Args:
        freedom: n - 1 of each class, or of a summary of classes its `degrees_of_freedom`; below 1: as 1.
        level: of the interval.
        bootstrap: False: replicates are those of random halves.

    Returns:
        Factors from 1 on, of the shape of `freedom`.

    Example:
        >>> widening(np.array([3, 19, 999]), 0.95).round(2)
        array([1.87, 1.1 , 1.  ])
    """
    from scipy.stats import norm, t  # not at import: the app's first picture does without

    degrees = np.maximum(np.asarray(freedom, dtype=np.float64), 1)
    tail = (1 + level) / 2
    factor: NDArray[np.float64] = t.ppf(tail, degrees) / norm.ppf(tail)
    return factor * np.sqrt(1 + 1 / degrees) if bootstrap else factor


def degrees_of_freedom(
    summary: Callable[[NDArray[np.float64]], float],
    values: NDArray[np.float64],
    replicates: NDArray[np.float64],
    sizes: NDArray[np.int64],
) -> float:
    """Return how many degrees of freedom the spread of a summary of classes has.

    Welch's and Satterthwaite's (sum_c v_c)^2 / sum_c (v_c^2 / (n_c - 1)) [0], with v_c what class c adds to
    the variance: the squared change of the summary when its value changes by one standard deviation. Many
    classes alike have many, and one small class that outweighs all others has its own n - 1.

    [0] Satterthwaite, An approximate distribution of estimates of variance components, Biometrics 2, 1946.

    Args:
        summary: of values (L,).
        values: (L,) of the classes.
        replicates: (B, L) finite where values are; columns that don't vary add nothing.
        sizes: (L,) samples of the classes.

    Returns:
        At least 1; infinity where nothing varies.
    """
    spread = replicates.std(axis=0)
    changing = np.flatnonzero(np.isfinite(values) & (spread > 0) & (sizes >= 2))
    about = summary(values)
    parts = np.zeros(len(values))
    for c in changing:
        moved = values.copy()
        inside = values[c] + spread[c] <= replicates[:, c].max()  # beyond it the metric may have its end
        moved[c] += spread[c] if inside else -spread[c]
        parts[c] = (summary(moved) - about) ** 2
    if not np.isfinite(parts).all() or parts.sum() == 0:
        return float("inf")
    parts /= parts.sum()
    return float(max(1.0, 1 / np.square(parts[changing]).dot(1 / (sizes[changing] - 1))))


def some_of(members: list[NDArray[np.int64]], generator: np.random.Generator) -> list[NDArray[np.int64]]:
    """Return samples of each class that stand for it while all samples are looked at again and again.

    All up to 10,000 in all, beyond it 10,000 / L of each class and at least 100, as `knn_purity` asks them;
    that widens the intervals of large classes.
    """
    most = max(AT_LEAST, ASKED_UP_TO // len(members))
    if sum(map(len, members)) <= ASKED_UP_TO:
        return members
    return [
        np.sort(generator.choice(each, most, replace=False)) if len(each) > most else each for each in members
    ]
