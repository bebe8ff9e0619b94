"""How certain are the angles between class centres? And what they are without the bias of small classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.bootstrap import NEEDED, resampling_weights
from ghviz.metrics.by_class import members_of
from ghviz.metrics.class_centers import class_means
from ghviz.metrics.directed import least_length
from ghviz.metrics.inputs import checked, chunks
from ghviz.metrics.mean_resultant_length import length_of_means

NOTHING: Final = 1e-6
"""Plain length below which the samples of a class sum to nothing but the rounding of float32."""


def unbiased_center_cosines(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the cosines between class centres, corrected for the scatter of the centres of small classes.

    G_ij = m_i . m_j / (R_i R_j) with m the means of the classes and R their `mean_resultant_length`, the
    unbiased one. A centre of n samples points off by chance, so that the plain cosines (`center_cosines`),
    which divide by ||m_i|| ||m_j||, lie nearer to 0 the fewer samples there are: in 32 dimensions, two
    classes of 5 samples that are 1.13 apart seem to be 1.27 apart; this gives 1.11. The price is more
    scatter, without bounds where R is nearly 0: so R is taken as at least the `least_length` that tells a
    direction from chance, and a class below it is corrected in part only. Source: this project.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L, L) in -1 .. 1 (larger values are cut), ones on the diagonal; NaN in row and column of a class of
        fewer than three samples or whose samples sum to nothing.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points, labels = np.eye(2)[[0, 0, 0, 1, 1, 1]], np.array([0, 0, 0, 1, 1, 1])
        >>> unbiased_center_cosines(points, labels)
        array([[1., 0.],
               [0., 1.]])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    means = class_means(rows, classes, num_classes)
    lengths = _lengths(means, np.bincount(classes, minlength=num_classes))
    cosines: NDArray[np.float64] = _cosines(means[None], lengths.used[None])[0]
    return cosines


def center_replicates(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    metric: Callable[[NDArray[np.float64]], Any],
    *,
    draws: int = 1_000,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Return bootstrap replicates of a metric of the class centres, each class resampled by itself.

    Each replicate's cosines are those of `unbiased_center_cosines`, its R from pairs of different originals:
    resampling the plain centres doubles the bias of small classes, and its 95 % intervals cover the truth 2
    to 85 % of the time at n = 5. Compare these intervals with the metric of `unbiased_center_cosines`.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        metric: from (L, L) cosines, NaN in row and column of a class without a direction, to a number or an
            array: `mean_distances_of_cosines`, `nearest_angles_of_cosines`, or your own.
        draws: replicates B.
        seed: draws the samples.

    Returns:
        (B, ...) as the metric gives it. A class of a handful of samples is at times drawn as one sample
        alone, which has no unbiased length: its row of cosines is NaN then.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points, labels = np.repeat(np.eye(2), 9, axis=0), np.repeat([0, 1], 9)
        >>> center_replicates(points, labels, nearest_angles_of_cosines, draws=2)
        array([[90., 90.],
               [90., 90.]])
    """
    rows, classes, num_classes = checked(embeddings, labels, None)
    generator = np.random.default_rng(seed)
    members = members_of(classes, num_classes)
    counts = np.array([len(each) for each in members])
    lengths = _lengths(class_means(rows, classes, num_classes), counts)
    values: list[Any] = []
    width = 4 * max(num_classes * (num_classes + rows.shape[1]), len(rows))  # and what lies in between
    for part in chunks(draws, width):
        size = min(part.stop, draws) - part.start
        weights = [resampling_weights(len(m), size, generator) for m in members]
        sums, drawn = _directions(rows, members, weights)
        drawn = np.maximum(drawn, counts * lengths.floor) * np.where(np.isnan(lengths.used), np.nan, 1)
        values += [metric(cosines) for cosines in _cosines(sums, drawn)]
    return np.array(values, dtype=np.float64)


def mean_distances_of_cosines(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) mean distances to the other centres, from the (L, L) cosines: `class_uniformity`."""
    others = np.where(np.eye(len(cosines), dtype=bool), np.nan, np.sqrt(np.maximum(2 - 2 * cosines, 0)))
    known = np.isfinite(others)
    counts = known.sum(axis=1)
    mean: NDArray[np.float64] = np.where(known, others, 0).sum(axis=1) / np.where(counts > 0, counts, np.nan)
    return mean


def nearest_angles_of_cosines(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) degrees to the nearest other centre, from (L, L) cosines: `nearest_center_angle`."""
    others = np.where(np.eye(len(cosines), dtype=bool) | np.isnan(cosines), -np.inf, cosines)
    nearest = others.max(axis=1)
    angles: NDArray[np.float64] = np.degrees(np.arccos(np.where(np.isfinite(nearest), nearest, np.nan)))
    return angles


class _Lengths(NamedTuple):
    """What cosines are divided by: `used` (L,), NaN for a class without a centre; `floor` (L,) what it is at
    least in every replicate: 0 for classes that have a direction."""

    used: NDArray[np.float64]
    floor: NDArray[np.float64]


def _lengths(means: NDArray[np.float64], counts: NDArray[np.int64]) -> _Lengths:
    has_center = (counts >= NEEDED) & (np.linalg.norm(means, axis=1) > NOTHING)
    lengths = np.where(has_center, length_of_means(means, counts), np.nan)
    least = least_length(counts, means.shape[1])
    return _Lengths(used=np.maximum(lengths, least), floor=np.where(lengths < least, least, 0.0))


def _directions(
    rows: NDArray[np.float64], members: list[NDArray[np.int64]], weights: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums (B, L, d) of each class's weighted rows, and n R (B, L); NaN for one sample."""
    sums = np.stack([w @ rows[m] for m, w in zip(members, weights, strict=True)], axis=1)
    drawn = np.stack([w.sum(axis=1) for w in weights], axis=1)
    squares = np.stack([np.square(w).sum(axis=1) for w in weights], axis=1)
    pairs = drawn**2 - squares  # of different originals
    squared = (np.square(sums).sum(axis=2) - squares) / np.where(pairs > 0, pairs, np.nan)
    return sums, drawn * np.sqrt(np.maximum(squared, 1e-12))


def _cosines(sums: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines (B, L, L) between sums (B, L, d) of the given unbiased lengths (B, L)."""
    scaled = sums / lengths[..., None]
    cosines = np.clip(scaled @ scaled.transpose(0, 2, 1), -1, 1)
    diagonal = np.arange(sums.shape[1])
    cosines[:, diagonal, diagonal] = np.where(np.isfinite(lengths), 1.0, np.nan)
    return cosines
