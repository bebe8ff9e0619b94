"""Charts of the Measure page: what is in them, for few classes, many, and gaps."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.figures.measure_charts import Dots, Fit, dumbbells, matrix_pair, share_chart
from ghviz.figures.palette import side_colors
from ghviz.figures.series import Label

ANGLE = Label(title="Angle", unit="°", digits=1)


def dots(*values):
    given = np.array(values, dtype=float)
    return Dots(values=given, low=given - 1, high=given + 2)


def test_shares_lie_on_logarithmic_axes_with_both_lines():
    counts = np.array([100, 10, 1])
    fits = Fit(slope=0.7, error=0.1, ends=(5.0, 60.0)), Fit(slope=-0.2, error=np.nan, ends=(40.0, 30.0))
    figure = share_chart(
        counts,
        (np.array([60.0, 40.0, 0.0]), np.array([30.0, np.nan, 40.0])),
        fits,
        names=["a", "b", "c"],
    )
    base_line, base, gh_line, gh = figure.data
    assert (list(base_line.x), list(base_line.y)) == ([1, 100], [5.0, 60.0])
    assert list(gh_line.y) == [40.0, 30.0]
    assert (list(base.y), list(gh.y)) == ([60.0, 40.0, None], [30.0, None, 40.0])
    assert base.name == "without GH: slope 0.70 ± 0.10"
    assert gh.name == "with GH: slope −0.20"
    assert (base.marker.color, gh.marker.color) == side_colors()
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    low, high = (10**end for end in figure.layout.yaxis.range)
    assert low < 5
    assert high > 60
    assert set(figure.layout.xaxis.tickvals) >= {1, 2, 5, 10, 100}


def test_dumbbells_join_both_sides_and_pale_what_is_uncertain():
    certain = np.array([True, False, True])
    figure = dumbbells(
        (dots(1, 2, np.nan), dots(4, 2.5, 3)), certain, ANGLE, names=["head", "b", "tail"], dark=True
    )
    sure, unsure, base, gh = figure.data
    assert list(sure.x) == [1, 4, None, None, 3, None]
    assert list(sure.y) == [0, 0, 0, 2, 2, 2]
    assert list(unsure.x) == [2, 2.5, None]
    assert unsure.line.dash == "dot"
    assert list(base.x) == [1, 2, None]
    assert list(gh.error_x.array) == [2, 2, 2]
    assert list(gh.error_x.arrayminus) == [1, 1, 1]
    assert list(gh.marker.opacity) == [1, 0.4, 1]
    bottom, top = figure.layout.yaxis.range
    assert bottom > top  # head above
    assert list(figure.layout.yaxis.ticktext) == ["head", "b", "tail"]
    assert figure.layout.xaxis.title.text == "Angle (°)"


def test_a_hundred_classes_have_room():
    values = np.linspace(1, 50, 100)
    many = Dots(values=values, low=values, high=values)
    names = [f"class {i}" for i in range(100)]
    figure = dumbbells((many, many), np.ones(100, dtype=bool), ANGLE, names=names)
    assert 800 < figure.layout.height < 1400
    assert 8 <= len(figure.layout.yaxis.ticktext) <= 12
    matrix = matrix_pair((np.eye(100), np.eye(100)), names=names)
    assert matrix.data[0].texttemplate is None
    assert len(matrix.layout.xaxis.tickvals) == 6


@pytest.mark.parametrize("stacked", [False, True])
def test_both_matrices_share_one_scale(stacked):
    cosines = np.array([[1, -0.5], [np.nan, 1]])
    figure = matrix_pair((cosines, -cosines), names=["a", "b"], stacked=stacked)
    one, other = figure.data
    assert one.coloraxis == other.coloraxis == "coloraxis"
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    assert [list(row) for row in one.z] == [[1, -0.5], [None, 1]]
    assert [each.text for each in figure.layout.annotations] == ["Without GH", "With GH"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert (figure.layout.yaxis.domain == figure.layout.yaxis2.domain) == (not stacked)
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.yaxis2.scaleanchor == "x2"


def test_a_confusion_is_in_per_cent():
    figure = matrix_pair((np.full((2, 2), 50.0), np.eye(2) * 100), names=["a", "b"], percent=True)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 100)
    assert figure.data[0].texttemplate == "%{z:.0f}"
    assert "taken for" in figure.data[0].hovertemplate
    assert figure.data[0].hovertemplate.count("%{z:.0f} %") == 1
