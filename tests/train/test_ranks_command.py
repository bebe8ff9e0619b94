"""`train` and `resume` under torchrun: one folder, one sentence when a process dies, any number to go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ghviz.cli import main
from ghviz.store import open_run, update_control
from ghviz.types import Step

SHORT = ["--preset", "digits", "--epochs", "60", "--snapshots", "4"]
PATIENCE = 120.0
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds a rank by Linux's /proc")


def launched(processes: int, *words: str) -> subprocess.Popen[str]:
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    return subprocess.Popen(
        [sys.executable, *torchrun, "-m", "ghviz", *words],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(condition: Callable[[], object], child: subprocess.Popen[str]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert child.poll() is None, child.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.1)


def steps_of(folder: Path) -> list[int]:
    return [event.step for event in open_run(folder).events() if isinstance(event, Step)]


def process_of(rank: int, launcher: int) -> int:
    """The process id of a rank."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                facts = (process / "stat").read_text().rsplit(")", 1)[1].split()
                environment = (process / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if int(facts[1]) == launcher and f"RANK={rank}".encode() in environment:
                return int(process.name)
    raise AssertionError(f"there is no rank {rank}")


@pytest.mark.slow
def test_a_rank_that_dies_leaves_a_run_that_any_number_can_resume(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    child = launched(2, "train", *SHORT, "--pace", "10", "--out", str(folder))
    wait_for(lambda: (folder / "format.json").is_file() and len(steps_of(folder)) > 12, child)
    os.kill(process_of(1, child.pid), signal.SIGKILL)
    said = child.communicate(timeout=PATIENCE)[0]
    assert child.returncode != 0
    assert "another process of this run ended, so this one stopped at step" in said
    assert f"go on with: python -m ghviz resume {folder}" in said
    state = open_run(folder).state()
    assert state.status == "stopped", state.message
    update_control(folder, pace=0.0)
    done = subprocess.run(
        [sys.executable, "-m", "ghviz", "resume", str(folder)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert open_run(folder).state().status == "finished"
    steps = steps_of(folder)
    assert steps == list(range(1, len(steps) + 1))
    # the same as one process alone would have had
    alone = tmp_path / "alone"
    assert main(["train", *SHORT, "--out", str(alone)]) == 0
    ours, theirs = (
        [e.loss for e in open_run(each).events() if isinstance(e, Step)] for each in (folder, alone)
    )
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_a_pair_is_refused_under_torchrun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert main(["pair", "--preset", "toy-circle", "--out", str(tmp_path / "pair")]) == 2
    assert "a pair trains in one process, not under torchrun: train each side" in capsys.readouterr().err
    assert not (tmp_path / "pair").exists()


@pytest.mark.slow
def test_a_process_that_cannot_see_the_data_says_so_and_nothing_is_made(tmp_path: Path) -> None:
    np.savez(tmp_path / "own.npz", points=np.eye(40, 5), labels=np.repeat([0, 1], [30, 10]))
    folder = tmp_path / "run"
    words = ["--dataset", "npz", "--data-path", "own-of-RANK.npz", "--profile", "given", "--num-classes", "2"]
    words += ["--test-per-class", "3", "--epochs", "2", "--num-targets", "4", "--out", str(folder)]
    (tmp_path / "own.npz").rename(tmp_path / "own-of-0.npz")
    code = "import os, sys; from ghviz.cli import main; "
    code += "sys.exit(main([word.replace('RANK', os.environ['RANK']) for word in sys.argv[1:]]))"
    (tmp_path / "each.py").write_text(code)
    child = subprocess.run(
        [
            sys.executable,
            *["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "each.py", "train"],
            *words,
        ],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert "ghviz: process 1: own-of-1.npz does not exist: give --data-path" in child.stderr
    assert "go on with" not in child.stderr + child.stdout
    assert not folder.exists()


@pytest.mark.slow
def test_a_loss_that_is_no_number_is_said_once(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    child = launched(
        2, "train", *SHORT, "--optimizer", "sgd", "--learning-rate", "1e30", "--out", str(folder)
    )
    said = child.communicate(timeout=PATIENCE)[0]
    assert said.count("ghviz: training failed: the loss is nan at step") == 1
    assert "ghviz: process" not in said
    assert 'File "' not in said.split("torch/distributed")[0]
    assert "the loss is nan" in str(open_run(folder).state().message)


@pytest.mark.slow
def test_what_is_wrong_for_all_is_said_once(tmp_path: Path) -> None:
    words = ["--preset", "toy-circle", "--num-targets", "16000", "--out", str(tmp_path / "run")]
    said = launched(2, "train", *words).communicate(timeout=PATIENCE)[0]
    assert said.count("--num-targets is 16,000") == said.count("targets is 16,000") == 1
    assert not (tmp_path / "run").exists()
