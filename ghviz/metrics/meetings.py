"""When do the centres of two classes become one, and when two again?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MERGED_BELOW: Final = 10.0
"""Degrees between two class centres at which they are one ..."""
APART_ABOVE: Final = 20.0
"""... and at which they are two again; in between they are what they were, so that nothing flickers."""
MOST_PAIRS: Final = 50
"""Pairs that are kept of those to which the same happens at one snapshot; the others are counted."""


@dataclass(frozen=True, kw_only=True)
class Meeting:
    """Pairs of class centres that merge, or split, at one snapshot.

    Attributes:
        index: position of the snapshot.
        merges: whether they merge; else they split.
        count: how many pairs.
        pairs: (p, 2) integers, the smaller class first: the `MOST_PAIRS` pairs that are nearest to each other
            where they merge, farthest apart where they split; from the most telling on.
        angles: (p,) degrees between the two.
    """

    index: int
    merges: bool
    count: int
    pairs: NDArray[np.int64]
    angles: NDArray[np.float64]


def meetings_of(cosines: Iterable[NDArray[np.floating[Any]]]) -> tuple[Meeting, ...]:
    """Return when class centres merge and split, from their cosines at one snapshot after the other.

    Two centres merge when the angle between them falls to `MERGED_BELOW` degrees, and split when it rises
    again to `APART_ABOVE`. How they stand when both classes first have a centre is no meeting. Only the state
    of the snapshot before is kept: of many classes, a generator need not hold more than one matrix either.
    Source: this project.

    Args:
        cosines: (L, L) each, as `unbiased_center_cosines` gives them; NaN changes nothing.

    Returns:
        By snapshot; of one, merging before splitting.

    Raises:
        ValueError: matrices that are not square, or not all of one size.

    Example:
        >>> near, far = np.array([[1.0, 0.99], [0.99, 1.0]]), np.eye(2)
        >>> [(each.index, each.merges, each.pairs.tolist()) for each in meetings_of([far, near, near, far])]
        [(1, True, [[0, 1]]), (3, False, [[0, 1]])]
    """
    one, two = np.cos(np.radians([MERGED_BELOW, APART_ABOVE]))
    found: list[Meeting] = []
    merged = known = np.zeros((0, 0), dtype=bool)
    for index, matrix in enumerate(cosines):
        if index == 0:
            merged, known = np.zeros(np.shape(matrix), dtype=bool), np.zeros(np.shape(matrix), dtype=bool)
        if matrix.ndim != 2 or matrix.shape != (len(merged), len(merged)):
            raise ValueError(f"cosines must be {(len(merged), len(merged))} each, got shape {matrix.shape}")
        before, merged = merged, (matrix >= one) | (merged & ~(matrix <= two))
        changed = np.triu((merged != before) & known, 1)
        known = known | np.isfinite(matrix)
        found += [
            _meeting(index, matrix, changed & state, merges=merges)
            for merges, state in ((True, merged), (False, ~merged))
            if (changed & state).any()
        ]
    return tuple(found)


def _meeting(
    index: int, matrix: NDArray[np.floating[Any]], those: NDArray[np.bool_], *, merges: bool
) -> Meeting:
    first, second = np.nonzero(those)
    values = matrix[first, second].astype(np.float64)
    order = np.argsort(-values if merges else values, kind="stable")[:MOST_PAIRS]
    return Meeting(
        index=index,
        merges=merges,
        count=len(values),
        pairs=np.stack([first, second], axis=1)[order],
        angles=np.degrees(np.arccos(np.clip(values[order], -1, 1))),
    )
