"""Replicates that lie to one side: moved to lie about their value, or beyond it where the truth is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


def known_mean(replicates: Values) -> Values:
    """Return the mean of replicates (B, ...) that are known; 0 where none is."""
    known = np.isfinite(replicates)
    mean: Values = np.where(known, replicates, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean


def centred(replicates: Values, value: Values | float = 0.0) -> Values:
    """Return replicates (B, ...) moved so that their mean is the value (...)."""
    return replicates + (value - known_mean(replicates))


def reflected(replicates: Values, value: Values | float) -> Values:
    """Return replicates (B, ...) moved so that their mean lies on the other side of the value (...).

    Where scatter shifts a number to one side, it did so once from the truth to the value and again from the
    value to its replicates. So they are moved by twice the shift, which corrects the bias of bootstrap
    percentiles to first order [0].

    [0] Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (section 10.6).
    """
    return replicates + 2 * (value - known_mean(replicates))
