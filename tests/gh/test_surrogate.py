from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.gh import uniform_targets
from ghviz.gh.surrogate import floored, full_precision, geometric_logits, population_prior


def test_geometric_logits_written_out() -> None:
    z, targets = torch.randn(2, 5, 3), uniform_targets(7, 3)
    logits, scale = geometric_logits(z, targets)
    assert logits.shape == (2, 7, 5)
    for view in range(2):
        for n in range(5):
            similarity = targets @ z[view, n]
            torch.testing.assert_close(logits[view, :, n], similarity / similarity.norm())
            torch.testing.assert_close(scale[view, 0, n], 1 / similarity.norm())


def test_geometric_logits_ignore_the_length_of_z() -> None:
    z, targets = torch.randn(1, 5, 3), uniform_targets(4, 3)
    for factor in (1e-6, 3.0, 1e6):
        torch.testing.assert_close(geometric_logits(factor * z, targets)[0], geometric_logits(z, targets)[0])


def test_zero_embedding_is_finite() -> None:
    logits, scale = geometric_logits(torch.zeros(1, 2, 3), uniform_targets(4, 3))
    assert torch.equal(logits, torch.zeros(1, 4, 2))
    assert scale.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype) -> None:
    z, targets = torch.randn(1, 5, 3).to(dtype), uniform_targets(4, 3)
    logits, _ = geometric_logits(z, targets)
    assert logits.dtype == torch.float32
    assert torch.equal(logits, geometric_logits(z.float(), targets)[0])


def test_full_precision_switches_autocast_off_and_only_inside() -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        with full_precision(torch.device("cpu")):
            assert not torch.is_autocast_enabled("cpu")
        assert torch.is_autocast_enabled("cpu")


def test_prior_is_the_share_of_seen_samples() -> None:
    running_mean = torch.tensor([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.3, 0.8, 0.0], [0.0, 0.0, 1.0]])
    seen = torch.tensor([True, True, True, False])
    torch.testing.assert_close(population_prior(running_mean, seen), torch.tensor([1 / 3, 2 / 3, 0.0]))
    floor = population_prior(running_mean, seen, floor=0.6)
    torch.testing.assert_close(floor, torch.tensor([0.8 / 3, 1.6 / 3, 0.2]))


def test_nobody_seen_is_no_prior() -> None:
    assert population_prior(torch.zeros(4, 3), torch.zeros(4, dtype=torch.bool)) is None


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    weights=st.lists(st.integers(0, 1000), min_size=2, max_size=30).filter(any),
    floor=st.floats(0, 1),
)
def test_floor_holds_sums_to_one_and_keeps_order(weights: list[int], floor: float) -> None:
    share = torch.tensor(weights, dtype=torch.float64) / sum(weights)
    minimum = floor / len(weights)
    result = floored(share, minimum)
    assert result.sum().item() == pytest.approx(1.0, abs=1e-12)
    assert result.min() >= minimum - 1e-15
    order = share.argsort()
    assert (result[order].diff() >= -1e-15).all()
    above = result > minimum + 1e-12  # these keep their proportions
    ratios = result[above] / share[above]
    if len(ratios):
        torch.testing.assert_close(ratios, ratios[:1].expand_as(ratios))


def test_floor_where_scaling_down_pushes_others_below() -> None:
    share = torch.tensor([0.0, 0.0, 0.21, 0.79], dtype=torch.float64)
    expected = torch.tensor([0.2, 0.2, 0.2, 0.4], dtype=torch.float64)
    torch.testing.assert_close(floored(share, 0.2), expected)
