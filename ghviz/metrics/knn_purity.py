"""Are the samples around a sample of its own class?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import checked, chunks, single_error
from ghviz.metrics.sampling import tell_sampled

EXACT_UP_TO = 10_000
"""Samples up to which every one is asked for its neighbours; beyond it this many, shared by the classes."""
AT_LEAST = 100
"""Samples of a class that are asked in any case, if it has them."""
SAME_COSINE = 1e-12
"""Cosines that differ by less are equal: which is larger is rounding."""


def knn_purity(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    neighbors: int = 5,
    num_classes: int | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the share of the nearest other samples that are of the same class, mean over each class.

    p_c = mean over samples i of class c of |{j among the k nearest of i : y_j = c}| / k, nearest by cosine.
    A class of n samples is asked for k = min(neighbors, n - 1): with 5 neighbours a class of 4 samples could
    never be pure. Samples at equal cosine share the last places in equal parts, so that the order of samples
    doesn't matter. Up to 10,000 samples every one is asked; beyond it 10,000 / L drawn ones of each class (at
    least 100), always among all samples, and a `SampledWarning` says so.

    Source: cluster purity (Manning et al., Introduction to Information Retrieval, 2008, section 16.3) of the
    neighbourhoods.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        neighbors: k, at least 1.
        num_classes: L; None: the largest label plus one.
        seed: draws the samples that are asked.

    Returns:
        (L,) in 0 .. 1; NaN for a class of fewer than two samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `neighbors` below 1.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.0, 1.0]])
        >>> knn_purity(points, np.array([0, 0, 1, 1, 1]), neighbors=1)
        array([1.        , 0.66666667])
    """
    if neighbors < 1:
        raise ValueError(f"neighbors must be at least 1, got {neighbors}")
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    each = purity_of_samples(rows, classes, num_classes, neighbors=neighbors, seed=seed)
    return np.array([shares.mean() if len(shares) else np.nan for shares in each])


def purity_of_samples(
    rows: NDArray[np.float64],
    classes: NDArray[np.int64],
    num_classes: int,
    *,
    neighbors: int = 5,
    seed: int = 0,
) -> list[NDArray[np.float64]]:
    """Return for each class the purity of those of its samples that are asked; none of a class of one."""
    generator = np.random.default_rng(seed)
    most = max(AT_LEAST, EXACT_UP_TO // num_classes) if len(rows) > EXACT_UP_TO else len(rows)
    instead = f"the mean is over the neighbours of {most:,} drawn ones"
    tell_sampled("knn_purity", np.bincount(classes, minlength=num_classes), limit=most, instead=instead)
    single, purity = rows.astype(np.float32), []
    for members in members_of(classes, num_classes):
        asked = generator.choice(members, most, replace=False) if len(members) > most else members
        k = min(neighbors, len(members) - 1)
        parts = [asked[part] for part in chunks(len(asked), len(rows))] if k >= 1 else []  # twice, as float32
        purity.append(np.concatenate([np.empty(0), *(_same(rows, single, p, members, k) for p in parts)]))
    return purity


def _same(
    rows: NDArray[np.float64],
    single: NDArray[np.float32],
    asked: NDArray[np.int64],
    members: NDArray[np.int64],
    k: int,
) -> NDArray[np.float64]:
    """Return the share of members among the k nearest of each asked row.

    In single precision, which takes half the time, where that tells the k nearest from the others for sure.
    """
    cosines = single[asked] @ single.T  # (m, N)
    cosines[np.arange(len(asked)), asked] = -np.inf
    upper = np.partition(cosines, -k - 1, axis=1)[:, -k - 1 :].copy()  # the (k + 1)-th, then the k largest
    last = upper[:, 1:].min(axis=1)
    share: NDArray[np.float64] = (cosines[:, members] >= last[:, None]).sum(axis=1) / k
    del cosines
    unsure = np.flatnonzero(last - upper[:, 0] <= single_error(rows.shape[1]))
    for part in chunks(len(unsure), 2 * len(rows)):
        share[unsure[part]] = _same_exactly(rows, asked[unsure[part]], members, k)
    return share


def _same_exactly(
    rows: NDArray[np.float64], asked: NDArray[np.int64], members: NDArray[np.int64], k: int
) -> NDArray[np.float64]:
    """Return the share of members among the k nearest of each asked row; ties count in equal parts."""
    same = np.zeros(len(rows), dtype=bool)
    same[members] = True
    cosines = rows[asked] @ rows.T  # (m, N)
    each = np.arange(len(asked))
    cosines[each, asked] = -np.inf
    nearest = np.argpartition(cosines, -k, axis=1)[:, -k:]  # (m, k)
    last = cosines[each[:, None], nearest].min(axis=1)
    share: NDArray[np.float64] = same[nearest].mean(axis=1)
    near_enough = np.count_nonzero(cosines >= last[:, None] - SAME_COSINE, axis=1)
    for row in np.flatnonzero(near_enough > k):
        surely = cosines[row] > last[row] + SAME_COSINE
        tied = (cosines[row] >= last[row] - SAME_COSINE) & ~surely
        share[row] = (same[surely].sum() + (k - surely.sum()) * same[tied].mean()) / k
    return share
