"""Metrics over all pairs take a sample where there are too many, and say so."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 4_000
"""Samples up to which all pairs are taken."""


class SampledWarning(UserWarning):
    """A metric was computed on a sample of what it was given."""


def tell_sampled(metric: str, counts: NDArray[np.int64] | int, *, limit: int, instead: str) -> None:
    """Warn if a class has more samples than the limit up to which a metric is exact.

    Args:
        metric: its name.
        counts: (L,) samples of each class; a number: of all together.
        limit: samples up to which the metric is exact.
        instead: what is done with more, as the end of a sentence.
    """
    large = np.flatnonzero(np.atleast_1d(counts) > limit)
    if len(large):
        named = ", ".join(map(str, large[:5])) + (", ..." if len(large) > 5 else "")
        which = f"class {named} has" if len(large) == 1 else f"classes {named} have"
        which = "there are" if np.ndim(counts) == 0 else which
        warnings.warn(
            f"{metric}: {which} more than {limit:,} samples: {instead}", SampledWarning, stacklevel=3
        )
