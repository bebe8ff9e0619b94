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
    [1]. Both equal scikit-learn's, which takes a trainer too long to import. Long-tailed data tempt the
    mutual information: it grows with the number of surrogates in use, also by chance; the Rand index is
    corrected for that but weighs pairs, so the head decides it.

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
    found, size = np.asarray(surrogates), len(np.atleast_1d(labels))
    if found.shape != (size,):
        raise ValueError(f"surrogates and labels must both be (N,), got {found.shape} and {np.shape(labels)}")
    if size < 2:
        return LabelAgreement(float("nan"), float("nan"))
    found, classes = class_labels(found, size, None, name="surrogates"), class_labels(labels, size, None)
    _, found, of_found = np.unique(found, return_inverse=True, return_counts=True)
    _, classes, of_classes = np.unique(classes, return_inverse=True, return_counts=True)
    pairs, both = np.unique(found * len(of_classes) + classes, return_counts=True)
    alone = of_found[pairs // len(of_classes)] * (of_classes[pairs % len(of_classes)] / size)
    return LabelAgreement(
        nmi=_normalised(float((both / size) @ np.log(both / alone)), of_found, of_classes),
        adjusted_rand=_adjusted_rand(_pairs(both), _pairs(of_found), _pairs(of_classes), size),
    )


def _normalised(information: float, *counts: NDArray[np.int64]) -> float:
    """Mutual information over the mean entropy; 1 for two labellings that both have one label only."""
    shares = [each / each.sum() for each in counts]
    mean = sum(-float(share @ np.log(share)) for share in shares) / 2
    return max(0.0, min(1.0, information / mean)) if mean > 0 else 1.0


def _pairs(counts: NDArray[np.int64]) -> int:
    """Pairs of samples inside groups of these sizes."""
    return int((counts * (counts - 1) // 2).sum())


def _adjusted_rand(together: int, in_found: int, in_classes: int, size: int) -> float:
    """[1] from the pairs that both labellings, the one and the other hold together; 1 where all agree."""
    if together == in_found == in_classes:
        return 1.0
    expected = in_found * in_classes / (size * (size - 1) // 2)
    return (together - expected) / ((in_found + in_classes) / 2 - expected)
