"""How certain is the silhouette? A sample's distances are to other samples, which vary too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import members_of
from ghviz.metrics.inputs import chunks
from ghviz.metrics.intervals.bootstrap import NEEDED, resampling_weights
from ghviz.metrics.intervals.small_classes import some_of

Values = NDArray[np.float64]


def silhouette_replicates(
    rows: Values, classes: NDArray[np.int64], num_classes: int, *, draws: int, seed: int
) -> Values:
    """Return bootstrap replicates of the mean silhouette of each class.

    All samples are resampled, class by class, those that are asked and those that they are compared with; a
    sample is not compared with itself, however often it was drawn. Resampling the silhouettes of the samples
    alone covered the truth 61 to 70 % of the time at n = 8 and 20.

    Args:
        rows: (N, d) unit rows.
        classes: (N,) their labels.
        num_classes: L.
        draws: replicates B.
        seed: draws the samples.

    Returns:
        (B, L); NaN for a class of fewer than three samples, and everywhere if there is one class. Centre them
        at the silhouette.
    """
    generator = np.random.default_rng(seed)
    few = [each for each in some_of(members_of(classes, num_classes), generator) if len(each)]
    result = np.full((draws, num_classes), np.nan)
    if len(few) < 2:
        return result
    order, sizes = np.concatenate(few), np.array([len(each) for each in few])
    rows, place = rows[order], np.repeat(np.arange(len(few)), sizes)
    present = classes[order[np.cumsum(sizes) - 1]]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    for part in chunks(draws, 4 * len(rows)):
        count = min(part.stop, draws) - part.start
        drawn = [
            resampling_weights(n, count, generator) if n >= NEEDED else np.ones((count, n)) for n in sizes
        ]
        for b, weights in enumerate(np.concatenate(drawn, axis=1), start=part.start):
            sums = np.add.reduceat(weights[:, None] * rows, starts)
            scores = _silhouettes(rows, place, weights, sums, sizes)
            result[b, present] = np.add.reduceat(weights * scores, starts) / sizes
    result[:, present[sizes < NEEDED]] = np.nan
    return result


def _silhouettes(
    rows: Values, place: NDArray[np.int64], weights: Values, sums: Values, sizes: NDArray[np.int64]
) -> Values:
    """Return the silhouettes (N,) of samples that were drawn `weights` times; NaN if no other was drawn."""
    each = np.arange(len(rows))
    distances = rows @ (sums / -sizes[:, None]).T  # (N, L)
    distances += 1
    others = sizes[place] - weights
    with_itself = weights  # cosine 1 with each copy
    cosines = (1 - distances[each, place]) * sizes[place] - with_itself
    own = np.maximum(1 - cosines / np.where(others > 0, others, np.nan), 0)
    distances[each, place] = np.inf
    other = np.maximum(distances.min(axis=1), 0)
    larger = np.maximum(own, other)
    scores: Values = (other - own) / np.where(larger == 0, 1, larger)
    return np.where((weights == 0), 0.0, scores)
