"""UMAP by placement: who is in which band, one scale for both sides, the worst on top."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.figures.palette import contrast, inks
from ghviz.figures.placement import placement_twin
from ghviz.figures.placement_bands import BANDS, band_of

PLACEMENT = np.array([1.0, 0.2, 0.95, 0.9, 0.7, 0.69, 0.85])


def planes():
    rng = np.random.default_rng(0)
    return rng.standard_normal((7, 2)), 3 * rng.standard_normal((7, 2))


def test_each_point_is_in_its_band_and_its_place():
    base, gh = planes()
    figure = placement_twin((base, gh), (PLACEMENT, PLACEMENT[::-1]))
    assert len(figure.data) == 2 * len(BANDS)
    assert [trace.name for trace in figure.data[:4]] == [band.name for band in BANDS]
    assert [sorted(trace.customdata[:, 0]) for trace in figure.data[:4]] == [[0, 2], [3, 6], [4], [1, 5]]
    assert [trace.showlegend for trace in figure.data] == [True] * 4 + [False] * 4
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    scales = []
    for side, plane in enumerate((base, gh)):
        traces = figure.data[4 * side : 4 * side + 4]
        order = np.concatenate([trace.customdata[:, 0] for trace in traces]).astype(int)
        shown = np.concatenate([trace.x for trace in traces])
        assert np.corrcoef(shown, plane[order, 0])[0, 1] == pytest.approx(1)
        scales.append(shown.std() / plane[:, 0].std())
    assert scales[0] == pytest.approx(scales[1], rel=1e-4)


def test_what_was_not_measured_is_grey_and_below():
    some = PLACEMENT.copy()
    some[[0, 3]] = np.nan
    figure = placement_twin(planes(), (some, some))
    assert len(figure.data) == 2 * (len(BANDS) + 1)
    unknown = figure.data[0]
    assert unknown.name == "not measured"
    assert unknown.customdata[:, 0].tolist() == [0, 3]
    assert unknown.hovertemplate == "not measured<extra></extra>"
    assert [sorted(trace.customdata[:, 0]) for trace in figure.data[1:5]] == [[2], [6], [4], [1, 5]]


@pytest.mark.parametrize("dark", [False, True])
def test_bands_are_ordered_and_the_badly_placed_stand_out(dark):
    assert band_of(PLACEMENT).tolist() == [0, 3, 0, 1, 2, 3, 1]
    assert [band.at_least for band in BANDS] == sorted((band.at_least for band in BANDS), reverse=True)
    assert BANDS[-1].at_least == 0
    colors = [band.dark if dark else band.light for band in BANDS]
    contrasts = [contrast(color, inks(dark=dark).background) for color in colors]
    assert contrasts[0] == min(contrasts)
    assert min(contrasts[2:]) > 3
    figure = placement_twin(planes(), (PLACEMENT, PLACEMENT), dark=dark, stacked=True)
    assert [trace.marker.color for trace in figure.data[:4]] == colors
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]
    assert figure.layout.paper_bgcolor == "rgba(0,0,0,0)"
