from __future__ import annotations

import copy
import math

import pytest
import torch
from beartype import beartype
from jaxtyping import jaxtyped
from torch import nn

from ghviz.ssl.method import Encoding
from ghviz.ssl.moco import MoCo, Queue, moco_loss, momentum_update
from tests.ssl.test_nt_xent import views


def negatives(num_negatives: int = 9, dimension: int = 5) -> torch.Tensor:
    return torch.randn(num_negatives, dimension, generator=torch.Generator().manual_seed(7))


# --- loss ---


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_written_out_formula(temperature: float) -> None:
    query, key = views()
    q, k, r = ([vector / vector.norm() for vector in z] for z in (query, key, negatives()))
    expected = []
    for own, other in zip(q, k, strict=True):
        positive = math.exp(own @ other / temperature)
        expected.append(
            -math.log(positive / (positive + sum(math.exp(own @ each / temperature) for each in r)))
        )
    found = moco_loss(query, key, negatives(), temperature=temperature)
    torch.testing.assert_close(found, torch.tensor(expected))


def test_length_makes_no_difference_nor_the_order_of_the_queue() -> None:
    query, key = views()
    loss = moco_loss(query, key, negatives())
    torch.testing.assert_close(moco_loss(3 * query, 0.5 * key, 2 * negatives().flip(0)), loss)


def test_gradient() -> None:
    query, key = (z.double() for z in views(5, 3))
    query.requires_grad_()
    r = negatives(4, 3).double()
    assert torch.autograd.gradcheck(lambda q: moco_loss(q, key, r), (query,))


def test_no_gradient_flows_to_keys_and_queue() -> None:
    query, key, queue = (z.requires_grad_() for z in (*views(), negatives()))
    moco_loss(query, key, queue).sum().backward()
    assert query.grad.any()
    assert key.grad is None
    assert queue.grad is None


def test_empty_queue_has_nothing_to_learn() -> None:
    query, key = views()
    query.requires_grad_()
    loss = moco_loss(query, key, torch.empty(0, 5))
    loss.sum().backward()
    assert not loss.any()
    assert not query.grad.any()


