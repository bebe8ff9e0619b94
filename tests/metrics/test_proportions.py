"""Intervals of accuracies: as published, covering the truth, and as wide as few samples deserve."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from ghviz.metrics import Resampling, differences, measure
from ghviz.metrics.intervals.bootstrap import Interval, score_replicates
from ghviz.metrics.intervals.proportions import (
    mean_interval,
    paired_interval,
    replicate_correlation,
    wilson_interval,
)
from tests.metrics.samples import recorded


@pytest.mark.parametrize(("right", "size"), [(0, 4), (3, 3), (7, 20), (499, 500)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_wilson_is_that_of_scipy(right, size, level):
    expected = binomtest(right, size).proportion_ci(level, method="wilson")
    found = wilson_interval(np.array(right / size), np.array(size), level=level)
    np.testing.assert_allclose(found, (expected.low, expected.high), atol=1e-12)


def test_no_samples_no_interval():
    low, high = wilson_interval(np.array([np.nan, 0.5]), np.array([0, 0]))
    assert np.isnan([low, high]).all()


def cells_interval(both, first, second, neither):
    """Newcombe's method 10 from the counts of the four cells, written out."""
    n = both + first + second + neither
    p_1, p_2 = (both + first) / n, (both + second) / n
    product = (both + first) * (second + neither) * (both + second) * (first + neither)
    surplus = both * neither - first * second
    r = 0.0 if product == 0 else (max(surplus - n / 2, 0) if surplus > 0 else surplus) / product**0.5
    (l_1, u_1), (l_2, u_2) = (
        binomtest(right, n).proportion_ci(method="wilson") for right in (both + first, both + second)
    )
    down = ((p_1 - l_1) ** 2 - 2 * r * (p_1 - l_1) * (u_2 - p_2) + (u_2 - p_2) ** 2) ** 0.5
    up = ((u_1 - p_1) ** 2 - 2 * r * (u_1 - p_1) * (p_2 - l_2) + (p_2 - l_2) ** 2) ** 0.5
    return p_1 - p_2 - down, p_1 - p_2 + up


def paired_of_cells(both, first, second, neither):
    cells = np.repeat([[1, 1], [1, 0], [0, 1], [0, 0]], (both, first, second, neither), axis=0)
    deviations = cells - cells.mean(axis=0)
    spread = np.sqrt(np.square(deviations).mean(axis=0)).prod()
    r = deviations.prod(axis=1).mean() / spread if spread else np.nan
    sides = [(cells[:, side].mean(keepdims=True), np.array([len(cells)])) for side in (1, 0)]
    return np.concatenate(paired_interval(*sides, np.array([r])))


@pytest.mark.parametrize(
    "cells", [(36, 12, 2, 0), (19, 12, 2, 17), (29, 3, 0, 18), (5, 20, 20, 5), (0, 50, 0, 0), (4, 0, 0, 0)]
)
def test_paired_intervals_are_newcombes(cells):
    np.testing.assert_allclose(paired_of_cells(*cells), cells_interval(*cells), atol=1e-12)


def test_the_published_example():
    np.testing.assert_allclose(paired_of_cells(36, 12, 2, 0), (0.0569, 0.3404), atol=1e-4)


@pytest.mark.parametrize("size", [3, 8, 30])
def test_differences_of_accuracies_cover_the_truth(size):
    generator, covered, runs = np.random.default_rng(size), 0, 400
    truth = norm.cdf(1.2) - norm.cdf(0.2)
    for seed in range(runs):
        shared, own = generator.standard_normal((2, size))
        scores = [(shared < 0.2).astype(float), (0.8 * shared + 0.6 * own < 1.2).astype(float)]
        labels = np.zeros(size, dtype=np.int64)
        replicates = [score_replicates(each, labels, draws=200, seed=seed) for each in scores]
        sides = [(each.mean(keepdims=True), np.array([size])) for each in scores]
        low, high = paired_interval(*sides, replicate_correlation(*replicates))
        covered += low[0] <= truth <= high[0]
    assert covered / runs >= 0.93


def test_a_class_without_test_samples_has_no_interval_of_its_difference():
    """Warnings are errors here: nothing is divided by the 0 samples."""
    none = np.array([np.nan, 0.5]), np.array([0, 4])
    for correlation in (np.nan, 0.0, 0.5):
        low, high = paired_interval(none, none, np.full(2, correlation))
        assert np.isnan([low[0], high[0]]).all()
        assert low[1] < 0 < high[1]
    zero = np.array([0.5]), np.array([0])  # a share of nothing, were one given
    assert np.isnan(paired_interval(zero, zero, np.array([0.5]))).all()


def test_means_of_accuracies_cover_the_truth():
    generator, runs, tested = np.random.default_rng(0), 2_000, np.array([3, 5, 10, 40])
    truth = np.array([0.95, 0.9, 0.6, 0.8])
    covered = 0
    for _ in range(runs):
        share = generator.binomial(tested, truth) / tested
        low, high = mean_interval(share, wilson_interval(share, tested))
        covered += low <= truth.mean() <= high
    assert 0.92 <= covered / runs <= 0.98


def test_the_mean_of_nothing_has_no_interval():
    none = np.array([np.nan])
    assert np.isnan(mean_interval(none, Interval(none, none))).all()


def right_and_wrong(wrong):
    """Two classes; three test samples each, of which `wrong` of the second lie at the first's place."""
    train, labels = np.repeat(np.eye(3)[:2], (8, 4), axis=0), np.repeat([0, 1], (8, 4))
    test = np.repeat(np.eye(3)[:2], (3 + wrong, 3 - wrong), axis=0)
    return recorded(train, labels, test=test, test_labels=np.repeat([0, 1], 3))


def test_three_of_three_are_not_certain_and_a_change_of_one_is_not_clear():
    tables = [measure(*right_and_wrong(wrong), resampling=Resampling(draws=200)) for wrong in (3, 1, 0)]
    known = tables[2].certainty["nearest_neighbor_accuracy"]
    np.testing.assert_allclose(known.low, 0.4385, atol=1e-4)
    np.testing.assert_array_equal(known.high, 1)
    some, most = (
        differences(table, tables[2]).certainty["nearest_neighbor_accuracy"]
        for table in (tables[1], tables[0])
    )
    assert some.low[1] < 0 < some.high[1]
    assert 0 < most.low[1] < most.high[1]
    whole = differences(tables[0], tables[2]).summary_certainty["accuracy"]
    assert whole.low < 0.5 < whole.high
    tail = tables[2].summary_certainty["tail_accuracy"]
    assert tail.low == pytest.approx(0.4385, abs=1e-4)


@pytest.mark.parametrize("level", [0, 1, 2, float("nan")])
def test_a_level_that_is_none_is_refused(level):
    with pytest.raises(ValueError, match=r"level must lie between 0 and 1, such as 0.95, got"):
        wilson_interval(np.array([0.5]), np.array([9]), level=level)
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        Resampling(level=level)


@pytest.mark.parametrize("draws", [-1, 1, 19])
def test_an_interval_of_hardly_any_draws_is_refused(draws):
    with pytest.raises(ValueError, match=f"^draws must be at least 20, or 0 for no intervals, got {draws}$"):
        Resampling(draws=draws)
    assert [Resampling(draws=enough).draws for enough in (0, 20)] == [0, 20]
