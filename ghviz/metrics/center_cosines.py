"""The angles between class centres, and how far they are from a simplex's."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_centers
from ghviz.metrics.inputs import class_counts, tail_classes


def center_cosines(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the Gram matrix of the class centres.

    G_ij = c_i . c_j with c the centres on the unit sphere (`class_centers`). At neural collapse on balanced
    data it is a simplex's: 1 on the diagonal, -1 / (L - 1) elsewhere [0].

    [0] Papyan, Han and Donoho, Prevalence of neural collapse during the terminal phase of deep learning
    training, PNAS 2020, https://arxiv.org/abs/2008.08186

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L, L) symmetric, in -1 .. 1, ones on the diagonal; NaN in row and column of a class without a centre.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> center_cosines(np.array([[2.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), np.array([0, 1, 2])).tolist()
        [[1.0, 0.0, -1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 1.0]]
    """
    return cosines_of_centers(class_centers(embeddings, labels, num_classes=num_classes))


def cosines_of_centers(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L, L) cosines of (L, d) unit rows; rows of NaN give NaN, the diagonal is exactly 1."""
    cosines = np.clip(centers @ centers.T, -1, 1) + 0.0  # + 0.0: never minus zero
    defined = np.isfinite(centers).all(axis=1)
    np.fill_diagonal(cosines, np.where(defined, 1.0, np.nan))
    return cosines


def simplex_distance(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> float:
    """Return how far the cosines of the class centres are from a simplex's, root mean square.

    D = sqrt(mean over i != j of (c_i . c_j + 1 / (L - 1))^2): 0 at a simplex, L / (L - 1) if all centres are
    one. The diagonal, 1 in both, is left out: it would make few classes look closer. Source: this project,
    after the convergence to a simplex in Papyan, Han and Donoho, PNAS 2020 (equiangularity, Fig. 3 there).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one. Classes without a centre are left out, of L too.

    Returns:
        0 .. L / (L - 1); NaN for fewer than two centres.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> simplex_distance(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([0, 1]))
        0.0
        >>> simplex_distance(np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]), np.array([0, 1, 2]))
        1.5
    """
    return distance_from_simplex(center_cosines(embeddings, labels, num_classes=num_classes))


def distance_from_simplex(cosines: NDArray[np.float64]) -> float:
    """Return how far (L, L) cosines are from a simplex's; rows of NaN are left out."""
    present = _present(cosines)
    size = len(present)
    if size < 2:
        return float("nan")
    return float(np.sqrt(np.mean((present[~np.eye(size, dtype=bool)] + 1 / (size - 1)) ** 2)))


def nearest_center_cosine(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the cosine of each class's centre to the nearest other centre.

    max over j != c of c_c . c_j; the cosine of `nearest_center_angle`. Source: this project.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in -1 .. 1, 1 = merged with another class; NaN for a class without a centre, or without another.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> nearest_center_cosine(np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]), np.array([0, 1, 2]))
        array([0., 0., 0.])
    """
    cosines = center_cosines(embeddings, labels, num_classes=num_classes)
    defined = np.isfinite(np.diagonal(cosines))
    result = np.full(len(cosines), np.nan)
    present = cosines[np.ix_(defined, defined)]
    if len(present) >= 2:
        np.fill_diagonal(present, -np.inf)
        result[defined] = present.max(axis=1)
    return result


def tail_mean_cosine(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    counts: NDArray[Any] | None = None,
    num_classes: int | None = None,
) -> float:
    """Return the mean cosine between the centres of different tail classes: 1 = the tail has collapsed.

    mean over i != j, both in the tail half of the classes (the L // 2 least frequent), of c_i . c_j. At a
    simplex it is -1 / (L - 1). The lemma on minority collapse in [0] says that it rises to 1 with imbalance.

    [0] Zhou et al., Combating Representation Learning Disparity with Geometric Harmonization, NeurIPS 2023,
    https://arxiv.org/abs/2310.17622

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        counts: (L,) training samples of the classes, which say what the tail is; None: counted in `labels`.
            Among equally frequent classes the larger label counts as rarer.
        num_classes: L; None: the largest label plus one.

    Returns:
        -1 .. 1, over those tail classes that have a centre; NaN for fewer than two of them.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
        >>> tail_mean_cosine(points, np.array([0, 0, 1, 2, 3]))
        0.0
    """
    cosines = center_cosines(embeddings, labels, num_classes=num_classes)
    tail = tail_classes(class_counts(labels, len(cosines), counts))
    return mean_cosine_between(cosines, tail)


def mean_cosine_between(cosines: NDArray[np.float64], classes: NDArray[np.int64]) -> float:
    """Return the mean of (L, L) cosines over pairs of different ones of some classes; NaN left out."""
    between = _present(cosines[np.ix_(classes, classes)])
    if len(between) < 2:
        return float("nan")
    return float(between[~np.eye(len(between), dtype=bool)].mean())


def _present(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines of those classes that have a centre."""
    defined = np.isfinite(np.diagonal(cosines))
    present: NDArray[np.float64] = cosines[np.ix_(defined, defined)]
    return present
