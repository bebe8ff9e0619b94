"""What every metric asks of its input, checked once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 16 * 2**20
"""Numbers held at once by what goes through its samples in chunks (128 MiB); beside it stand the input, its
copy as unit rows, and where numbers are compared in single precision one more such copy."""


def unit_rows(embeddings: NDArray[Any], *, name: str = "embeddings") -> NDArray[np.float64]:
    """Return the embeddings as float64 rows of length one.

    Args:
        embeddings: (N, d) finite, no row zero, N >= 1 and d >= 2; any real dtype, any length of the rows.
        name: what errors call them.

    Raises:
        ValueError: for another shape, a value that is not finite, or a zero row.
    """
    rows = np.array(embeddings, dtype=np.float64)  # a copy, worked on in place: there may be millions of rows
    if rows.ndim != 2 or rows.shape[0] < 1 or rows.shape[1] < 2:
        raise ValueError(f"{name} must be (N, d) with N >= 1 and d >= 2, got shape {rows.shape}")
    peaks = np.maximum(rows.max(axis=1), -rows.min(axis=1))
    if not np.isfinite(peaks).all():
        raise ValueError(
            f"{name} must be finite, got NaN or infinity: leave out the rows that training spoiled"
        )
    if not peaks.all():
        raise ValueError(f"{name} must not be zero (no direction), got zero in row {int(np.argmin(peaks))}")
    rows /= peaks[:, None]  # squares of huge or tiny values would leave float64's range
    rows /= np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    return rows


def class_labels(
    labels: NDArray[Any], num_samples: int, num_classes: int | None, *, name: str = "labels"
) -> NDArray[np.int64]:
    """Return the labels as int64, checked against the number of samples and classes.

    Args:
        labels: (N,) integers 0 .. L-1.
        num_samples: N that they must have.
        num_classes: L; None: the largest label plus one.
        name: what errors call them.

    Raises:
        ValueError: for another shape, dtype or range.
    """
    values = np.asarray(labels)
    if values.shape != (num_samples,):
        raise ValueError(f"{name} must be ({num_samples},), one an embedding, got shape {values.shape}")
    if not np.issubdtype(values.dtype, np.integer):
        raise ValueError(f"{name} must be integers 0 .. L-1, got dtype {values.dtype}")
    low, high = int(values.min()), int(values.max())
    if low < 0 or (num_classes is not None and high >= num_classes):
        upper = "L-1" if num_classes is None else str(num_classes - 1)
        raise ValueError(f"{name} must lie in 0 .. {upper}, got {low} .. {high}")
    return values.astype(np.int64, copy=False)


def checked(
    embeddings: NDArray[Any], labels: NDArray[Any], num_classes: int | None
) -> tuple[NDArray[np.float64], NDArray[np.int64], int]:
    """Return unit rows, int64 labels and the number of classes.

    Raises:
        ValueError: as `unit_rows` and `class_labels` say.
    """
    rows = unit_rows(embeddings)
    classes = class_labels(labels, len(rows), num_classes)
    return rows, classes, int(classes.max()) + 1 if num_classes is None else num_classes


def check_level(level: float) -> None:
    """Check that the level of an interval makes sense.

    Raises:
        ValueError: it does not lie between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, such as 0.95, got {level}")


def chunks(size: int, width: int) -> list[slice]:
    """Return slices that divide `size` rows so that each takes 128 MiB at most.

    Args:
        size: rows in all.
        width: numbers that are held for a row, those in between counted too: a product of `width` columns
            that is then compared with something needs two of them.
    """
    step = max(1, CHUNK // max(width, 1))
    return [slice(start, start + step) for start in range(0, size, step)]


def single_error(dimension: int) -> float:
    """Return by how much two cosines in single precision must differ for their order to be sure."""
    return 2 * (dimension + 2) * float(np.finfo(np.float32).eps)


def checked_counts(counts: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of samples, one a class, as an array.

    Raises:
        ValueError: for another shape, or a number that is negative, NaN or infinite.
    """
    sizes = np.asarray(counts)
    if sizes.ndim != 1 or sizes.dtype.kind not in "biuf":
        raise ValueError(
            f"counts must be (L,) numbers, one a class, got {sizes.dtype} values of shape {sizes.shape}"
        )
    if sizes.dtype.kind in "bu":
        sizes = sizes.astype(np.int64)  # the negative of an unsigned number is none
    wrong = ~(np.isfinite(sizes) & (sizes >= 0))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise ValueError(
            f"counts must be numbers of samples, 0 or more, got {sizes[first]:g} for class {first}"
        )
    return sizes


def class_counts(labels: NDArray[Any], num_classes: int, counts: NDArray[Any] | None) -> NDArray[Any]:
    """Return how frequent the classes are: as given, or else as counted in the labels.

    Raises:
        ValueError: if `counts` is not one a class, or no number of samples.
    """
    if counts is None:
        return np.bincount(class_labels(labels, len(labels), num_classes), minlength=num_classes)
    if len(counts) != num_classes:
        raise ValueError(f"counts must be ({num_classes},), one a class, got {len(counts)}")
    return checked_counts(counts)


def tail_classes(counts: NDArray[Any], fraction: float = 0.5) -> NDArray[np.int64]:
    """Return the least frequent classes: `int(fraction * L)` of them, at least one.

    Args:
        counts: (L,) samples of each class; among equals the one with the larger label counts as rarer.
        fraction: share of the classes that is the tail, 0 to 1.
    """
    by_frequency = np.argsort(-np.asarray(counts, dtype=np.float64), kind="stable")
    size = max(1, int(fraction * len(by_frequency) + 1e-9))
    return np.sort(by_frequency[len(by_frequency) - size :])
