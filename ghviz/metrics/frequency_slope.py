"""Does a class hold territory in proportion to how often it occurs?"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked_counts

SHARE_FLOOR = 0.5 / 20_000
"""Half of what one of 20,000 directions stands for: less can't be told from nothing."""


class FrequencySlope(NamedTuple):
    """A slope and its standard error.

    Attributes:
        slope: 1 = territory in proportion to frequency, 0 = even.
        standard_error: of the slope, from the classes' scatter about the line; NaN below three classes.
    """

    slope: float
    standard_error: float


def frequency_slope(
    share: NDArray[Any], counts: NDArray[Any], *, floor: float = SHARE_FLOOR
) -> FrequencySlope:
    """Return the slope of log territory on log frequency: 1 = in proportion to frequency, 0 = even.

    The least-squares b of log share_c = a + b log n_c, with standard error sqrt(sum of squared residuals /
    ((L - 2) Sxx)) [0], Sxx the sum of squared deviations of log n_c. Zero shares have no logarithm, so shares
    below `floor` are raised to it: a lost class pulls the slope up by a fixed, stated amount, and an
    immeasurably small share by no more. That weighs heavily, as a lost class should: it lies log 20,000 = 9.9
    below one that holds half. Always read it beside `tail_gap`. Source: this project.

    [0] Draper and Smith, Applied Regression Analysis, 1998 (section 1.4).

    Args:
        share: (L,) as `territory_share(...).share` has it.
        counts: (L,) training samples of the classes; those with 0 samples or NaN share are left out.
        floor: the smallest share that counts; 0 if no share is zero.

    Returns:
        `(slope, standard_error)`; NaN unless two classes of different size are left, the error unless three:
        two points lie on their line, and say nothing of its scatter.

    Raises:
        ValueError: for different lengths, or a share, count or floor that is negative or infinite.

    Example:
        >>> slope, standard_error = frequency_slope(np.array([0.6, 0.3, 0.1]), np.array([60, 30, 10]))
        >>> round(slope, 6), round(standard_error, 6)
        (1.0, 0.0)
        >>> frequency_slope(np.array([0.5, 0.5]), np.array([100, 10]))
        FrequencySlope(slope=0.0, standard_error=nan)
        >>> round(frequency_slope(np.array([0.5, 0.5, 0.0]), np.array([90, 30, 10])).slope, 2)  # a lost class
        4.51
    """
    share, counts = np.asarray(share, dtype=np.float64), checked_counts(counts).astype(np.float64)
    if share.shape != counts.shape or share.ndim != 1:
        raise ValueError(f"share and counts must both be (L,), got {share.shape} and {counts.shape}")
    wrong = (share < 0) | np.isinf(share)
    if wrong.any():
        raise ValueError(f"shares must not be negative or infinite, got {share[wrong][0]:g}")
    used = np.isfinite(share) & (counts > 0)
    share, counts = share[used], counts[used]
    if not 0 <= floor < np.inf or (floor == 0 and (share == 0).any()):
        raise ValueError(f"floor must be positive, or 0 if no share is zero, got {floor}")
    if len(np.unique(counts)) < 2:
        return FrequencySlope(float("nan"), float("nan"))
    x, y = np.log(counts), np.log(np.maximum(share, floor))
    x, y = x - x.mean(), y - y.mean()
    slope = float(x @ y / (x @ x))
    if len(x) < 3:
        return FrequencySlope(slope, float("nan"))
    residuals = y - slope * x
    return FrequencySlope(slope, float(np.sqrt(residuals @ residuals / ((len(x) - 2) * (x @ x)))))
