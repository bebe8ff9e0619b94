"""Replicates of each metric of a table, by the way of resampling that fits the metric."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.center_cosines import distance_from_simplex, mean_cosine_between
from ghviz.metrics.inputs import tail_classes
from ghviz.metrics.intervals.bootstrap import (
    pair_cosines,
    pair_distances,
    pair_potentials,
    pair_replicates,
    score_replicates,
)
from ghviz.metrics.intervals.center_replicates import center_replicates
from ghviz.metrics.intervals.overall_replicates import linear_replicates, rank_influence, uniformity_influence
from ghviz.metrics.intervals.purity_replicates import purity_replicates
from ghviz.metrics.intervals.silhouette_replicates import silhouette_replicates
from ghviz.metrics.intervals.territory_replicates import territory_replicates
from ghviz.metrics.intervals.variability_replicates import VariabilityReplicates, variability_replicates
from ghviz.metrics.material import Material, Resampling
from ghviz.metrics.unbiased_center_cosines import mean_distances_of_cosines, nearest_angles_of_cosines
from ghviz.metrics.values import Values, near_distances_of_cosines

MOST_HALVES: Final = 400
"""Halves that are drawn for territory: enough for an interval, and each takes a while."""
MOST_SLOW: Final = 200
"""Replicates of metrics that go through all samples for each of them."""
_ROUNDING: Final = 1e-9
"""How near an effective rank comes to d where all singular values are equal."""
LEAST_UNIFORMITY: Final = -8.0
"""-t d^2 at t = 2 and the distance 2 of opposite samples: no pair adds less to a mean potential."""
SINGLE: Final = ("simplex_distance", "tail_mean_cosine")
"""Metrics of class centres that have one number."""


class Replicates:
    """What other samples of the same classes might have given: (B, L), NaN where it can't be said."""

    def __init__(self, m: Material, how: Resampling) -> None:
        """Of the metrics of `m`, drawn as `how` says."""
        self.m = m
        self.how = how

    @cached_property
    def centers(self) -> dict[str, Values]:
        """Replicates (B, ...) of all metrics of class centres, which share their draws.

        A class that has no centre in a draw is held at its angles to the others, so that all replicates speak
        of the same classes; what it has itself is NaN then.
        """
        m, how, tail = self.m, self.how, tail_classes(self.m.frequency)
        present, known = int(m.labels.max()) + 1, np.isfinite(m.cosines)

        def numbers(cosines: Values) -> Values:
            """Of all of them, one behind the other; classes without samples have no row at the end yet."""
            whole = np.full((m.num_classes, m.num_classes), np.nan)
            whole[:present, :present] = cosines
            lost = np.isnan(np.diagonal(whole))
            whole = np.where(known, np.where(np.isnan(whole), m.cosines, whole), np.nan)
            found = [np.atleast_1d(metric(whole, tail)) for metric in _OF_CENTERS.values()]
            return np.concatenate(
                [each if len(each) == 1 else np.where(lost, np.nan, each) for each in found]
            )

        drawn = center_replicates(m.rows, m.labels, numbers, draws=how.draws, seed=how.seed)
        sizes = [1 if name in SINGLE else m.num_classes for name in _OF_CENTERS]
        parts = np.split(drawn, np.cumsum(sizes)[:-1], axis=1)
        return dict(zip(_OF_CENTERS, parts, strict=True))

    @cached_property
    def lengths(self) -> Values:
        """Of the mean resultant length."""
        lengths: Values = np.sqrt(np.clip(self._pairs(pair_cosines), 0, 1))
        return lengths

    def distances(self) -> Values:
        """Of the mean distance within a class."""
        return self._pairs(pair_distances)

    def potentials(self) -> Values:
        """Of the log mean potential."""
        potentials: Values = np.log(np.maximum(self._pairs(pair_potentials), np.exp(LEAST_UNIFORMITY)))
        return potentials

    def accuracies(self) -> Values:
        """Of the 1-NN accuracy: other test samples, the same training samples."""
        m, how = self.m, self.how
        if len(m.snapshot.test) == 0:
            return np.full((how.draws, m.num_classes), np.nan)
        return score_replicates(m.credit, m.wanted, num_classes=m.num_classes, draws=how.draws, seed=how.seed)

    def territories(self) -> Values:
        """Of shares of the sphere, by halves."""
        m, draws = self.m, min(self.how.draws, MOST_HALVES)
        return territory_replicates(
            m.rows, m.labels, num_classes=m.num_classes, draws=draws, seed=self.how.seed
        )

    def silhouettes(self) -> Values:
        """Of the mean silhouette."""
        m = self.m
        return silhouette_replicates(
            m.rows, m.labels, m.num_classes, draws=min(self.how.draws, MOST_SLOW), seed=self.how.seed
        )

    def purities(self) -> Values:
        """Of the purity of neighbours, by halves."""
        m = self.m
        return purity_replicates(
            m.rows, m.labels, m.num_classes, draws=min(self.how.draws, MOST_SLOW), seed=self.how.seed
        )

    @cached_property
    def variability(self) -> VariabilityReplicates:
        """Of how the logarithm of NC1 varies."""
        m = self.m
        return variability_replicates(
            m.rows, m.labels, m.num_classes, draws=min(self.how.draws, MOST_SLOW), seed=self.how.seed
        )

    def overall_uniformity(self, value: float) -> Values | None:
        """Of the log mean potential of all samples (B,); None for one sample, which has no pair."""
        if len(self.m.rows) < 2:
            return None
        changes = self._linear(uniformity_influence(self.m.rows, self.how.seed))
        uniformity: Values = np.log(np.clip(np.exp(value) + changes, np.exp(LEAST_UNIFORMITY), 1))
        return uniformity

    def overall_rank(self, value: float) -> Values | None:
        """Of the effective rank of all samples (B,); None for too few of them.

        On the scale of sqrt(d - rank): the nearer the samples are to filling all dimensions alike, the less
        a sample changes, in proportion to it.
        """
        influence = rank_influence(self.m.rows)
        if influence is None:
            return None
        most = self.m.rows.shape[1]
        root = np.sqrt(max(most - value, _ROUNDING))
        roots = np.maximum(root - value * self._linear(influence) / (2 * root), 0)
        rank: Values = np.clip(most - np.square(roots), 1, most)
        return rank

    def _linear(self, influence: Values) -> Values:
        m, how = self.m, self.how
        return linear_replicates(influence, m.labels, m.num_classes, draws=how.draws, seed=how.seed)

    def _pairs(self, kernel: Callable[[Values], Values]) -> Values:
        """Return replicates of the mean of a pair statistic within each class."""
        m, how = self.m, self.how
        drawn = pair_replicates(m.rows, m.labels, kernel, draws=how.draws, seed=how.seed)
        missing = m.num_classes - drawn.shape[1]  # classes at the end that have no samples here
        return np.pad(drawn, ((0, 0), (0, missing)), constant_values=np.nan)


_OF_CENTERS: Final[dict[str, Callable[[Values, NDArray[np.int64]], Values | float]]] = {
    "class_uniformity": lambda cosines, tail: mean_distances_of_cosines(cosines),
    "nearest_center_angle": lambda cosines, tail: nearest_angles_of_cosines(cosines),
    "neighborhood_uniformity": lambda cosines, tail: near_distances_of_cosines(cosines),
    "simplex_distance": lambda cosines, tail: distance_from_simplex(cosines),
    "tail_mean_cosine": mean_cosine_between,
}
"""Of the cosines of class centres (L, L) and the classes of the tail."""
