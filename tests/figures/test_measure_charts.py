"""Charts of the Measure page: what is in them, for few classes, many, and gaps."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ghviz.figures.matrix_colors import ink_on, matrix_scale
from ghviz.figures.measure_charts import dumbbells, matrix_pair, share_chart
from ghviz.figures.measure_series import Dots, Dumbbells, Fit, Matrices, Shares, log_ticks, some_ranks
from ghviz.figures.palette import contrast, inks, side_colors
from ghviz.figures.series import Label

ANGLE = Label(title="Angle", unit="°", digits=1)


def dots(*values):
    given = np.array(values, dtype=float)
    return Dots(values=given, low=given - 1, high=given + 2)


def three(certain=(True, False, True)):
    return Dumbbells(
        sides=(dots(1, 2, np.nan), dots(4, 2.5, 3)),
        certain=np.array(certain),
        text=ANGLE,
        names=("head", "b", "tail"),
        step=30,
    )


def shares():
    fits = Fit(slope=0.7, error=0.1, ends=(5.0, 60.0)), Fit(slope=-0.2, error=np.nan, ends=(40.0, 30.0))
    return Shares(
        counts=np.array([100, 10, 1]),
        sides=(np.array([60.0, 40.0, 0.0]), np.array([30.0, np.nan, 40.0])),
        fits=fits,
        names=("a", "b", "c"),
        step=30,
    )


def matrices(base, gh, **how):
    return Matrices(sides=(base, gh), names=tuple(f"class {i}" for i in range(len(base))), **how)


def test_shares_lie_on_logarithmic_axes_with_both_lines():
    figure = share_chart(shares())
    base_line, base, gh_line, gh = figure.data
    assert (list(base_line.x), list(base_line.y)) == ([1, 100], [5.0, 60.0])
    assert list(gh_line.y) == [40.0, 30.0]
    assert (list(base.y), list(gh.y)) == ([60.0, 40.0, None], [30.0, None, 40.0])
    assert base.name == "without GH: slope 0.70, standard error 0.10"
    assert gh.name == "with GH: slope −0.20"
    assert (base.marker.color, gh.marker.color) == side_colors()
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    low, high = (10**end for end in figure.layout.yaxis.range)
    assert low < 5
    assert high > 60
    assert set(figure.layout.xaxis.tickvals) >= {1, 2, 5, 10, 100}
    (even,) = figure.layout.annotations  # where a logarithmic axis wants it, not far outside
    assert even.text == "even"
    assert 10**even.y == pytest.approx(100 / 3)
    assert figure.layout.shapes[0].y0 == pytest.approx(100 / 3)


def test_dumbbells_join_both_sides_and_pale_what_is_uncertain():
    figure = dumbbells(three(), dark=True)
    unsure, pale_base, pale_gh, sure, base, gh, *legend = figure.data
    assert list(sure.x) == [1, 4, None, None, 3, None]
    assert list(sure.y) == [0, 0, 0, 2, 2, 2]
    assert list(unsure.x) == [2, 2.5, None]
    assert unsure.line.dash == "dot"
    assert list(base.x) == [1, None]
    assert list(pale_base.x) == [2]
    assert list(gh.error_x.array) == [2, 2]
    assert list(gh.error_x.arrayminus) == [1, 1]
    for full, pale in ((base, pale_base), (gh, pale_gh)):  # the whiskers, too
        assert full.error_x.color == full.marker.color
        assert pale.error_x.color == pale.marker.color
        background = inks(dark=True).background
        assert contrast(pale.marker.color, background) < 0.6 * contrast(full.marker.color, background)
    assert [each.marker.color for each in legend] == list(side_colors(dark=True))
    assert [each.showlegend is not False for each in figure.data] == [False] * 6 + [True] * 2
    bottom, top = figure.layout.yaxis.range
    assert bottom > top  # head above
    assert list(figure.layout.yaxis.ticktext) == ["head", "b", "tail"]
    assert figure.layout.xaxis.title.text == "Angle (°)"


@pytest.mark.parametrize(("size", "low", "high"), [(100, 800, 1400), (1000, 800, 1700)])
def test_many_classes_have_room_and_no_endless_chart(size, low, high):
    values = np.linspace(1, 50, size)
    many = Dots(values=values, low=values, high=values)
    names = tuple(f"class {i}" for i in range(size))
    shown = Dumbbells(sides=(many, many), certain=np.ones(size, dtype=bool), text=ANGLE, names=names)
    figure = dumbbells(shown)
    assert low < figure.layout.height < high
    assert 8 <= len(figure.layout.yaxis.ticktext) <= 12
    assert figure.layout.yaxis.ticktext[-1] == names[-1]
    matrix = matrix_pair(matrices(np.eye(size), np.eye(size)))
    assert len(matrix.data) == 2  # no numbers in the cells
    assert 4 <= len(matrix.layout.xaxis.tickvals) <= 6
    assert len(matrix.to_json()) < 14 * size * size  # four bytes a number, base64, and few words


@pytest.mark.parametrize("stacked", [False, True])
def test_both_matrices_share_one_scale(stacked):
    cosines = np.array([[1, -0.5], [np.nan, 1]])
    figure = matrix_pair(matrices(cosines, -cosines), stacked=stacked)
    one, numbers, other, _ = figure.data
    assert one.coloraxis == other.coloraxis == "coloraxis"
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-1, 1)
    np.testing.assert_array_equal(one.z, cosines)
    assert list(numbers.text) == ["1.00", "−0.50", "1.00"]
    assert list(zip(numbers.y, numbers.x, strict=True))[1] == ("class 0", "class 1")
    assert [each.text for each in figure.layout.annotations] == ["Without GH", "With GH"]
    assert figure.layout.yaxis.autorange == "reversed"
    assert (figure.layout.yaxis.domain == figure.layout.yaxis2.domain) == (not stacked)
    assert figure.layout.yaxis.scaleanchor == "x"
    assert figure.layout.yaxis2.scaleanchor == "x2"


@pytest.mark.parametrize(
    ("size", "name", "percent", "written"),
    [
        (6, "", False, True),
        (10, "", False, False),
        (10, "", True, True),
        (10, "a long name ", True, False),
        (6, "a long name ", False, False),
    ],
)
def test_numbers_are_left_out_of_cells_that_are_too_narrow_on_a_phone(size, name, percent, written):
    names = tuple(f"{i}{name}" for i in range(size))
    given = Matrices(sides=(np.eye(size), np.eye(size)), names=names, percent=percent)
    assert len(matrix_pair(given, stacked=True).data) == (4 if written else 2)
    assert len(matrix_pair(given).data) == 4  # side by side there is room


def test_a_confusion_is_in_per_cent():
    figure = matrix_pair(matrices(np.full((2, 2), 50.0), np.eye(2) * 100, percent=True))
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 100)
    assert set(figure.data[1].text) == {"50"}
    assert "taken for" in figure.data[0].hovertemplate
    assert figure.data[0].hovertemplate.count("%{z:.0f} %") == 1


def test_two_classes_of_one_name_are_two_rows():
    given = Matrices(sides=(np.eye(2), np.eye(2)), names=("cat", "cat"))
    assert list(matrix_pair(given).data[0].x) == ["cat (1)", "cat (2)"]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("percent", [False, True])
def test_numbers_on_cells_can_be_read(percent, dark):
    places, colors = zip(*matrix_scale(percent=percent, dark=dark), strict=True)
    for place, color in zip(places, colors, strict=True):
        value = 100 * place if percent else 2 * place - 1
        assert contrast(ink_on(value, percent=percent, dark=dark), color) > 4


def test_ticks_and_names_stay_apart():
    _, ticks, written = log_ticks(3, 1280)
    assert written == ["5", "10", "20", "50", "100", "200", "500", "1,000"] or len(written) == 3
    assert all(a < b for a, b in pairwise(ticks))
    for size in (2, 13, 99, 100, 1000):
        ranks = some_ranks(size, 12)
        assert (ranks[0], ranks[-1]) == (0, size - 1)
        assert len(ranks) <= 12
        gaps = np.diff(ranks)
        assert gaps.min() >= 0.7 * gaps[0]


def test_captions_say_what_is_shown():
    assert "Slopes: without GH 0.70, standard error 0.10; with GH −0.20." in shares().caption
    assert "Pale" in three().caption
    assert "Pale" not in three(certain=(True, True, True)).caption
    corrected = matrices(np.eye(2), np.eye(2), corrected=True, step=1200).caption
    assert "step 1,200, corrected for the scatter" in corrected
    assert "5-nearest" in matrices(np.eye(2), np.eye(2), percent=True, neighbors=5).caption
