"""How many dimensions the embeddings really use."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import ByClass, members_of
from ghviz.metrics.inputs import checked, chunks


def effective_rank(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> ByClass:
    """Return the effective rank of the embeddings, overall and per class.

    erank = exp(-sum_k p_k log p_k), p_k = s_k / sum s, with s the singular values of the (n, d) matrix of
    unit rows [0]. It is not centred, so a class at one place has rank 1. n samples span at most n dimensions:
    a small class has a small rank because it is small; compare classes of like size, or a class with itself.

    [0] Roy and Vetterli, The effective rank: a measure of effective dimensionality, EUSIPCO 2007; as a
    criterion for representations in Garrido et al., RankMe, ICML 2023, https://arxiv.org/abs/2210.02885

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        `(overall, per_class)`, each 1 .. min(n, d); NaN for a class of fewer than three samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> overall, per_class = effective_rank(np.eye(4), np.array([0, 0, 0, 1]))
        >>> round(overall, 6), per_class.round(6)
        (4.0, array([ 3., nan]))
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    return ByClass(
        overall=rank_of(rows),
        per_class=np.array([rank_of(rows, members) for members in members_of(classes, num_classes)]),
    )


def rank_of(rows: NDArray[np.float64], members: NDArray[np.int64] | None = None) -> float:
    """Return the effective rank of (N, d) unit rows, or of some (n,) of them; NaN for fewer than three.

    Many rows are taken in chunks: the triangle R of a QR decomposition has the singular values of its rows,
    and stands for them above the next chunk.
    """
    size = len(rows) if members is None else len(members)
    if size < 3:
        return float("nan")
    first, *others = [part if members is None else members[part] for part in chunks(size, 2 * rows.shape[1])]
    above = rows[first]
    for part in others:
        above = np.concatenate([np.linalg.qr(above, mode="r"), rows[part]])
    singular = np.linalg.svd(above, compute_uv=False)
    part = singular[singular > 0] / singular.sum()
    return float(np.exp(-(part * np.log(part)).sum()))
