"""How certain is a number of all samples together, by what each of them adds to it?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import chunks
from ghviz.metrics.intervals.bootstrap import pair_potentials, score_replicates
from ghviz.metrics.sampling import EXACT_UP_TO

Values = NDArray[np.float64]
SAMPLES_PER_DIMENSION = 4
"""Samples a dimension that the effective rank needs for an interval: with fewer it is bent too much."""


def linear_replicates(
    influence: Values, classes: NDArray[np.int64], num_classes: int, *, draws: int, seed: int
) -> Values:
    """Return bootstrap replicates (B,) of how a number of all samples varies, about 0.

    sum_i (w_i - 1) u_i with w_i how often a sample is drawn, class by class, and u_i how the number changes
    with its weight: the infinitesimal bootstrap [0]. Replicates of a class of n are drawn apart by
    sqrt(n / (n - 1)); classes of fewer than three samples add nothing.

    [0] Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (section 22.2).

    Args:
        influence: (N,) u.
        classes: (N,) labels.
        num_classes: L.
        draws: replicates B.
        seed: draws the samples.
    """
    counts = np.bincount(classes, minlength=num_classes)
    sums = np.bincount(classes, weights=influence, minlength=num_classes)
    means = score_replicates(influence, classes, num_classes=num_classes, draws=draws, seed=seed)
    changes = np.where(np.isfinite(means), means * counts - sums, 0.0)
    replicates: Values = changes @ np.sqrt(counts / np.maximum(counts - 1, 1))
    return replicates


def uniformity_influence(rows: Values, seed: int) -> Values:
    """Return how the mean potential over pairs of unit rows (N, d) changes with the weight of each: (N,).

    2 / N times its mean potential with the others. Of more than 4,000 others 4,000 are drawn.
    """
    size = len(rows)
    others = (
        np.random.default_rng(seed).permutation(size)[:EXACT_UP_TO] if size > EXACT_UP_TO else np.arange(size)
    )
    itself = np.zeros(size)
    itself[others] = 1
    sums = [
        pair_potentials(rows[part] @ rows[others].T).sum(axis=1) for part in chunks(size, 4 * len(others))
    ]
    influence: Values = 2 / size * (np.concatenate(sums) - itself) / (len(others) - itself)
    return influence


def rank_influence(rows: Values) -> Values | None:
    """Return how log of the effective rank of unit rows (N, d) changes with the weight of each: (N,).

    With X = U S V^T weighing a row more changes s_k by u_ik^2 s_k / 2, and the entropy H of p = s / sum s by
    -(log p_k + H) / sum s for each s_k. That is straight enough for an interval from four rows a dimension on
    (coverage at 2.5 rows a dimension: 79 %); with fewer there is None.
    """
    if len(rows) < SAMPLES_PER_DIMENSION * rows.shape[1]:
        return None
    squares, axes = np.linalg.eigh(rows.T @ rows)
    kept = squares > 1e-12 * squares[-1]
    singular, axes = np.sqrt(squares[kept]), axes[:, kept]
    part = singular / singular.sum()
    slope = -(np.log(part) - part @ np.log(part)) / singular.sum()
    weight = slope / (2 * singular)
    return np.concatenate([np.square(rows[p] @ axes) @ weight for p in chunks(len(rows), 2 * len(part))])
