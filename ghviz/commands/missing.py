"""Why there are dashes among the numbers of a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from ghviz.metrics.catalog import METRICS
from ghviz.metrics.values import SUMMARIES
from ghviz.types import MetricTable

NO_TEST: Final = "there are no test embeddings"
_ACCURACY: Final = "nearest_neighbor_accuracy"


def why_none(tables: Sequence[MetricTable], *, per_class: bool) -> list[str]:
    """Return a line a reason why numbers are dashes, with the metrics that it goes for; none without a dash.

    Args:
        tables: of runs that stand side by side.
        per_class: whether their numbers of single classes are shown, too.
    """
    found: dict[str, list[str]] = {}
    for table in tables:
        by_class = [(key, class_reasons(table, key)) for key in table.per_class if per_class]
        for key, reasons in [*by_class, *((key, _summary_reasons(table, key)) for key in table.summary)]:
            for reason in reasons:
                found.setdefault(reason, []).append(METRICS[key].title)
    return [f"– ({', '.join(dict.fromkeys(titles))}): {reason}" for reason, titles in found.items()]


def class_reasons(table: MetricTable, key: str) -> list[str]:
    """Return why classes have no value of a metric, each reason once; empty where all have one."""
    if key == _ACCURACY and not table.samples["test"].any() and NO_TEST not in table.reasons.get(key, ()):
        return [NO_TEST] * (key in table.per_class)
    return list(dict.fromkeys(reason for reason in table.reasons.get(key, ()) if reason))


def _summary_reasons(table: MetricTable, key: str) -> list[str]:
    """Return why a metric with one value has none, as far as its classes tell; empty where it has one."""
    if not math.isnan(table.summary.get(key, 0.0)):
        return []
    of = SUMMARIES[key][0] if key in SUMMARIES else key
    if of == _ACCURACY and not table.samples["test"].any():
        return [NO_TEST]
    if key == "tail_mean_cosine" and len(table.classes.names) // 2 < 2:
        return ["takes two tail classes, and there are not so many"]
    counts = np.asarray(table.classes.counts)
    if key == "frequency_slope" and len(np.unique(counts[counts > 0])) < 2:
        return ["takes two classes of different size"]
    if key == "evenness" and len(counts) < 2:
        return ["takes two classes"]
    if key in ("simplex_distance", "tail_mean_cosine"):
        of = "class_uniformity"
    return class_reasons(table, of)
