"""When does a class come to hold more of the sphere than another one did?"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.frequency_groups import HEAD, TAIL
from ghviz.metrics.meetings import MOST_PAIRS

OVERTAKES_BY: Final = 0.1
"""The part by which one share must exceed the other to lead ..."""
SURE_BY: Final = 3.0
"""... and the standard errors of their difference by which it must at least."""
CHANCE: Final = 0.05
"""How often, at most, chance alone may make a lead in a run where there is none."""


@dataclass(frozen=True, kw_only=True)
class Overtaking:
    """Head classes that overtake tail classes at one snapshot, or tail classes head classes.

    Attributes:
        index: position of the snapshot.
        head_wins: whether the head classes overtake.
        count: how many pairs.
        pairs: (p, 2) integers, the class that overtakes first: the `MOST_PAIRS` pairs with the largest
            leads, from the largest on.
        shares: (p, 2) of the sphere, of both.
    """

    index: int
    head_wins: bool
    count: int
    pairs: NDArray[np.int64]
    shares: NDArray[np.float64]


def overtakings_of(
    share: NDArray[np.float64], groups: NDArray[np.int64], *, directions: int | None = None
) -> tuple[Overtaking, ...]:
    """Return when a head class overtakes a tail class in its share of the sphere, or the other way round.

    A class leads another when its share is more than a tenth larger, and, where the shares were counted on
    random directions, by more standard errors of the difference than `errors_needed`: three, and more where
    many comparisons would find by chance what is not there. It overtakes when it leads where the other led
    before; in between they are as they were, so that nothing flips to and fro. Source: this project.

    Args:
        share: (s, L) by snapshot; NaN changes nothing.
        groups: (L,) as `frequency_groups` gives them.
        directions: random directions that a share was counted on; None: the shares are exact.

    Returns:
        By snapshot; of one, the head's before the tail's.

    Example:
        >>> share, groups = np.array([[0.48, 0.52], [0.6, 0.4]]), np.array([HEAD, TAIL])
        >>> [each.pairs.tolist() for each in overtakings_of(share, groups)]
        []
        >>> share[0] = 0.4, 0.6
        >>> [each.pairs.tolist() for each in overtakings_of(share, groups)]
        [[[0, 1]]]
        >>> overtakings_of(share, groups, directions=100)
        ()
    """
    heads, tails = np.flatnonzero(groups == HEAD), np.flatnonzero(groups == TAIL)
    needed = errors_needed(len(heads) * len(tails) * len(share))
    leads = np.zeros((len(heads), len(tails)), dtype=np.int8)  # 1: the head class, -1: the tail class
    found: list[Overtaking] = []
    for index, row in enumerate(share):
        now = _leads(row[heads, None], row[tails], directions, needed)
        before, leads = leads, np.where(now == 0, leads, now)
        for winner in (1, -1):
            pairs = np.argwhere((leads == winner) & (before == -winner))
            if len(pairs):
                classes = np.stack([heads[pairs[:, 0]], tails[pairs[:, 1]]], axis=1)[:, ::winner]
                found.append(_overtaking(index, row, classes, head_wins=winner == 1))
    return tuple(found)


def errors_needed(comparisons: int) -> float:
    """Return the standard errors that a lead needs, at least `SURE_BY`.

    As many comparisons as there are pairs times snapshots find one by chance in `CHANCE` of all cases at most
    (Bonferroni).

    Args:
        comparisons: how many.

    >>> errors_needed(4), round(errors_needed(1_000_000), 1)
    (3.0, 5.5)
    """
    return max(SURE_BY, NormalDist().inv_cdf(1 - CHANCE / (2 * max(comparisons, 1))))


def _leads(
    head: NDArray[np.float64], tail: NDArray[np.float64], directions: int | None, needed: float
) -> NDArray[np.int8]:
    """Who leads of each pair of a head class (h, 1) and a tail class (t,): 1, -1, or 0 where nobody does.

    Both are counted on the same directions, each of which hits one class at most: the variance of the
    difference is (p + q - (p - q)^2) / directions. A count is taken to be one half at least, as
    `territory_share` does.
    """
    difference = head - tail
    if directions is None:
        error: NDArray[np.float64] | float = 0.0
    else:
        total = np.maximum(head, 0.5 / directions) + np.maximum(tail, 0.5 / directions)
        error = np.sqrt(np.maximum(total - difference**2, 0) / directions)
    sure = np.abs(difference) > needed * error
    more = 1 + OVERTAKES_BY
    lead: NDArray[np.int8] = sure * ((head > more * tail).astype(np.int8) - (tail > more * head))
    return lead


def _overtaking(
    index: int, share: NDArray[np.float64], classes: NDArray[np.int64], *, head_wins: bool
) -> Overtaking:
    shares = share[classes]
    order = np.argsort(shares[:, 1] - shares[:, 0], kind="stable")[:MOST_PAIRS]
    return Overtaking(
        index=index, head_wins=head_wins, count=len(classes), pairs=classes[order], shares=shares[order]
    )
