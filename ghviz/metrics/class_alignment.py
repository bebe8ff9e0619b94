"""How far apart the samples of one class lie."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import checked
from ghviz.metrics.sampling import EXACT_UP_TO, tell_sampled


def class_alignment(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    num_classes: int | None = None,
    distinct: bool = False,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return the mean distance of two samples of the same class; small = the class is tight.

    A_c = 1 / n^2 sum over i, j in class c of ||f_i - f_j||, pairs with i = j included as in [0]; its mean
    over classes is the alignment A of [0]. These pairs add zeros, which shrink the value of a class of n
    samples by 1 - 1 / n: `distinct` leaves them out (1 / (n (n - 1))), which compares classes of different
    sizes fairly. All pairs are taken up to 4,000 samples of a class; beyond it those of 4,000 drawn ones, and
    a `SampledWarning` says so.

    [0] Li et al., Targeted supervised contrastive learning for long-tailed recognition, CVPR 2022,
    https://arxiv.org/abs/2111.13998 (section 4.3 there).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.
        distinct: leave out the pairs of a sample with itself.
        seed: draws the 4,000 samples that stand for a class with more.

    Returns:
        (L,) in 0 .. 2; NaN for a class without samples, with `distinct` also for one of a single sample.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points, labels = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]), np.array([0, 0, 1])
        >>> class_alignment(points, labels)
        array([1., 0.])
        >>> class_alignment(points, labels, distinct=True)
        array([ 2., nan])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    tell_sampled(
        "class_alignment",
        np.bincount(classes, minlength=num_classes),
        limit=EXACT_UP_TO,
        instead=f"the mean is over the pairs of {EXACT_UP_TO:,} drawn ones",
    )
    return mean_distances(rows, classes, num_classes, distinct=distinct, seed=seed)


def mean_distances(
    rows: NDArray[np.float64], classes: NDArray[np.int64], num_classes: int, *, distinct: bool, seed: int = 0
) -> NDArray[np.float64]:
    """Return the (L,) mean distances within the classes of unit rows."""
    generator = np.random.default_rng(seed)
    values = [
        _mean_distance(rows, members, distinct, generator) for members in members_of(classes, num_classes)
    ]
    return np.array(values, dtype=np.float64)


def _mean_distance(
    rows: NDArray[np.float64], members: NDArray[np.int64], distinct: bool, generator: np.random.Generator
) -> float:
    from scipy.spatial.distance import pdist

    if len(members) > EXACT_UP_TO:
        members = members[generator.choice(len(members), EXACT_UP_TO, replace=False)]
    ordered_pairs = len(members) * (len(members) - 1 if distinct else len(members))
    return 2 * float(pdist(rows[members]).sum()) / ordered_pairs if ordered_pairs else float("nan")