def test_sure_queries_keep_precision_and_gradient() -> None:
    query = torch.eye(6).requires_grad_()
    key = torch.eye(6) + 0.1 * views(6, 6)[0]
    loss = moco_loss(query, key, -torch.eye(6), temperature=0.02)
    loss.sum().backward()
    assert (loss > 0).all()
    assert query.grad.isfinite().all()
    torch.testing.assert_close(
        loss.double(),
        moco_loss(query.double(), key.double(), -torch.eye(6), temperature=0.02),
        rtol=1e-4,
        atol=0,
    )


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast_are_computed_in_float32(dtype: torch.dtype) -> None:
    query, key = (z.to(dtype).requires_grad_() for z in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = moco_loss(query, key, negatives(), temperature=0.01)
    loss.mean().backward()
    assert loss.dtype == torch.float32
    assert torch.equal(loss, moco_loss(query.float(), key.float(), negatives(), temperature=0.01))
    assert query.grad.isfinite().all()


@pytest.mark.parametrize(
    ("query", "key", "queue", "message"),
    [
        ((2, 3), (3, 3), (4, 3), r"got \(2, 3\), \(3, 3\) and \(4, 3\)"),
        ((2, 3), (2, 3), (4, 2), r"queue \(negatives, dimension\), got \(2, 3\), \(2, 3\) and \(4, 2\)"),
        ((2, 3), (2, 3), (3,), r"and \(3,\)"),
        ((0, 3), (0, 3), (4, 3), r"got \(0, 3\)"),
        ((3,), (3,), (4, 3), r"the same shape \(samples, dimension\)"),
    ],
)
def test_bad_shapes(
    query: tuple[int, ...], key: tuple[int, ...], queue: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        moco_loss(torch.ones(query), torch.ones(key), torch.ones(queue))


def test_bad_temperature() -> None:
    with pytest.raises(ValueError, match=r"temperature must be > 0, got 0\.0"):
        moco_loss(*views(), negatives(), temperature=0.0)


def test_annotations_are_true() -> None:
    assert jaxtyped(moco_loss, typechecker=beartype)(*views(), negatives()).shape == (12,)


# --- queue ---


def directions(start: int, stop: int) -> torch.Tensor:
    """Unit vectors at `start` to `stop` - 1 degrees."""
    angle = torch.arange(start, stop).float().deg2rad()
    return torch.stack([angle.cos(), angle.sin()], dim=1)


def degrees(queue: Queue) -> list[int]:
    x, y = queue.negatives().T
    return sorted(torch.atan2(y, x).rad2deg().round().int().tolist())


def test_only_filled_slots_are_negatives() -> None:
    queue = Queue(10, 2)
    assert queue.negatives().shape == (0, 2)
    queue.enqueue(directions(1, 4))
    assert degrees(queue) == [1, 2, 3]
    queue.enqueue(directions(4, 9))
    assert degrees(queue) == list(range(1, 9))


@pytest.mark.parametrize("batch", [1, 3, 4, 7])
def test_oldest_keys_go_first(batch: int) -> None:
    queue = Queue(7, 2)
    for start in range(1, 100, batch):
        queue.enqueue(directions(start, start + batch))
        last = start + batch - 1
        assert degrees(queue) == list(range(max(1, last - 6), last + 1))


def test_it_counts_its_keys() -> None:
    queue = Queue(7, 2)
    for filled in (3, 6, 7, 7):
        queue.enqueue(directions(1, 4))
        assert int(queue.filled) == filled


def test_of_a_batch_larger_than_the_queue_the_last_stay() -> None:
    queue = Queue(4, 2)
    queue.enqueue(directions(1, 4))
    queue.enqueue(directions(10, 20))
    assert degrees(queue) == [16, 17, 18, 19]
    queue.enqueue(directions(30, 31))
    assert degrees(queue) == [17, 18, 19, 30]


def test_keys_are_normalised_and_of_any_precision() -> None:
    queue = Queue(4, 2)
    queue.enqueue((5 * directions(10, 13)).bfloat16().requires_grad_())
    assert degrees(queue) == [10, 11, 12]
    assert not queue.negatives().requires_grad
    torch.testing.assert_close(queue.negatives().norm(dim=1), torch.ones(3))


def test_enqueueing_before_the_backward_pass_does_no_harm() -> None:
    queue = Queue(12, 5)
    queue.enqueue(negatives(12))
    query = views()[0].requires_grad_()
    held = queue.negatives()
    product = query @ held.mT
    queue.enqueue(torch.ones(12, 5))
    product.sum().backward()
    torch.testing.assert_close(held, torch.nn.functional.normalize(negatives(12)))
    torch.testing.assert_close(query.grad, held.sum(dim=0).expand(12, 5))


def test_state_of_the_queue_brings_it_back() -> None:
    queue, resumed = Queue(7, 2), Queue(7, 2)
    queue.enqueue(directions(1, 6))
    resumed.load_state_dict({name: value.clone() for name, value in queue.state_dict().items()})
    for each in (queue, resumed):
        each.enqueue(directions(6, 10))
    assert torch.equal(queue.negatives(), resumed.negatives())
    assert degrees(resumed) == list(range(3, 10))


def test_bad_queues() -> None:
    with pytest.raises(ValueError, match="must be at least 1, got 0 and 2"):
        Queue(0, 2)
    with pytest.raises(ValueError, match=r"keys must have shape \(samples, 2\), got \(4, 3\)"):
        Queue(4, 2).enqueue(torch.ones(4, 3))


# --- momentum ---


def net(width: int = 4) -> nn.Module:
    return nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 2))


