"""Which classes have a direction: Rayleigh's test holds its level, and no correction runs away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from ghviz.metrics import center_cosines, mean_resultant_length, unbiased_center_cosines
from ghviz.metrics.directed import least_length
from tests.metrics.samples import unit


@pytest.mark.parametrize("dimension", [2, 3, 16, 128])
@pytest.mark.parametrize("size", [3, 4, 8, 40])
def test_one_in_twenty_classes_spread_all_over_seems_to_have_a_direction(size, dimension):
    generator, classes = np.random.default_rng(size), 4_000
    rows = unit(generator.standard_normal((classes * size, dimension)))
    lengths = mean_resultant_length(rows, np.repeat(np.arange(classes), size))
    found = np.mean(lengths >= least_length(np.array([size]), dimension))
    assert found == pytest.approx(0.05, abs=0.03)


def test_the_border_is_where_the_corrected_statistic_is_the_quantile():
    for n, d in ((3, 2), (7, 3), (50, 64)):
        squared = least_length(np.array([n]), d).item() ** 2
        plain = (1 + (n - 1) * squared) / n  # Rbar^2
        statistic = d * n * plain
        corrected = (1 - 1 / (2 * n)) * statistic + statistic**2 / (2 * n * (d + 2))
        assert corrected == pytest.approx(chi2.ppf(0.95, d), rel=1e-9)
    assert np.isnan(least_length(np.array([0, 1]), 3)).all()


@pytest.mark.parametrize("dimension", [0, -3, float("nan")])
def test_a_dimension_that_is_none_is_refused(dimension):
    with pytest.raises(ValueError, match=f"^dimension must be at least 1, got {dimension}$"):
        least_length(np.array([3]), dimension)
    with pytest.raises(ValueError, match=r"^counts must be numbers of samples"):
        least_length(np.array([3, -3]), 3)


def test_a_class_that_points_nowhere_is_not_blown_up():
    """Divided by a length near 0, a quarter of the cosines were 1 or -1, whatever the classes."""
    generator, angles = np.random.default_rng(0), []
    centers = np.array([[1.0, 0, 0], [0.5, np.sqrt(0.75), 0]])
    labels = np.repeat([0, 1], [60, 6])
    for _ in range(400):
        spread = np.where(labels == 1, 1.9, 0.3)[:, None]  # mean resultant lengths of about .34 and .9
        rows = unit(centers[labels] + spread * generator.standard_normal((66, 3)))
        angles.append([each(rows, labels)[0, 1] for each in (center_cosines, unbiased_center_cosines)])
    plain, corrected = np.array(angles).T
    assert np.isfinite(corrected).all()
    assert np.mean(np.abs(corrected) > 0.9999) < 0.05
    spread = [np.sqrt(np.mean(np.square(np.degrees(np.arccos(each)) - 60))) for each in (plain, corrected)]
    assert spread[1] < 1.05 * spread[0]


def test_a_class_that_sums_to_nothing_has_no_centre():
    rows, labels = (
        np.array([[1.0, 0], [1, 0], [1, 0], [0, 1], [0, -1], [0, 1], [0, -1]]),
        [0, 0, 0, 1, 1, 1, 1],
    )
    assert np.isnan(unbiased_center_cosines(rows, np.array(labels))).tolist() == [[False, True], [True, True]]
