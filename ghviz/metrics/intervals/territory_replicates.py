"""How certain are shares of the sphere? They follow from all samples together, which rules resampling out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import checked, chunks
from ghviz.metrics.intervals.half_samples import half_samples, nearest_first

DIRECTIONS = 4_000
"""Random directions that stand for the sphere in replicates."""
NEAREST = 16
"""Samples nearest to a direction that are kept in mind: that none of them is in a half has chance 2^-16."""


def territory_replicates(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    num_classes: int | None = None,
    draws: int = 1_000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return territory shares of random halves of each class.

    A sample that the bootstrap draws twice owns its cell once, so shares of bootstrap samples are those of
    fewer points, unevenly thinned. Halves drawn without replacement thin every class alike, and the mean of
    half of n values varies about their mean with the very variance that the mean itself has, s^2 / n: the
    spread of these replicates is the standard error of `territory_share` [0]. An odd class gives half a
    sample more or less, by chance. Shares are those of 4,000 drawn directions, the same in all replicates.

    [0] McCarthy, Pseudo-replication: half samples, Review of the International Statistical Institute, 1969.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.
        draws: replicates B.
        seed: draws directions and halves; runs of equal labels get equal halves.

    Returns:
        (B, L) shares; NaN for a class of fewer than three samples. Centre their logarithms at that of the
        share before making an interval of them: half of the points divide the sphere a little otherwise than
        all of them.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points, labels = np.repeat(np.eye(2), 8, axis=0), np.repeat([0, 1], 8)
        >>> bool(territory_replicates(points, labels, draws=50).std(axis=0).max() < 1e-9)
        True
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    near = _nearest(rows, seed)  # (D, k)
    generator = np.random.default_rng(seed)
    members = members_of(classes, num_classes)
    shares = np.empty((draws, num_classes))
    for part in chunks(draws, 4 * len(rows)):  # random numbers, their ranks, and which are in
        kept = half_samples(members, min(part.stop, draws) - part.start, generator)
        for b, half in enumerate(kept, start=part.start):
            first = half[near].argmax(axis=1)
            owner = classes[np.take_along_axis(near, first[:, None], axis=1)[:, 0]]
            shares[b] = np.bincount(owner, minlength=num_classes) / len(near)
    shares[:, np.array([len(each) < 3 for each in members])] = np.nan
    return shares


def _nearest(rows: NDArray[np.float64], seed: int) -> NDArray[np.int64]:
    """Return the k nearest rows (D, k) of each direction, nearest first."""
    directions = np.random.default_rng(seed).standard_normal((DIRECTIONS, rows.shape[1])).astype(np.float32)
    most, negative = min(NEAREST, len(rows)), -rows.T.astype(np.float32)
    parts = chunks(DIRECTIONS, 2 * len(rows))  # cosines in single precision, before and now, and their order
    return np.concatenate([nearest_first(directions[part] @ negative, most) for part in parts])
