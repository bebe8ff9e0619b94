"""Small made-up pairs: the same points without and with GH, and their metrics over a few steps."""

from __future__ import annotations

import numpy as np

from ghviz.figures.paper import PaperSide
from ghviz.types import ClassTable, MetricTable, Step

CLASSES = ClassTable(names=("zero", "one", "two", "three", "four", "five"), counts=(60, 30, 16, 8, 4, 2))
LABELS = np.repeat(np.arange(6), CLASSES.counts)
NUMBERS = {"slope": "0.57", "tail gap": "6.6°", "tail territory": "17 %"}


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def points(dimension, *, spread, seed=0):
    rng = np.random.default_rng(seed)
    centers = unit(rng.standard_normal((6, dimension)))
    return unit(centers[LABELS] + spread * rng.standard_normal((len(LABELS), dimension)))


def sides(dimension, *, targets=True):
    vertices = unit(np.random.default_rng(1).standard_normal((12, dimension)))
    base = PaperSide(
        title="SimCLR", coordinates=points(dimension, spread=0.4), labels=LABELS, numbers=NUMBERS
    )
    gh = PaperSide(
        title="SimCLR + GH",
        coordinates=points(dimension, spread=0.1),
        labels=LABELS,
        targets=vertices if targets else None,
        numbers=NUMBERS,
    )
    return base, gh


def table(step, *, slope):
    share = np.asarray(CLASSES.counts, dtype=float) ** slope
    return MetricTable(
        step=step,
        classes=CLASSES,
        per_class={
            "territory_share": share / share.sum(),
            "mean_resultant_length": np.array([0.8, 0.9, 0.9, 0.95, 0.97, np.nan]),
        },
        summary={"frequency_slope": slope, "tail_gap": 20.0 - 10 * slope},
    )


def tables(slopes):
    return [table(100 * i, slope=slope) for i, slope in enumerate(slopes)]


def losses(count, *, acting_from=None):
    return [
        Step(
            step=step,
            epoch=0,
            loss=2.0,
            base_loss=5.0 / step,
            gh_loss=1.0,
            gh_weight=float(acting_from is not None and step >= acting_from),
            learning_rate=1e-3,
        )
        for step in range(1, count + 1)
    ]
