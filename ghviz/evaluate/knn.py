"""Classification by the nearest training samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate.result import Evaluation, Labelled, check_integers, checked_pair, evaluation
from ghviz.metrics.inputs import chunks
from ghviz.metrics.nearest_neighbor_accuracy import SAME_COSINE

SAME_VOTES = 1e-12
"""Sums of votes that differ by no more than this part of the larger are equal: the order in which they were
added would decide. Weighted, by no more than rounding of the cosines can make of it, if that is more."""


def knn(
    train: Labelled,
    test: Labelled,
    *,
    neighbors: int = 20,
    weighted: bool = False,
    temperature: float = 0.07,
) -> Evaluation:
    """Return what the k nearest training samples say about each test sample, by cosine, exactly.

    The class with the most votes among the k largest cosines s; weighted, a vote counts exp(s / temperature)
    [0], of which only the ratios matter: at any temperature the nearest neighbour has a vote. In chunks:
    memory doesn't grow with N times M.

    What is equal goes by rule. Equal votes go to the class with the nearest voter, and where that is equal
    too to the smaller class number. Of training samples equally near at the k-th place those that come first
    vote: only there the order of the training samples matters. Cosines that differ by less than 1e-14 are
    equal, and so are votes that differ by no more than rounding.

    [0] Wu et al., Unsupervised feature learning via non-parametric instance discrimination, CVPR 2018,
    https://arxiv.org/abs/1805.01978 (section 3.4 there).

    Args:
        train: features (N, d), none of them zero, and labels (N,).
        test: features (M, d) and labels (M,). A class without training samples can't be named: its accuracy
            is 0, which counts in the average, as a long tail that has lost a class should show.
        neighbors: k, 1 to N. On long-tailed training data take 1: a class of 4 samples can't win with 20.
        weighted: near neighbours count more.
        temperature: how much more; positive.

    Returns:
        Predictions, accuracy per class and average.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> train = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]), np.array([0, 0, 1])
        >>> test = np.array([[1.0, 0.1], [0.1, 1.0]]), np.array([0, 1])
        >>> knn(train, test, neighbors=1).per_class
        array([1., 1.])
    """
    data = checked_pair(train, test, unit=True)
    rows, queries = data.train, data.test
    check_integers(neighbors=neighbors)
    if not 1 <= neighbors <= len(rows):
        raise ValueError(f"neighbors must be 1 to {len(rows)}, the training samples, got {neighbors}")
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    slack = min(1.0, max(SAME_VOTES, SAME_COSINE / temperature)) if weighted else SAME_VOTES
    predicted = []
    for part in chunks(len(queries), 4 * len(rows) + 4 * data.num_classes):
        nearest, near = _nearest(rows, queries[part], neighbors)
        votes = _weights(near, temperature) if weighted else np.ones_like(near)
        predicted.append(
            _elected(data.train_labels[nearest], votes, near, num_classes=data.num_classes, slack=slack)
        )
    return evaluation(np.concatenate(predicted), data.test_labels, data.num_classes)


def _nearest(
    rows: NDArray[np.float64], queries: NDArray[np.float64], neighbors: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the k rows (m, k) nearest to each query, in no order, and their cosines.

    Of rows equally near at the k-th place, the first.
    """
    cosines = queries @ rows.T  # (m, N)
    nearest = np.argpartition(cosines, -neighbors, axis=1)[:, -neighbors:].copy()
    last = np.take_along_axis(cosines, nearest, axis=1).min(axis=1, keepdims=True)
    tied = np.flatnonzero(np.count_nonzero(cosines >= last - SAME_COSINE, axis=1) > neighbors)
    if len(tied):
        far, level = cosines[tied] < last[tied] - SAME_COSINE, cosines[tied] <= last[tied] + SAME_COSINE
        # 0: nearer than the k-th, 1: as near, 2: farther; a stable sort keeps the order of equal ones
        nearest[tied] = np.argsort(far.view(np.int8) + level, axis=1, kind="stable")[:, :neighbors]
    return nearest, np.take_along_axis(cosines, nearest, axis=1)


def _weights(cosines: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
    """Return the votes (m, k) of voters with these cosines, in units of the nearest one's."""
    with np.errstate(over="ignore", under="ignore"):  # a vote that is nothing beside the nearest one's
        votes: NDArray[np.float64] = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / temperature)
    return votes


def _elected(
    classes: NDArray[np.int64],
    votes: NDArray[np.float64],
    cosines: NDArray[np.float64],
    *,
    num_classes: int,
    slack: float,
) -> NDArray[np.int64]:
    """Return the class (m,) with the most votes of (m, k) voters; among equals the nearest voter decides.

    Args:
        classes: (m, k) of the voters.
        votes: (m, k) that each of them has.
        cosines: (m, k) that say who is nearest.
        num_classes: L.
        slack: the part of the most votes by which equal ones may differ.
    """
    cell = (np.arange(len(classes))[:, None] * num_classes + classes).ravel()
    shape, cells = (len(classes), num_classes), len(classes) * num_classes
    total = np.bincount(cell, weights=votes.ravel(), minlength=cells).reshape(shape)
    near = np.full(cells, -np.inf)  # of a class without voters
    np.maximum.at(near, cell, cosines.ravel())
    leading = total >= total.max(axis=1, keepdims=True) * (1 - slack)
    return first_largest(np.where(leading, near.reshape(shape), -np.inf))


def first_largest(cosines: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the class (m,) with the largest of (m, L) cosines; of equal ones the smallest."""
    first: NDArray[np.int64] = (cosines >= cosines.max(axis=1, keepdims=True) - SAME_COSINE).argmax(axis=1)
    return first
