"""How certain is the variability within classes? Both the classes and the distances between them vary."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import chunks
from ghviz.metrics.intervals.bootstrap import NEEDED, resampling_weights
from ghviz.metrics.intervals.shifts import centred, reflected
from ghviz.metrics.intervals.small_classes import some_of
from ghviz.metrics.within_class_variability import whitening_of

Values = NDArray[np.float64]
MOST = 64
"""Samples of a class that stand for its covariance while the distances between classes vary."""


class VariabilityReplicates(NamedTuple):
    """Replicates of how the logarithm of NC1 per class varies.

    Attributes:
        within: (B, L) with other samples of the class, the distances between classes being what they are;
            about 0, and moved by twice their shift, as logarithms of variances lie low.
        between: (B, L) with other class means, the class being what it is; about 0.
    """

    within: Values
    between: Values


def variability_replicates(
    rows: Values, classes: NDArray[np.int64], num_classes: int, *, draws: int, seed: int
) -> VariabilityReplicates:
    """Return bootstrap replicates of how log NC1 of each class varies, in its two parts.

    NC1 of a class is half the mean squared distance of pairs of its samples where S_B is white. The first
    part resamples these pairs, of different samples only; the second resamples all class means and with them
    S_B. The first alone covers the truth down to 47 % of the time, where class means are uncertain.

    Args:
        rows: (N, d) unit rows.
        classes: (N,) their labels.
        num_classes: L.
        draws: replicates B.
        seed: draws the samples.

    Returns:
        `(within, between)`; NaN for a class of fewer than three samples.
    """
    generator = np.random.default_rng(seed)
    members = some_of(members_of(classes, num_classes), generator)
    sizes = np.array([len(each) for each in members])
    nothing = np.full((draws, num_classes), np.nan)
    present = np.flatnonzero(sizes)
    means = np.array([rows[members[c]].mean(axis=0) for c in present])
    whitening = whitening_of(means)
    if whitening is None:
        return VariabilityReplicates(nothing, nothing.copy())
    within, drawn_means = nothing, np.repeat(means[None], draws, axis=0)
    for place, c in enumerate(present):
        if sizes[c] >= NEEDED:
            about = rows[members[c]] - means[place]
            weights = resampling_weights(sizes[c], draws, generator)
            white = about @ whitening
            within[:, c] = _log_pairs(white, weights) - _log_pairs(white, np.ones((1, sizes[c])))
            drawn_means[:, place] += weights @ about / sizes[c]
    few = [rows[members[c][:MOST]] - means[place] for place, c in enumerate(present)]
    between = np.full((draws, num_classes), np.nan)
    between[:, present] = _log_traces(np.concatenate(few), np.minimum(sizes[present], MOST), drawn_means)
    between[:, sizes < NEEDED] = np.nan
    return VariabilityReplicates(reflected(within, 0), centred(between))


def _log_pairs(white: Values, weights: Values) -> Values:
    """Return log of the mean over pairs of different samples of half their squared distance, (B,)."""
    size = len(white)
    pairs = size**2 - np.square(weights).sum(axis=1)
    sums = size * (weights @ np.square(white).sum(axis=1)) - np.square(weights @ white).sum(axis=1)
    return _log(sums / np.where(pairs > 0, pairs, np.nan))


def _log_traces(about: Values, sizes: NDArray[np.int64], means: Values) -> Values:
    """Return log tr(S_c S_B^+) (B, L) of classes of rows about their means, for drawn means (B, L, d)."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    traces = np.full((len(means), len(sizes)), np.nan)
    for b, each in enumerate(means):
        whitening = whitening_of(each)
        if whitening is not None:
            spread = [
                np.square(about[part] @ whitening).sum(axis=1)
                for part in chunks(len(about), 2 * whitening.shape[1])
            ]
            traces[b] = np.add.reduceat(np.concatenate(spread), starts)
    return _log(traces)


def _log(values: Values) -> Values:
    logs: Values = np.log(np.where(values > 0, values, np.nan))
    return logs
