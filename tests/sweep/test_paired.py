"""Reference and property: what is said over seeds against scipy, a written-out formula, and the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import permutation_test

from ghviz.sweep.paired import holm, paired, seed_band, seeds_for_a_star, sign_flip_p, spread


def test_mean_spread_and_what_is_missing() -> None:
    assert spread([1, math.nan, 4]).seeds == 2
    assert spread([1, math.nan, 4]).sd == pytest.approx(3 / math.sqrt(2))
    assert math.isnan(spread([2.0]).sd)
    assert math.isnan(spread([]).mean)


def test_a_seed_without_a_twin_does_not_count() -> None:
    difference = paired([1, 2, math.nan, 4], [2, 4, 9, math.nan])
    assert (difference.seeds, difference.mean) == (2, 1.5)
    with pytest.raises(ValueError, match="same seeds"):
        paired([1.0], [1.0, 2.0])


@pytest.mark.parametrize("size", [2, 5, 9])
def test_sign_flips_are_those_of_scipy(size: int) -> None:
    differences = np.random.default_rng(size).normal(0.8, 1, size)
    expected = permutation_test(
        (differences, np.zeros(size)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert sign_flip_p(differences) == pytest.approx(min(1, expected.pvalue))


def test_many_seeds_are_tested_by_random_flips() -> None:
    differences = np.random.default_rng(0).normal(0.3, 1, 40)
    p = sign_flip_p(differences)
    assert 0.01 < p < 0.3
    assert p == sign_flip_p(differences)
    assert sign_flip_p(np.ones(40)) == pytest.approx(1 / 20_001)


def test_five_seeds_can_not_be_certain() -> None:
    assert paired([0] * 5, [1, 2, 3, 4, 5]).p == 0.0625
    assert paired([0] * 6, [1, 2, 3, 4, 5, 6]).p < 0.05


def test_holm_by_hand() -> None:
    adjusted = holm([0.04, math.nan, 0.01, 0.5])
    assert adjusted[0] == pytest.approx(0.08)
    assert math.isnan(adjusted[1])
    assert adjusted[2:] == pytest.approx([0.03, 0.5])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_seed_noise_by_hand() -> None:
    """Baselines 3, 5, 4, 9: sd sqrt(83 / 12); t of 3 degrees of freedom 3.182; sqrt(2 / 4)."""
    base = [3.0, 5.0, 4.0, 9.0]
    assert paired(base, [v + 1 for v in base]).noise == pytest.approx(
        3.18245 * math.sqrt(20.75 / 3) * math.sqrt(0.5), rel=1e-5
    )
    assert paired([1.0, 3.0, 2.0], [1.5, 3.5, 2.5]).within_noise
    assert not paired([1.0, 1.01, 1.0], [1.5, 1.6, 1.5]).within_noise
    few = paired([1.0, 3.0], [1.5, 3.5])
    assert math.isnan(few.noise), "two baselines: a band of 12.7 standard deviations would say nothing"
    assert not few.within_noise
    assert math.isnan(paired([1.0], [1.5]).p), "the sign of one difference says nothing"


@pytest.mark.parametrize("size", [3, 5, 12])
def test_seed_noise_holds_what_seeds_alone_do(size: int) -> None:
    """Of two sets of baselines: their mean difference is inside 95 % of the time."""
    generator = np.random.default_rng(3)
    base, other = generator.normal(70, 4, (2, 4_000, size))
    means = np.abs((other - base).mean(axis=1))
    bands = np.array([seed_band(row) for row in base])
    assert 0.94 < np.mean(means <= bands) < 0.96


def test_seed_noise_shrinks_with_seeds() -> None:
    """The range of the baselines, which it is not, would grow."""
    base = np.tile([69.0, 71.0], 40)
    assert seed_band(base[:20]) < 0.5 * seed_band(base[:6])
    assert seed_band(base) < 0.5 * seed_band(base[:20])


@pytest.mark.parametrize(
    ("skewed", "size", "expected"), [(False, 5, 0.92), (False, 8, 0.95), (True, 5, 0.87), (True, 8, 0.90)]
)
def test_the_interval_covers_the_truth_as_often_as_it_says(skewed: bool, size: int, expected: float) -> None:
    """Of paired runs whose seeds differ much more than what GH changes; the docstring has these numbers."""
    generator = np.random.default_rng(2)
    hits = 0
    for _ in range(800):
        base = generator.normal(0, 10, size)
        change = 1 + generator.exponential(1, size) if skewed else generator.normal(2, 1, size)
        found = paired(base, base + change)
        hits += found.low <= 2 <= found.high
    assert hits / 800 == pytest.approx(expected, abs=0.025)


def test_four_seeds_have_no_interval() -> None:
    """From four the whole range covers 87.5 % of normal differences, whatever the percentiles."""
    found = paired([1, 2, 3, 4], [2, 3, 5, 5])
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert paired([1, 2, 3, 4, 5], [2, 3, 5, 5, 6]).low == pytest.approx(1)
    draws = np.random.default_rng(0).normal(0, 1, (20_000, 4))
    assert np.mean((draws.min(axis=1) < 0) & (draws.max(axis=1) > 0)) == pytest.approx(0.875, abs=0.01)


def test_a_star_takes_more_seeds_where_there_are_more_tests() -> None:
    for tests in (1, 2, 6, 12, 40):
        needed = seeds_for_a_star(tests)
        least = [paired([0.0] * n, [1.0] * n).p for n in (needed - 1, needed)]
        assert holm([least[0]] + [1.0] * (tests - 1))[0] >= 0.05
        assert holm([least[1]] + [1.0] * (tests - 1))[0] < 0.05
