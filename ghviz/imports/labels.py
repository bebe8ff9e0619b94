"""Labels of any kind as classes from head to tail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.types import ClassTable


@dataclass(frozen=True, kw_only=True)
class ByFrequency:
    """Samples and their classes, the most frequent first.

    Attributes:
        labels: (N,) int64; 0 is the most frequent class, and among equals the one that sorts first.
        classes: names and counts.
        values: (L,) what each class was called in the labels as given.
    """

    labels: NDArray[np.int64]
    classes: ClassTable
    values: NDArray[Any]

    def numbers(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        """The classes of other samples, such as those of a test set.

        Args:
            labels: (m,) as they were given for these.

        Raises:
            ValueError: labels of another kind, or a class that these samples do not have.
        """
        given = _checked(labels, len(labels), "test labels")
        if (given.dtype.kind == "U") != (self.values.dtype.kind == "U"):
            raise ValueError("the test labels must be of the kind of the labels: numbers or names, got both")
        unknown = np.flatnonzero(~np.isin(given, self.values))
        if len(unknown):
            raise ValueError(f"the test set has a class that the data do not have: {given[unknown[0]]}")
        ascending = np.argsort(self.values)
        found: NDArray[np.int64] = ascending[np.searchsorted(self.values[ascending], given)]
        return found


def by_frequency(labels: Any, num_samples: int, names: Sequence[str] = ()) -> ByFrequency:
    """Number the classes from head to tail.

    Args:
        labels: (N,) whole numbers, with gaps or without, or names.
        num_samples: N that there must be.
        names: one for each class in the order of the labels, or one for each number from 0 on; none: the
            labels themselves.

    Raises:
        ValueError: another length, missing labels, one class only, or names that do not fit.
    """
    given = _checked(labels, num_samples, "labels")
    values, members, counts = np.unique(given, return_inverse=True, return_counts=True)
    if len(values) < 2:
        raise ValueError(f"labels must hold at least two classes, got one: {values[0]}")
    order = np.argsort(-counts, kind="stable")
    called = _names(values, list(names))
    return ByFrequency(
        labels=np.argsort(order)[members].astype(np.int64),
        classes=ClassTable(
            names=tuple(called[i] for i in order), counts=tuple(int(counts[i]) for i in order)
        ),
        values=values[order],
    )


def _checked(labels: Any, num_samples: int, what: str) -> NDArray[Any]:
    """One label a sample, as integers or text."""
    given = np.asarray(labels)
    if given.ndim != 1 or len(given) != num_samples:
        shape = f"{len(given):,}" if given.ndim == 1 else f"an array of shape {given.shape}"
        raise ValueError(f"there must be one label a sample: {num_samples:,} samples, but {shape} {what}")
    if given.dtype.kind == "f":
        given = _whole(given, what)
    if given.dtype.kind not in "iubU":
        raise ValueError(f"{what} must be whole numbers or names, got an array of type {given.dtype}")
    if given.dtype.kind == "U" and not (given != "").all():
        raise ValueError(f"{what}: row {int(np.argmin(given != ''))} has none (rows count from 0)")
    return given if given.dtype.kind == "U" else given.astype(np.int64)


def _whole(given: NDArray[Any], what: str) -> NDArray[np.int64]:
    finite = np.isfinite(given)
    if not finite.all():
        raise ValueError(f"{what}: row {int(np.argmin(finite))} has none (rows count from 0)")
    odd = np.flatnonzero(given != np.round(given))
    if len(odd):
        raise ValueError(f"{what} must be whole numbers or names, got {given[odd[0]]} in row {odd[0]}")
    return given.astype(np.int64)


def _names(values: NDArray[Any], names: list[str]) -> list[str]:
    """What to call each class, in the order of `values`."""
    if not names:
        return [str(value) for value in values]
    if len(names) == len(values):
        return names
    if values.dtype.kind != "U" and values[0] >= 0 and values[-1] < len(names):
        return [names[int(value)] for value in values]
    raise ValueError(f"there must be a name for each of the {len(values)} classes, got {len(names)} names")
