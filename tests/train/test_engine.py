"""Behaviour: the engine's events, determinism, pairs, live switches and going on from a checkpoint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ghviz.data.dataset import load
from ghviz.train import TrainingDivergedError, fit
from ghviz.train.engine import Trainer
from ghviz.train.state import SavedState
from ghviz.types import (
    CheckpointReady,
    Control,
    DataReady,
    Finished,
    GHSwitch,
    PriorTaken,
    RunConfig,
    SnapshotReady,
    Started,
    Step,
    Stopped,
)

SHORT = RunConfig(
    epochs=12, gh_warm_up=4, gh_ramp=2, gh_refresh_every=3, snapshots=5, gh_weight=2.0
)  # 5 steps an epoch


def events_of(config=SHORT, **options):
    return list(fit(config, **options))


def steps_of(events):
    return [event for event in events if isinstance(event, Step)]


def kept(events):
    """Events with the tensors of checkpoints copied, since they are live."""
    for event in events:
        if isinstance(event, CheckpointReady):
            copies = {name: tensor.clone() for name, tensor in event.collect().items()}
            yield replace(event, collect=lambda copies=copies: copies)
        else:
            yield event


def controlled(*changes):
    """A control source that says each wish from its call on (one call before each step)."""
    calls = iter(range(10**6))
    wishes = dict(changes)
    state = {"now": Control()}

    def control():
        state["now"] = wishes.get(next(calls), state["now"])
        return state["now"]

    return control


def same(first, second):
    """Whether two snapshots are equal bit for bit."""
    return np.array_equal(first.train, second.train) and np.array_equal(first.test, second.test)


def test_a_run_tells_its_story_in_order():
    events = events_of()
    assert isinstance(events[0], Started)
    assert isinstance(events[1], DataReady)
    assert isinstance(events[-1], Finished)
    assert [step.step for step in steps_of(events)] == list(range(1, 61))
    assert [event.step for event in events if isinstance(event, SnapshotReady)] == [0, 15, 30, 45, 60]
    offered = [event for event in events if isinstance(event, CheckpointReady)]
    assert [event.step for event in offered] == list(range(5, 61, 5))  # after every epoch
    assert [event.step for event in offered if event.is_last] == [60]
    assert [event.epoch for event in events if isinstance(event, PriorTaken)] == [4, 7, 10]


def test_snapshots_are_unit_rows_of_all_points():
    events = events_of()
    points = events[1].points
    for event in events:
        if isinstance(event, SnapshotReady):
            assert event.snapshot.train.shape == (len(points.train_labels), 2)
            assert event.snapshot.test.shape == (len(points.test_labels), 2)
            np.testing.assert_allclose(np.linalg.norm(event.snapshot.train, axis=1), 1, atol=1e-5)


def test_large_data_are_snapped_in_part():
    events = events_of(replace(SHORT, epochs=1, gh_warm_up=0, snapshot_points=100))
    points, snapshot = events[1].points, events[2].snapshot
    assert len(points.train_indices) == len(set(points.train_indices.tolist())) == 100
    assert snapshot.train.shape == (100, 2)
    assert len(snapshot.test) == len(points.test_labels) <= 100
    assert len(set(points.test_labels.tolist())) == 10


def test_the_same_seed_gives_the_same_run_bit_for_bit():
    first, second = events_of(), events_of()
    assert steps_of(first) == steps_of(second)
    assert same(first[-3].snapshot, second[-3].snapshot)


def test_another_seed_gives_another_run():
    assert steps_of(events_of())[0].loss != steps_of(events_of(replace(SHORT, seed=1)))[0].loss


def test_training_leaves_the_global_random_state_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    events_of(replace(SHORT, epochs=1, gh_warm_up=0))
    assert torch.equal(before, torch.get_rng_state())


def test_the_sides_of_a_pair_differ_by_gh_alone():
    base, gh = events_of(replace(SHORT, gh="off")), events_of()
    first_with_gh = SHORT.gh_warm_up * 5
    for off, on in zip(steps_of(base)[:first_with_gh], steps_of(gh)[:first_with_gh], strict=True):
        assert off == on
    assert steps_of(base)[first_with_gh + 5].base_loss != steps_of(gh)[first_with_gh + 5].base_loss
    assert all(step.gh_weight == 0 and step.loss == step.base_loss for step in steps_of(base))


def test_the_loss_is_the_base_loss_plus_weighted_gh():
    for step in steps_of(events_of()):
        assert step.loss == pytest.approx(step.base_loss + step.gh_weight * step.gh_loss, rel=1e-5)


def test_the_weight_follows_warm_up_and_ramp():
    weights = {step.epoch: step.gh_weight for step in steps_of(events_of())}
    assert [weights[epoch] for epoch in (3, 4, 5, 11)] == [0.0, 1.0, 2.0, 2.0]


def test_gh_can_be_switched_between_any_two_steps():
    control = controlled((30, Control(gh_weight=0.0)), (40, Control(gh_weight=3.0)))
    events = events_of(control=control)
    switches = [event for event in events if isinstance(event, GHSwitch)]
    assert [(s.step, s.weight, s.on) for s in switches] == [(30, 0.0, False), (40, 3.0, True)]
    weights = [step.gh_weight for step in steps_of(events)]
    assert weights[29] == 2.0
    assert set(weights[30:40]) == {0.0}
    assert set(weights[40:]) == {3.0}
    plain = steps_of(events_of())
    assert steps_of(events)[:30] == plain[:30]
    assert steps_of(events)[30].loss != plain[30].loss


def test_gh_can_be_switched_on_in_a_run_that_began_without():
    events = events_of(replace(SHORT, gh="off"), control=controlled((40, Control(gh_weight=1.0))))
    assert steps_of(events)[40].gh_loss > 0  # the statistics were gathered all along


def test_a_wish_that_changes_nothing_is_no_event():
    events = events_of(control=controlled((10, Control(gh_weight=2.0))))
    assert not any(isinstance(event, GHSwitch) for event in events)


def test_stop_saves_first():
    *_, saved, stopped = events_of(control=controlled((17, Control(stop=True))))
    assert isinstance(saved, CheckpointReady)
    assert isinstance(stopped, Stopped)
    assert saved.step == stopped.step == 17


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("stop", [1, 17, 20, 59])
def test_going_on_from_a_checkpoint_gives_the_very_numbers(optimizer, stop):
    config = replace(SHORT, optimizer=optimizer, schedule="two-stage", weight_decay=1e-4)
    whole = events_of(config)
    control = controlled((stop, Control(stop=True)))
    saved = [event for event in kept(fit(config, control=control)) if isinstance(event, CheckpointReady)][-1]
    state = SavedState(step=saved.step, tensors={n: t.numpy() for n, t in saved.collect().items()})
    rest = events_of(config, resume=state)
    assert steps_of(rest) == steps_of(whole)[stop:]
    assert same(rest[-3].snapshot, whole[-3].snapshot)


def test_recorded_switches_are_repeated_and_wishes_wait_for_the_frontier():
    control = controlled((20, Control(gh_weight=0.0)), (35, Control(gh_weight=1.0)))
    whole = events_of(control=control)
    switches = [event for event in whole if isinstance(event, GHSwitch)]
    saved = next(e for e in kept(fit(SHORT)) if isinstance(e, CheckpointReady) and e.step == 15)
    state = SavedState(step=15, tensors={n: t.numpy() for n, t in saved.collect().items()})
    rest = events_of(
        resume=state, switches=switches, frontier=50, control=controlled((0, Control(gh_weight=7.0)))
    )
    assert steps_of(rest)[:35] == steps_of(whole)[15:50]
    assert [event.step for event in rest if isinstance(event, GHSwitch)] == [20, 35, 51]


def test_a_checkpoint_of_another_model_is_refused():
    saved = next(event for event in fit(SHORT) if isinstance(event, CheckpointReady))
    tensors = {name: tensor.numpy() for name, tensor in saved.collect().items()}
    with pytest.raises(ValueError, match="does not fit"):
        events_of(replace(SHORT, hidden=(32, 32)), resume=SavedState(step=15, tensors=tensors))


def test_a_loss_that_is_no_number_stops_the_run_with_advice():
    with pytest.raises(TrainingDivergedError, match=r"step \d+: try a smaller learning rate$"):
        events_of(replace(SHORT, optimizer="sgd", learning_rate=1e30, epochs=60))


def test_weights_that_are_no_numbers_never_reach_a_checkpoint(monkeypatch):
    """The loss tells it one step later, when they would be saved already."""
    trainer = Trainer(SHORT, load(SHORT))
    while trainer.step < trainer.steps_per_epoch - 1:
        list(trainer.steps_on())
    bias = list(trainer.encoder.parameters())[-1]
    monkeypatch.setattr(trainer.method, "after_step", lambda _: bias.data.fill_(np.inf))
    events = trainer.steps_on()
    assert isinstance(next(events), Step)
    with pytest.raises(TrainingDivergedError, match=r"finite numbers any more after step 5: try a smaller"):
        next(events)


def test_learning_lowers_the_loss():
    steps = steps_of(events_of(replace(SHORT, gh="off", epochs=40)))
    assert np.mean([step.loss for step in steps[-20:]]) < steps[0].loss - 0.5


@pytest.mark.parametrize("net", ["convnet", "mlp"])
def test_digits_train_with_batch_norm(net):
    config = RunConfig(
        dataset="digits", num_classes=3, n_max=60, ratio=10, test_per_class=20, view_strength=0.5, net=net,
        dimension=8, batch_norm=True, projector_hidden=16, epochs=3, batch_size=32, gh_warm_up=1, snapshots=2,
    )  # fmt: skip
    events = events_of(config)
    assert isinstance(events[-1], Finished)
    assert events[1].points.thumbnails.shape[1:] == (8, 8)
    assert events[1].points.thumbnails.dtype == np.uint8


def test_a_device_that_is_not_there_is_one_sentence():
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(ValueError, match="not available here"):
        events_of(replace(SHORT, device="cuda"))
