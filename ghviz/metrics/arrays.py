"""Arrays of your own, as `measure` takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked
from ghviz.types import ClassTable, Points, Snapshot


def of_arrays(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    test: NDArray[Any] | None = None,
    test_labels: NDArray[Any] | None = None,
    names: Sequence[str] | None = None,
) -> tuple[Snapshot, Points, ClassTable]:
    """Return embeddings and labels as the arguments of `measure`.

    Args:
        embeddings: (N, d) of the long-tailed training samples, normalised here.
        labels: (N,) integers 0 .. L-1, in any order of frequency.
        test: (M, d) of balanced test samples, which the accuracies need; None: none.
        test_labels: (M,) their classes.
        names: of the L classes; None: their numbers.

    Returns:
        `(snapshot, points, classes)`.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or test samples without labels.

    Example:
        >>> from ghviz.metrics import measure
        >>> table = measure(*of_arrays(np.eye(2)[[0, 0, 0, 1]], np.array([0, 0, 0, 1])))
        >>> round(table.summary["tail_gap"], 1), table.samples["train"]
        (90.0, array([3, 1]))
    """
    num_classes = None if names is None else len(names)
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    asked, wanted = rows[:0], classes[:0]
    if (test is None) != (test_labels is None):
        missing = "test_labels" if test_labels is None else "test"
        raise ValueError(f"test and test_labels belong together, got no {missing}")
    if test is not None and test_labels is not None:
        try:
            asked, wanted, _ = checked(test, test_labels, num_classes)
        except ValueError as error:
            raise ValueError(f"test and test_labels: {error}") from error
        if asked.shape[1] != rows.shape[1]:
            raise ValueError(
                f"test must have as many dimensions as embeddings, {rows.shape[1]}, got {asked.shape[1]}"
            )
    counts = np.bincount(classes, minlength=num_classes)
    return (
        Snapshot(step=0, epoch=0, train=rows.astype(np.float32), test=asked.astype(np.float32)),
        Points(
            train_labels=classes,
            train_indices=np.arange(len(rows)),
            test_labels=wanted,
            targets=np.empty((0, rows.shape[1]), dtype=np.float32),
        ),
        ClassTable(
            names=tuple(names) if names is not None else tuple(map(str, range(num_classes))),
            counts=tuple(counts.tolist()),
        ),
    )
