"""How certain is an accuracy? Intervals of shares of samples, which have a width where all samples agree."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import check_level
from ghviz.metrics.intervals.bootstrap import Interval

Values = NDArray[np.float64]


def wilson_interval(share: NDArray[Any], count: NDArray[Any], *, level: float = 0.95) -> Interval:
    """Return Wilson's score interval of shares of samples, such as accuracies.

    With p the share, n the count and z the quantile (1 + level) / 2 of the normal distribution: (2 n p + z^2
    -/+ z sqrt(z^2 + 4 n p (1 - p))) / (2 (n + z^2)) [0]. Resampling says that 3 of 3 right are certain; this
    says 44 to 100 %.

    [0] Wilson, Probable inference, the law of succession, and statistical inference, JASA 22, 1927.

    Args:
        share: (...) in 0 .. 1.
        count: (...) samples that each share is of.
        level: of the interval.

    Returns:
        `(low, high)` in 0 .. 1; NaN for a share of NaN or of no samples.

    Raises:
        ValueError: for a level outside 0 .. 1.

    Example:
        >>> low, high = wilson_interval(np.array([1.0, 0.5]), np.array([3, 100]))
        >>> low.round(3), high.round(3)
        (array([0.439, 0.404]), array([1.   , 0.596]))
    """
    p, n = np.asarray(share, dtype=np.float64), np.asarray(count, dtype=np.float64)
    known = np.isfinite(p) & (n > 0)
    p, n = np.where(known, p, np.nan), np.where(known, n, np.nan)
    check_level(level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle, half = 2 * n * p + z**2, z * np.sqrt(np.maximum(z**2 + 4 * n * p * (1 - p), 0))
    low, high = (np.clip(end / (2 * (n + z**2)), 0, 1) for end in (middle - half, middle + half))
    return Interval(np.where(p == 0, 0.0, low)[()], np.where(p == 1, 1.0, high)[()])


def paired_interval(
    base: tuple[Values, NDArray[Any]],
    gh: tuple[Values, NDArray[Any]],
    correlation: Values,
    *,
    level: float = 0.95,
) -> Interval:
    """Return Newcombe's interval of the difference of two shares of the same samples.

    With [l, u] the Wilson intervals of the shares p and r their correlation: d - sqrt((p_2 - l_2)^2 - 2 r
    (p_2 - l_2) (u_1 - p_1) + (u_1 - p_1)^2) and likewise upwards (method 10 of [0], whose correction for
    continuity pulls a positive r towards 0). Where both shares are the same for all samples r is 0.

    [0] Newcombe, Improved confidence intervals for the difference between binomial proportions based on
    paired data, Statistics in Medicine 17, 1998.

    Args:
        base: shares (L,) and the samples (L,) they are of.
        gh: the same of the other run.
        correlation: (L,) r of the two scores of a sample; NaN where either does not vary.
        level: of the interval.

    Returns:
        `(low, high)` of gh minus base, in -1 .. 1; NaN where a share is.

    Example:
        >>> three = np.array([3])
        >>> low, high = paired_interval((np.zeros(1), three), (np.ones(1), three), np.array([np.nan]))
        >>> low.round(3), high.round(3)  # from 0 of 3 to 3 of 3
        (array([0.206]), array([1.]))
    """
    (p_1, n_1), (p_2, n_2) = base, gh
    (l_1, u_1), (l_2, u_2) = (wilson_interval(p, n, level=level) for p, n in (base, gh))
    r = _with_continuity(correlation, np.sqrt(p_1 * (1 - p_1) * p_2 * (1 - p_2)), np.sqrt(n_1 * n_2))
    down = np.sqrt(_squared(p_2 - l_2, u_1 - p_1, r))
    up = np.sqrt(_squared(u_2 - p_2, p_1 - l_1, r))
    return Interval(np.maximum(p_2 - p_1 - down, -1), np.minimum(p_2 - p_1 + up, 1))


def mean_interval(values: Values, ends: Interval) -> Interval:
    """Return the interval of the mean of independent values from the interval of each (MOVER) [0].

    mean - sqrt(sum (x_c - l_c)^2) / L, and likewise upwards.

    [0] Zou and Donner, Construction of confidence limits about effect measures: a general approach,
    Statistics in Medicine 27, 2008.

    Args:
        values: (L,); NaN entries are left out.
        ends: their intervals.

    Returns:
        `(low, high)` of the mean; NaN if nothing is left.

    Example:
        >>> values = np.array([0.5, 0.7])
        >>> low, high = mean_interval(values, Interval(values - 0.3, values + 0.4))
        >>> round(float(low), 6), round(float(high), 6)
        (0.387868, 0.882843)
    """
    known = np.isfinite(values) & np.isfinite(ends.low)
    if not known.any():
        return Interval(np.asarray(np.nan), np.asarray(np.nan))
    x, low, high = values[known], ends.low[known], ends.high[known]
    down, up = (np.sqrt(np.square(each).sum()) / len(x) for each in (x - low, high - x))
    return Interval(np.asarray(x.mean() - down), np.asarray(x.mean() + up))


def replicate_correlation(base: Values, gh: Values) -> Values:
    """Return the (L,) correlation of two runs' replicates (B, L); NaN where either does not vary.

    Replicates of equal draws are means of the same samples, so they correlate as the samples' scores do.
    """
    centred = [each - each.mean(axis=0) for each in (base, gh)]
    spread = [np.sqrt(np.square(each).mean(axis=0)) for each in centred]
    product = spread[0] * spread[1]
    correlation: Values = (centred[0] * centred[1]).mean(axis=0) / np.where(product > 1e-12, product, np.nan)
    return correlation


def _with_continuity(correlation: Values, spread: Values, count: Values) -> Values:
    """Return r, nearer to 0 where it is positive; 0 where it is not known."""
    r = np.where(np.isfinite(correlation) & (spread > 0), correlation, 0.0)
    weight = count * spread
    lower = np.maximum(r - 0.5 / np.where(weight > 0, weight, 1.0), 0)
    pulled: Values = np.where(r > 0, lower, np.maximum(r, -1))
    return pulled


def _squared(x: Values, y: Values, r: Values) -> Values:
    squared: Values = np.maximum(x**2 - 2 * r * x * y + y**2, 0)
    return squared
