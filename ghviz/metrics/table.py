"""All metrics of one snapshot, or some of them, with intervals where they are asked for."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.catalog import METRICS
from ghviz.metrics.intervals.accuracy_certainty import ACCURACY, certain_accuracies
from ghviz.metrics.intervals.certainty import Draws, certainty_of
from ghviz.metrics.knn_purity import AT_LEAST
from ghviz.metrics.knn_purity import EXACT_UP_TO as ASKED_UP_TO
from ghviz.metrics.material import Material, Resampling
from ghviz.metrics.reasons import SAMPLES_NEEDED, missing_reason
from ghviz.metrics.sampling import EXACT_UP_TO
from ghviz.metrics.values import OVERALL, PER_CLASS_VALUES, SUMMARIES, Values
from ghviz.types import Certainty, ClassTable, Measured, MetricTable, Points, Snapshot

PER_CLASS: Final = (
    "territory_share",
    "mean_resultant_length",
    "class_uniformity",
    "class_alignment",
    "nearest_neighbor_accuracy",
    "nearest_center_angle",
)
"""Metrics with one value a class that are measured while a run trains, in the order of a table's columns."""
SUMMARY: Final = (
    "frequency_slope",
    "tail_gap",
    "tail_territory",
    "evenness",
    "tail_accuracy",
    "accuracy",
    "head_resultant_length",
)
"""Metrics with one value a snapshot that are measured while a run trains, most telling first."""
ALL_PER_CLASS: Final = tuple(PER_CLASS_VALUES)
"""All metrics with one value a class."""
ALL_SUMMARY: Final = (*SUMMARY, *(name for name in (*SUMMARIES, *OVERALL) if name not in SUMMARY))
"""All metrics with one value a snapshot."""
EVERYTHING: Final = tuple(METRICS)
"""Every metric there is, to be asked for by `measure(..., metrics=EVERYTHING)`."""
CORRECTED: Final = (
    *("class_uniformity", "nearest_center_angle", "neighborhood_uniformity"),
    *("tail_gap", "simplex_distance", "tail_mean_cosine"),
)
"""Metrics of class centres: with intervals they are corrected for the scatter of small classes' centres."""


