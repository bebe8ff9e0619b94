"""A batch in parts (`accumulate`): the numbers of the whole batch, activations of one part at a time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef

from ghviz.data.dataset import LongTailed, load
from ghviz.ssl.method import Encoding, embed_both
from ghviz.ssl.parts import in_parts
from ghviz.ssl.registry import METHODS
from ghviz.train.engine import Trainer, check
from ghviz.types import RunConfig, Step
from tests.train.tiny import TINY_DIGITS

# Adam would blow up the rounding of gradients that are zero
DIGITS = replace(TINY_DIGITS, optimizer="sgd", learning_rate=0.001)


@pytest.fixture(scope="module")
def digits() -> LongTailed:
    return load(DIGITS)


def trained(config: RunConfig, data: LongTailed) -> tuple[list[list[float]], dict[str, Tensor]]:
    """Losses of all steps, and the state in the end."""
    trainer = Trainer(config, data)
    losses = []
    while trainer.step < trainer.total_steps:
        for event in trainer.steps_on():
            if isinstance(event, Step):
                losses.append([event.loss, event.base_loss, event.gh_loss])
    return losses, trainer.checkpoint_ready(is_last=True).collect()


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("parts", [2, 5])
def test_parts_give_the_numbers_of_the_whole_batch(digits: LongTailed, name: str, parts: int) -> None:
    config = replace(DIGITS, method=name)
    losses, state = trained(config, digits)
    in_parts_losses, in_parts_state = trained(replace(config, accumulate=parts), digits)
    assert losses[-1][2] > 0  # GH acted
    torch.testing.assert_close(torch.tensor(in_parts_losses), torch.tensor(losses), atol=1e-5, rtol=1e-5)
    for key, value in state.items():
        if not key.startswith("optimizer/"):
            torch.testing.assert_close(in_parts_state[key], value, atol=1e-5, rtol=1e-5, msg=key)


class Sized(nn.Module):
    """A linear layer that notes how many rows it saw, and whether the same rows stand in both halves."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 2)
        self.seen: list[Tensor] = []

    def forward(self, inputs: Tensor) -> Tensor:
        self.seen.append(inputs.detach().flatten())
        return self.layer(inputs)


def test_a_part_has_both_views_of_its_samples() -> None:
    net = Sized()
    view1 = torch.arange(7.0).unsqueeze(1)
    z1, z2 = embed_both(Encoding(net, parts=3), view1, view1 + 100)
    assert [part.tolist() for part in net.seen] == [
        [0, 1, 2, 100, 101, 102],
        [3, 4, 103, 104],
        [5, 6, 105, 106],
    ]
    torch.testing.assert_close(z1, net.layer(view1))
    torch.testing.assert_close(z2, net.layer(view1 + 100))


def test_an_odd_number_of_rows_keeps_its_order() -> None:
    net = Sized()
    inputs = torch.arange(9.0).unsqueeze(1)
    outputs = in_parts(net, inputs, parts=4)
    assert [len(part) for part in net.seen] == [3, 2, 2, 2]
    torch.testing.assert_close(outputs, net.layer(inputs))


def test_few_rows_go_in_fewer_parts() -> None:
    net = Sized()
    in_parts(net, torch.zeros(5, 1), parts=8)
    assert [len(part) for part in net.seen] == [3, 2]


class Watched(nn.Module):
    """A net that counts, at each pass, how many earlier activations of its hidden layer are still held."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(1, 1000), nn.Linear(1000, 2)
        self.activations: list[StorageWeakRef] = []
        self.held: list[int] = []

    def forward(self, inputs: Tensor) -> Tensor:
        self.held.append(sum(not each.expired() for each in self.activations))
        hidden = self.first(inputs).sigmoid()
        self.activations.append(StorageWeakRef(hidden.untyped_storage()))
        return self.last(hidden)


def test_the_activations_of_one_part_are_held_at_a_time() -> None:
    net = Watched()
    in_parts(net, torch.arange(64.0).unsqueeze(1), parts=4).square().sum().backward()
    assert net.held == [0] * 8  # four passes forward, and each once more for the backward pass
    net = Watched()
    sum(net(part).square().sum() for part in torch.arange(64.0).unsqueeze(1).tensor_split(4)).backward()
    assert net.held == [0, 1, 2, 3]  # what would be held without


def test_running_statistics_move_once_a_part() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2), nn.BatchNorm1d(2))
    expected = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2), nn.BatchNorm1d(2)
    )
    expected.load_state_dict(net.state_dict())
    inputs = torch.rand(12, 3)
    outputs = in_parts(net, inputs, parts=2)
    by_hand = [expected(inputs[[0, 1, 2, 6, 7, 8]]), expected(inputs[[3, 4, 5, 9, 10, 11]])]
    outputs.square().sum().backward()
    sum(each.square().sum() for each in by_hand).backward()
    for (name, buffer), other in zip(net.named_buffers(), expected.buffers(), strict=True):
        torch.testing.assert_close(buffer, other, msg=name)
    for (name, one), other in zip(net.named_parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)


def test_the_twin_of_sdclr_moves_its_own_statistics_alone(digits: LongTailed) -> None:
    config = replace(DIGITS, method="sdclr", batch_norm=True, accumulate=3, epochs=1)
    _, state = trained(config, digits)
    steps = Trainer(config, digits).total_steps
    counted = {key: int(value) for key, value in state.items() if key.endswith("num_batches_tracked")}
    assert len(counted) == 4  # two norms, each with the encoder and with the twin
    assert set(counted.values()) == {3 * steps}


def test_under_autocast(digits: LongTailed) -> None:
    config = replace(DIGITS, precision="bfloat16", epochs=2, gh_warm_up=0)
    losses, in_parts_losses = (
        torch.tensor(trained(replace(config, accumulate=parts), digits)[0]) for parts in (1, 3)
    )
    torch.testing.assert_close(in_parts_losses, losses, atol=0.02, rtol=0.02)  # three significant digits


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"accumulate": 13},
            r"^accumulate is 13, but a batch of 24 samples has at most 12 parts of two samples: choose a "
            r"smaller accumulate or a larger batch_size$",
        ),
        ({"accumulate": 60, "batch_size": 4096}, r"but a batch of \d\d samples has at most"),
    ],
)
def test_more_parts_than_the_batch_has(digits: LongTailed, changes: dict[str, int], sentence: str) -> None:
    config = replace(DIGITS, **changes)
    with pytest.raises(ValueError, match=sentence):
        check(config, digits)
    with pytest.raises(ValueError, match=sentence):
        Trainer(config, digits)


def test_as_many_parts_as_the_batch_allows(digits: LongTailed) -> None:
    losses, _ = trained(replace(DIGITS, accumulate=12, batch_norm=True, epochs=1), digits)
    assert all(value == value for step in losses for value in step)
