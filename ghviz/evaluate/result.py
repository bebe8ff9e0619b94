"""What every way of asking gives back, and what it asks of its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import class_labels, unit_rows

Labelled: TypeAlias = tuple[NDArray[Any], NDArray[Any]]
"""Features (N, d) and their labels (N,), integers 0 .. L-1."""


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How often the test samples' classes were told.

    Attributes:
        per_class: (L,) accuracy in 0 .. 1; NaN for a class without test samples.
        average: mean over the classes that have test samples, which is the accuracy on a balanced test set.
    """

    per_class: NDArray[np.float64]
    average: float


@dataclass(frozen=True, kw_only=True)
class Evaluation(Accuracy):
    """What a classifier said about the test samples, and how often it was right.

    Attributes:
        predicted: (M,) the class that each test sample was taken for.
        labels: (M,) the class that it is of.
    """

    predicted: NDArray[np.int64]
    labels: NDArray[np.int64]


def evaluation(predicted: NDArray[np.int64], labels: NDArray[np.int64], num_classes: int) -> Evaluation:
    """Return predictions with their accuracy per class and on average."""
    counts = np.bincount(labels, minlength=num_classes)
    right = np.bincount(labels[predicted == labels], minlength=num_classes)
    per_class = right / np.where(counts > 0, counts, np.nan)
    return Evaluation(
        predicted=predicted, labels=labels, per_class=per_class, average=float(np.nanmean(per_class))
    )


@dataclass(frozen=True)
class Checked:
    """Training and test features that fit together.

    Attributes:
        train: (N, d) float32, or float64 rows of length one.
        train_labels: (N,) int64.
        test: (M, d) of the same type.
        test_labels: (M,) int64.
        num_classes: L, of both together.
    """

    train: NDArray[Any]
    train_labels: NDArray[np.int64]
    test: NDArray[Any]
    test_labels: NDArray[np.int64]
    num_classes: int


def checked_pair(train: Labelled, test: Labelled, *, unit: bool) -> Checked:
    """Return training and test data as arrays that fit together.

    Args:
        train: features (N, d) and labels (N,).
        test: features (M, d) and labels (M,).
        unit: as float64 rows of length one, for cosines; otherwise as they are, in float32.

    Raises:
        ValueError: for features that are no finite (N, d) with N, d >= 1, labels of another length or that
            are not integers from 0, or a different d in training and test; with `unit` also for a zero row.
    """
    (rows, labels), (queries, wanted) = _checked("training", train, unit), _checked("test", test, unit)
    if rows.shape[1] != queries.shape[1]:
        raise ValueError(
            f"training and test features must have the same d, got {rows.shape[1]} and {queries.shape[1]}"
        )
    return Checked(rows, labels, queries, wanted, 1 + int(max(labels.max(), wanted.max())))


def check_integers(**values: object) -> None:
    """Check that arguments are integers, Python's or numpy's: not 2.0.

    Args:
        values: the arguments by their names.

    Raises:
        ValueError: naming the first that is none.
    """
    for name, value in values.items():
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool):
            raise ValueError(f"{name} must be an integer, got {value!r}")


def _checked(name: str, data: Labelled, unit: bool) -> tuple[NDArray[Any], NDArray[np.int64]]:
    if len(data) != 2:
        raise ValueError(f"{name} data must be a pair (features, labels), got {len(data)} parts")
    rows = np.asarray(data[0]) if unit else np.asarray(data[0], dtype=np.float32)
    if unit and rows.ndim == 2 and rows.shape[1] == 1:
        raise ValueError(
            f"{name} features must have d >= 2 to have a direction, got shape {rows.shape}: of one number "
            "there is only the sign"
        )
    if rows.ndim != 2 or 0 in rows.shape:
        raise ValueError(f"{name} features must be (N, d) with N >= 1 and d >= 1, got shape {rows.shape}")
    if rows.dtype.kind not in "biuf":
        raise ValueError(f"{name} features must be numbers, got dtype {rows.dtype}")
    if not np.isfinite(
        [rows.min(), rows.max()]
    ).all():  # NaN passes on to both, without a mask of all of them
        raise ValueError(f"{name} features must be finite{'' if unit else ' float32'}, got NaN or infinity")
    labels = class_labels(data[1], len(rows), None, name=f"{name} labels")
    return unit_rows(rows, name=f"{name} features") if unit else rows, labels
