"""How certain are the angles between class centres?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked, chunks
from ghviz.metrics.intervals.bootstrap import resampling_weights
from ghviz.metrics.unbiased_center_cosines import cosines_between, lengths_of


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
        (B, ...) as the metric gives it. A class of a handful of samples that has a direction is at times
        drawn as one sample alone, or as some that point nowhere: its row of cosines is NaN then.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> from ghviz.metrics import nearest_angles_of_cosines
        >>> points, labels = np.repeat(np.eye(2), 9, axis=0), np.repeat([0, 1], 9)
        >>> center_replicates(points, labels, nearest_angles_of_cosines, draws=2)
        array([[90., 90.],
               [90., 90.]])
    """
    rows, classes, num_classes = checked(embeddings, labels, None)
    generator = np.random.default_rng(seed)
    members = members_of(classes, num_classes)
    counts = np.array([len(each) for each in members])
    lengths = lengths_of(class_means(rows, classes, num_classes), counts)
    values: list[Any] = []
    width = 4 * max(num_classes * (num_classes + rows.shape[1]), len(rows))  # and what lies in between
    for part in chunks(draws, width):
        size = min(part.stop, draws) - part.start
        weights = [resampling_weights(len(m), size, generator) for m in members]
        sums, drawn = _directions(rows, members, weights)
        floor = counts * lengths.floor
        drawn = np.where(floor > 0, np.fmax(drawn, floor), drawn) + 0 * lengths.used  # NaN without a centre
        values += [metric(cosines) for cosines in cosines_between(sums, drawn)]
    return np.array(values, dtype=np.float64)


def _directions(
    rows: NDArray[np.float64], members: list[NDArray[np.int64]], weights: list[NDArray[np.float64]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sums (B, L, d) of each class's weighted rows, and n R (B, L); NaN without a direction."""
    sums = np.stack([w @ rows[m] for m, w in zip(members, weights, strict=True)], axis=1)
    drawn = np.stack([w.sum(axis=1) for w in weights], axis=1)
    squares = np.stack([np.square(w).sum(axis=1) for w in weights], axis=1)
    pairs = drawn**2 - squares  # of different originals
    squared = (np.square(sums).sum(axis=2) - squares) / np.where(pairs > 0, pairs, np.nan)
    return sums, drawn * np.sqrt(np.where(squared > 1e-12, squared, np.nan))
