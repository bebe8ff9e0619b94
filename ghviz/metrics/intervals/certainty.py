"""How certain is each metric of a table? Intervals that hold what they promise for small classes too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ghviz.metrics.intervals.bootstrap import interval
from ghviz.metrics.intervals.metric_replicates import LEAST_UNIFORMITY, SINGLE, Replicates
from ghviz.metrics.intervals.purity_replicates import with_doubt
from ghviz.metrics.intervals.scales import LOG, LOG_OVERLAP, LOG_SCATTER, LOG_SHARE, LOG_SPREAD, PLAIN, Scale
from ghviz.metrics.intervals.shifts import centred, known_mean, reflected
from ghviz.metrics.intervals.small_classes import CERTAIN_FROM, degrees_of_freedom, widening
from ghviz.metrics.material import Material, Resampling
from ghviz.metrics.values import SUMMARIES, Values, lengths
from ghviz.metrics.vmf_concentration import concentration_of
from ghviz.types import Certainty

_NODES: Final = 400
"""Lengths at which the concentration of replicates is computed: those between differ by less
than 1e-4, and by 2e-3 where a length is nearly 0."""


def certainty_of(replicates: Values, level: float, value: Values | float) -> Certainty:
    """Return interval and standard error of replicates (B, ...); NaN where more than half of them are.

    A value that is NaN has none. The interval always holds the value itself: where replicates are corrected
    for bias it may lie at an end.

    Args:
        replicates: (B, ...); those of few samples are drawn apart (`widening`), and so the error is, too.
        level: of the interval.
        value: (...) the number itself.
    """
    low, high = interval(replicates, level=level)
    low, high = np.minimum(low, value)[()], np.maximum(high, value)[()]  # NaN if either is
    known = np.isfinite(replicates).sum(axis=0)
    variance = known_mean(np.square(centred(replicates))) * known / np.maximum(known - 1, 1)
    return Certainty(
        low=low,
        high=high,
        standard_error=np.where(np.isfinite(low), np.sqrt(variance), np.nan)[()],
        replicates=replicates,
    )


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How replicates of a metric per class become those of an interval.

    Attributes:
        replicates: what they are to begin with.
        centred: they are moved to lie about the value, where halves or scatter shift them.
        bootstrap: False: they are those of random halves.
        scale: on which they are moved and drawn apart, and back from it.
        bent: they lie to one side of the value there, as the value does of the truth.
        ends: the values that the metric can have.
    """

    replicates: Callable[[Replicates], Values]
    centred: bool = False
    bootstrap: bool = True
    scale: Scale = PLAIN
    bent: bool = False
    ends: tuple[float, float]


