"""Behaviour: what GH does is told at snapshots, and training does not notice that somebody looks."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ghviz.data.dataset import load
from ghviz.ssl.dnc import Phase
from ghviz.ssl.registry import METHODS
from ghviz.train import fit
from ghviz.train.engine import Trainer
from ghviz.types import CheckpointReady, DiagnosisReady, RunConfig, SnapshotReady, Step

SHORT = RunConfig(epochs=8, gh_warm_up=4, gh_ramp=2, gh_refresh_every=2, snapshots=5, gh_weight=2.0)


@pytest.fixture
def blind(monkeypatch):
    """An engine that never looks."""
    monkeypatch.setattr(Trainer, "_diagnosed", lambda *_: None)


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


def story(config):
    """Losses, last weights and statistics of a run."""
    steps, state = [], {}
    for event in fit(config):
        if isinstance(event, Step):
            steps.append(event)
        elif isinstance(event, CheckpointReady) and event.is_last:
            state = {name: value.clone().numpy() for name, value in event.collect().items()}
    return steps, state


VARIANTS = [
    {},
    {"gh": "off"},
    {"method": "moco", "accumulate": 2},
    {"method": "dnc"},
    {"method": "sdclr", "batch_norm": True, "projector_hidden": 16},
    {"precision": "bfloat16"},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda c: ",".join(f"{k}={v}" for k, v in c.items()) or "-")
def test_looking_changes_no_bit(changes, monkeypatch):
    config = replace(SHORT, snapshots=11, **changes)
    steps, state = story(config)
    monkeypatch.setattr(Trainer, "_diagnosed", lambda *_: None)
    unseen_steps, unseen_state = story(config)
    assert steps == unseen_steps
    assert state.keys() == unseen_state.keys()
    for name, value in state.items():
        np.testing.assert_array_equal(value, unseen_state[name], err_msg=name)


def test_the_blind_engine_is_blind(blind):
    assert not of_kind(fit(SHORT), DiagnosisReady)


def test_it_is_told_at_each_snapshot_but_the_first():
    events = list(fit(SHORT))
    taken = of_kind(events, DiagnosisReady)
    assert [each.step for each in taken] == [s.step for s in of_kind(events, SnapshotReady)][1:]
    for event, after in pairwise(events):
        assert not isinstance(event, DiagnosisReady) or isinstance(after, SnapshotReady)


def test_it_tells_of_the_batch_of_its_step():
    data = load(SHORT)
    labels = data.train_labels.numpy()
    for each in of_kind(fit(SHORT, data=data), DiagnosisReady):
        assert each.plan.shape == (SHORT.batch_size, SHORT.num_targets)
        np.testing.assert_allclose(each.plan.sum(axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(each.plan.mean(axis=0), each.prior, atol=1e-4)
        off = np.abs(each.plan.mean(axis=0, dtype=np.float64) - each.prior).sum()
        assert off - 1e-6 < each.numbers["residual"] < 1e-4  # of both views, of which the plan is one
        assert each.numbers["iterations"] >= 1
        np.testing.assert_array_equal(each.labels, labels)
        assert len(set(each.batch.tolist())) == SHORT.batch_size
        assert set(each.batch.tolist()) <= set(np.flatnonzero(each.nearest >= 0).tolist())
        votes = np.bincount(each.nearest[each.nearest >= 0], minlength=SHORT.num_targets)
        np.testing.assert_allclose(each.mass, votes / votes.sum(), atol=1e-6)
        assert each.numbers["live_vertices"] == np.count_nonzero(votes)


def test_ghs_share_of_the_gradient_follows_its_weight():
    taken = of_kind(fit(SHORT), DiagnosisReady)
    weights = {step.step: step.gh_weight for step in of_kind(fit(SHORT), Step)}
    assert {weights[each.step] > 0 for each in taken} == {False, True}
    for each in taken:
        pull = weights[each.step] * each.numbers["gh_gradient"]
        expected = pull / (pull + each.numbers["base_gradient"])
        assert each.numbers["gradient_share"] == pytest.approx(expected, rel=1e-6)
        assert -1 <= each.numbers["gradient_cosine"] <= 1


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("method", METHODS)
def test_the_base_loss_of_every_method_pulls_at_what_gh_pulls_at(method, accumulate, monkeypatch):
    """In each phase: with DnC it is another loss in each."""
    phases, look = [], Trainer._diagnosed

    def looking(trainer, outcome, indices):
        found = look(trainer, outcome, indices)
        if found is not None:
            phases.append(int(getattr(trainer.method, "phase", 0)))
        return found

    monkeypatch.setattr(Trainer, "_diagnosed", looking)
    config = replace(SHORT, method=method, accumulate=accumulate, gh_warm_up=1, gh_ramp=1, snapshots=9)
    taken = of_kind(fit(config), DiagnosisReady)
    assert set(phases) == (set(Phase) if method == "dnc" else {0})
    for each in taken:
        assert each.numbers["base_gradient"] > 0
        assert -1 <= each.numbers["gradient_cosine"] <= 1
    assert all(0 < each.numbers["gradient_share"] < 1 for each in taken[1:])
