"""How evenly single samples cover the sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import ByClass, members_of
from ghviz.metrics.inputs import checked
from ghviz.metrics.sampling import EXACT_UP_TO, tell_sampled


def sample_uniformity(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    t: float = 2.0,
    num_classes: int | None = None,
    seed: int = 0,
) -> ByClass:
    """Return the log mean Gaussian potential between samples, overall and per class; lower = more even.

    log of the mean over pairs i < j of exp(-t ||f_i - f_j||^2) [0]. 0: all samples at one place; about
    -2 t + 2 t^2 / d: spread evenly over the sphere in many dimensions d. All pairs are taken up to 4,000
    samples; beyond it the samples are dealt at random into groups of at most 4,000 and the pairs within
    these are taken, which is unbiased and uses every sample. A `SampledWarning` says so.

    [0] Wang and Isola, Understanding contrastive representation learning through alignment and uniformity on
    the hypersphere, ICML 2020, https://arxiv.org/abs/2005.10242 (section 4.1.2 there).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        t: sharpness of the potential, positive.
        num_classes: L; None: the largest label plus one.
        seed: deals out the groups.

    Returns:
        `(overall, per_class)`, each -4 t .. 0; NaN for fewer than two samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `t` that is not positive.

    Example:
        >>> points = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
        >>> overall, per_class = sample_uniformity(points, np.array([0, 0, 1]))
        >>> per_class
        array([-8., nan])
        >>> round(overall, 3)  # log of (exp(-8) + 2 exp(-4)) / 3
        -4.396
    """
    if not 0 < t < float("inf"):
        raise ValueError(f"t must be a positive number, got {t}")
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    instead = f"the mean is over the pairs within random groups of at most {EXACT_UP_TO:,}"
    if len(rows) > EXACT_UP_TO:
        counts = np.bincount(classes, minlength=num_classes)
        tell_sampled("sample_uniformity per class", counts, limit=EXACT_UP_TO, instead=instead)
        tell_sampled("sample_uniformity overall", len(rows), limit=EXACT_UP_TO, instead=instead)
    generator = np.random.default_rng(seed)
    return ByClass(
        overall=_log_mean_potential(rows, np.arange(len(rows)), t, generator),
        per_class=np.array(
            [_log_mean_potential(rows, m, t, generator) for m in members_of(classes, num_classes)]
        ),
    )


def _log_mean_potential(
    rows: NDArray[np.float64], members: NDArray[np.int64], t: float, generator: np.random.Generator
) -> float:
    """Return log mean exp(-t ||f_i - f_j||^2) over pairs i < j, within random groups where there are many."""
    if len(members) < 2:
        return float("nan")
    groups = -(-len(members) // EXACT_UP_TO)
    dealt = members[generator.permutation(len(members))] if groups > 1 else members
    parts = np.array_split(dealt, groups)
    total = sum(_potential(rows[part], t) for part in parts)
    return float(np.log(total / sum(len(part) * (len(part) - 1) for part in parts)))


def _potential(rows: NDArray[np.float64], t: float) -> float:
    """Return the sum of exp(-t ||f_i - f_j||^2) over i != j."""
    gram = rows @ rows.T
    gram -= 1
    gram *= 2 * t  # ||f_i - f_j||^2 = 2 - 2 f_i . f_j
    np.exp(gram, out=gram)
    return float(gram.sum() - np.trace(gram))
