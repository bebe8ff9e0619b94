"""Reference and property: what is said over seeds against scipy, a written-out formula, and the truth."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.stats import permutation_test

from ghviz.sweep.paired import holm, paired, sign_flip_p, spread


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


def test_noise_is_the_difference_of_two_baselines() -> None:
    base = [3.0, 5.0, 4.0, 9.0]
    largest = max(abs(a - b) for a, b in combinations(base, 2))
    assert paired(base, [v + 1 for v in base]).noise == largest == 6
    assert paired([1.0, 3.0], [1.5, 3.5]).within_noise
    assert not paired([1.0, 1.1], [1.5, 1.6]).within_noise
    assert not paired([1.0], [1.5]).within_noise, "one baseline knows no noise"


@pytest.mark.parametrize(("size", "least"), [(5, 0.89), (12, 0.91)])
def test_the_interval_covers_the_truth(size: int, least: float) -> None:
    """Of paired runs whose seeds differ much more than what GH changes."""
    generator = np.random.default_rng(1)
    hits = 0
    for _ in range(600):
        base = generator.normal(0, 10, size)
        found = paired(base, base + generator.normal(2, 1, size), draws=4_000)
        hits += found.low <= 2 <= found.high
    assert least < hits / 600 < 0.985


def test_three_seeds_have_no_interval() -> None:
    assert math.isnan(paired([1, 2, 3], [2, 3, 5]).low)
    assert paired([1, 2, 3, 4], [2, 3, 5, 5]).low == pytest.approx(1)
