from __future__ import annotations

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from ghviz.ssl.bcl import BCL, LossMomentum, memorization_weights
from ghviz.ssl.method import Encoding, Epoch
from ghviz.ssl.nt_xent import nt_xent
from tests import golden

# --- weights ---


def test_golden() -> None:
    data = golden.tensors("bcl")
    running = data["losses"][0]
    for epoch, losses in enumerate(data["losses"]):
        if epoch:
            running = 0.97 * running + 0.03 * losses
        torch.testing.assert_close(
            memorization_weights(running), data["weights"][epoch], rtol=1e-4, atol=1e-6
        )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    losses=st.lists(st.floats(0, 50, width=32), min_size=1, max_size=60),
    scale=st.floats(0.1, 10),
    shift=st.floats(0, 5),
)
def test_weights_are_in_range_in_order_and_free_of_scale(
    losses: list[float], scale: float, shift: float
) -> None:
    momentum_losses = torch.tensor(losses, dtype=torch.float64)
    weights = memorization_weights(momentum_losses)
    assert ((weights >= 0) & (weights <= 1)).all()
    order = momentum_losses.argsort()
    assert (weights[order].diff() >= 0).all()
    if momentum_losses.max() - momentum_losses.min() > 1e-6:
        assert min(weights.min(), 1 - weights.max()) == 0, "the farthest is at an end"
        torch.testing.assert_close(memorization_weights(scale * momentum_losses + shift), weights)


@pytest.mark.parametrize("loss", [0.0, 0.1, 3.3])
@pytest.mark.parametrize("count", [1, 7, 10007])
def test_equal_losses_get_equal_weights(loss: float, count: int) -> None:
    assert (memorization_weights(torch.full((count,), loss)) == 0.5).all()


def test_shape_and_precision() -> None:
    losses = torch.rand(4, 3, 1, requires_grad=True)
    weights = memorization_weights(losses)
    assert weights.shape == losses.shape
    assert not weights.requires_grad
    half = memorization_weights(losses.half())
    assert half.dtype == torch.float32
    torch.testing.assert_close(half, weights, rtol=0, atol=2e-3)


def test_no_losses() -> None:
    with pytest.raises(ValueError, match=r"at least one entry, got shape \(0, 1\)"):
        memorization_weights(torch.ones(0, 1))


def test_annotations_are_true() -> None:
    assert jaxtyped(memorization_weights, typechecker=beartype)(torch.rand(5, 1)).shape == (5, 1)


# --- the memory ---


def test_golden_in_shuffled_batches() -> None:
    data = golden.tensors("bcl")
    memory = LossMomentum(200)
    generator = torch.Generator().manual_seed(0)
    for losses, expected in zip(data["losses"], data["weights"], strict=True):
        for indices in torch.randperm(200, generator=generator).split(64):
            memory.update(indices, losses[indices, 0])
        torch.testing.assert_close(memory.weights(), expected[:, 0], rtol=1e-4, atol=1e-6)


def test_first_loss_is_copied_and_later_ones_are_mixed_in() -> None:
    memory = LossMomentum(4, momentum=0.9)
    memory.update(torch.tensor([2, 0]), torch.tensor([5.0, 1.0]))
    assert memory.running.tolist() == [1, 0, 5, 0]
    assert memory.seen.tolist() == [True, False, True, False]
    memory.update(torch.tensor([2, 3]), torch.tensor([15.0, 7.0]))
    torch.testing.assert_close(memory.running, torch.tensor([1.0, 0.0, 6.0, 7.0]))


def test_last_occurrence_of_an_index_counts() -> None:
    memory = LossMomentum(3, momentum=0.5)
    memory.update(torch.tensor([1, 0, 1, 1]), torch.tensor([9.0, 3.0, 8.0, 2.0]))
    assert memory.running.tolist() == [3, 2, 0]
    memory.update(torch.tensor([1, 1, 2]), torch.tensor([100.0, 4.0, 6.0]))
    assert memory.running.tolist() == [3, 3, 6]


