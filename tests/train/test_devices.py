"""Behaviour: every kind of data and net trains on every device that this machine has."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ghviz.train import fit
from ghviz.types import Control, Finished, GHSwitch, RunConfig, SnapshotReady, Started, Step

AVAILABLE = {
    "cpu": True,
    "cuda": torch.cuda.is_available(),
    "mps": torch.backends.mps.is_available(),
}
DEVICES = [
    pytest.param(
        name, marks=pytest.mark.skipif(not there, reason=f"this machine has no {name}: untested there")
    )
    for name, there in AVAILABLE.items()
]
SHORT = {"epochs": 6, "gh_warm_up": 2, "gh_ramp": 1, "gh_refresh_every": 2, "snapshots": 3}
DIGITS = {"dataset": "digits", "num_classes": 3, "n_max": 60, "ratio": 10, "test_per_class": 20}
CONFIGS = {
    "toy": RunConfig(**SHORT),
    "digits": RunConfig(**SHORT, **DIGITS, dimension=3, batch_size=32),
    "images": RunConfig(
        **SHORT,
        dataset="npz",
        data_path="images.npz",
        num_classes=3,
        ratio=1,
        test_per_class=4,
        net="convnet",
        projector_hidden=16,
        dimension=8,
        batch_norm=True,
        batch_size=16,
        optimizer="sgd",
    ),
}


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    """Random colour images of three classes."""
    rng = np.random.default_rng(0)
    np.savez(
        tmp_path / "images.npz",
        images=rng.integers(0, 256, (60, 16, 16, 3), dtype=np.uint8),
        labels=np.repeat([0, 1, 2], [36, 16, 8]),
        class_names=np.array(["a", "b", "c"]),
    )
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CONFIGS)
@pytest.mark.parametrize("device", DEVICES)
def test_trains_on(device, name):
    """Losses are numbers, GH acts, is switched off and on again, and the embeddings are unit rows."""
    config = RunConfig(**{**vars(CONFIGS[name]), "device": device})
    begun = next(iter(fit(config)))
    off_at, on_at = begun.total_steps * 2 // 3, begun.total_steps * 5 // 6
    done = 0

    def control():
        return Control(gh_weight=0.0 if off_at <= done < on_at else None if done < off_at else 1.0)

    events = []
    for event in fit(config, control=control):
        events.append(event)
        done = event.step
    assert isinstance(events[0], Started)
    assert events[0].device.split(":")[0] == device
    assert isinstance(events[-1], Finished)
    steps = [event for event in events if isinstance(event, Step)]
    assert all(math.isfinite(value) for step in steps for value in (step.loss, step.base_loss, step.gh_loss))
    switches = [event for event in events if isinstance(event, GHSwitch)]
    assert [(switch.step, switch.on) for switch in switches] == [(off_at, False), (on_at, True)]
    acting = [step.gh_weight > 0 for step in steps]
    first = config.gh_warm_up * begun.steps_per_epoch
    assert acting == [first <= i < off_at or i >= on_at for i in range(begun.total_steps)]
    assert all(step.gh_loss > 0 for step in steps[first:off_at])
    for event in events:
        if isinstance(event, SnapshotReady):
            np.testing.assert_allclose(np.linalg.norm(event.snapshot.train, axis=1), 1, atol=1e-3)
