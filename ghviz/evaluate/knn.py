"""Classification by the nearest training samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.evaluate.result import Evaluation, Labelled, checked_pair, evaluation
from ghviz.metrics.inputs import chunks


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
    [0]. Equal votes go to the class whose voters are nearer, then to the smaller label. In chunks: memory
    doesn't grow with N times M.

    [0] Wu et al., Unsupervised feature learning via non-parametric instance discrimination, CVPR 2018,
    https://arxiv.org/abs/1805.01978 (section 3.4 there).

    Args:
        train: features (N, d), none of them zero, and labels (N,).
        test: features (M, d) and labels (M,).
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
    if not 1 <= neighbors <= len(rows):
        raise ValueError(f"neighbors must be 1 to {len(rows)}, the training samples, got {neighbors}")
    if not temperature > 0:
        raise ValueError(f"temperature must be positive, got {temperature}")
    predicted = []
    for part in chunks(len(queries), 2 * len(rows) + 4 * data.num_classes):
        nearest, near = _nearest(rows, queries[part], neighbors)
        votes = np.exp((near - 1) / temperature) if weighted else np.ones_like(near)
        predicted.append(_elected(data.train_labels[nearest], votes, near, data.num_classes))
    return evaluation(np.concatenate(predicted), data.test_labels, data.num_classes)


def _nearest(
    rows: NDArray[np.float64], queries: NDArray[np.float64], neighbors: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the k rows (m, k) nearest to each query, in no order, and their cosines."""
    cosines = queries @ rows.T  # (m, N)
    nearest = np.argpartition(cosines, -neighbors, axis=1)[:, -neighbors:].copy()
    return nearest, np.take_along_axis(cosines, nearest, axis=1)


def _elected(
    classes: NDArray[np.int64], votes: NDArray[np.float64], cosines: NDArray[Any], num_classes: int
) -> NDArray[np.int64]:
    """Return the class (m,) with the most votes of (m, k) voters; among equals the sum of cosines decides."""
    cell = (np.arange(len(classes))[:, None] * num_classes + classes).ravel()
    shape, size = (len(classes), num_classes), len(classes) * num_classes
    total = np.bincount(cell, weights=votes.ravel(), minlength=size).reshape(shape)
    near = np.bincount(cell, weights=cosines.ravel(), minlength=size).reshape(shape)
    leading = total >= total.max(axis=1, keepdims=True) * (1 - 1e-12)
    elected: NDArray[np.int64] = np.where(leading, near, -np.inf).argmax(axis=1)
    return elected