def test_parameters_follow_and_buffers_stay() -> None:
    online = net()
    target = copy.deepcopy(online)
    with torch.no_grad():
        for parameter in online.parameters():
            parameter.add_(torch.randn_like(parameter))
    online(torch.randn(8, 3))
    before, goal = copy.deepcopy(target), copy.deepcopy(online)
    momentum_update(target, online, 0.9)
    for name, parameter in target.named_parameters():
        expected = 0.9 * before.get_parameter(name) + 0.1 * goal.get_parameter(name)
        torch.testing.assert_close(parameter, expected)
    for module, same in ((target, before), (online, goal)):
        for name, buffer in module.named_buffers():
            assert torch.equal(buffer, same.get_buffer(name))
    for name, parameter in online.named_parameters():
        assert torch.equal(parameter, goal.get_parameter(name))


def test_ends_of_the_momentum_are_exact() -> None:
    online, target = net(), net()
    before = copy.deepcopy(target)
    momentum_update(target, online, 1.0)
    assert all(torch.equal(a, b) for a, b in zip(target.parameters(), before.parameters(), strict=True))
    momentum_update(target, online, 0.0)
    assert all(torch.equal(a, b) for a, b in zip(target.parameters(), online.parameters(), strict=True))


def test_bad_updates() -> None:
    with pytest.raises(ValueError, match=r"momentum must be from 0 to 1, got 1\.5"):
        momentum_update(net(), net(), 1.5)
    with pytest.raises(ValueError, match="their parameters differ in name or shape"):
        momentum_update(net(), net(5), 0.9)


def test_training_with_queue_and_momentum_pulls_pairs_together() -> None:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 4))
    slow = copy.deepcopy(encoder).requires_grad_(False)
    queue = Queue(64, 4)
    samples = torch.randn(48, 6)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
    losses = []
    for _ in range(80):
        one, other = (samples + 0.3 * torch.randn(48, 6) for _ in range(2))
        keys = slow(other)
        loss = moco_loss(encoder(one), keys, queue.negatives()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        momentum_update(slow, encoder, 0.9)
        queue.enqueue(keys)
        losses.append(loss.item())
    assert losses[0] == 0, "no negatives yet"
    assert losses[-1] < 0.8 * losses[3]


# --- the method ---


class Wide(nn.Linear):
    """An encoder that says how wide its outputs are."""

    dimension = 3


def test_each_view_asks_for_the_other_ones_key_and_the_key_encoder_follows() -> None:
    torch.manual_seed(0)
    encoder = Wide(5, 3)
    method = MoCo(encoder, 40, temperature=0.5, momentum=0.7)
    keys = copy.deepcopy(encoder)
    with torch.no_grad():
        encoder.weight.add_(torch.randn(3, 5))
    start, view1, view2 = torch.randn(3, 6, 5)
    method(Encoding(encoder), start, 2 * start, torch.arange(6))
    held = torch.cat([keys(start), keys(2 * start)])

    def by_hand(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of the own key, which stands first."""
        candidates = torch.cat([key[None], held])
        cosines = torch.cosine_similarity(query[None], candidates)
        return -(cosines / 0.5).log_softmax(dim=0)[0]

    loss, z1, z2 = method(Encoding(encoder), view1, view2, torch.arange(6, 12))
    own = [*zip(encoder(view1), keys(view2), strict=True), *zip(encoder(view2), keys(view1), strict=True)]
    torch.testing.assert_close(loss, torch.stack([by_hand(query, key) for query, key in own]).mean())
    torch.testing.assert_close(torch.cat([z1, z2]), encoder(torch.cat([view1, view2])))
    torch.testing.assert_close(
        method.queue.negatives(), nn.functional.normalize(torch.cat([held, keys(view1), keys(view2)]))
    )
    method.after_step(encoder)
    torch.testing.assert_close(method.key_encoder.weight, 0.7 * keys.weight + 0.3 * encoder.weight)
