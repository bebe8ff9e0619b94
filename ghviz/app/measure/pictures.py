"""Charts of the Measure page: share against frequency, Gram matrices, confusion, metrics over steps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app import charted
from ghviz.app.charts import curves_block
from ghviz.app.measure.findings import Embeddings, Findings
from ghviz.app.pairs import Comparison, Record
from ghviz.app.theme import is_dark, is_narrow, note
from ghviz.evaluate.knn import knn
from ghviz.figures.series import Curve
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.center_replicates import unbiased_center_cosines
from ghviz.metrics.frequency_slope import SHARE_FLOOR, frequency_slope
from ghviz.metrics.table import SUMMARY
from ghviz.metrics.values import mean_of_known
from ghviz.types import MetricTable

if TYPE_CHECKING:
    from ghviz.figures.measure_charts import Fit

Values = NDArray[np.float64]
SIDES = ("base", "gh")
MEANS = ("class_uniformity", "class_alignment", "mean_resultant_length")
"""Metrics per class whose mean over the classes is shown over steps."""


def share_section(found: Findings) -> None:
    """Share against frequency with both slopes; only the training embeddings have it."""
    if "territory_share" not in found.base.per_class:
        note("Territory means something on the long-tailed training embeddings only: it is not shown here.")
        return
    from ghviz.figures.measure_charts import share_chart
    from ghviz.figures.screen import CONFIG

    st.subheader("Share of the sphere against frequency", anchor=False)
    counts = np.asarray(found.classes.counts, dtype=np.int64)
    present = counts > 0
    shares = [table.per_class["territory_share"][present] for table in (found.base, found.gh)]
    figure = share_chart(
        counts[present],
        (100 * shares[0], 100 * shares[1]),
        (_fit(shares[0], counts[present]), _fit(shares[1], counts[present])),
        names=[name for name, there in zip(found.classes.names, present, strict=True) if there],
        dark=is_dark(),
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key="share-chart")
    note(
        "Slope 1: a class holds the sphere in proportion to its samples; 0: all hold the same. "
        "Read it beside the tail gap: the slope can look good while rare classes merge."
    )


def matrices_section(comparison: Comparison, step: int, embeddings: Embeddings) -> None:
    """Gram matrices of the class centres, and what k-NN takes the test samples for."""
    from ghviz.figures.measure_charts import matrix_pair
    from ghviz.figures.screen import CONFIG

    records = [comparison.sides[side] for side in SIDES]
    names = list(records[0].classes.names)
    st.subheader("Cosines of the class centres", anchor=False)
    cosines = [_cosines(record, step, embeddings) for record in records]
    figure = matrix_pair((cosines[0], cosines[1]), names=names, stacked=is_narrow(), dark=is_dark())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="gram-chart")
    note(
        "Corrected for the scatter of the centres of small classes. 1: two classes point the same way, they "
        f"have merged; if all were as far apart as they can be, every cosine would be "
        f"−1 / (L − 1) = {-1 / (len(names) - 1):.2f}.".replace("-", "−")
    )
    if not all(len(record.points.test_labels) for record in records):
        return
    st.subheader("What test samples are taken for", anchor=False)
    most = min(len(record.points.train_labels) for record in records)
    choices = [k for k in (1, 5, 20) if k <= most]
    neighbors = st.segmented_control(
        "Nearest training samples that vote", choices, default=1, required=True, key="neighbors"
    )
    confusions = [_confusion(record, step, int(neighbors)) for record in records]
    figure = matrix_pair(
        (confusions[0], confusions[1]), names=names, percent=True, stacked=is_narrow(), dark=is_dark()
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key="confusion-chart")
    note(
        "Each row is a class: how many per cent of its balanced test samples are taken for which class. With "
        "more than one vote a class of a handful of training samples can hardly win."
    )


def steps_section(comparison: Comparison) -> None:
    """Every metric over training, both sides in each chart."""
    base, gh = (comparison.sides[side] for side in SIDES)
    if len(base.steps) == 1 and len(gh.steps) == 1:
        return
    tables = base.tables, gh.tables
    curves = [charted.curve(key, *tables) for key in SUMMARY if charted.is_measured(key, *tables)]
    curves += [_mean_curve(key, *tables) for key in MEANS]
    curves_block("Over training", curves, charted.marks(gh), name=f"{comparison.folder.name}-metrics")
    note(
        "As measured while it trained, on the training embeddings and, for accuracies, the test embeddings; "
        "metrics of class centres are not corrected for small classes here."
    )


def _mean_curve(key: str, base: tuple[MetricTable, ...], gh: tuple[MetricTable, ...]) -> Curve:
    """The mean over classes of a metric per class."""
    base, gh = (
        tuple(replace(table, summary={key: mean_of_known(table.per_class[key])}) for table in tables)
        for tables in (base, gh)
    )
    drawn = charted.curve(key, base, gh)
    return replace(drawn, text=replace(charted.label(METRICS[key]), title=f"{METRICS[key].title}, mean"))


def _fit(share: Values, counts: NDArray[np.int64]) -> Fit:
    from ghviz.figures.measure_charts import Fit

    slope, error = frequency_slope(share, counts)
    x, y = np.log(counts), np.log(np.maximum(100 * share, 100 * SHARE_FLOOR))
    ends = [float(np.exp(y.mean() + slope * (end - x.mean()))) for end in (x.min(), x.max())]
    return Fit(slope=slope, error=error, ends=(ends[0], ends[1]))


def _cosines(record: Record, step: int, embeddings: Embeddings) -> Values:
    snapshot = record.run.snapshot(record.steps[record.index_at(step)])
    train = embeddings == "train"
    rows = snapshot.train if train else snapshot.test
    labels = record.points.train_labels if train else record.points.test_labels
    size = len(record.classes.names)
    if len(rows) == 0:
        return np.full((size, size), np.nan)
    return unbiased_center_cosines(rows, labels, num_classes=size)


def _confusion(record: Record, step: int, neighbors: int) -> Values:
    """(L, L) per cent of the test samples of a class that are taken for each class."""
    snapshot = record.run.snapshot(record.steps[record.index_at(step)])
    train = snapshot.train, record.points.train_labels
    answer = knn(train, (snapshot.test, record.points.test_labels), neighbors=neighbors)
    size = len(record.classes.names)
    cells = np.bincount(answer.labels * size + answer.predicted, minlength=size * size).reshape(size, size)
    of_class = cells.sum(axis=1, keepdims=True)
    shares: Values = 100 * cells / np.where(of_class > 0, of_class, np.nan)
    return shares
