"""How certain are the accuracies of a table? Shares of samples have intervals of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import tail_classes
from ghviz.metrics.intervals.bootstrap import Interval
from ghviz.metrics.intervals.proportions import (
    mean_interval,
    paired_interval,
    replicate_correlation,
    wilson_interval,
)
from ghviz.metrics.nearest_neighbor_accuracy import TAIL
from ghviz.types import Certainty, MetricTable

Certainties = tuple[Mapping[str, Certainty], Mapping[str, Certainty]]
"""Of the metrics per class, and of the summaries, by name."""

ACCURACY: Final = "nearest_neighbor_accuracy"
AVERAGED: Final = ("accuracy", "tail_accuracy")
"""Summaries that are means of the accuracies of classes."""


def certain_accuracies(
    resampled: Certainties,
    accuracy: NDArray[np.float64],
    tested: NDArray[np.int64],
    counts: NDArray[np.int64],
    *,
    level: float,
) -> tuple[dict[str, Certainty], dict[str, Certainty]]:
    """Return what is known of the metrics of a snapshot, with Wilson's intervals for the accuracies.

    Args:
        resampled: what resampling says.
        accuracy: (L,) of the classes.
        tested: (L,) test samples of the classes.
        counts: (L,) training samples, which say what the tail is.
        level: of the intervals.
    """
    ends = wilson_interval(accuracy, tested, level=level)
    return _replaced(resampled, accuracy, ends, counts)


def certain_accuracy_changes(
    base: MetricTable,
    gh: MetricTable,
    resampled: Certainties,
    *,
    level: float,
) -> tuple[dict[str, Certainty], dict[str, Certainty]]:
    """Return what is known of differences, with Newcombe's intervals for those of accuracies.

    Args:
        base: without GH.
        gh: with GH.
        resampled: what resampling says of the differences.
        level: of the intervals.
    """
    if ACCURACY not in resampled[0] or not ("test" in base.samples and "test" in gh.samples):
        return dict(resampled[0]), dict(resampled[1])
    drawn = [each.certainty[ACCURACY].replicates for each in (base, gh)]
    ends = paired_interval(
        (base.per_class[ACCURACY], base.samples["test"]),
        (gh.per_class[ACCURACY], gh.samples["test"]),
        replicate_correlation(*drawn),
        level=level,
    )
    changed = gh.per_class[ACCURACY] - base.per_class[ACCURACY]
    return _replaced(resampled, changed, ends, base.classes.counts)


def _replaced(
    resampled: Certainties,
    values: NDArray[np.float64],
    ends: Interval,
    counts: Sequence[int] | NDArray[Any],
) -> tuple[dict[str, Certainty], dict[str, Certainty]]:
    """Return both with other ends where they are of accuracies (L,), and of means of them."""
    per_class, summary = (dict(each) for each in resampled)
    if ACCURACY in per_class:
        per_class[ACCURACY] = replace(per_class[ACCURACY], low=ends.low, high=ends.high)
    for name in AVERAGED:
        if name in summary:
            among = _averaged_over(name, counts)
            whole = mean_interval(values[among], Interval(ends.low[among], ends.high[among]))
            summary[name] = replace(summary[name], low=whole.low, high=whole.high)
    return per_class, summary


def _averaged_over(name: str, counts: Sequence[int] | NDArray[Any]) -> NDArray[np.int64]:
    everyone = np.arange(len(counts), dtype=np.int64)
    return tail_classes(np.asarray(counts), TAIL) if name == "tail_accuracy" else everyone
