"""The concentration against Bessel functions of any precision, scipy and sampled distributions."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from scipy.stats import vonmises_fisher

from ghviz.metrics import mean_resultant_length, vmf_concentration
from ghviz.metrics.vmf_concentration import concentration_of
from tests.metrics.samples import cloud, repeatable, rotation, seeds


@pytest.mark.parametrize("dimension", [2, 3, 16, 128, 512, 2048])
@pytest.mark.parametrize("kappa", [1e-3, 0.5, 50.0, 500.0, 3e3, 7e3, 2e4, 1e5])
def test_against_bessel_functions_of_60_digits(dimension, kappa):
    with mpmath.workdps(60):
        length = mpmath.besseli(dimension / 2, kappa) / mpmath.besseli(dimension / 2 - 1, kappa)
    assert concentration_of(np.array([float(length)]), dimension) == pytest.approx(kappa, rel=1e-8)


def mean_length(kappa, dimension):
    """A_d(kappa) of 60 digits: Hankel's expansion for kappa to infinity, or the recurrence from far above.

    `mpmath.besseli` gives up where dimension and kappa are large.
    """
    v = mpmath.mpf(dimension) / 2 - 1
    if kappa > v * v / 2 + 200:
        above, below = (
            sum(
                mpmath.fprod(((2 * j - 1) ** 2 - 4 * order**2) / (8 * j * kappa) for j in range(1, terms))
                for terms in range(1, 60)
            )
            for order in (v + 1, v)
        )
        return above / below
    ratio, steps = mpmath.mpf(0), int(mpmath.sqrt(150 * kappa)) + 300
    for order in range(steps, 0, -1):
        ratio = 1 / (2 * (v + order) / kappa + ratio)
    return ratio


def test_the_reference_is_that_of_bessel_functions():
    with mpmath.workdps(60):
        for dimension, kappa in [(2, 3), (2, 300), (16, 190), (16, 400), (128, 1000), (2048, 50)]:
            length = mpmath.besseli(mpmath.mpf(dimension) / 2, kappa)
            length /= mpmath.besseli(mpmath.mpf(dimension) / 2 - 1, kappa)
            assert abs(mean_length(mpmath.mpf(kappa), dimension) / length - 1) < 1e-40


@pytest.mark.parametrize("dimension", [2, 3, 128, 2048])
@pytest.mark.parametrize(
    "length", [1e-6, 1e-3, 0.3, 0.499, 0.5, 0.8, 0.99, *(1 - 10.0**-k for k in range(3, 10))]
)
def test_all_digits_from_spread_out_to_almost_a_point(dimension, length):
    """The concentration that is found has the length that was given, and the same difference from 1."""
    found = concentration_of(np.array([length]), dimension)[0]
    with mpmath.workdps(60):
        again = mean_length(mpmath.mpf(found), dimension)
        assert float(again / length - 1) == pytest.approx(0, abs=1e-11)
        assert float((1 - again) / (1 - mpmath.mpf(length)) - 1) == pytest.approx(0, abs=1e-11)


@pytest.mark.parametrize("dimension", [3, 16, 64])
def test_against_scipys_fit_where_that_works(dimension):
    rows = vonmises_fisher(np.eye(dimension)[0], 40.0).rvs(3_000, random_state=0)
    plain = np.linalg.norm(rows.mean(axis=0))
    assert concentration_of(np.array([plain]), dimension)[0] == pytest.approx(
        vonmises_fisher.fit(rows)[1], rel=1e-4
    )


@pytest.mark.parametrize(("dimension", "kappa"), [(3, 5.0), (128, 60.0), (2048, 900.0)])
def test_small_classes_do_not_look_concentrated(dimension, kappa):
    """The root mean square length over many classes of five finds the truth that a plain fit misses."""
    population = vonmises_fisher(np.eye(dimension)[0], kappa) if dimension <= 128 else None
    rows = population.rvs(1_500, random_state=1) if population else near_pole(kappa, dimension, 1_500)
    labels = np.repeat(np.arange(300), 5)
    typical = np.sqrt(np.mean(mean_resultant_length(rows, labels) ** 2))
    plain = np.linalg.norm(rows.reshape(300, 5, dimension).mean(axis=1), axis=1).mean()
    assert concentration_of(np.array([typical]), dimension)[0] == pytest.approx(kappa, rel=0.1)
    assert concentration_of(np.array([plain]), dimension)[0] > 1.15 * kappa
    pooled = vmf_concentration(rows, np.zeros(1_500, dtype=int))[0]
    assert pooled == pytest.approx(kappa, rel=0.06)


def near_pole(kappa, dimension, size):
    """von Mises-Fisher samples by inverting the density of the cosine on a grid."""
    cosine = np.linspace(-1, 1, 200_001)[1:-1]
    log_density = kappa * cosine + (dimension - 3) / 2 * np.log1p(-(cosine**2))
    below = np.cumsum(np.exp(log_density - log_density.max()))
    generator = np.random.default_rng(3)
    drawn = np.interp(generator.random(size), below / below[-1], cosine)
    around = generator.standard_normal((size, dimension - 1))
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    return np.column_stack([drawn, np.sqrt(1 - drawn**2)[:, None] * around])


@repeatable
@given(seed=seeds)
def test_rotation_and_order_do_not_matter(seed):
    embeddings, labels = cloud(seed, 5)
    expected = vmf_concentration(embeddings, labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    moved = vmf_concentration((embeddings @ rotation(seed, 5))[order], labels[order])
    np.testing.assert_allclose(moved, expected, rtol=1e-6, atol=1e-6)


def test_more_concentrated_is_larger():
    lengths = np.linspace(0, 0.999, 50)
    for dimension in (2, 3, 128, 2048):
        assert (np.diff(concentration_of(lengths, dimension)) > 0).all()


def test_a_length_that_rounding_alone_keeps_from_1_is_a_point():
    assert concentration_of(1 - np.array([0.0, 1e-16, 9e-13, 2e-12]), 128)[:3].tolist() == [np.inf] * 3
    assert concentration_of(np.array([1 - 2e-12]), 128) == pytest.approx(127 / 2 / 2e-12, rel=1e-3)
    same = np.tile(np.random.default_rng(0).standard_normal(300), (7, 1)) * np.arange(1, 8)[:, None]
    assert vmf_concentration(same, np.zeros(7, dtype=int)).tolist() == [np.inf]


def test_extremes():
    assert concentration_of(np.array([0.0, 1.0]), 128).tolist() == [0, np.inf]
    embeddings = np.array([[1.0, 0], [2, 0], [0, 1], [1, 0], [-1, 0]])
    concentration = vmf_concentration(embeddings, np.array([0, 0, 1, 2, 2]), num_classes=4)
    np.testing.assert_array_equal(concentration, [np.inf, np.nan, 0, np.nan])
    with pytest.raises(ValueError, match="finite"):
        vmf_concentration(np.array([[np.nan, 1.0]]), np.array([0]))
