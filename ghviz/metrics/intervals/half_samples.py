"""Random halves of each class, for metrics of which resampling with replacement makes another thing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def half_samples(
    members: list[NDArray[np.int64]], draws: int, generator: np.random.Generator
) -> NDArray[np.bool_]:
    """Return (draws, N) which samples are in each half, given the positions of each class's samples.

    Half of every class; an odd class gives half a sample more or less, by chance.
    """
    kept = np.zeros((draws, sum(map(len, members))), dtype=bool)
    for each in members:
        kept[:, each] = halves(len(each), draws, generator)
    return kept


def halves(size: int, draws: int, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Return (draws, size) which of `size` samples are in each half."""
    kept = size // 2 + (generator.random(draws) < 0.5) * (size % 2)
    rank = generator.random((draws, size)).argsort(axis=1).argsort(axis=1)
    inside: NDArray[np.bool_] = rank < kept[:, None]
    return inside


def nearest_first(opposite: NDArray[np.float32], most: int) -> NDArray[np.int64]:
    """Return which columns (n, most) of each row are least, least first: the nearest by negative cosines.

    The nearest in a half is then the first of them that is in it.
    """
    near = np.argpartition(opposite, most - 1, axis=1)[:, :most]
    order = np.argsort(np.take_along_axis(opposite, near, axis=1), axis=1, kind="stable")
    found: NDArray[np.int64] = np.take_along_axis(near, order, axis=1)
    return found
