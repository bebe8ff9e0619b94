"""Memory of moments: of many classes and snapshots, what is held is that of one snapshot."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import events_of, series_of
from ghviz.types import ClassTable
from tests.test_memory import doubles, peak

CLASSES, SNAPSHOTS, DIMENSION = 1_000, 30, 128
MATRIX = 8 * CLASSES**2


def labels_of_many():
    return np.repeat(np.arange(CLASSES), np.geomspace(50, 3, CLASSES).astype(int))


def collapsing(labels):
    """Snapshots one at a time: all centres apart, all as good as one, apart again: the worst there is."""
    generator = np.random.default_rng(0)
    centers = generator.standard_normal((CLASSES, DIMENSION), dtype=np.float32)
    for i in range(SNAPSHOTS):
        shared = 100 * centers[:1] if i % 2 else 0
        yield shared + centers[labels] + 0.1 * generator.standard_normal((len(labels), DIMENSION))


def moments(snapshots, labels, shares):
    classes = ClassTable(
        names=tuple(f"class {i}" for i in range(CLASSES)), counts=tuple(np.bincount(labels).tolist())
    )
    steps = list(range(SNAPSHOTS))
    return events_of(series_of(snapshots, labels, steps=steps, classes=classes, territory_share=shares))


@pytest.mark.slow
def test_of_many_classes_and_snapshots():
    labels, generator = labels_of_many(), np.random.default_rng(1)
    shares = generator.dirichlet(np.full(CLASSES, 0.1), SNAPSHOTS)
    rows = doubles(np.empty((len(labels), DIMENSION)))
    # rows as they come and twice as unit rows, one matrix of cosines, and what is made of it to compare it
    found = []
    assert peak(lambda: found.extend(moments(collapsing(labels), labels, shares))) < 4 * rows + 6 * MATRIX
    assert {moment.kind for moment in found} >= {"merge", "split", "head-overtakes", "tail-overtakes"}
    assert len(found) <= 5 * SNAPSHOTS
    assert max(len(moment.text) for moment in found) < 200
    assert max(len(moment.classes) for moment in found) <= 100
    assert max(moment.count for moment in found) == CLASSES * (CLASSES - 1) // 2
