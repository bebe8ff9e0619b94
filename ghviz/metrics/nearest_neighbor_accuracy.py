"""Can a new sample be told by the embedding nearest to it?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked, checked_counts, chunks, class_labels, unit_rows

SAME_COSINE = 1e-14
"""Cosines that differ by less are equal: float64 can't tell them apart."""
TAIL = 1 / 3
"""Share of the classes that is the tail of an accuracy."""


def nearest_neighbor_accuracy(
    train: NDArray[Any],
    train_labels: NDArray[Any],
    test: NDArray[Any],
    test_labels: NDArray[Any],
    *,
    num_classes: int | None = None,
) -> NDArray[np.float64]:
    """Return the share of each class's test samples whose nearest training embedding is of their class.

    acc_c = mean over test samples t of class c of [label of argmax_i cos(f_i, f_t) = c]: the 1-nearest-
    neighbour rule [0] with cosine similarity. Several training embeddings at the same, largest cosine
    (total collapse) each give an equal part of the answer, so that the order of samples doesn't matter. One
    neighbour, because a tail class may have no more than a handful of samples.

    [0] Cover and Hart, Nearest neighbor pattern classification, IEEE Trans. Inf. Theory, 1967.

    Args:
        train: (N, d), long-tailed, normalised here.
        train_labels: (N,) integers 0 .. L-1.
        test: (M, d), balanced, normalised here.
        test_labels: (M,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) in 0 .. 1; NaN for a class without test samples. A class without training samples gets 0: it
        can't be named.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> train, test = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([[0.9, 0.1], [0.2, 0.8], [0.8, 0.2]])
        >>> nearest_neighbor_accuracy(train, np.array([0, 1]), test, np.array([0, 1, 1]))
        array([1. , 0.5])
    """
    queries = unit_rows(test)
    wanted = class_labels(test_labels, len(queries), num_classes)
    if num_classes is None:
        num_classes = 1 + max(int(np.max(train_labels, initial=0)), int(wanted.max()))
    rows, classes, num_classes = checked(train, train_labels, num_classes)
    if rows.shape[1] != queries.shape[1]:
        raise ValueError(f"train and test must have the same d, got {rows.shape[1]} and {queries.shape[1]}")
    right = neighbor_credit(rows, classes, queries, wanted)
    counts = np.bincount(wanted, minlength=num_classes).astype(np.float64)
    counts[counts == 0] = np.nan
    return np.bincount(wanted, weights=right, minlength=num_classes) / counts


def neighbor_credit(
    rows: NDArray[np.float64],
    classes: NDArray[np.int64],
    queries: NDArray[np.float64],
    wanted: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return for each of the queries (M, d) the share of its nearest rows (N, d) that are of its class."""
    parts = chunks(len(queries), 2 * len(rows))  # cosines, and which of them are the largest
    return np.concatenate([_credit(queries[part] @ rows.T, classes, wanted[part]) for part in parts])


def _credit(
    cosines: NDArray[np.float64], classes: NDArray[np.int64], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return for each row of (m, n) cosines the share of its nearest samples that are of the wanted class."""
    nearest = cosines.argmax(axis=1)
    credit: NDArray[np.float64] = (classes[nearest] == wanted).astype(np.float64)
    best = cosines[np.arange(len(cosines)), nearest]
    tied = cosines >= best[:, None] - SAME_COSINE  # (m, n)
    for row in np.flatnonzero(np.count_nonzero(tied, axis=1) > 1):
        credit[row] = np.mean(classes[tied[row]] == wanted[row])
    return credit


def tail_accuracy(accuracy: NDArray[Any], *, counts: NDArray[Any] | None = None) -> float:
    """Return the mean accuracy over the tail third of the classes (the L // 3 least frequent, at least one).

    Args:
        accuracy: (L,) as `nearest_neighbor_accuracy` gives it; NaN entries are left out.
        counts: (L,) training samples, which say what the tail is; None: classes run from head to tail.

    Returns:
        0 .. 1; NaN if all of the tail is NaN.

    Raises:
        ValueError: if `counts` and `accuracy` differ in length, or for a count that is negative or not
            finite.

    Example:
        >>> tail_accuracy(np.array([1.0, 0.9, 0.2]))
        0.2
    """
    from ghviz.metrics.tail_gap import tail_mean

    accuracy = np.asarray(accuracy, dtype=np.float64)
    counts = -np.arange(len(accuracy)) if counts is None else checked_counts(counts)
    if len(counts) != len(accuracy):
        raise ValueError(f"counts must be ({len(accuracy)},), one a class, got {len(counts)}")
    return tail_mean(accuracy, counts, TAIL)
