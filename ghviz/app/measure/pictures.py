"""Charts of the Measure page: share against frequency, Gram matrices, confusion."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.export import save_buttons
from ghviz.app.measure.findings import Embeddings, content
from ghviz.app.pairs import Comparison, Record
from ghviz.app.theme import is_dark, is_narrow, note
from ghviz.evaluate.knn import knn
from ghviz.figures.measure_series import Fit, Matrices, Shares
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.frequency_slope import SHARE_FLOOR, frequency_slope
from ghviz.metrics.unbiased_center_cosines import unbiased_center_cosines
from ghviz.types import ClassTable, Points, Snapshot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ghviz.figures.style import Width

Values = NDArray[np.float64]
SIDES = ("base", "gh")
ROOMY: Final = 7
"""Classes up to which the cosines of two matrices side by side have room on a screen of medium width."""


def share_section(comparison: Comparison, step: int, embeddings: Embeddings) -> None:
    """Share against frequency with both slopes; only the training embeddings have it."""
    if embeddings != "train":
        titles = [info.title for info in METRICS.values() if info.embeddings == ("train",)]
        note(
            f"{', '.join(titles)} mean something on the long-tailed training embeddings only: not shown here."
        )
        return
    from ghviz.figures.measure_charts import share_chart
    from ghviz.figures.screen import CONFIG

    points, classes = comparison.any_side.points, comparison.any_side.classes
    room = "circle" if points.targets.shape[1] == 2 else "sphere"
    counts = np.asarray(classes.counts, dtype=np.int64)
    present = counts > 0
    tables = [comparison.sides[side].table_at(step) for side in SIDES]
    shares = [table.per_class["territory_share"][present] for table in tables]
    shown = Shares(
        counts=counts[present],
        sides=(100 * shares[0], 100 * shares[1]),
        fits=(_fit(shares[0], counts[present]), _fit(shares[1], counts[present])),
        names=tuple(name for name, there in zip(classes.names, present, strict=True) if there),
        step=step,
    )
    _titled(f"Share of the {room} against frequency", shown, _file(comparison, step, "shares"), key="share")
    st.plotly_chart(share_chart(shown, dark=is_dark()), theme=None, config=CONFIG, key="share-chart")
    note(
        f"Slope 1: a class holds the {room} in proportion to its samples; 0: all hold the same. "
        "Read it beside the tail gap: the slope can look good while rare classes merge."
    )


def matrices_section(comparison: Comparison, step: int, embeddings: Embeddings) -> None:
    """Gram matrices of the class centres, and what k-NN takes the test samples for."""
    records = [comparison.sides[side] for side in SIDES]
    names, dimension = records[0].classes.names, records[0].points.targets.shape[1]
    base, gh = (_of_snapshot(record, step, cosines=embeddings) for record in records)
    shown = Matrices(sides=(base, gh), names=names, step=step, corrected=True)
    _titled("Cosines of the class centres", shown, _file(comparison, step, "cosines"), key="gram")
    _matrices(shown, key="gram-chart")
    note(
        "Corrected for the scatter of the centres of small classes; a class of fewer than three samples has "
        f"none. 1: two classes point the same way, they have merged. {_simplex(len(names), dimension)}"
    )
    if not all(len(record.points.test_labels) for record in records):
        return
    title = st.container()
    most = min(len(record.points.train_labels) for record in records)
    neighbors = st.segmented_control(
        "Nearest training samples that vote",
        [k for k in (1, 5, 20) if k <= most],
        default=1,
        required=True,
        key="neighbors",
    )
    base, gh = (_of_snapshot(record, step, neighbors=int(neighbors)) for record in records)
    shown = Matrices(sides=(base, gh), names=names, percent=True, step=step, neighbors=int(neighbors))
    with title:
        file = _file(comparison, step, "confusion")
        _titled("What test samples are taken for", shown, file, key="confusion")
    _matrices(shown, key="confusion-chart")
    note(
        "Each row is a class: how many per cent of its balanced test samples are taken for which class. With "
        "more than one vote a class of a handful of training samples can hardly win."
    )


def _simplex(num_classes: int, dimension: int) -> str:
    """How far apart class centres can be.

    >>> _simplex(3, 2)
    'If all were as far apart as they can be, every cosine would be −1 / (L − 1) = −0.50.'
    """
    best = f"−1 / (L − 1) = {-1 / max(num_classes - 1, 1):.2f}".replace("= -", "= −")
    if num_classes <= dimension + 1:
        return f"If all were as far apart as they can be, every cosine would be {best}."
    return (
        f"A simplex, all cosines {best}, takes {num_classes - 1} dimensions: in {dimension}, {num_classes} "
        "classes cannot all be that far apart."
    )


def _titled(title: str, shown: Shares | Matrices, name: str, *, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(title, anchor=False, width="content")
        save_buttons(partial(_on_paper, shown), name=name, key=key, caption=shown.caption)


def _on_paper(shown: Shares | Matrices, *, width: Width) -> Figure:
    from ghviz.figures import measure_plates

    if isinstance(shown, Shares):
        return measure_plates.share_figure(shown, width=width)
    return measure_plates.matrices_figure(shown, width=width)


def _matrices(shown: Matrices, *, key: str) -> None:
    from ghviz.figures.measure_charts import matrix_pair
    from ghviz.figures.screen import CONFIG

    figure = matrix_pair(shown, stacked=is_narrow(), dark=is_dark())
    if len(shown.names) > ROOMY and not shown.percent:
        key += "-crowded"  # the style sheet leaves the numbers out on screens of medium width
    st.plotly_chart(figure, theme=None, config=CONFIG, key=key)


def _file(comparison: Comparison, step: int, what: str) -> str:
    return f"{comparison.folder.name}-step-{step}-{what}"


def _fit(share: Values, counts: NDArray[np.int64]) -> Fit:
    slope, error = frequency_slope(share, counts)
    x, y = np.log(counts), np.log(np.maximum(100 * share, 100 * SHARE_FLOOR))
    ends = [float(np.exp(y.mean() + slope * (end - x.mean()))) for end in (x.min(), x.max())]
    return Fit(slope=slope, error=error, ends=(ends[0], ends[1]))


def _of_snapshot(
    record: Record, step: int, *, cosines: Embeddings | None = None, neighbors: int = 0
) -> Values:
    """The matrix of a record at a step, remembered by content."""
    snapshot = record.run.snapshot(record.steps[record.index_at(step)])
    parts = snapshot, record.points, record.classes
    if cosines is not None:
        return _cosines(content(*parts), cosines, _parts=parts)
    return _confusion(content(*parts), neighbors, _parts=parts)


@st.cache_resource(max_entries=24, show_spinner=False)
def _cosines(key: str, embeddings: Embeddings, _parts: tuple[Snapshot, Points, ClassTable]) -> Values:
    """(L, L) corrected cosines of the class centres."""
    snapshot, points, classes = _parts
    train = embeddings == "train"
    rows, labels = (snapshot.train, points.train_labels) if train else (snapshot.test, points.test_labels)
    size = len(classes.names)
    if len(rows) == 0:
        return np.full((size, size), np.nan)
    return unbiased_center_cosines(rows, labels, num_classes=size)


@st.cache_resource(max_entries=24, show_spinner=False)
def _confusion(key: str, neighbors: int, _parts: tuple[Snapshot, Points, ClassTable]) -> Values:
    """(L, L) per cent of the test samples of a class that are taken for each class."""
    snapshot, points, classes = _parts
    train = snapshot.train, points.train_labels
    answer = knn(train, (snapshot.test, points.test_labels), neighbors=neighbors)
    size = len(classes.names)
    cells = np.bincount(answer.labels * size + answer.predicted, minlength=size * size).reshape(size, size)
    of_class = cells.sum(axis=1, keepdims=True)
    shares: Values = 100 * cells / np.where(of_class > 0, of_class, np.nan)
    return shares
