"""How certain is each metric of a table? Replicates, by the way of resampling that fits the metric."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.bootstrap import (
    interval,
    pair_cosines,
    pair_distances,
    pair_potentials,
    pair_replicates,
    score_replicates,
)
from ghviz.metrics.center_cosines import distance_from_simplex, mean_cosine_between
from ghviz.metrics.center_replicates import (
    center_replicates,
    mean_distances_of_cosines,
    nearest_angles_of_cosines,
)
from ghviz.metrics.inputs import tail_classes
from ghviz.metrics.material import Material, Resampling
from ghviz.metrics.territory_replicates import territory_replicates
from ghviz.metrics.values import SUMMARIES, Values, near_distances_of_cosines
from ghviz.metrics.vmf_concentration import concentration_of
from ghviz.types import Certainty

_MOST_HALVES: Final = 400
"""Halves that are drawn for territory: enough for an interval, and each takes a while."""

_NODES: Final = 400
"""Lengths at which the concentration of replicates is computed."""


def certainty_of(replicates: Values, level: float, value: Values | float) -> Certainty:
    """Return interval and standard error of replicates (B, ...); NaN where more than half of them are.

    The interval always holds the value itself: where replicates are corrected for bias it may lie at an end.
    """
    low, high = interval(replicates, level=level)
    low = np.where(np.isnan(low), np.nan, np.fmin(low, value))[()]
    high = np.where(np.isnan(high), np.nan, np.fmax(high, value))[()]
    known = np.isfinite(replicates)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, replicates, 0.0)
    mean = filled.sum(axis=0) / count
    squares = np.where(known, filled - mean, 0.0) ** 2
    error = np.sqrt(squares.sum(axis=0) / np.maximum(count - 1, 1))
    return Certainty(
        low=low,
        high=high,
        standard_error=np.where(np.isfinite(low), error, np.nan)[()],
        replicates=replicates,
    )


class Draws:
    """Replicates of the metrics of one snapshot."""

    def __init__(self, m: Material, how: Resampling) -> None:
        """Of the metrics of `m`, drawn as `how` says."""
        self.m = m
        self.how = how

    def per_class(self, name: str, values: Values) -> Values | None:
        """Return replicates (B, L) of a metric of each class; None for a metric that has no interval.

        Args:
            name: of the metric.
            values: (L,) the metric itself.
        """
        if name not in _REPLICATES:
            return None
        replicates = self._whole(_REPLICATES[name](self))
        if name in _NEAREST:
            return replicates + (values - _mean(replicates))
        return _centred(replicates, values) if name == "territory_share" else replicates

    def summary(self, name: str, value: float, known: dict[str, Values]) -> Values | None:
        """Return replicates (B,) of a metric that has one number; None where there are none.

        Args:
            name: of the metric.
            value: the metric itself.
            known: replicates of the metrics per class.
        """
        if name in _SINGLE:
            replicates = self.centers[name][:, 0]
        elif name in SUMMARIES and SUMMARIES[name][0] in known:
            of, summary = SUMMARIES[name]
            drawn = self.centers[of] if of in _OF_CENTERS else known[of]
            replicates = np.array([summary(each, self.m.frequency) for each in drawn])
        else:
            return None
        return _reflected(replicates, value) if name in _BENT else replicates

    @cached_property
    def centers(self) -> dict[str, Values]:
        """Replicates (B, ...) of all metrics of class centres, which share their draws."""
        tail, present = tail_classes(self.m.frequency), int(self.m.labels.max()) + 1

        def numbers(cosines: Values) -> Values:
            """Of all of them, one behind the other; classes without samples have no row at the end yet."""
            whole = np.full((self.m.num_classes, self.m.num_classes), np.nan)
            whole[:present, :present] = cosines
            return np.concatenate([np.atleast_1d(metric(whole, tail)) for metric in _OF_CENTERS.values()])

        how = self.how
        drawn = center_replicates(self.m.rows, self.m.labels, numbers, draws=how.draws, seed=how.seed)
        sizes = [1 if name in _SINGLE else self.m.num_classes for name in _OF_CENTERS]
        parts = np.split(drawn, np.cumsum(sizes)[:-1], axis=1)
        return dict(zip(_OF_CENTERS, parts, strict=True))

    def pairs(self, kernel: Callable[[Values], Values]) -> Values:
        """Return replicates of the mean of a pair statistic within each class."""
        how = self.how
        return pair_replicates(self.m.rows, self.m.labels, kernel, draws=how.draws, seed=how.seed)

    @cached_property
    def lengths(self) -> Values:
        """Replicates of the mean resultant length."""
        lengths: Values = np.sqrt(np.clip(self.pairs(pair_cosines), 0, 1))
        return lengths

    def concentrations(self) -> Values:
        """Return replicates of kappa, between nodes on which it is exact: (1 - R) kappa hardly bends."""
        lengths = np.minimum(self.lengths, 1 - 1e-9)
        known = lengths[np.isfinite(lengths)]
        if not len(known):
            return lengths
        nodes = np.linspace(known.min(), known.max(), _NODES)
        scaled = concentration_of(nodes, self.m.rows.shape[1]) * (1 - nodes)
        concentrations: Values = np.interp(lengths, nodes, scaled) / (1 - lengths)
        return concentrations

    def potentials(self) -> Values:
        """Return replicates of the log mean potential."""
        potentials: Values = np.log(np.maximum(self.pairs(pair_potentials), np.exp(-8.0)))
        return potentials

    def accuracies(self) -> Values:
        """Return replicates of the 1-NN accuracy: other test samples, the same training samples."""
        m, how = self.m, self.how
        if len(m.snapshot.test) == 0:
            return np.full((how.draws, m.num_classes), np.nan)
        return score_replicates(m.credit, m.wanted, num_classes=m.num_classes, draws=how.draws, seed=how.seed)

    def territories(self) -> Values:
        """Return shares of the sphere of halves of the samples."""
        m, draws = self.m, min(self.how.draws, _MOST_HALVES)
        return territory_replicates(
            m.rows, m.labels, num_classes=m.num_classes, draws=draws, seed=self.how.seed
        )

    def _whole(self, replicates: Values) -> Values:
        """Add columns for classes at the end that have no samples here."""
        missing = self.m.num_classes - replicates.shape[1]
        return np.pad(replicates, ((0, 0), (0, missing)), constant_values=np.nan)


def _mean(replicates: Values) -> Values:
    """Return the mean of replicates that are known; 0 where there is none."""
    known = np.isfinite(replicates)
    mean: Values = np.where(known, replicates, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return mean


def _reflected(replicates: Values, value: float) -> Values:
    """Return replicates moved to where the truth lies.

    The nearest of many centres, and a mean of squares, are bent: scatter shifts them to one side, once from
    the truth to the value and again from the value to its replicates. So they are moved by twice the shift.
    """
    return replicates + 2 * (value - _mean(replicates))


def _centred(shares: Values, values: Values) -> Values:
    """Return shares of half of the points as if they lay about the share of all of them."""
    moved = shares + (values - shares.mean(axis=0))
    inside: Values = np.clip(moved, 0, 1)
    return inside


_REPLICATES: Final[dict[str, Callable[[Draws], Values]]] = {
    "territory_share": Draws.territories,
    "mean_resultant_length": lambda draws: draws.lengths,
    "class_uniformity": lambda draws: draws.centers["class_uniformity"],
    "class_alignment": lambda draws: draws.pairs(pair_distances),
    "nearest_neighbor_accuracy": Draws.accuracies,
    "nearest_center_angle": lambda draws: draws.centers["nearest_center_angle"],
    "neighborhood_uniformity": lambda draws: draws.centers["neighborhood_uniformity"],
    "sample_uniformity": Draws.potentials,
    "vmf_concentration": Draws.concentrations,
}

_NEAREST: Final = ("nearest_center_angle", "neighborhood_uniformity")
"""Metrics per class whose replicates lie beside the value, as scatter brings some centre nearer."""
_BENT: Final = ("tail_gap", "neighborhood_uniformity", "simplex_distance")
"""Summaries that sum such shifts up: their plain percentiles miss the truth nearly always."""
_SINGLE: Final = ("simplex_distance", "tail_mean_cosine")
_OF_CENTERS: Final[dict[str, Callable[[Values, NDArray[np.int64]], Values | float]]] = {
    "class_uniformity": lambda cosines, tail: mean_distances_of_cosines(cosines),
    "nearest_center_angle": lambda cosines, tail: nearest_angles_of_cosines(cosines),
    "neighborhood_uniformity": lambda cosines, tail: near_distances_of_cosines(cosines),
    "simplex_distance": lambda cosines, tail: distance_from_simplex(cosines),
    "tail_mean_cosine": mean_cosine_between,
}
"""Of the cosines of class centres (L, L) and the classes of the tail."""
