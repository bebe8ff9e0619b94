from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.gh import uniform_targets
from ghviz.gh.targets import max_cosine

SIZES = [(2, 2), (3, 2), (2, 7), (4, 3), (6, 16), (10, 64), (17, 16), (65, 64), (100, 128)]
HARD_SIZES = [(12, 3), (20, 3), (9, 4)]


def off_diagonal(targets: torch.Tensor) -> torch.Tensor:
    cosines = targets.double() @ targets.double().mT
    return cosines[~torch.eye(len(targets), dtype=torch.bool)]


@pytest.mark.parametrize(("num_targets", "dimension"), SIZES)
def test_simplex_is_exact_up_to_dimension_plus_one(num_targets: int, dimension: int) -> None:
    targets = uniform_targets(num_targets, dimension, seed=3)
    assert targets.shape == (num_targets, dimension)
    assert targets.dtype == torch.float32
    ideal = torch.full((num_targets * (num_targets - 1),), -1 / (num_targets - 1), dtype=torch.float64)
    torch.testing.assert_close(off_diagonal(targets), ideal, atol=1e-6, rtol=0)
    torch.testing.assert_close(targets.sum(dim=0), torch.zeros(dimension), atol=1e-5, rtol=0)
    torch.testing.assert_close(targets.norm(dim=1), torch.ones(num_targets))


@pytest.mark.parametrize("num_targets", [3, 4, 5, 8, 20, 101])
def test_circle_is_a_regular_polygon(num_targets: int) -> None:
    targets = uniform_targets(num_targets, 2, seed=1).double()
    angles = torch.atan2(targets[:, 1], targets[:, 0]).sort().values
    gaps = torch.diff(angles, append=angles[:1] + 2 * math.pi)
    torch.testing.assert_close(gaps, torch.full_like(gaps, 2 * math.pi / num_targets), atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    ("num_targets", "dimension", "best_known"),
    [
        (5, 3, 0.0),
        (6, 3, 0.0),
        (8, 3, 0.2612),
        (9, 3, 1 / 3),
        (12, 3, 1 / math.sqrt(5)),
        (20, 3, 0.6764),
        (24, 3, 0.7231),
        (8, 4, 0.0),
        (10, 4, 1 / 6),
    ],
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_spread_reaches_the_best_known_arrangements(
    num_targets: int, dimension: int, best_known: float, seed: int
) -> None:
    """Best known: N. J. A. Sloane's tables of spherical codes (angles turned into cosines)."""
    assert max_cosine(uniform_targets(num_targets, dimension, seed=seed)) < best_known + 2e-3


@pytest.mark.parametrize(("num_targets", "dimension"), [(100, 16), (40, 32)])
def test_spread_beats_random_directions_and_respects_the_bound(num_targets: int, dimension: int) -> None:
    cosine = max_cosine(uniform_targets(num_targets, dimension))
    random = torch.randn(num_targets, dimension, generator=torch.Generator().manual_seed(0))
    assert -1 / (num_targets - 1) < cosine < 0.5 * max_cosine(random)


@pytest.mark.parametrize(("num_targets", "dimension"), SIZES + HARD_SIZES + [(20, 2)])
def test_seed_decides_everything_and_nothing_else_does(num_targets: int, dimension: int) -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first = uniform_targets(num_targets, dimension, seed=7)
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(3)
    assert torch.equal(uniform_targets(num_targets, dimension, seed=7), first)
    assert not torch.allclose(uniform_targets(num_targets, dimension, seed=8), first, atol=1e-3)


def test_simplex_is_rotated_uniformly() -> None:
    """The first vertex of many seeds has mean 0 and covariance I / d."""
    first = torch.stack([uniform_targets(4, 3, seed=seed)[0] for seed in range(600)])
    assert first.mean(dim=0).abs().max() < 0.1
    torch.testing.assert_close(first.T @ first / 600, torch.eye(3) / 3, atol=0.06, rtol=0)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(num_targets=st.integers(2, 30), dimension=st.integers(2, 12), seed=st.integers(0, 2**31))
def test_rows_are_unit_and_the_ideal_is_a_bound(num_targets: int, dimension: int, seed: int) -> None:
    targets = uniform_targets(num_targets, dimension, seed=seed)
    torch.testing.assert_close(targets.norm(dim=1), torch.ones(num_targets))
    assert -1 / (num_targets - 1) - 1e-6 <= max_cosine(targets) < 1 - 1e-3


def test_max_cosine_ignores_lengths_and_the_diagonal() -> None:
    rows = torch.tensor([[2.0, 0.0], [0.0, 0.5], [-3.0, 0.0]])
    assert max_cosine(rows) == pytest.approx(0.0)
    assert max_cosine(torch.eye(2) * 4) == pytest.approx(0.0)


@pytest.mark.parametrize("arguments", [(1, 3), (3, 1), (0, 0)])
def test_too_small_is_an_error(arguments: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"num_targets >= 2, dimension >= 2 .* got"):
        uniform_targets(*arguments)


def test_bad_seed_and_bad_rows_are_errors() -> None:
    with pytest.raises(ValueError, match="seed >= 0"):
        uniform_targets(3, 3, seed=-1)
    with pytest.raises(ValueError, match=r"K >= 2"):
        max_cosine(torch.ones(1, 3))
