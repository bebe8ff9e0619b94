"""Small things to put into run folders."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from ghviz.store import RunWriter, create_run
from ghviz.types import (
    CheckpointSaved,
    ClassTable,
    Failed,
    Finished,
    GHSwitch,
    Points,
    RunConfig,
    Snapshot,
    SnapshotTaken,
    Started,
    Step,
    Stopped,
)


def config(**changes) -> RunConfig:
    return RunConfig(**{"num_classes": 3, "seed": 5, **changes})


def started(step: int = 0, total: int = 40) -> Started:
    return Started(
        step=step,
        device="cpu",
        reason="no GPU",
        precision="float32",
        parameters=7,
        steps_per_epoch=4,
        total_steps=total,
        schedule="constant",
    )


def a_step(step: int, loss: float = 1.5) -> Step:
    return Step(
        step=step, epoch=step // 4, loss=loss, base_loss=1.0, gh_loss=0.5, gh_weight=1.0, learning_rate=1e-3
    )


def classes() -> ClassTable:
    return ClassTable(names=("a", "b", "ç"), counts=(8, 4, 1))


def points(*, thumbnails: bool = True) -> Points:
    pictures = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4) if thumbnails else None
    return Points(
        train_labels=np.array([0, 0, 1, 1, 2]),
        train_indices=np.array([3, 1, 4, 0, 2]),
        test_labels=np.array([0, 1, 2]),
        targets=np.eye(4, 2, dtype=np.float32),
        thumbnails=pictures,
    )


def snapshot(step: int) -> Snapshot:
    angles = np.arange(5) + step
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Snapshot(step=step, epoch=step // 4, train=rows, test=rows[:3].copy())


def record(writer: RunWriter, first: int, last: int) -> None:
    """Steps with a snapshot and a checkpoint at every tenth."""
    for step in range(first, last + 1):
        writer.append(a_step(step))
        if step % 10 == 0:
            name = writer.write_snapshot(snapshot(step))
            writer.append(SnapshotTaken(step=step, epoch=step // 4, file=name))
            writer.write_checkpoint(step, {"w": np.full(3, step)}, {"step": step})
            writer.append(CheckpointSaved(step=step))


def make_run(
    folder: Path, *, steps: int = 40, end: str = "finished", switch: int | None = None, **changes
) -> Path:
    """A run with `steps` steps of 40, closed by `end`: "finished", "stopped", "failed" or "killed"."""
    with create_run(folder, config(**changes)) as writer:
        writer.write_environment({"python": "3"})
        writer.write_data(classes(), points())
        writer.append(started())
        if switch is None:
            record(writer, 1, steps)
        else:
            record(writer, 1, switch)
            writer.append(GHSwitch(step=switch, weight=0.0, on=False))
            record(writer, switch + 1, steps)
        if end == "finished":
            writer.append(Finished(step=steps))
        elif end == "stopped":
            writer.append(Stopped(step=steps, reason="asked to"))
        elif end == "failed":
            writer.append(Failed(step=steps, message="The loss is nan."))
    return folder


def make_pair(folder: Path, **arguments) -> Path:
    for side in ("base", "gh"):
        make_run(folder / side, **arguments)
    return folder


def python(code: str, *arguments: object, **options) -> subprocess.Popen[str]:
    """A child process that runs `code`."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(child: subprocess.Popen[str], *, code: int | None = 0) -> str:
    """What a child printed, once it has ended as expected."""
    out, err = child.communicate(timeout=60)
    if code is not None:
        assert child.returncode == code, err
    return out


def one_sentence(error: BaseException) -> bool:
    text = str(error)
    return "\n" not in text and "Traceback" not in text and "Errno" not in text and text[-1] in ".?"