def measure(  # noqa: PLR0913 (what is measured, which metrics, on what, how surely)
    snapshot: Snapshot,
    points: Points,
    classes: ClassTable,
    *,
    metrics: Collection[str] | None = None,
    embeddings: Literal["train", "test"] = "train",
    resampling: Resampling | None = None,
) -> MetricTable:
    """Return metrics of a snapshot.

    The geometry is measured on the long-tailed training embeddings or on the balanced test embeddings, never
    on both together; the accuracies let the test embeddings look for their nearest training embedding in any
    case. Some metrics mean something on one of them only (`METRICS[name].embeddings`): territory and what
    follows from it need the long-tailed ones. `class_alignment` leaves out pairs of a sample with itself.
    The tail is what `classes.counts` says. A snapshot that is not finite (training diverged) or has a row
    without direction gives NaN everywhere; one without test embeddings gives NaN for the accuracies.

    Intervals say what other samples of the same classes might have given. Classes are resampled by
    themselves: pair statistics by weights over distinct pairs, silhouettes and NC1 with all samples that they
    look at, territory and purity of neighbours by random halves; the effective rank of all samples, and their
    uniformity, by what each sample adds. Accuracies have Wilson's intervals (`wilson_interval`) for other
    test samples. Those of few samples are widened (`widening`), and a class has one from four samples on. The
    effective rank of a class has none, nor that of all samples with fewer than four a dimension. In a summary
    of classes, those of one and two samples are held at their values: their chance is not in its interval.

    Metrics of class centres are the unbiased ones beside intervals (`unbiased_center_cosines`), which need
    three samples of a class, and the table names them as `corrected`; without intervals they are the plain
    ones.

    Samples are drawn by their places: the same order of samples and the same seed give the same intervals,
    and another order moves their ends as another seed does. Neither rotation nor scale moves them, but for
    those of territory, whose random directions stay where they are.

    Args:
        snapshot: embeddings at one step; `of_arrays` makes it, and the next two, of arrays.
        points: their labels.
        classes: names and training counts.
        metrics: names of `METRICS`; None: those that are measured while a run trains, as far as they mean
            something on these embeddings.
        embeddings: which embeddings the geometry is measured on.
        resampling: how to make intervals; None: none, which is fast.

    Raises:
        TypeError: for arrays.
        ValueError: if snapshot, points and classes don't fit each other, or for a metric that is not known or
            means nothing on these embeddings.
    """
    if not isinstance(snapshot, Snapshot):
        raise TypeError(
            f"measure takes a Snapshot, its Points and a ClassTable, got {type(snapshot).__name__}; for "
            "arrays: measure(*of_arrays(embeddings, labels))"
        )
    m = Material(
        snapshot=snapshot,
        points=points,
        classes=classes,
        embeddings=embeddings,
        resampling=resampling,
    )
    per_class_names, summary_names = _names(metrics, embeddings)
    samples = {
        "train": np.bincount(points.train_labels, minlength=m.num_classes),
        "test": np.bincount(points.test_labels, minlength=m.num_classes),
    }
    if not _is_sound(m):
        return MetricTable(
            step=snapshot.step,
            classes=classes,
            per_class={name: np.full(m.num_classes, np.nan) for name in per_class_names},
            summary=dict.fromkeys(summary_names, float("nan")),
            embeddings=embeddings,
            samples=samples,
            reasons={name: (_no_embeddings(m),) * m.num_classes for name in per_class_names},
        )
    values = {name: PER_CLASS_VALUES[name](m) for name in PER_CLASS_VALUES if name in _needed(metrics, m)}
    per_class = {name: values[name] for name in per_class_names}
    certainty, summary_certainty = _certainties(m, values, summary_names)
    return MetricTable(
        step=snapshot.step,
        classes=classes,
        per_class=per_class,
        summary={name: _summary(name, m, values) for name in summary_names},
        embeddings=embeddings,
        samples=samples,
        certainty={name: each for name, each in certainty.items() if name in per_class},
        summary_certainty=summary_certainty,
        sampled=tuple(name for name in (*per_class_names, *summary_names) if _is_sampled(name, m)),
        reasons={name: _reasons(name, each, m) for name, each in per_class.items()},
        corrected=tuple(name for name in CORRECTED if m.unbiased and name in (*per_class, *summary_names)),
    )


