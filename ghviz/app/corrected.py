"""Distances of class centres without the bias of small classes, for pages that show a projection.

What a run notes while it trains has plain class centres, which lie apart by chance: the more, the fewer the
samples and the more the dimensions. Beside the same number of a picture in three dimensions that would look
like what the projection has done.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ghviz.app.pairs import Comparison, Record
from ghviz.metrics.material import Resampling
from ghviz.metrics.table import CORRECTED, measure
from ghviz.types import MetricTable, Points, Snapshot

AS_IN_INTERVALS: Final = Resampling(draws=0)
"""Makes `measure` correct what it corrects beside intervals, without intervals."""


def corrected(table: MetricTable, snapshot: Snapshot, points: Points) -> MetricTable:
    """The table with those of its numbers corrected that are made of class centres.

    Args:
        table: metrics of the snapshot.
        snapshot: the embeddings.
        points: their labels.
    """
    names = [name for name in CORRECTED if name in table.per_class or name in table.summary]
    found = measure(snapshot, points, table.classes, metrics=names, resampling=AS_IN_INTERVALS)
    per_class = {name: found.per_class.get(name, values) for name, values in table.per_class.items()}
    summary = {name: found.summary.get(name, value) for name, value in table.summary.items()}
    reasons = {**table.reasons, **found.reasons}
    return replace(table, per_class=per_class, summary=summary, reasons=reasons, corrected=found.corrected)


def corrected_comparison(comparison: Comparison) -> Comparison:
    """The comparison with all of its tables corrected.

    Raises:
        RunFolderError: a snapshot can't be read.
    """
    return replace(comparison, sides={side: _corrected(record) for side, record in comparison.sides.items()})


def _corrected(record: Record) -> Record:
    tables = (
        corrected(table, record.run.snapshot(step), record.points)
        for step, table in zip(record.steps, record.tables, strict=True)
    )
    return replace(record, tables=tuple(tables))
