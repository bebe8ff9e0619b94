"""Who a class's neighbours were, who they are, and where the new ones come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import equal_part, members_of
from ghviz.metrics.frequency_groups import frequency_groups
from ghviz.metrics.inputs import checked, chunks, single_error, unit_rows
from ghviz.metrics.knn_purity import AT_LEAST, EXACT_UP_TO, SAME_COSINE
from ghviz.metrics.sampling import tell_sampled

Float64 = NDArray[np.float64]
Float32 = NDArray[np.float32]

PAIRS = 500_000_000
"""Samples asked times samples that may be neighbours, in each embedding: about eight seconds on two cores."""


@dataclass(frozen=True, kw_only=True)
class NeighborLedger:
    """What became of the k nearest neighbours of a class's samples; numbers of neighbours, mean a sample.

    Attributes:
        kept: (L,) neighbours without GH that still are; kept + lost = kept + gained = k.
        lost: (L,) neighbours without GH that are none any more.
        gained: (L,) neighbours with GH that were none.
        lost_groups: (L, 3) of what head, medium and tail classes the lost ones are; rows add up to `lost`.
        gained_groups: (L, 3) the same of the gained ones.
        own: (L,) neighbours of the sample's own class, gained minus lost.
        asked: (L,) samples of the class that were asked: all, or of very many drawn ones.
    """

    kept: Float64
    lost: Float64
    gained: Float64
    lost_groups: Float64
    gained_groups: Float64
    own: Float64
    asked: NDArray[np.int64]


class NeighborGroups(NamedTuple):
    """Of what classes the k nearest neighbours of a class's samples are; numbers, mean a sample.

    Attributes:
        groups: (L, 3) of head, medium and tail classes; rows add up to k.
        own: (L,) of the sample's own class.
    """

    groups: Float64
    own: Float64


def neighbor_ledger(
    base: NDArray[Any],
    gh: NDArray[Any],
    labels: NDArray[Any],
    *,
    neighbors: int = 10,
    counts: NDArray[Any] | None = None,
) -> NeighborLedger:
    """Return how the neighbourhoods of each class differ between two embeddings of the same samples.

    With N(i) the k = min(neighbors, N - 1) samples nearest to i by cosine in all dimensions: kept = mean over
    i of class c of |N_base(i) and N_gh(i)|, lost = |N_base(i) minus N_gh(i)|, gained = |N_gh(i) minus
    N_base(i)|. Samples at equal cosine share the last places in equal parts, so that the order of samples
    doesn't matter and equal embeddings keep everything. Source: this project.

    Up to 10,000 samples every one is asked for its neighbours. Beyond it 10,000 drawn ones are (from 50,000
    samples on 5e8 / N, so that the time stays), by a fixed seed: all of a small class and equally many of
    each larger one; where that would leave fewer than 100 of a class, up to twice as many. Neighbours are
    always sought among all samples. A `SampledWarning` says so, and `asked` how many.

    Args:
        base: (N, d) without GH, normalised here.
        gh: (N, e) with GH, the same samples in the same order; e may differ from d.
        labels: (N,) integers 0 .. L-1.
        neighbors: k, at least 1.
        counts: (L,) training samples of the classes, which say what head, medium and tail are
            (`frequency_groups`), and L; None: counted in `labels`.

    Returns:
        A `NeighborLedger`; NaN for a class without samples, and everywhere if there is one sample.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `neighbors` below 1.

    Example:
        >>> base = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
        >>> gh = np.array([[1.0, 0.0], [0.9, 0.1], [0.8, 0.2], [0.1, 0.9]])
        >>> ledger = neighbor_ledger(base, gh, np.array([0, 0, 1, 2]), neighbors=1)
        >>> ledger.kept.tolist(), ledger.gained_groups[1].tolist()
        ([1.0, 0.0, 1.0], [1.0, 0.0, 0.0])
    """
    if neighbors < 1:
        raise ValueError(f"neighbors must be at least 1, got {neighbors}")
    first, classes, num_classes = checked(base, labels, None if counts is None else len(counts))
    second = unit_rows(gh)
    if len(first) != len(second):
        raise ValueError(f"base and gh must hold the same samples, got {len(first):,} and {len(second):,}")
    sizes = np.bincount(classes, minlength=num_classes)
    group_of = frequency_groups(sizes if counts is None else np.asarray(counts))[classes]  # (N,)
    tell_sampled("neighbor_ledger", sizes, limit=_most(sizes), instead=_instead(sizes))
    k = min(neighbors, len(first) - 1)
    columns = np.full((num_classes, 10), np.nan)
    spaces = [(rows, rows.astype(np.float32)) for rows in (first, second)]
    for c, members, parts in _asked(classes, sizes, k):
        changes = (_entries(*_changes(spaces, part, k), group_of, members) for part in parts)
        columns[c] = sum(changes) / sum(map(len, parts))
    kept, lost, gained, own = columns[:, 0], columns[:, 1], columns[:, 2], columns[:, 3]
    return NeighborLedger(
        kept=kept,
        lost=lost,
        gained=gained,
        lost_groups=columns[:, 4:7],
        gained_groups=columns[:, 7:],
        own=own,
        asked=np.minimum(sizes, _most(sizes)),
    )


def neighbor_groups(
    embeddings: NDArray[Any], labels: NDArray[Any], *, neighbors: int = 10, counts: NDArray[Any] | None = None
) -> NeighborGroups:
    """Return of what classes the neighbours of each class's samples are.

    The same neighbours as `neighbor_ledger` takes: between two embeddings of the same samples these numbers
    differ by the ledger's gained minus lost. They can also be compared between embeddings of different
    samples, such as those of two seeds, where no neighbour can be kept or lost. Source: this project.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        neighbors: k, at least 1.
        counts: (L,) training samples of the classes, as in `neighbor_ledger`.

    Returns:
        `(groups, own)`; NaN for a class without samples, and everywhere if there is one sample.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `neighbors` below 1.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [0.1, 0.9]])
        >>> neighbor_groups(points, np.array([0, 0, 1, 2]), neighbors=1)
        NeighborGroups(groups=array([[1., 0., 0.],
               [0., 0., 1.],
               [0., 1., 0.]]), own=array([1., 0., 0.]))
    """
    if neighbors < 1:
        raise ValueError(f"neighbors must be at least 1, got {neighbors}")
    rows, classes, num_classes = checked(embeddings, labels, None if counts is None else len(counts))
    sizes = np.bincount(classes, minlength=num_classes)
    group_of = frequency_groups(sizes if counts is None else np.asarray(counts))[classes]  # (N,)
    tell_sampled("neighbor_groups", sizes, limit=_most(sizes), instead=_instead(sizes))
    k, single = min(neighbors, len(rows) - 1), rows.astype(np.float32)
    columns = np.full((num_classes, 4), np.nan)
    for c, members, parts in _asked(classes, sizes, k):
        named = np.sum([_named(rows, single, part, k) for part in parts], axis=0)  # (N,)
        of_groups = np.bincount(group_of, weights=named, minlength=3)
        columns[c] = np.append(of_groups, named[members].sum()) / sum(map(len, parts))
    return NeighborGroups(groups=columns[:, :3], own=columns[:, 3])


def _instead(sizes: NDArray[np.int64]) -> str:
    return f"its row is of {_most(sizes):,} drawn ones"


def _asked(
    classes: NDArray[np.int64], sizes: NDArray[np.int64], k: int
) -> Iterator[tuple[int, NDArray[np.int64], list[NDArray[np.int64]]]]:
    """Yield each class that has samples with neighbours, its samples, and in parts those that are asked."""
    most, generator = _most(sizes), np.random.default_rng(0)
    for c, members in enumerate(members_of(classes, len(sizes))):
        asked = generator.choice(members, most, replace=False) if len(members) > most else members
        if k >= 1 and len(asked):
            yield c, members, [asked[part] for part in chunks(len(asked), len(classes) + k * k)]


def _most(sizes: NDArray[np.int64]) -> int:
    """Return how many samples of a class are asked at most."""
    size = int(sizes.sum())
    if size <= EXACT_UP_TO:
        return size
    total = min(EXACT_UP_TO, PAIRS // size)
    most = equal_part(sizes, total)
    return most if most >= AT_LEAST else min(AT_LEAST, equal_part(sizes, 2 * total))


def _changes(
    spaces: list[tuple[Float64, Float32]], asked: NDArray[np.int64], k: int
) -> tuple[Float64, Float64, Float64]:
    """Return (N,) how often each sample is a kept, a lost and a gained neighbour of those asked.

    In single precision, which takes half the time, where that tells the k nearest from the others for sure.
    """
    size = len(spaces[0][0])
    (before, one), (after, other) = (_nearest(single, asked, k) for _, single in spaces)
    sure = one & other
    before, after = before[sure], after[sure]
    both = before[:, :, None] == after[:, None, :]
    stays, new = both.any(axis=2), ~both.any(axis=1)
    chosen = before[stays], before[~stays], after[new]
    totals = np.stack([np.bincount(each, minlength=size).astype(np.float64) for each in chosen])
    unsure = asked[~sure]
    for part in chunks(len(unsure), 6 * size):
        totals += _changes_exactly([rows for rows, _ in spaces], unsure[part], k)
    return totals[0], totals[1], totals[2]


def _named(rows: Float64, single: Float32, asked: NDArray[np.int64], k: int) -> Float64:
    """Return (N,) how often each sample is one of the k nearest; in single precision as in `_changes`."""
    nearest, sure = _nearest(single, asked, k)
    total = np.bincount(nearest[sure].ravel(), minlength=len(rows)).astype(np.float64)
    unsure = asked[~sure]
    for part in chunks(len(unsure), 6 * len(rows)):
        total += _neighbors(rows, unsure[part], k).sum(axis=0)
    return total


def _nearest(
    single: Float32, asked: NDArray[np.int64], k: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the k nearest (m, k) of each asked, by rising index, and (m,) whether they are so for sure."""
    cosines = single[asked] @ single.T  # (m, N)
    cosines[np.arange(len(asked)), asked] = -np.inf
    upper = np.partition(cosines, -k - 1, axis=1)[:, -k - 1 :].copy()  # the (k + 1)-th, then the k largest
    last = upper[:, 1:].min(axis=1)
    sure: NDArray[np.bool_] = last - upper[:, 0] > single_error(single.shape[1])
    nearest = np.zeros((len(asked), k), dtype=np.int64)
    for i in np.flatnonzero(sure):
        nearest[i] = np.flatnonzero(cosines[i] >= last[i])
    return nearest, sure


