"""What GH was doing, as an event small enough for the log."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.label_agreement import label_agreement
from ghviz.metrics.vertex_owners import vertex_owners
from ghviz.types import Diagnosed, DiagnosisReady

MOST_ROWS: Final = 128
"""Samples of a batch whose plan is kept at most."""
MOST_COLUMNS: Final = 100
"""Vertices of a plan that are kept at most."""
_DIGITS: Final = 6


def diagnosed(ready: DiagnosisReady) -> Diagnosed:
    """Return a diagnosis as an event, with the agreement of surrogate labels with the classes.

    Of a batch of more than `MOST_ROWS` samples the plan keeps some of each class, as many of each as can be,
    so that the tail stays; of more than `MOST_COLUMNS` vertices those that have most of the batch.

    Args:
        ready: as the engine gives it.
    """
    seen = ready.nearest >= 0
    agreement = label_agreement(ready.nearest[seen], ready.labels[seen])
    classes = ready.labels[ready.batch]
    in_batch = label_agreement(ready.plan.argmax(axis=1), classes)
    rows, columns = _rows(classes), _columns(ready.plan)
    numbers = ready.numbers | {
        "nmi": agreement.nmi,
        "adjusted_rand": agreement.adjusted_rand,
        "batch_nmi": in_batch.nmi,
        "batch_adjusted_rand": in_batch.adjusted_rand,
    }
    return Diagnosed(
        step=ready.step,
        numbers={name: value if math.isfinite(value) else None for name, value in numbers.items()},
        prior=[round(value, _DIGITS) for value in ready.prior.tolist()],
        mass=[round(value, _DIGITS) for value in ready.mass.tolist()],
        owners=vertex_owners(ready.nearest, ready.labels, num_vertices=len(ready.prior)).tolist(),
        plan=np.rint(100 * ready.plan[np.ix_(rows, columns)]).astype(int).tolist(),
        plan_classes=classes[rows].tolist(),
        plan_vertices=columns.tolist(),
        batch=len(classes),
    )


def _rows(classes: NDArray[np.int64]) -> NDArray[np.intp]:
    """Positions in the batch from head to tail; of too many the first of each class."""
    order = np.argsort(classes, kind="stable")
    _, starts, sizes = np.unique(classes[order], return_index=True, return_counts=True)
    turn = np.arange(len(order)) - np.repeat(starts, sizes)  # how many of its class came before
    return order[np.sort(np.argsort(turn, kind="stable")[:MOST_ROWS])]


def _columns(plan: NDArray[np.float32]) -> NDArray[np.intp]:
    """Vertices that are shown, ascending."""
    return np.sort(np.argsort(-plan.sum(axis=0), kind="stable")[:MOST_COLUMNS])
