"""How much of the sphere the rare classes hold."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked_counts, tail_classes


def tail_territory(share: NDArray[Any], *, counts: NDArray[Any] | None = None) -> float:
    """Return the summed territory of the tail half of the classes (the L // 2 least frequent).

    T = sum over tail classes of share_c. Even: (L // 2) / L. Source: this project.

    Args:
        share: (L,) as `territory_share(...).share` has it.
        counts: (L,) samples of the classes, which say what the tail is; None: classes run from head to tail.

    Returns:
        A share in 0 .. 1; classes with NaN hold nothing; NaN if all of the tail is NaN.

    Raises:
        ValueError: if `counts` and `share` differ in length, or for a count that is negative or not finite.

    Example:
        >>> tail_territory(np.array([0.5, 0.3, 0.2]))
        0.2
    """
    share = np.asarray(share, dtype=np.float64)
    counts = -np.arange(len(share)) if counts is None else checked_counts(counts)
    if len(counts) != len(share):
        raise ValueError(f"counts must be ({len(share)},), one a class, got {len(counts)}")
    tail = share[tail_classes(counts)]
    return float(np.nansum(tail)) if np.isfinite(tail).any() else float("nan")