def _changes_exactly(spaces: list[Float64], asked: NDArray[np.int64], k: int) -> Float64:
    """Return (3, N) how often each sample is a kept, a lost and a gained neighbour; ties in equal parts."""
    before, after = (_neighbors(rows, asked, k) for rows in spaces)
    kept = np.minimum(before, after)
    return np.stack([kept.sum(axis=0), *((each - kept).sum(axis=0) for each in (before, after))])


def _entries(
    kept: Float64, lost: Float64, gained: Float64, group_of: NDArray[np.int64], members: NDArray[np.int64]
) -> Float64:
    """Return what changes (N,) add to the row of a class: kept, lost, gained, own, groups lost and gained."""
    sums = [kept.sum(), lost.sum(), gained.sum(), gained[members].sum() - lost[members].sum()]
    groups = [np.bincount(group_of, weights=each, minlength=3) for each in (lost, gained)]
    return np.concatenate([sums, *groups])


def _neighbors(rows: Float64, asked: NDArray[np.int64], k: int) -> Float64:
    """Return (m, N) how far each sample is one of the k nearest of each asked: 0, 1, or a part of a tie."""
    cosines = rows[asked] @ rows.T
    cosines[np.arange(len(asked)), asked] = -np.inf
    last = np.partition(cosines, -k, axis=1)[:, -k][:, None]
    sure = cosines > last + SAME_COSINE
    tied = (cosines >= last - SAME_COSINE) & ~sure
    share = (k - sure.sum(axis=1)) / tied.sum(axis=1)
    weights: Float64 = sure + tied * share[:, None]
    return weights