def measured(table: MetricTable) -> Measured:
    """A metric table as an event; NaN becomes None, which JSON has."""
    return Measured(
        step=table.step,
        per_class={name: [_finite(v) for v in values.tolist()] for name, values in table.per_class.items()},
        summary={name: _finite(value) for name, value in table.summary.items()},
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _names(
    metrics: Collection[str] | None, embeddings: Literal["train", "test"]
) -> tuple[list[str], list[str]]:
    """Return the metrics per class and those with one value, in the order of the lists above."""
    fitting = {
        name for name, info in METRICS.items() if embeddings in info.embeddings or "test" in info.embeddings
    }
    if metrics is None:
        return [n for n in PER_CLASS if n in fitting], [n for n in SUMMARY if n in fitting]
    if isinstance(metrics, str) or not set(metrics) <= METRICS.keys():
        unknown = metrics if isinstance(metrics, str) else ", ".join(sorted(set(metrics) - METRICS.keys()))
        raise ValueError(f"metrics must be names among {', '.join(METRICS)}, got {unknown}")
    if set(metrics) != set(EVERYTHING) and not set(metrics) <= fitting:
        wrong = ", ".join(sorted(set(metrics) - fitting))
        raise ValueError(f"{wrong}: means something on the long-tailed training embeddings only")
    wanted = set(metrics) & fitting
    return [n for n in ALL_PER_CLASS if n in wanted], [n for n in ALL_SUMMARY if n in wanted]


def _needed(metrics: Collection[str] | None, m: Material) -> set[str]:
    """Return the metrics per class that are asked for or that a summary is made of."""
    per_class, summary = _names(metrics, m.embeddings)
    return {*per_class, *(SUMMARIES[name][0] for name in summary if name in SUMMARIES)}


def _is_sound(m: Material) -> bool:
    """Whether every embedding has a direction, and there is one to measure."""
    given = m.snapshot.train if m.embeddings == "train" else m.snapshot.test
    return len(given) > 0 and _has_directions(m.snapshot.train) and _has_directions(m.snapshot.test)


def _has_directions(embeddings: NDArray[np.float32]) -> bool:
    return bool(np.isfinite(embeddings).all() and embeddings.any(axis=1).all())


def _no_embeddings(m: Material) -> str:
    given, kind = (m.snapshot.train, "training") if m.embeddings == "train" else (m.snapshot.test, "test")
    if len(given) == 0:
        return f"there are no {kind} embeddings"
    return "training has spoiled the embeddings: they are not finite or have no direction"


def _summary(name: str, m: Material, values: dict[str, Values]) -> float:
    if name in OVERALL:
        return OVERALL[name](m)
    of, summary = SUMMARIES[name]
    return summary(values[of], m.frequency)


def _certainties(
    m: Material, values: dict[str, Values], summary_names: list[str]
) -> tuple[dict[str, Certainty], dict[str, Certainty]]:
    how = m.resampling
    if how is None or how.draws < 1:
        return {}, {}
    draws = Draws(m, how)
    drawn = {name: draws.per_class(name, each) for name, each in values.items()}
    known = {name: each for name, each in drawn.items() if each is not None}
    summary = {name: _summary(name, m, values) for name in summary_names}
    numbers = {name: draws.summary(name, value, values) for name, value in summary.items()}
    certainty = {name: certainty_of(each, how.level, values[name]) for name, each in known.items()}
    summary_certainty = {
        name: certainty_of(each, how.level, summary[name])
        for name, each in numbers.items()
        if each is not None
    }
    if ACCURACY not in values:
        return certainty, summary_certainty
    tested = np.bincount(m.wanted, minlength=m.num_classes)
    resampled = certainty, summary_certainty
    return certain_accuracies(resampled, values[ACCURACY], tested, m.frequency, level=how.level)


def _is_sampled(name: str, m: Material) -> bool:
    """Whether a metric looked at a sample only: of directions, of pairs, or of the samples it asks."""
    if name == "sample_uniformity":
        return len(m.rows) > EXACT_UP_TO
    of = SUMMARIES[name][0] if name in SUMMARIES else name
    if of == "class_alignment":
        return bool((m.counts > EXACT_UP_TO).any())
    if of == "knn_purity":
        most = max(AT_LEAST, ASKED_UP_TO // m.num_classes)
        return len(m.rows) > ASKED_UP_TO and bool((m.counts > most).any())
    return of == "territory_share" and bool((m.territory.standard_error > 0).any())


def _reasons(name: str, values: Values, m: Material) -> tuple[str, ...]:
    """Return why each value is NaN; "" where it is not."""
    if name == "nearest_neighbor_accuracy":
        return tuple("there are no test embeddings of this class" if math.isnan(v) else "" for v in values)
    rule = "unbiased_center_cosines" if m.unbiased and name in CORRECTED else name
    assert rule in SAMPLES_NEEDED, rule
    return tuple(
        (missing_reason(rule, int(m.counts[c])) or _no_comparison(name, c, m)) if math.isnan(value) else ""
        for c, value in enumerate(values)
    )


def _no_comparison(name: str, c: int, m: Material) -> str:
    """Return why a class with samples enough has no value of a metric that sets it against others."""
    if np.count_nonzero(m.counts) < 2:
        return "there is no other class to compare with"
    if name == "within_class_variability":
        return "the means of all classes are one and the same"
    centered = np.isfinite(np.diagonal(m.cosines) if m.unbiased else m.centers[:, 0])
    if centered[c]:
        return "no other class has a centre to compare with"
    return "its samples sum to nothing and point in no direction"
