"""Embeddings and labels, checked and made ready to be written: at most so many unit rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.imports.labels import ByFrequency, by_frequency
from ghviz.metrics.inputs import unit_rows
from ghviz.types import ClassTable, Points

MOST_POINTS = 4000
"""Points that a snapshot holds at most, unless told otherwise."""
KEPT_OF_A_CLASS = 5
"""Samples of each class that stay in the subset where there are more points than it may hold."""
_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a snapshot of an imported run is made of.

    Attributes:
        classes: names and counts of the whole, head to tail.
        points: labels and positions of the points.
        train: (n, d) float32 unit rows.
        test: (m, d) float32 unit rows; m is 0 where there is no test set.
    """

    classes: ClassTable
    points: Points
    train: NDArray[np.float32]
    test: NDArray[np.float32]

    def has_points_of(self, other: Prepared) -> bool:
        """Whether both are of the same samples in the same order."""
        return self.classes == other.classes and same_points(self.points, other.points)


def same_points(one: Points, other: Points) -> bool:
    """Whether labels and positions are the same."""
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("train_labels", "train_indices", "test_labels")
    )


def prepare(  # noqa: PLR0913 (one argument for each thing that a snapshot is made of)
    embeddings: Any,
    labels: Any,
    *,
    class_names: Sequence[str] = (),
    test: tuple[Any, Any] | None = None,
    vertices: Any = None,
    points: int = MOST_POINTS,
) -> Prepared:
    """Check everything and make it a snapshot's content.

    Args:
        embeddings: (N, d) array or tensor, d >= 2; only the direction of a row counts.
        labels: (N,) whole numbers or names.
        class_names: see `by_frequency`.
        test: embeddings and labels of a test set, for the accuracies.
        vertices: (K, d) `Harmonizer.targets`, to be drawn.
        points: samples kept at most: a random subset, the same for any embeddings of as many samples with
            the same labels, with at least five of each class.

    Raises:
        ValueError: what is wrong with them, in one sentence.
    """
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points}")
    if isinstance(class_names, str):
        raise ValueError(f"class_names must be a name for each class, got one text: {class_names!r}")
    rows = checked_rows(embeddings, "embeddings")
    given = by_frequency(_array(labels), len(rows), class_names)
    kept = _subset(given.labels, points)
    tested, test_labels = _test(test, given, rows.shape[1])
    targets = np.empty((0, rows.shape[1])) if vertices is None else checked_rows(vertices, "vertices")
    if targets.shape[1] != rows.shape[1]:
        raise ValueError(f"vertices must have the {rows.shape[1]} dimensions of the embeddings")
    return Prepared(
        classes=given.classes,
        points=Points(
            train_labels=given.labels[kept],
            train_indices=kept,
            test_labels=test_labels,
            targets=targets.astype(np.float32),
        ),
        train=unit_rows(rows[kept]).astype(np.float32),
        test=tested,
    )


def checked_rows(values: Any, what: str) -> NDArray[Any]:
    """(N, d) numbers, each row with a direction.

    Raises:
        ValueError: another shape or type, NaN, infinity or a row of zeros; says where.
    """
    rows = _array(values)
    if rows.dtype.kind not in "fiu":
        raise ValueError(f"{what} must be numbers, got an array of type {rows.dtype}")
    if rows.ndim != 2:
        raise ValueError(f"{what} must be of shape (samples, dimensions), got {rows.shape}")
    if rows.shape[0] < 2:
        raise ValueError(f"{what} must be at least two, got {rows.shape[0]}: there is nothing to compare")
    if rows.shape[1] < 2:
        raise ValueError(
            f"{what} must have at least two dimensions, got one: it has no directions to compare"
        )
    for start in range(0, len(rows), _CHUNK):  # a file that is mapped is never in memory as a whole
        part = rows[start : start + _CHUNK]
        for is_bad, why in (
            (~np.isfinite(part).all(axis=1), "NaN or infinity"),
            (~part.any(axis=1), "only 0"),
        ):
            if is_bad.any():
                raise ValueError(
                    f"{what}: row {start + int(np.argmax(is_bad))} (rows count from 0) holds {why}; leave "
                    "such rows out, and their labels"
                )
    return rows


def _array(values: Any) -> NDArray[Any]:
    """Anything like an array; of a torch tensor its values on the CPU, bfloat16 as float32."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.float().numpy() if values.is_floating_point() else values.numpy()
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise ValueError("embeddings and labels must be arrays, got rows of different lengths") from error
    return array


def _subset(labels: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Positions of at most `size` samples, ascending: a few of each class, the rest at random."""
    if len(labels) <= size:
        return np.arange(len(labels))
    draw = np.random.default_rng(0).permutation(len(labels))
    drawn = labels[draw]
    by_class = np.argsort(drawn, kind="stable")
    begin = np.searchsorted(drawn[by_class], drawn)
    rank = np.empty(len(labels), dtype=np.int64)  # of each sample in its class
    rank[by_class] = np.arange(len(labels))
    is_extra = rank - begin >= KEPT_OF_A_CLASS
    chosen: NDArray[np.int64] = np.sort(draw[np.argsort(is_extra, kind="stable")[:size]])
    return chosen


def _test(
    test: tuple[Any, Any] | None, given: ByFrequency, dimension: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    if test is None:
        return np.empty((0, dimension), dtype=np.float32), np.empty(0, dtype=np.int64)
    if len(test) != 2:
        raise ValueError(f"test must be a pair of embeddings and labels, got {len(test)} things")
    rows = checked_rows(test[0], "test embeddings")
    if rows.shape[1] != dimension:
        raise ValueError(
            f"the test embeddings must have the {dimension} dimensions of the others, got {rows.shape[1]}"
        )
    labels = _array(test[1])
    if labels.shape != (len(rows),):
        raise ValueError(
            f"there must be one label a test sample: {len(rows):,} samples, {len(labels):,} labels"
        )
    return unit_rows(rows).astype(np.float32), given.numbers(labels)
