"""Every base method in the engine: with and without GH, on images and points, across a break."""

from __future__ import annotations

import inspect
from dataclasses import replace
from importlib import import_module

import pytest
import torch

from ghviz.data.dataset import LongTailed, load
from ghviz.data.views import two_views
from ghviz.ssl.bcl import memorization_weights
from ghviz.ssl.method import Method
from ghviz.ssl.registry import METHODS, options_of
from ghviz.train.engine import Trainer, check
from ghviz.train.state import SavedState
from ghviz.types import RunConfig, Step
from tests.train.tiny import TINY_DIGITS

CONVOLUTIONS = replace(TINY_DIGITS, net="convnet", batch_norm=True, projector_hidden=16)


@pytest.fixture(scope="module")
def digits() -> LongTailed:
    return load(TINY_DIGITS)


def steps(trainer: Trainer, until: int) -> list[Step]:
    done = []
    while trainer.step < until:
        done += [event for event in trainer.steps_on() if isinstance(event, Step)]
    return done


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("config", [TINY_DIGITS, CONVOLUTIONS], ids=["mlp", "convnet"])
def test_trains_with_and_without_gh(digits: LongTailed, name: str, config: RunConfig) -> None:
    # BCL's images become harder after the first epoch, so that its loss rises before it falls
    config = replace(config, method=name, epochs=40 if name == "bcl" else config.epochs)
    sides = {gh: Trainer(replace(config, gh=gh), digits) for gh in ("off", "on")}
    length = sides["on"].total_steps
    off, on = steps(sides["off"], length), steps(sides["on"], length)
    warm_up = config.gh_warm_up * sides["on"].steps_per_epoch
    assert [event.loss for event in off[:warm_up]] == [event.loss for event in on[:warm_up]]
    assert off[-1].base_loss != on[-1].base_loss  # GH has moved the encoder
    assert on[-1].gh_loss > 0
    first, last = (sum(event.base_loss for event in part) for part in (off[3:8], off[-5:]))
    assert last < first


@pytest.mark.parametrize("name", METHODS)
def test_a_break_makes_no_difference(digits: LongTailed, name: str) -> None:
    config = replace(CONVOLUTIONS, method=name)
    unbroken = Trainer(config, digits)
    middle = 3 * unbroken.steps_per_epoch + 1  # inside an epoch
    steps(unbroken, middle)
    tensors = {
        key: value.clone().numpy()
        for key, value in unbroken.checkpoint_ready(is_last=False).collect().items()
    }
    expected = [event.loss for event in steps(unbroken, unbroken.total_steps)]
    resumed = Trainer(config, digits)
    resumed.restore(SavedState(step=middle, tensors=tensors))
    assert [event.loss for event in steps(resumed, resumed.total_steps)] == expected
    for key, value in unbroken.checkpoint_ready(is_last=True).collect().items():
        assert torch.equal(value, resumed.checkpoint_ready(is_last=True).collect()[key]), key


@pytest.mark.parametrize("name", METHODS)
def test_trains_on_points(name: str) -> None:
    config = RunConfig(method=name, epochs=5, gh_warm_up=1, num_classes=4, n_max=64, ratio=4, batch_size=32)
    trainer = Trainer(config, load(config))
    assert all(event.loss == event.loss for event in steps(trainer, trainer.total_steps))


def test_the_weights_of_bcl_reach_the_views(digits: LongTailed, monkeypatch: pytest.MonkeyPatch) -> None:
    """None in the first epoch, then those of the losses that were remembered in it."""
    asked = []

    def watched(inputs, config, generator, *, strengths):
        asked.append(strengths)
        return two_views(inputs, config, generator, strengths=strengths)

    monkeypatch.setattr("ghviz.train.engine.two_views", watched)
    trainer = Trainer(replace(TINY_DIGITS, method="bcl"), digits)
    length = trainer.steps_per_epoch
    steps(trainer, length)
    assert not torch.cat(asked).any()
    memory = trainer.method.memory
    assert int(memory.seen.sum()) == length * TINY_DIGITS.batch_size
    expected = torch.zeros(len(digits.train_labels))
    expected[memory.seen] = memorization_weights(memory.running[memory.seen])
    asked.clear()
    steps(trainer, 2 * length)
    order = trainer._order[: length * TINY_DIGITS.batch_size]
    torch.testing.assert_close(torch.cat(asked), expected[order])
    assert expected.max() == 1 or expected[memory.seen].min() == 0


def test_the_key_encoder_of_moco_follows_each_step(digits: LongTailed) -> None:
    trainer = Trainer(replace(TINY_DIGITS, method="moco", method_options=("momentum=0.8",)), digits)
    for _ in range(3):
        before = [parameter.clone() for parameter in trainer.method.key_encoder.parameters()]
        steps(trainer, trainer.step + 1)
        pairs = zip(before, trainer.encoder.parameters(), strict=True)
        expected = [0.8 * key + 0.2 * own.detach() for key, own in pairs]
        torch.testing.assert_close(list(trainer.method.key_encoder.parameters()), expected)


def test_the_twin_of_sdclr_is_pruned_anew_at_each_epoch(digits: LongTailed) -> None:
    trainer = Trainer(replace(TINY_DIGITS, method="sdclr", learning_rate=0.05), digits)
    twin, masks = trainer.method.twin, []
    for epoch in range(3):
        steps(trainer, epoch * trainer.steps_per_epoch + 1)
        masks.append(
            torch.cat([b.flatten().clone() for n, b in twin.named_buffers() if n.startswith("mask/")])
        )
        steps(trainer, (epoch + 1) * trainer.steps_per_epoch)
    assert not torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[1], masks[2])


@pytest.mark.parametrize("name", METHODS)
def test_the_registry_tells_the_options_of_the_class(name: str) -> None:
    entry = METHODS[name]
    module, kind = entry.where.split(":")
    made = getattr(import_module(f"ghviz.ssl.{module}"), kind)
    assert issubclass(made, Method)
    arguments = inspect.signature(made).parameters.values()
    defaults = {each.name: each.default for each in arguments if each.kind is each.KEYWORD_ONLY}
    assert dict(entry.options) == defaults
    assert entry.title
    assert entry.text.endswith(".")


def test_a_methods_option_reaches_it(digits: LongTailed) -> None:
    config = replace(TINY_DIGITS, method="focal", method_options=("gamma=0",))
    focal, simclr = (Trainer(c, digits) for c in (config, TINY_DIGITS))
    assert steps(focal, 1)[0].loss == pytest.approx(steps(simclr, 1)[0].loss, rel=1e-5)  # gamma 0 is NT-Xent
    assert options_of("focal", ["gamma=3.5"]) == {"temperature": 0.2, "gamma": 3.5}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"method": "simcrl"}, "method must be one of simclr, .*did you mean 'simclr'"),
        ({"method_options": ("gamma=3",)}, "method 'simclr' has the options temperature, got 'gamma=3'"),
        (
            {"method": "focal", "method_options": ("gamma=x",)},
            "name=number, such as gamma=0.5, got 'gamma=x'",
        ),
        ({"method": "focal", "method_options": ("gamma=-1",)}, "gamma must be"),
        ({"method": "sdclr", "method_options": ("fraction=2",)}, "from 0 to 1, got 2"),
        ({"method": "dnc", "epochs": 4}, "and 4 epochs leave none for the student: choose more epochs"),
    ],
)
def test_what_makes_no_sense_is_said_before_training(
    digits: LongTailed, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        check(replace(TINY_DIGITS, **changes), digits)
