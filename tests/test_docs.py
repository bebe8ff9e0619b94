"""The documents are followed to the letter: what they show runs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import ghviz.ssl
from ghviz.data.dataset import load
from ghviz.gh import Harmonizer
from ghviz.imports.folder import save_snapshot
from ghviz.ssl.registry import METHODS, Entry, options_of
from ghviz.store import open_run
from ghviz.train.engine import Trainer
from ghviz.types import RunConfig, Step

DOCS = Path(__file__).parents[1] / "docs"
TINY = RunConfig(
    dataset="digits",
    n_max=40,
    ratio=10,
    num_classes=5,
    test_per_class=5,
    hidden=(24, 24),
    dimension=3,
    batch_size=24,
    epochs=8,
    num_targets=8,
    gh_warm_up=2,
    gh_ramp=1,
    snapshots=2,
)


def blocks(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", (DOCS / name).read_text(encoding="utf-8"), re.M | re.S)


def test_adding_a_method_is_one_file_and_one_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "add-a-method.md").read_text(encoding="utf-8")
    named = re.search(r"Save this as `ghviz/ssl/(\w+\.py)`", text)
    assert named
    file, entry = blocks("add-a-method.md")
    (tmp_path / named[1]).write_text(file)
    monkeypatch.setattr(ghviz.ssl, "__path__", [*ghviz.ssl.__path__, str(tmp_path)])
    ((name, added),) = eval("{" + entry + "}", {"Entry": Entry}).items()
    monkeypatch.setitem(METHODS, name, added)
    data = load(TINY)
    losses = {}
    for gh in ("off", "on"):
        trainer = Trainer(replace(TINY, method=name, gh=gh, method_options=("spread=0.5",)), data)
        assert trainer.method.spread == 0.5
        events = [event for _ in range(trainer.total_steps) for event in trainer.steps_on()]
        losses[gh] = [event.base_loss for event in events if isinstance(event, Step)]
    assert sum(losses["off"][-5:]) < sum(losses["off"][:5])
    assert losses["on"] != losses["off"]
    assert options_of(name, []) == {"spread": 1.0}
    assert f"--method {name} --method-options spread=" in text


def test_every_argument_of_the_harmonizer_is_explained() -> None:
    text = (DOCS / "plug-in.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == list(inspect.signature(Harmonizer).parameters)


def test_what_to_log_and_to_save_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harmonizer = Harmonizer(12, 3, num_targets=4, warm_up=0)
    harmonizer.set_epoch(0)
    harmonizer(torch.randn(12, 3), torch.randn(12, 3), torch.arange(12))
    shown: dict[str, object] = {"harmonizer": harmonizer}
    logging = next(block for block in blocks("plug-in.md") if "gh/loss" in block)
    exec(logging, shown)
    log = shown["log"]
    assert isinstance(log, dict)
    assert float(log["gh/prior_entropy"]) == pytest.approx(1)
    assert float(log["gh/loss"]) > 0
    z1, z2 = (torch.randn(12, 3, requires_grad=True) for _ in range(2))
    shown = {"harmonizer": harmonizer, "base_loss": (z1 * z2).sum(), "z1": z1, "z2": z2}
    exec(next(block for block in blocks("plug-in.md") if "gradient_share" in block), shown)
    log = shown["log"]
    assert isinstance(log, dict)
    assert 0 < log["gh/share_of_gradient"] < 1
    assert log["gh/live_vertices"] == harmonizer.live_vertices()
    monkeypatch.chdir(tmp_path)
    saving = next(block for block in blocks("plug-in.md") if "save_snapshot(" in block)
    labels = np.repeat([0, 1, 2], 4)
    exec(saving, {"embeddings": torch.randn(12, 3), "labels": labels, "step": 5, "harmonizer": harmonizer})
    assert open_run(tmp_path / "runs" / "mine" / "gh").config.gh == "on"
    save_snapshot(tmp_path / "runs" / "mine" / "base", np.eye(3).repeat(4, axis=0), labels, step=5)


@pytest.mark.slow
def test_gathering_gives_the_numbers_of_one_process(tmp_path: Path) -> None:
    """Two processes by torchrun with half of the batch each: loss, gradients, running means of the whole."""
    (snippet,) = (block for block in blocks("plug-in.md") if "class Gather" in block)
    script = tmp_path / "gathered.py"
    script.write_text(
        snippet
        + """
import os
from torch.nn.parallel import DistributedDataParallel
from ghviz.gh import Harmonizer

dist.init_process_group("gloo")
torch.manual_seed(0)
x1, x2, indices = torch.randn(16, 5), torch.randn(16, 5), torch.randperm(16)
encoder = torch.nn.Linear(5, 3)
alone, together = (Harmonizer(16, 3, num_targets=6, warm_up=0) for _ in range(2))
alone.set_epoch(0), together.set_epoch(0)
expected = alone(encoder(x1), encoder(x2), indices)
gradients = torch.autograd.grad(expected, list(encoder.parameters()))
parallel = DistributedDataParallel(encoder)
mine = slice(0, 8) if dist.get_rank() == 0 else slice(8, 16)
z1, z2 = parallel(torch.cat([x1[mine], x2[mine]])).chunk(2)
loss = harmonized(together, z1, z2, indices[mine])
loss.backward()
torch.testing.assert_close(loss, expected)
for parameter, gradient in zip(encoder.parameters(), gradients):
    torch.testing.assert_close(parameter.grad, gradient)
torch.testing.assert_close(together.running_mean, alone.running_mean)
assert together.seen.all()
dist.barrier()
os._exit(0)  # torch may abort while it tears the group down
"""
    )
    process = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone", str(script)],
        capture_output=True,
        text=True,
        timeout=200,
        cwd=DOCS.parent,
    )
    assert process.returncode == 0, process.stderr
