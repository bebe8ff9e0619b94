"""The charts of the Measure page on paper: the same content, in both widths, for few classes and many."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import numpy as np
import pytest

from ghviz.figures.measure_plates import dumbbells_figure, matrices_figure, share_figure
from ghviz.figures.measure_series import Dots, Dumbbells, Matrices
from ghviz.figures.paper import save
from ghviz.figures.series import Label
from tests.figures.test_measure_charts import matrices, shares, three

DRAWN = {
    "shares": lambda **how: share_figure(shares(), **how),
    "dumbbells": lambda **how: dumbbells_figure(three(), **how),
    "cosines": lambda **how: matrices_figure(matrices(np.eye(3), -np.eye(3)), **how),
    "confusion": lambda **how: matrices_figure(matrices(100 * np.eye(3), np.eye(3), percent=True), **how),
}


def hundred(kind, **how):
    values, names = np.linspace(1, 50, 100), tuple(f"a long class name {i}" for i in range(100))
    if kind == "dumbbells":
        many = Dots(values=values, low=values - 1, high=values + 1)
        text = Label(title="Angle", unit="°", digits=1)
        given = Dumbbells(sides=(many, many), certain=values > 20, text=text, names=names)
        return dumbbells_figure(given, **how)
    return matrices_figure(Matrices(sides=(np.eye(100), np.eye(100)), names=names), **how)


def overlaps(labels, renderer):
    boxes = [label.get_window_extent(renderer) for label in labels if label.get_text()]
    return any(a.overlaps(b) for a, b in pairwise(boxes))


def assert_tidy(figure):
    """Everything lies on the page, and no name covers the next."""
    renderer = figure.canvas.get_renderer()
    page = figure.bbox
    for axes in figure.axes:
        if not axes.axison:
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            places = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            labels = [label for place, label in places if low <= place <= high and label.get_text()]
            assert not overlaps(labels, renderer), [label.get_text() for label in labels]
            for label in labels:
                box = label.get_window_extent(renderer)
                assert min(box.x0 - page.x0, page.x1 - box.x1, box.y0 - page.y0, page.y1 - box.y1) > -1, label


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", ["full", 3.25])
@pytest.mark.parametrize("kind", list(DRAWN))
def test_it_is_as_wide_as_asked_and_nothing_sticks_out(kind, width, dark):
    figure = DRAWN[kind](width=width, dark=dark)
    across, high = figure.get_size_inches()
    assert across == pytest.approx(5.5 if width == "full" else width)
    assert 0.8 < high < 4
    assert_tidy(figure)


@pytest.mark.parametrize("width", ["full", 3.25])
@pytest.mark.parametrize("kind", ["dumbbells", "cosines"])
def test_a_hundred_classes_fit_on_a_page(kind, width):
    figure = hundred(kind, width=width)
    assert figure.get_size_inches()[1] < 9
    assert_tidy(figure)


@pytest.mark.parametrize("kind", list(DRAWN))
def test_it_is_saved_as_vectors_with_its_caption(kind):
    buffer = BytesIO()
    save(DRAWN[kind](), buffer, "pdf")
    data = buffer.getvalue()
    assert data.startswith(b"%PDF")
    assert b"/Subtype /Image" not in data
    assert len(data) < 60_000
    text = BytesIO()
    save(DRAWN[kind](), text, "svg")
    assert {"shares": "Slopes", "dumbbells": "Whiskers", "cosines": "Cosines", "confusion": "Confusion"}[
        kind
    ] in text.getvalue().decode()


def test_uncertain_differences_are_paler_and_both_lines_are_drawn():
    axes = dumbbells_figure(three()).axes[1]
    dots = [line for line in axes.lines if line.get_marker() in ("o", "D")]
    pale_base, pale_gh, base, gh = dots
    assert list(pale_base.get_xdata()) == [2]
    assert list(gh.get_xdata()) == [4, 3]
    assert pale_gh.get_color() != gh.get_color()
    assert base.get_color() != gh.get_color()
    axes = share_figure(shares()).axes[1]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert len(axes.lines) == 5  # two fits, two sets of dots, the even share
