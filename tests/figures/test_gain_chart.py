"""What the chart of gains holds: traces, names, data; never pixels."""

from __future__ import annotations

import math

import pytest

from ghviz.figures.gain_chart import GainPanel, GainRow, gain_chart
from ghviz.figures.palette import inks, side_colors


def row(name: str = "SimCLR", **changes) -> GainRow:
    known = {"by_seed": {3: 0.5, 4: 1.5}, "mean": 1.0, "low": 0.25, "high": 1.5, "noise": 0.75}
    return GainRow(**{"name": name, "uncertain": False, **known, **changes})


def panel(*rows: GainRow, title: str = "Evenness") -> GainPanel:
    return GainPanel(title=title, better="more is better", digits=2, rows=rows)


def test_seeds_means_intervals_and_noise() -> None:
    figure = gain_chart([panel(row(), row("Focal", noise=math.nan, low=math.nan, high=math.nan))])
    seeds, mean, _, other = figure.data
    assert (tuple(seeds.x), tuple(seeds.y), tuple(seeds.customdata)) == ((0.5, 1.5), (0, 0), (3, 4))
    assert (mean.x[0], mean.error_x.array[0], mean.error_x.arrayminus[0]) == (1.0, 0.5, 0.75)
    assert other.error_x.visible is False
    bands = [(s.x0, s.x1) for s in figure.layout.shapes if s.type == "rect"]
    assert bands == [(-0.75, 0.75)]
    assert tuple(figure.layout.yaxis.ticktext) == ("SimCLR", "Focal")
    assert figure.layout.annotations[0].text == "Evenness · more is better"


@pytest.mark.parametrize("dark", [False, True])
def test_uncertain_differences_are_grey(dark: bool) -> None:
    figure = gain_chart([panel(row(), row("Focal", uncertain=True))], dark=dark)
    sure, unsure = figure.data[1], figure.data[3]
    assert sure.marker.color == side_colors(dark=dark)[1]
    assert unsure.marker.color == inks(dark=dark).muted


def test_a_seed_without_a_number_is_no_dot() -> None:
    figure = gain_chart([panel(row(by_seed={3: math.nan, 4: 1.5}))])
    assert tuple(figure.data[0].customdata) == (4,)


def test_panels_stand_in_a_grid() -> None:
    figure = gain_chart([panel(row(), title=str(i)) for i in range(3)], columns=2)
    assert [each.text[0] for each in figure.layout.annotations] == ["0", "1", "2"]
    assert figure.data[4].yaxis == "y3"
    with pytest.raises(ValueError, match="at least one"):
        gain_chart([])


def test_a_wide_band_does_not_hide_the_seeds():
    """The seeds say how far a chart reaches; twice as far at most for a band, which else ends at the edge."""
    rows = [row("wide", noise=300.0), row("known", noise=0.01)]
    figure = gain_chart([panel(*rows)])
    low, high = figure.layout.xaxis.range
    seen = max(abs(value) for each in rows for value in each.by_seed.values())
    assert seen < high <= 2.2 * seen
    assert low == -high
    assert max(shape.x1 for shape in figure.layout.shapes if shape.type == "rect") == high
