"""Scales and shifts of replicates: there and back again, and NaN in nobody's way."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics.intervals.scales import LOG, LOG_OVERLAP, LOG_SCATTER, LOG_SHARE, LOG_SPREAD, PLAIN
from ghviz.metrics.intervals.shifts import centred, known_mean, reflected

INSIDE = {
    "plain": (PLAIN, np.linspace(-3, 3, 7)),
    "distance": (LOG, np.linspace(1e-6, 2, 7)),
    "share": (LOG_SHARE, np.linspace(0.001, 1, 7)),
    "length": (LOG_SCATTER, np.linspace(0, 0.999, 7)),
    "uniformity": (LOG_SPREAD, np.linspace(-8, -1e-6, 7)),
    "silhouette": (LOG_OVERLAP, np.linspace(-1, 0.999, 7)),
}


@pytest.mark.parametrize("name", INSIDE)
def test_a_scale_leads_back_to_where_it_came_from(name):
    scale, values = INSIDE[name]
    np.testing.assert_allclose(scale.back(scale.there(values)), values, atol=1e-9)
    assert np.isnan(scale.back(scale.there(np.array([np.nan])))).all()
    assert len(set(np.sign(np.diff(scale.there(values))))) == 1  # one way or the other, never both


@pytest.mark.parametrize(
    ("scale", "end"), [(LOG, 0.0), (LOG_SCATTER, 1.0), (LOG_SPREAD, 0.0), (LOG_OVERLAP, 1.0)]
)
def test_a_point_has_a_finite_place_on_each_scale(scale, end):
    place = scale.there(np.array([end]))
    assert np.isfinite(place).all()
    assert scale.back(place) == pytest.approx(end, abs=1e-9)


def test_no_share_is_smaller_than_the_slope_takes_it_for():
    assert LOG_SHARE.back(LOG_SHARE.there(np.array([0.0]))) == pytest.approx(0.5 / 20_000)
    assert LOG_SHARE.back(np.array([0.1])) == 1  # drawn apart beyond all there is


def test_replicates_are_moved_to_their_value_and_beyond_it():
    replicates = np.array([[1.0, 4.0, np.nan], [3.0, np.nan, np.nan]])
    np.testing.assert_array_equal(known_mean(replicates), [2, 4, 0])
    np.testing.assert_array_equal(centred(replicates, np.array([5.0, 1.0, 1.0]))[0, :2], [4, 1])
    np.testing.assert_array_equal(reflected(replicates, np.array([5.0, 1.0, 1.0]))[0, :2], [7, -2])
    np.testing.assert_array_equal(known_mean(reflected(replicates, 5.0))[:2], [8, 6])
    assert np.isnan(centred(replicates)[:, 2]).all()
