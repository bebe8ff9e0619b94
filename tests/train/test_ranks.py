"""Several processes give the numbers of one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import torch
from torch import nn

from ghviz.nets.synced_norm import SyncedBatchNorm, with_synced_norms
from ghviz.train.ranks import RankLostError, Ranks, current, join, together
from ghviz.types import RunConfig
from tests.train import rank_trainer
from tests.train.test_compile import can_compile

DIGITS = RunConfig(
    dataset="digits",
    num_classes=6,
    n_max=60,
    ratio=10,
    test_per_class=5,
    hidden=(32, 32),
    dimension=3,
    batch_size=51,  # 102 views: shares of 26, 26, 25, 25 on four processes
    epochs=10,
    optimizer="sgd",  # Adam would blow up the rounding of gradients that are zero (a bias before a norm)
    learning_rate=0.001,
    num_targets=8,
    gh_warm_up=3,
    gh_ramp=2,
    gh_refresh_every=2,
    snapshots=2,
)
ROOT = Path(__file__).parents[2]


def train(config: RunConfig, out: Path, processes: int) -> list[dict[str, np.ndarray]]:
    """What every process came to; one process is this one."""
    if processes == 1:
        rank_trainer.main(config, str(out))
    else:
        words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        words += ["-m", "tests.train.rank_trainer", msgspec.json.encode(config).decode(), str(out)]
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
    return [dict(np.load(f"{out}-{rank}.npz")) for rank in range(processes)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "changes"),
    [
        (4, {}),
        (2, {"batch_norm": True, "projector_hidden": 16}),
        (4, {"batch_norm": True, "projector_hidden": 16}),
        (
            2,
            {
                "batch_norm": True,
                "projector_hidden": 16,
                "method": "sdclr",
                "method_options": ("fraction=0.3",),
            },
        ),
        (2, {"batch_norm": True, "projector_hidden": 16, "method": "moco"}),
        (2, {"batch_norm": True, "projector_hidden": 16, "method": "dnc"}),
        (2, {"accumulate": 4}),
        (2, {"accumulate": 3, "method": "sdclr", "method_options": ("fraction=0.3",)}),
        pytest.param(2, {"accumulate": 3, "compile": "on"}, marks=can_compile),
    ],
    ids=[
        "four",
        "synced-norms",
        "four-synced-norms",
        "sdclr",
        "moco",
        "dnc",
        "parts",
        "sdclr-parts",
        "compiled-parts",
    ],
)
def test_processes_give_the_numbers_of_one(tmp_path: Path, processes: int, changes: dict[str, Any]) -> None:
    config = replace(DIGITS, **changes)
    (alone,) = train(replace(config, accumulate=1, compile="off"), tmp_path / "one", 1)
    shared = train(config, tmp_path / "many", processes)
    assert len(alone["steps"]) == 10 * (len(alone["running_mean"]) // 51)
    assert (alone["steps"][:, 2] > 0).any()  # GH acted
    for each in shared:
        for name in ("steps", "priors", "running_mean", "weights", "method"):
            np.testing.assert_allclose(each[name], alone[name], atol=1e-4, rtol=1e-4, err_msg=name)
        np.testing.assert_array_equal(each["weights"], shared[0]["weights"])
    assert len(alone["diagnoses"]) == 1  # at the last step
    np.testing.assert_allclose(shared[0]["diagnoses"], alone["diagnoses"], atol=2e-3, rtol=2e-3)
    assert all(len(each["diagnoses"]) == 0 for each in shared[1:])


@pytest.mark.slow
def test_processes_with_synced_norms_and_parts_stay_equal(tmp_path: Path) -> None:
    """The norms of a part are those of all processes, also while the backward pass computes it again."""
    config = replace(DIGITS, batch_norm=True, projector_hidden=16, accumulate=3)
    first, second = train(config, tmp_path / "two", 2)
    assert np.isfinite(first["steps"]).all()
    assert len(first.pop("diagnoses")) > len(second.pop("diagnoses"))  # the first alone tells
    for name, values in first.items():
        np.testing.assert_array_equal(second[name], values, err_msg=name)


def test_alone_there_is_nobody_to_agree_with() -> None:
    assert current() == Ranks(0, 1)
    assert Ranks().agreed((0.5, True)) == (0.5, True)


def test_an_error_of_a_process_alone_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("CUDA error: peer access is not supported")
    with pytest.raises(RuntimeError, match=r"^CUDA error") as raised, together():
        raise error
    assert raised.value is error
    monkeypatch.setattr("ghviz.train.ranks.current", lambda: Ranks(1, 2))
    with pytest.raises(RankLostError, match="another process of this run ended"), together():
        raise error


def started(monkeypatch: pytest.MonkeyPatch, gpus: int, **environment: str) -> list[tuple[str, object]]:
    """What `join` asks torch for, as one of the processes that torchrun started on a machine with GPUs."""
    asked: list[tuple[str, object]] = []
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: asked.append(("GPU", number)))
    monkeypatch.setattr(
        torch.distributed, "init_process_group", lambda _, timeout: asked.append(("timeout", timeout))
    )
    join()
    return asked


@pytest.mark.parametrize("rank", ["0", "3"])
def test_more_processes_than_gpus_are_refused_by_all_of_them(
    monkeypatch: pytest.MonkeyPatch, rank: str
) -> None:
    ranks = {"WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "4", "LOCAL_RANK": rank}
    sentence = "^--nproc-per-node is 4, this machine has 2 GPUs: start one process for each$"
    with pytest.raises(ValueError, match=sentence):
        started(monkeypatch, 2, **ranks)
    assert ("GPU", int(rank)) in started(monkeypatch, 4, **ranks)


def test_processes_wait_as_long_as_the_first_may_need_to_decode(monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(monkeypatch, 0, WORLD_SIZE="2") == [("timeout", timedelta(hours=12))]


def test_synced_norms_hold_the_tensors_of_the_norms_they_replace() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Sequential(nn.Flatten(), nn.BatchNorm1d(16))
    )
    inputs = torch.rand(5, 1, 4, 4)
    net(inputs)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    expected = net.eval()(inputs)
    synced = with_synced_norms(net)
    assert sum(isinstance(each, SyncedBatchNorm) for each in synced.modules()) == 2
    assert synced.state_dict().keys() == before.keys()
    torch.testing.assert_close(synced.eval()(inputs), expected)
