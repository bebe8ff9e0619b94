"""Names of classes are written letter by letter, though Plotly reads HTML, and labels lie on nothing."""

from __future__ import annotations

from html import unescape
from itertools import product

import numpy as np
import pytest

from ghviz.figures import charts, diagnosis, measure_charts, measure_plates, planes, plates
from ghviz.figures.measure_series import Dots, Dumbbells, Matrices
from ghviz.figures.screen import verbatim
from ghviz.figures.series import Label
from ghviz.types import ClassTable, MetricTable
from tests.figures.test_diagnosis import event
from tests.figures.test_measure_charts import shares

NAMES = ("<b>B</b>", "&amp;", "%{x}")
CLASSES = ClassTable(names=NAMES, counts=(80, 15, 5))
SHARE = Label(title="Territory", unit="%", digits=1)


def table(*values):
    given = {"territory_share": np.array(values, dtype=float)}
    return MetricTable(step=1, classes=CLASSES, per_class=given, summary={})


def bars():
    return charts.class_bars(table(60, 30, 10), table(40, 35, 25), "territory_share", SHARE, even=100 / 3)


def dumbbells():
    dots = Dots(values=np.ones(3), low=np.zeros(3), high=np.full(3, 2.0))
    given = Dumbbells(sides=(dots, dots), certain=np.ones(3, dtype=bool), text=SHARE, names=NAMES)
    return measure_charts.dumbbells(given)


def planes_of(step):
    layout = np.random.default_rng(0).standard_normal((100, 2))
    return planes.umap_twin(
        {step: layout}, {step: layout}, np.repeat(np.arange(3), CLASSES.counts), CLASSES, step=step
    )


CHARTS = {
    "bars": bars,
    "dumbbells": dumbbells,
    "matrices": lambda: measure_charts.matrix_pair(Matrices(sides=(np.eye(3), np.eye(3)), names=NAMES)),
    "planes": lambda: planes_of(7),
    "prior": lambda: diagnosis.prior_bars(event(), CLASSES),
    "mass": lambda: diagnosis.mass_over_time([event(), event(20)], CLASSES),
    "plan": lambda: diagnosis.plan_map(event(), CLASSES),
}


def texts(found):
    """All texts of a figure's description."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, dict):
        return [text for each in found.values() for text in texts(each)]
    if isinstance(found, np.ndarray):
        found = found.tolist()
    if isinstance(found, list | tuple):
        return [text for each in found for text in texts(each)]
    return []


@pytest.mark.parametrize("kind", list(CHARTS))
def test_names_are_written_letter_by_letter(kind):
    said = texts(CHARTS[kind]().to_plotly_json())
    for name in NAMES[:2]:
        assert any(verbatim(name) in text for text in said), name
    for name, text in product(NAMES[:2], said):
        assert name not in text.replace("&amp;amp;", "")
    assert unescape(verbatim(NAMES[2])) == NAMES[2]
    assert "%{" not in verbatim(NAMES[2])


@pytest.mark.parametrize("chart", [bars, lambda: measure_charts.share_chart(shares())])
def test_the_label_of_an_even_share_stands_beside_the_chart(chart):
    shown = chart().layout
    (label,) = shown.annotations
    assert (label.text, label.x, label.xref, label.xanchor) == ("even", 1, "paper", "left")
    assert shown.margin.r >= 36


@pytest.mark.parametrize("width", ["full", 3.25])
@pytest.mark.parametrize("kind", ["bars", "shares"])
def test_on_paper_it_stands_there_too_and_on_the_page(kind, width):
    figure = (
        plates.bars_figure(
            table(60, 30, 10), table(40, 35, 25), "territory_share", SHARE, even=33, width=width
        )
        if kind == "bars"
        else measure_plates.share_figure(shares(), width=width)
    )
    axes = figure.axes[1]
    renderer = figure.canvas.get_renderer()
    (label,) = (text for text in axes.texts if text.get_text() == "even")
    box = label.get_window_extent(renderer)
    assert box.x0 > axes.get_window_extent(renderer).x1
    assert box.x1 <= figure.bbox.x1
