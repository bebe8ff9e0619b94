"""Do labels found without supervision agree with the classes?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import class_labels


class LabelAgreement(NamedTuple):
    """How far two labellings of the same samples agree.

    Attributes:
        nmi: normalised mutual information, 0 .. 1.
        adjusted_rand: adjusted Rand index, at most 1; 0 is chance.
    """

    nmi: float
    adjusted_rand: float


def label_agreement(surrogates: NDArray[Any], labels: NDArray[Any]) -> LabelAgreement:
    """Return how far surrogate labels agree with the classes, whatever they are called.

    nmi = 2 I(u; y) / (H(u) + H(y)) [0]; adjusted_rand = (RI - E[RI]) / (max RI - E[RI]) over pairs of samples
    [1]. Both as scikit-learn has them. Long-tailed data tempt the mutual information: it grows with the
    number of surrogates in use, also by chance; the Rand index is corrected for that but weighs pairs, so the
    head decides it.

    [0] Strehl and Ghosh, Cluster ensembles, JMLR 2002; here over the arithmetic mean of the entropies.
    [1] Hubert and Arabie, Comparing partitions, J. Classif., 1985.

    Args:
        surrogates: (N,) integers 0 .. K-1, such as the vertex with the largest surrogate label.
        labels: (N,) integers 0 .. L-1.

    Returns:
        `(nmi, adjusted_rand)`; NaN for fewer than two samples.

    Raises:
        ValueError: for different lengths, or labels that are not integers from 0.

    Example:
        >>> label_agreement(np.array([2, 2, 0, 0]), np.array([0, 0, 1, 1]))
        LabelAgreement(nmi=1.0, adjusted_rand=1.0)
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    found, size = np.asarray(surrogates), len(np.atleast_1d(labels))
    if found.shape != (size,):
        raise ValueError(f"surrogates and labels must both be (N,), got {found.shape} and {np.shape(labels)}")
    if size < 2:
        return LabelAgreement(float("nan"), float("nan"))
    found, classes = class_labels(found, size, None), class_labels(labels, size, None)
    return LabelAgreement(
        nmi=float(normalized_mutual_info_score(classes, found)),
        adjusted_rand=float(adjusted_rand_score(classes, found)),
    )
