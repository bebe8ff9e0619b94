"""All metrics of one snapshot."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_alignment import mean_distances
from ghviz.metrics.class_centers import centers_of_means, class_means
from ghviz.metrics.class_uniformity import mean_center_distance
from ghviz.metrics.evenness import evenness
from ghviz.metrics.frequency_slope import frequency_slope
from ghviz.metrics.inputs import checked
from ghviz.metrics.mean_resultant_length import length_of_means
from ghviz.metrics.nearest_neighbor_accuracy import nearest_neighbor_accuracy, tail_accuracy
from ghviz.metrics.tail_gap import nearest_angles, tail_mean
from ghviz.metrics.tail_territory import tail_territory
from ghviz.metrics.territory_share import territory_share
from ghviz.types import ClassTable, Measured, MetricTable, Points, Snapshot

PER_CLASS = (
    "territory_share",
    "mean_resultant_length",
    "class_uniformity",
    "class_alignment",
    "nearest_neighbor_accuracy",
    "nearest_center_angle",
)
"""Metrics with one value a class, in the order of a table's columns."""
SUMMARY = (
    "frequency_slope",
    "tail_gap",
    "tail_territory",
    "evenness",
    "tail_accuracy",
    "accuracy",
    "head_resultant_length",
)
"""Metrics with one value a snapshot, most telling first."""


def measure(
    snapshot: Snapshot, points: Points, classes: ClassTable, *, directions: int = 20_000
) -> MetricTable:
    """Return every metric of a snapshot.

    Everything but the two accuracies is measured on the long-tailed training embeddings; the accuracies let
    the balanced test embeddings look for their nearest training embedding. `class_alignment` leaves out
    pairs of a sample with itself. The tail is what `classes.counts` says. A snapshot that is not finite
    (training diverged) or has a row without direction gives NaN everywhere; one without test embeddings gives
    NaN for the accuracies.

    Args:
        snapshot: embeddings at one step.
        points: their labels.
        classes: names and training counts, head to tail.
        directions: random directions for the territory where d > 3.

    Raises:
        ValueError: if snapshot, points and classes don't fit each other.
    """
    if not (_has_directions(snapshot.train) and _has_directions(snapshot.test)):
        per_class = {key: np.full(len(classes.names), np.nan) for key in PER_CLASS}
        return MetricTable(
            step=snapshot.step,
            classes=classes,
            per_class=per_class,
            summary=dict.fromkeys(SUMMARY, float("nan")),
        )
    per_class = _per_class(snapshot, points, len(classes.names), directions)
    return MetricTable(
        step=snapshot.step,
        classes=classes,
        per_class=per_class,
        summary=_summary(per_class, np.asarray(classes.counts)),
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


def _has_directions(embeddings: NDArray[np.float32]) -> bool:
    return bool(np.isfinite(embeddings).all() and embeddings.any(axis=1).all())


def _per_class(
    snapshot: Snapshot, points: Points, num_classes: int, directions: int
) -> dict[str, NDArray[np.float64]]:
    rows, labels, _ = checked(snapshot.train, points.train_labels, num_classes)
    means = class_means(rows, labels, num_classes)
    centers = centers_of_means(means)
    return {
        "territory_share": territory_share(
            rows, labels, directions=directions, num_classes=num_classes
        ).share,
        "mean_resultant_length": length_of_means(means, np.bincount(labels, minlength=num_classes)),
        "class_uniformity": mean_center_distance(centers),
        "class_alignment": mean_distances(rows, labels, num_classes, distinct=True),
        "nearest_neighbor_accuracy": np.full(num_classes, np.nan)
        if len(snapshot.test) == 0
        else nearest_neighbor_accuracy(
            rows, labels, snapshot.test, points.test_labels, num_classes=num_classes
        ),
        "nearest_center_angle": nearest_angles(centers),
    }


def _summary(per_class: dict[str, NDArray[np.float64]], counts: NDArray[np.int64]) -> dict[str, float]:
    share, accuracy = per_class["territory_share"], per_class["nearest_neighbor_accuracy"]
    tested = accuracy[np.isfinite(accuracy)]
    return {
        "frequency_slope": frequency_slope(share, counts).slope,
        "tail_gap": tail_mean(per_class["nearest_center_angle"], counts),
        "tail_territory": tail_territory(share, counts=counts),
        "evenness": evenness(share),
        "tail_accuracy": tail_accuracy(accuracy, counts=counts),
        "accuracy": float(tested.mean()) if len(tested) else float("nan"),
        "head_resultant_length": float(per_class["mean_resultant_length"][int(np.argmax(counts))]),
    }
