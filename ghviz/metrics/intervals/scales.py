"""Scales on which replicates of a metric lie evenly about it: there they are moved and drawn apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.frequency_slope import SHARE_FLOOR

Values = NDArray[np.float64]
_LEAST: Final = 1e-12
"""What stands for 0 under a logarithm: squared distances of float32 unit rows are rounding below it."""


class Scale(NamedTuple):
    """A scale and the way back from it, element by element.

    Attributes:
        there: from values of a metric.
        back: to values of a metric.
    """

    there: Callable[[Values], Values]
    back: Callable[[Values], Values]


def _log(values: Values) -> Values:
    logs: Values = np.log(np.maximum(values, _LEAST))
    return logs


def _log_share(shares: Values) -> Values:
    logs: Values = np.log(np.maximum(shares, SHARE_FLOOR))
    return logs


def _length(log_scatter: Values) -> Values:
    length: Values = np.sqrt(np.clip(1 - np.exp(log_scatter), 0, 1))
    return length


PLAIN: Final = Scale(np.asarray, np.asarray)
"""As it is."""
LOG: Final = Scale(_log, np.exp)
"""For distances, which have no upper end worth the name where a class is tight."""
LOG_SHARE: Final = Scale(_log_share, lambda logs: np.minimum(np.exp(logs), 1))
"""For shares of the sphere, down to where their logarithm says nothing."""
LOG_SCATTER: Final = Scale(lambda length: _log(1 - np.square(length)), _length)
"""log(1 - R^2) of mean resultant lengths: it has no end where a class is nearly a point."""
LOG_SPREAD: Final = Scale(lambda uniformity: _log(-uniformity), lambda logs: -np.exp(logs))
"""log(-u) of sample uniformities: of a tight class -u is about its mean squared distance times t."""
LOG_OVERLAP: Final = Scale(lambda silhouette: _log(1 - silhouette), lambda logs: 1 - np.exp(logs))
"""log(1 - s) of silhouettes: 1 - s is a / b, the distance within a class over that to the next."""
