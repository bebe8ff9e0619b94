"""Is a class small beside the distances between classes?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import ByClass
from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked, chunks


def within_class_variability(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> ByClass:
    """Return the variability within classes against that between them (NC1), overall and per class.

    Overall, as in [0]: NC1 = tr(S_W S_B^+) / L, with S_W = 1 / N sum over samples of (f - m_c) (f - m_c)^T,
    S_B = 1 / L sum over classes of (m_c - m) (m_c - m)^T, m_c the class means (not put back on the sphere), m
    the mean of the class means and + the pseudo-inverse. All samples weigh the same, so the head dominates.

    Per class: tr(S_c S_B^+) / L with S_c the covariance of the class, over n_c - 1 instead of n_c: over n_c a
    small class would look tight because it is small. So NC1 = sum over c of (n_c - 1) / N times that of c.

    [0] Papyan, Han and Donoho, Prevalence of neural collapse during the terminal phase of deep learning
    training, PNAS 2020, https://arxiv.org/abs/2008.08186; there on features, here on unit embeddings.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one. Classes without samples are left out, of L too.

    Returns:
        `(overall, per_class)`, each from 0, small = collapsed to points; NaN for a class of fewer than three
        samples, and everywhere if there are fewer than two classes or all class means are one.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.6, 0.8], [0.6, -0.8], [-1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
        >>> overall, per_class = within_class_variability(points, np.array([0, 0, 0, 1, 1, 1]))
        >>> round(overall, 4), per_class.round(4)
        (0.0118, array([0.0355, 0.    ]))
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    counts = np.bincount(classes, minlength=num_classes)
    means = class_means(rows, classes, num_classes)
    whitening = whitening_of(means[counts > 0])
    if whitening is None:
        return ByClass(float("nan"), np.full(num_classes, np.nan))
    spread = np.concatenate(
        [
            np.square((rows[part] - means[classes[part]]) @ whitening).sum(axis=1)
            for part in chunks(len(rows), 4 * rows.shape[1])
        ]
    )
    sums = np.bincount(classes, weights=spread, minlength=num_classes)
    return ByClass(float(sums.sum() / len(rows)), sums / np.where(counts >= 3, counts - 1, np.nan))


def whitening_of(means: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return (d, r) with x^T S_B^+ x / L = ||x W||^2, for class means (L, d); None if they are all one."""
    size = len(means)
    _, singular, axes = np.linalg.svd((means - means.mean(axis=0)) / np.sqrt(size), full_matrices=False)
    kept = singular > 1e-9  # the means are means of unit vectors: what is smaller is rounding
    if not kept.any():
        return None
    whitening: NDArray[np.float64] = (axes[kept] / (singular[kept, None] * np.sqrt(size))).T
    return whitening
