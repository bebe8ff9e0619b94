"""`compile`: the same numbers and checkpoints with and without; one sentence where there is no compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch._dynamo.utils import counters

from ghviz.data.dataset import LongTailed, load
from ghviz.train.engine import Trainer, check
from ghviz.train.state import SavedState
from ghviz.types import SnapshotReady, Step
from tests.train.tiny import TINY_DIGITS

DIGITS = replace(TINY_DIGITS, epochs=6, optimizer="sgd", learning_rate=0.001)
NO_COMPILER = "torch.compile does not work on this machine's cpu: install a C[+][+] compiler, such as g[+][+]"
can_compile = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")) is None,
    reason="no C++ compiler: the sentence that says so is tested",
)


@pytest.fixture(scope="module")
def digits() -> LongTailed:
    return load(DIGITS)


@pytest.fixture(autouse=True)
def nothing_compiled() -> None:
    """Each test compiles for itself: torch gives up on code that it has compiled eight times."""
    torch.compiler.reset()
    counters.clear()


def losses_of(trainer: Trainer, until: int) -> list[float]:
    losses = []
    while trainer.step < until:
        losses += [event.loss for event in trainer.steps_on() if isinstance(event, Step)]
    return losses


def state_of(trainer: Trainer) -> dict[str, Tensor]:
    collected = trainer.checkpoint_ready(is_last=False).collect()
    return {name: tensor.clone() for name, tensor in collected.items()}


@pytest.mark.slow
@can_compile
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"accumulate": 3},
        {"net": "convnet", "batch_norm": True},
        {"net": "convnet", "batch_norm": True, "accumulate": 2},
        {"method": "sdclr", "batch_norm": True},
        {"method": "moco", "accumulate": 2},
    ],
    ids=["plain", "parts", "norms", "norms-parts", "sdclr", "moco-parts"],
)
def test_the_numbers_are_those_without(digits: LongTailed, changes: dict[str, object]) -> None:
    config = replace(DIGITS, **changes)
    plain, compiled = Trainer(config, digits), Trainer(replace(config, compile="on"), digits)
    expected = losses_of(plain, plain.total_steps)
    close = (
        5 if config.batch_norm else len(expected)
    )  # norms of 24 samples blow up rounding from step to step
    assert losses_of(compiled, compiled.total_steps)[:close] == pytest.approx(expected[:close], abs=1e-4)
    assert counters["stats"]["unique_graphs"] > 0  # torch did compile something
    assert state_of(compiled).keys() == state_of(plain).keys()
    (snapshot,) = [each for each in compiled.snapshot_ready() if isinstance(each, SnapshotReady)]
    assert snapshot.snapshot.train.shape == (len(digits.train_labels), 3)


@pytest.mark.slow
@can_compile
@pytest.mark.parametrize("first", ["on", "off"])
def test_goes_on_with_and_without(digits: LongTailed, first: str) -> None:
    sides = {switch: replace(DIGITS, compile=switch) for switch in ("on", "off")}
    begun, whole = Trainer(sides[first], digits), Trainer(DIGITS, digits)
    middle = whole.total_steps // 2 + 1
    expected = losses_of(whole, whole.total_steps)
    before = losses_of(begun, middle)
    resumed = Trainer(sides["off" if first == "on" else "on"], digits)
    tensors = {name: tensor.numpy() for name, tensor in state_of(begun).items()}
    resumed.restore(SavedState(step=middle, tensors=tensors))
    assert before + losses_of(resumed, whole.total_steps) == pytest.approx(expected, abs=1e-4)


@pytest.mark.slow
def test_without_a_compiler_there_is_one_sentence_and_no_folder(tmp_path: Path) -> None:
    words = ["train", "--preset", "digits", "--compile", "on", "--out", str(tmp_path / "run")]
    done = subprocess.run(
        [sys.executable, "-m", "ghviz", *words],
        env={**os.environ, "CXX": "/nowhere/c++", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    last = done.stderr.strip().splitlines()[-1]
    assert NO_COMPILER.replace("[+]", "+") in last
    assert "or leave out --compile on" in last
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_what_the_compiler_says_becomes_a_sentence(
    digits: LongTailed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("\nPython.h: No such file or directory\nand a page more")

    from ghviz.train import compiling

    compiling.check_compiler.cache_clear()
    monkeypatch.setattr(torch, "compile", broken)
    sentence = (
        rf"{NO_COMPILER}, or leave out --compile on \(torch says: Python.h: No such file or directory\)$"
    )
    with pytest.raises(ValueError, match=sentence):
        check(replace(DIGITS, compile="on"), digits)
    with pytest.raises(ValueError, match=sentence):
        Trainer(replace(DIGITS, compile="on"), digits)
    check(DIGITS, digits)  # nothing is compiled where nobody asks for it
