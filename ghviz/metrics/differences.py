"""What changes from one run to another, how surely, and whether two seeds would differ as much."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.catalog import METRICS
from ghviz.metrics.intervals.accuracy_certainty import certain_accuracy_changes
from ghviz.metrics.intervals.certainty import certainty_of
from ghviz.metrics.values import SUMMARIES, Values
from ghviz.types import Certainty, MetricTable

_Summed = tuple[float, Values | None]
"""A number of one table, and its replicates (B,); None where there are none."""
Verdict = Literal["clear", "uncertain", "within seed noise", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Differences:
    """The metrics of one table minus those of another.

    Attributes:
        per_class: name -> (L,) differences; NaN where a side has no value.
        summary: name -> difference.
        certainty: name -> paired interval of the differences per class, where both tables have one.
        summary_certainty: the same for the summary.
        classes_left_out: name of a summary -> how many classes only one side has a value of. Its difference
            and interval are over the classes of both sides, so it is not what the two numbers differ by.
        from_zero: name of a summary that is better the nearer it is to 0 -> how much farther from it the
            second table is, |b| - |a|: from 0.4 to -0.4 nothing is gained, though the difference is -0.8.
        from_zero_certainty: the same with its paired interval.
    """

    per_class: dict[str, NDArray[np.float64]]
    summary: dict[str, float]
    certainty: dict[str, Certainty]
    summary_certainty: dict[str, Certainty]
    classes_left_out: dict[str, int] = field(default_factory=dict)
    from_zero: dict[str, float] = field(default_factory=dict)
    from_zero_certainty: dict[str, Certainty] = field(default_factory=dict)


def differences(base: MetricTable, gh: MetricTable, *, level: float = 0.95) -> Differences:
    """Return the metrics with GH minus those without, with a paired bootstrap where there are replicates.

    Both tables must come from `measure` with the same resampling. Samples of runs that share their labels
    are drawn alike on both sides, so that what both have in common cancels out: the interval of the
    difference is narrower than the two intervals make believe.

    Args:
        base: without GH.
        gh: with GH; the same classes, in the same order.
        level: of the intervals.

    Raises:
        ValueError: for tables of other classes or embeddings.

    Example:
        >>> from ghviz.types import ClassTable
        >>> classes = ClassTable(names=("a", "b"), counts=(9, 3))
        >>> one, other = (
        ...     MetricTable(step=1, classes=classes, per_class={"x": np.array([v, 1.0])}, summary={"y": v})
        ...     for v in (0.5, 0.75)
        ... )
        >>> changed = differences(one, other)
        >>> changed.per_class["x"], changed.summary["y"]
        (array([0.25, 0.  ]), 0.25)
    """
    if len(base.classes.names) != len(gh.classes.names) or base.embeddings != gh.embeddings:
        raise ValueError(
            f"tables must be of the same classes and embeddings, got {len(base.classes.names)} classes of "
            f"{base.embeddings} and {len(gh.classes.names)} of {gh.embeddings} embeddings"
        )
    with np.errstate(invalid="ignore"):  # two classes that are points: infinity less infinity is not known
        per_class = {k: gh.per_class[k] - v for k, v in base.per_class.items() if k in gh.per_class}
    summary = {k: gh.summary[k] - v for k, v in base.summary.items() if k in gh.summary}
    certainty = _paired(base.certainty, gh.certainty, per_class, level)
    summary_certainty = _paired(base.summary_certainty, gh.summary_certainty, summary, level)
    left_out = {}
    alike = {name: tuple(_whole(each, name) for each in (base, gh)) for name in summary}
    for name, known in _unlike_classes(base, gh, summary).items():
        of = SUMMARIES[name][0]
        left_out[name] = int(np.sum(np.isfinite(base.per_class[of]) ^ np.isfinite(gh.per_class[of])))
        alike[name] = tuple(_restricted(each, name, known) for each in (base, gh))
        (before, drawn_before), (after, drawn_after) = alike[name]
        summary[name] = after - before
        summary_certainty.pop(name, None)
        if drawn_before is not None and drawn_after is not None:
            summary_certainty[name] = certainty_of(drawn_after - drawn_before, level, summary[name])
    from_zero, from_zero_certainty = _from_zero(alike, level)
    resampled = certainty, summary_certainty
    certainty, summary_certainty = certain_accuracy_changes(base, gh, resampled, level=level)
    return Differences(
        per_class=per_class,
        summary=summary,
        certainty=certainty,
        summary_certainty=summary_certainty,
        classes_left_out=left_out,
        from_zero=from_zero,
        from_zero_certainty=from_zero_certainty,
    )


def verdict(
    difference: float, *, low: float = math.nan, high: float = math.nan, noise: float = math.nan
) -> Verdict:
    """Return what can be said of a difference.

    Args:
        difference: the number.
        low: lower end of its interval; NaN where there is none.
        high: upper end.
        noise: how far two seeds lie apart; NaN where that is not known.

    Returns:
        "within seed noise" if two seeds differ as much; "uncertain" if the interval holds 0, the difference
        is 0, or there is no interval: one distance of seeds is exceeded by every second difference where
        nothing is at work, so it can take certainty away and not give it. An interval without width counts
        as none: it comes of few samples that all agree, such as 3 of 3 right. "unknown" without a number;
        else "clear".

    Example:
        >>> verdict(0.2, low=0.1, high=0.3), verdict(0.2, low=0.1, high=0.3, noise=0.25)
        ('clear', 'within seed noise')
        >>> verdict(0.2, low=-0.1, high=0.5), verdict(float("nan"))
        ('uncertain', 'unknown')
    """
    if not math.isfinite(difference):
        return "unknown"
    if math.isfinite(noise) and abs(difference) <= noise:
        return "within seed noise"
    return "clear" if low < high and not low <= 0 <= high else "uncertain"


def _paired(
    base: Mapping[str, Certainty],
    gh: Mapping[str, Certainty],
    values: Mapping[str, NDArray[np.float64]] | Mapping[str, float],
    level: float,
) -> dict[str, Certainty]:
    both = {
        key: (each.replicates, gh[key].replicates)
        for key, each in base.items()
        if key in gh and each.replicates.shape == gh[key].replicates.shape
    }
    return {key: certainty_of(after - before, level, values[key]) for key, (before, after) in both.items()}


def _whole(table: MetricTable, name: str) -> _Summed:
    """Return a summary over all classes, and its replicates; None without any."""
    certainty = table.summary_certainty.get(name)
    return table.summary[name], None if certainty is None else certainty.replicates


def _from_zero(
    alike: Mapping[str, tuple[_Summed, ...]], level: float
) -> tuple[dict[str, float], dict[str, Certainty]]:
    """Return |after| - |before| and its interval, of the summaries that are better the nearer they are to 0.

    Args:
        alike: name -> before and after, over the same classes.
        level: of the intervals.
    """
    changes, certainty = {}, {}
    for name, ((before, drawn_before), (after, drawn_after)) in alike.items():
        if name not in METRICS or METRICS[name].better != "zero":
            continue
        changes[name] = abs(after) - abs(before)
        if drawn_before is None or drawn_after is None or drawn_before.shape != drawn_after.shape:
            continue
        certainty[name] = certainty_of(np.abs(drawn_after) - np.abs(drawn_before), level, changes[name])
    return changes, certainty


def _unlike_classes(
    base: MetricTable, gh: MetricTable, summary: Mapping[str, float]
) -> dict[str, NDArray[np.bool_]]:
    """Return which classes both sides know, for the summaries where one side knows others too."""
    unlike = {}
    for name in summary:
        of = SUMMARIES[name][0] if name in SUMMARIES else ""
        if of in base.per_class and of in gh.per_class:
            known = [np.isfinite(each.per_class[of]) for each in (base, gh)]
            if (known[0] != known[1]).any():
                unlike[name] = known[0] & known[1]
    return unlike


def _restricted(table: MetricTable, name: str, known: NDArray[np.bool_]) -> _Summed:
    """Return a summary over some classes, and its replicates, centred at it; None without any.

    A class that can't be resampled is held at its value.
    """
    of, summed = SUMMARIES[name]
    counts = np.asarray(table.classes.counts, dtype=np.int64)
    values = np.where(known, table.per_class[of], np.nan)
    value = summed(values, counts)
    if of not in table.certainty:
        return value, None
    drawn = table.certainty[of].replicates
    drawn = np.where(known & np.isfinite(drawn), drawn, values)
    replicates = np.array([summed(each, counts) for each in drawn])
    return value, replicates + (value - replicates.mean())
