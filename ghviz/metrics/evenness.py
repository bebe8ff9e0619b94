"""How evenly the sphere is divided."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def evenness(share: NDArray[Any]) -> float:
    """Return how even a division is: 1 = all classes hold the same, 0 = one holds everything.

    E = H(share) / log L with H the entropy [0]; the shares are scaled to sum to 1, and 0 log 0 = 0.

    [0] Pielou, The measurement of diversity in different types of biological collections, J. Theor. Biol.,
    1966.

    Args:
        share: (L,) non-negative; NaN entries are left out (L then counts the others).

    Returns:
        0 .. 1; NaN for fewer than two classes or if nothing is held.

    Raises:
        ValueError: for a negative share.

    Example:
        >>> round(evenness(np.array([0.25, 0.25, 0.25, 0.25])), 6)
        1.0
        >>> evenness(np.array([1.0, 0.0]))
        0.0
    """
    share = np.asarray(share, dtype=np.float64)
    share = share[np.isfinite(share)]
    if (share < 0).any():
        raise ValueError(f"shares must not be negative, got {share.min():g}")
    if len(share) < 2 or share.sum() == 0:
        return float("nan")
    held = share[share > 0] / share.sum()
    return float(-(held * np.log(held)).sum() / np.log(len(share))) + 0.0  # + 0.0: never minus zero
