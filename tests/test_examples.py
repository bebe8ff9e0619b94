"""Behaviour: every example runs as a person runs it, GH is three lines of it, and what it writes opens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from ghviz.app.pairs import Record, read_comparison

EXAMPLES = Path(__file__).parents[1] / "examples"
NEEDS = {"plain_pytorch": "torch", "lightly_simclr": "lightly", "lightning_module": "lightning"}
OWN_WARNINGS = ("lightning_module",)
"""Examples whose library warns by itself; in the others a warning is an error."""


def run(name: str, *words: str) -> str:
    """What an example prints; skipped, with the reason, where its library is missing."""
    if find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed: pip install -r requirements-dev.txt")
    strictness = [] if name in OWN_WARNINGS else ["-W", "error"]
    process = subprocess.run(
        [sys.executable, *strictness, EXAMPLES / f"{name}.py", *words],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def only_side(folder: Path) -> Record:
    return read_comparison(folder).sides["gh"]


def test_every_example_is_tested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} - {"digits"} == set(NEEDS)


@pytest.mark.parametrize("name", NEEDS)
def test_gh_is_three_marked_lines(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    marked = re.findall(r"^.*# GH, line (\d)", source, re.MULTILINE)
    assert marked == ["1", "2", "3"]
    beside = [line for line in source.splitlines() if "armonizer" in line and "import" not in line]
    told = ("last_loss", "live_vertices", "vertices=", '"""', "submodule", "ddp", "named_buffers", "needs")
    unmarked = [line for line in beside if "# GH" not in line and not any(word in line for word in told)]
    assert unmarked == []


@pytest.mark.slow
def test_plain_pytorch_makes_a_pair_that_differs_in_gh_alone(tmp_path: Path) -> None:
    run("plain_pytorch", "--epochs", "9", "--out", str(tmp_path / "gh"))
    printed = run("plain_pytorch", "--epochs", "9", "--out", str(tmp_path / "base"), "--weight", "0")
    assert "epoch 8: loss" in printed
    pair = read_comparison(tmp_path)
    base, gh = pair.sides["base"], pair.sides["gh"]
    assert base.steps == gh.steps == tuple(range(2, 19, 2))
    assert base.classes.names == ("0", "1", "3", "4", "6", "7")
    equal = [np.array_equal(a.train, b.train) for a, b in zip(base.snapshots(), gh.snapshots(), strict=True)]
    assert equal == [True] * 3 + [False] * 6  # GH acts from a third of the epochs on
    assert gh.points.targets.shape == (12, 3)
    assert 0 <= gh.tables[-1].summary["accuracy"] <= 1


@pytest.mark.slow
def test_lightlys_loop_trains_with_gh(tmp_path: Path) -> None:
    printed = run("lightly_simclr", "--epochs", "12", "--out", str(tmp_path))
    first, last = (float(each) for each in re.findall(r"GH's ([\d.]+)", printed))
    assert first == 0
    assert last > 0
    record = only_side(tmp_path)
    assert record.steps == (2, 24)
    assert record.classes.names == ("0", "1", "3", "4", "6", "7")


@pytest.mark.slow
def test_a_lightning_module_trains_with_gh(tmp_path: Path) -> None:
    run("lightning_module", "--epochs", "6", "--out", str(tmp_path / "gh"))
    record = only_side(tmp_path / "gh")
    assert record.steps == (12,)
    assert record.run.config.method == "SimCLR in Lightning + GH"


def test_a_lightning_module_refuses_a_used_folder_before_it_trains(tmp_path: Path) -> None:
    if find_spec("lightning") is None:
        pytest.skip("lightning is not installed: pip install -r requirements-dev.txt")
    process = subprocess.run(
        [sys.executable, EXAMPLES / "lightning_module.py", "--epochs", "9999", "--out", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert process.returncode == 1
    assert process.stderr == f"{tmp_path} exists already: choose another folder for this run, or delete it\n"


@pytest.mark.slow
def test_two_lightning_processes_give_the_numbers_of_one(tmp_path: Path) -> None:
    if find_spec("lightning") is None:
        pytest.skip("lightning is not installed: pip install -r requirements-dev.txt")
    script = tmp_path / "fit.py"
    script.write_text(
        f"""
import os, sys
from itertools import cycle

import lightning, lightning_module, torch
from torch.utils.data import DataLoader, TensorDataset

flips = cycle([(), (3,)])
lightning_module.view = lambda images: images.flip(next(flips))  # the same in each process


class SimCLR(lightning_module.SimCLR):
    def on_train_start(self):
        if self.trainer.world_size > 1:
            assert self.trainer.strategy.model.modules_buffers == []  # DDP leaves the statistics alone


devices = int(sys.argv[1])
torch.manual_seed(0)
images = torch.randn(240, 1, 8, 8)
module = SimCLR(240, epochs=6)
mine = torch.arange(240)[int(os.environ.get("LOCAL_RANK", 0)) :: devices]  # Lightning's sampler would shuffle
loader = DataLoader(TensorDataset(images[mine], mine), batch_size=120 // devices)
said = dict(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
trainer = lightning.Trainer(max_epochs=6, devices=devices, use_distributed_sampler=False, **said)
trainer.fit(module, loader)
assert trainer.global_step == 12
state = dict(module.state_dict(), gh_loss=module.harmonizer.last_loss)
torch.save(state, rf"{tmp_path}/{{devices}}-{{trainer.global_rank}}.pt")
"""
    )
    for devices in ("1", "2"):
        process = subprocess.run(
            [sys.executable, script, devices],
            capture_output=True,
            text=True,
            timeout=200,
            env={**os.environ, "PYTHONPATH": str(EXAMPLES)},
        )
        assert process.returncode == 0, process.stderr
    alone, *together = (torch.load(tmp_path / f"{name}.pt") for name in ("1-0", "2-0", "2-1"))
    assert alone["gh_loss"] > 0
    assert alone["harmonizer.seen"].all()
    for each in together:
        for name, value in alone.items():
            torch.testing.assert_close(each[name], value, rtol=1e-4, atol=1e-5, msg=name)


@pytest.mark.slow
def test_lightning_keeps_ghs_state_in_its_checkpoints(tmp_path: Path) -> None:
    if find_spec("lightning") is None:
        pytest.skip("lightning is not installed: pip install -r requirements-dev.txt")
    code = f"""
import lightning, torch
from lightning_module import SimCLR
from torch.utils.data import DataLoader, TensorDataset
loader = DataLoader(TensorDataset(torch.rand(240, 1, 8, 8), torch.arange(240)), batch_size=120)
said = dict(accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False)
module = SimCLR(240, epochs=6)
trainer = lightning.Trainer(max_epochs=4, **said)
trainer.fit(module, loader)
trainer.save_checkpoint({str(tmp_path / "some.ckpt")!r}, weights_only=False)
again = SimCLR(240, epochs=6)
lightning.Trainer(max_epochs=4, **said).fit(again, loader, ckpt_path={str(tmp_path / "some.ckpt")!r})
assert again.harmonizer.epoch == module.harmonizer.epoch == 3
assert again.harmonizer.prior_taken_at == 2
assert torch.equal(again.harmonizer.prior, module.harmonizer.prior)
assert torch.equal(again.harmonizer.running_mean, module.harmonizer.running_mean)
"""
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=200, cwd=EXAMPLES
    )
    assert process.returncode == 0, process.stderr