def test_samples_not_seen_have_no_weight_and_no_say() -> None:
    memory = LossMomentum(5)
    assert memory.weights().tolist() == [0] * 5
    memory.update(torch.tensor([1, 3, 4]), torch.tensor([1.0, 3.0, 8.0]))  # 3, 1 and 4 from their mean
    assert memory.weights().tolist() == [0, 0.125, 0, 0.375, 1]


def test_state_brings_it_back() -> None:
    generator = torch.Generator().manual_seed(0)
    memory, resumed = LossMomentum(50), LossMomentum(50)
    for step in range(12):
        if step == 5:
            resumed.load_state_dict({name: value.clone() for name, value in memory.state_dict().items()})
        indices = torch.randint(50, (16,), generator=generator)
        losses = torch.rand(16, generator=generator)
        memory.update(indices, losses)
        if step >= 5:
            resumed.update(indices, losses)
    assert torch.equal(memory.weights(), resumed.weights())
    assert torch.equal(memory.running, resumed.running)


def test_it_takes_losses_as_they_come() -> None:
    memory = LossMomentum(3)
    losses = torch.tensor([1.5, 2.5], requires_grad=True)
    memory.update(torch.tensor([0, 1]), (2 * losses).bfloat16())
    assert memory.running.tolist() == [3, 5, 0]
    assert memory.running.dtype == torch.float32
    assert not memory.running.requires_grad
    memory.update(torch.tensor([], dtype=torch.int64), torch.tensor([]))
    assert memory.running.tolist() == [3, 5, 0]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_passed_over(bad: float) -> None:
    memory = LossMomentum(4, momentum=0.5)
    memory.update(torch.tensor([0, 1, 2]), torch.tensor([1.0, bad, 3.0]))
    memory.update(torch.tensor([0, 1, 2]), torch.tensor([bad, 5.0, 7.0]))
    assert memory.running.tolist() == [1, 5, 5, 0]
    assert memory.seen.tolist() == [True, True, True, False]
    assert memory.weights().tolist() == pytest.approx([0, 0.75, 0.75, 0])


@pytest.mark.parametrize(
    ("indices", "losses", "message"),
    [
        (torch.tensor([0, 3]), torch.ones(2), "indices must be from 0 to 2, got 0 to 3"),
        (torch.tensor([-1, 1]), torch.ones(2), "indices must be from 0 to 2, got -1 to 1"),
        (torch.tensor([0, 1]), torch.ones(2, 1), r"got torch.int64 \(2,\) and \(2, 1\)"),
        (torch.tensor([0.0, 1.0]), torch.ones(2), r"indices must be int64 .*got torch.float32 \(2,\)"),
    ],
)
def test_bad_batch(indices: torch.Tensor, losses: torch.Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LossMomentum(3).update(indices, losses)


# --- the method ---


def test_it_remembers_the_loss_of_each_sample_and_weighs_by_it_from_the_next_epoch() -> None:
    torch.manual_seed(0)
    encoder = torch.nn.Linear(5, 3)
    method = BCL(encoder, 8, temperature=0.3)
    view1, view2 = torch.randn(2, 6, 5)
    indices = torch.tensor([7, 1, 2, 0, 5, 4])
    loss, z1, z2 = method(Encoding(encoder), view1, view2, indices)
    expected = nt_xent(encoder(view1), encoder(view2), temperature=0.3).detach()
    torch.testing.assert_close(loss.detach(), expected.mean())
    torch.testing.assert_close(torch.cat([z1, z2]), encoder(torch.cat([view1, view2])))
    torch.testing.assert_close(method.memory.running[indices], expected)
    assert method.strengths(indices).tolist() == [0] * 6  # in this epoch still
    method.begin_epoch(encoder, Epoch(1, 2, lambda net: net(view1)))
    torch.testing.assert_close(method.strengths(indices), memorization_weights(expected))
    assert method.strengths(torch.tensor([3, 6])).tolist() == [0, 0]  # never seen


def test_bad_settings() -> None:
    with pytest.raises(ValueError, match="num_samples must be at least 1, got 0"):
        LossMomentum(0)
    with pytest.raises(ValueError, match=r"momentum must be from 0 to 1, got 1\.2"):
        LossMomentum(3, momentum=1.2)