class Draws:
    """Replicates of the metrics of one snapshot, as intervals need them."""

    def __init__(self, m: Material, how: Resampling) -> None:
        """Of the metrics of `m`, drawn as `how` says."""
        self.m = m
        self.how = how
        self.drawn = Replicates(m, how)
        self._lying_about: dict[str, Values] = {}

    def per_class(self, name: str, values: Values) -> Values | None:
        """Return replicates (B, L) of a metric of each class; None for a metric that has no interval.

        They are drawn apart where a class is small, and NaN for a class of fewer than four samples.

        Args:
            name: of the metric.
            values: (L,) the metric itself.
        """
        if name == "nearest_neighbor_accuracy":
            return self.drawn.accuracies()
        if name == "within_class_variability":
            replicates = values * np.exp(self._variability())
        elif name == "vmf_concentration":
            replicates = self._concentrations(self._widened("mean_resultant_length", lengths(self.m)))
        elif name in _WAYS:
            replicates = self._widened(name, values)
        else:
            return None
        has_interval = np.isfinite(values) & (self.m.counts >= CERTAIN_FROM)
        return np.where(has_interval, replicates, np.nan)

    def summary(self, name: str, value: float, per_class: dict[str, Values]) -> Values | None:
        """Return replicates (B,) of a metric that has one number; None where there are none.

        A summary of classes is that of the same classes in every replicate: one that can't be resampled, as
        it has one or two samples, is held at its value. Its chance is not in the interval then: with six
        classes of 64, 20, 8, 3, 2 and 1 samples in three dimensions that of the slope covers the truth 48 %
        of the time, that of evenness 88 %. Where nothing varies because of it there is none.

        Args:
            name: of the metric.
            value: the metric itself.
            per_class: the metrics of the classes.
        """
        if name in _OVERALL:
            return _OVERALL[name](self, value)
        if name in SINGLE:
            replicates = self.drawn.centers[name][:, 0]
            return reflected(replicates, value) if name in _BENT else replicates
        of, _ = SUMMARIES.get(name, ("", None))
        if name == "head_resultant_length":  # one class's own, no sum
            whole = self.per_class(of, per_class[of])
            return None if whole is None else whole[:, int(np.argmax(self.m.frequency))]
        if of == "nearest_neighbor_accuracy":
            return self._summed(name, self.drawn.accuracies(), per_class[of])
        if of not in _WAYS:
            return None
        if name in _BENT:  # from replicates as they fall: the shift of the sum is what is mended
            shifted = self._summed(name, _WAYS[of].replicates(self.drawn), per_class[of])
            replicates = reflected(shifted, value)
        else:
            replicates = self._summed(name, self._centred(of, per_class[of]), per_class[of])
        return self._summary_widened(name, replicates, per_class[of])

    def _summed(self, name: str, drawn: Values, values: Values) -> Values:
        """Return the summary of each of the replicates (B, L)."""
        summary = SUMMARIES[name][1]
        return np.array([summary(each, self.m.frequency) for each in _held(drawn, values)])

    def _summary_widened(self, name: str, replicates: Values, values: Values) -> Values:
        """Return replicates (B,) drawn apart as the classes that matter in it are small."""
        of, summary = SUMMARIES[name]
        own = self._centred(of, values)
        held = np.isfinite(values) & ~np.isfinite(own).any(axis=0)
        if held.any() and (replicates == replicates[0]).all():
            return np.full_like(replicates, np.nan)
        drawn = _held(own, values)
        freedom = degrees_of_freedom(
            lambda each: summary(each, self.m.frequency), values, drawn, self.m.counts
        )
        middle = known_mean(replicates)
        factor = widening(freedom, self.how.level, bootstrap=_WAYS[of].bootstrap)
        apart: Values = middle + factor * (replicates - middle)
        return apart if name == "frequency_slope" else np.clip(apart, *_WAYS[of].ends)

    def _centred(self, name: str, values: Values) -> Values:
        """Return replicates (B, L) as they are, or about the value where that is due."""
        if name not in self._lying_about:
            way = _WAYS[name]
            replicates = way.replicates(self.drawn)
            if way.centred:
                there, back = way.scale
                replicates = back(centred(there(replicates), there(values)))
            self._lying_about[name] = replicates
        return self._lying_about[name]

    def _widened(self, name: str, values: Values) -> Values:
        """Return replicates (B, L), drawn apart where a class is small."""
        way, (there, back) = _WAYS[name], _WAYS[name].scale
        factor = widening(self.m.counts - 1, self.how.level, bootstrap=way.bootstrap)
        about = there(values)
        moved = there(self._centred(name, values))
        if way.bent:
            moved = reflected(moved, about)
        replicates: Values = np.clip(back(about + factor * (moved - about)), *way.ends)
        if name == "knn_purity":
            doubted = with_doubt(replicates, self.m.counts, np.random.default_rng(self.how.seed))
            replicates = np.clip(centred(doubted, values), *way.ends)
        return replicates

    def _variability(self) -> Values:
        """Return replicates of log NC1 (B, L) about 0, drawn apart where a class is small."""
        within, between = self.drawn.variability
        return widening(self.m.counts - 1, self.how.level) * within + between

    def _overall_variability(self, value: float) -> Values:
        """Return replicates of NC1: the classes' own, weighing as they do in it; points add nothing."""
        m, own = self.m, self._variability()
        weight = np.where(np.isfinite(m.variability.per_class), m.variability.per_class * (m.counts - 1), 0.0)
        sums = np.exp(np.where(np.isfinite(own), own, 0.0)) @ weight
        logs = np.log(np.maximum(sums, np.finfo(np.float64).tiny))
        return value * np.exp(centred(logs))

    def _concentrations(self, drawn: Values) -> Values:
        """Return kappa of lengths (B, L), between nodes where it is exact: (1 - R) kappa hardly bends."""
        below = np.minimum(drawn, 1 - 1e-9)
        known = below[np.isfinite(below)]
        if not len(known):
            return below
        nodes = np.linspace(known.min(), known.max(), _NODES)
        scaled = concentration_of(nodes, self.m.rows.shape[1]) * (1 - nodes)
        concentrations: Values = np.interp(below, nodes, scaled) / (1 - below)
        return concentrations


def _held(drawn: Values, values: Values) -> Values:
    """Return replicates (B, L) of those classes that have a value, at the value where there is none."""
    held: Values = np.where(np.isfinite(values), np.where(np.isfinite(drawn), drawn, values), np.nan)
    return held


_WAYS: Final = {
    "territory_share": _Way(
        replicates=Replicates.territories,
        centred=True,
        bootstrap=False,
        scale=LOG_SHARE,
        ends=(0, 1),
    ),
    "mean_resultant_length": _Way(
        replicates=lambda drawn: drawn.lengths, scale=LOG_SCATTER, bent=True, ends=(0, 1)
    ),
    "class_uniformity": _Way(
        replicates=lambda drawn: drawn.centers["class_uniformity"], centred=True, ends=(0, 2)
    ),
    "class_alignment": _Way(replicates=Replicates.distances, scale=LOG, bent=True, ends=(0, 2)),
    "nearest_center_angle": _Way(
        replicates=lambda drawn: drawn.centers["nearest_center_angle"], centred=True, ends=(0, 180)
    ),
    "neighborhood_uniformity": _Way(
        replicates=lambda drawn: drawn.centers["neighborhood_uniformity"], centred=True, ends=(0, 2)
    ),
    "sample_uniformity": _Way(
        replicates=Replicates.potentials, scale=LOG_SPREAD, bent=True, ends=(LEAST_UNIFORMITY, 0)
    ),
    "silhouette": _Way(replicates=Replicates.silhouettes, centred=True, scale=LOG_OVERLAP, ends=(-1, 1)),
    "knn_purity": _Way(replicates=Replicates.purities, centred=True, bootstrap=False, ends=(0, 1)),
}
_OVERALL: Final[dict[str, Callable[[Draws, float], Values | None]]] = {
    "sample_uniformity": lambda draws, value: draws.drawn.overall_uniformity(value),
    "effective_rank": lambda draws, value: draws.drawn.overall_rank(value),
    "within_class_variability": Draws._overall_variability,
}
_BENT: Final = ("tail_gap", "neighborhood_uniformity", "simplex_distance")
"""Summaries of the nearest of many centres and of squares, which scatter shifts to one side: those of several
classes add up, so that plain percentiles miss the truth nearly always."""
