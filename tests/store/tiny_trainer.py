"""A trainer of one number that resumes as a real one does: python -m tests.store.tiny_trainer FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from ghviz.store import ControlWatcher, RunFolderError, RunWriter, create_run, open_run
from ghviz.types import CheckpointSaved, Finished, GHSwitch, Snapshot, SnapshotTaken
from tests.store.builders import a_step, classes, config, points, started

TOTAL = 1500
SNAPSHOT_EVERY = 7
CHECKPOINT_EVERY = 20


def advance(value: int, weight: float) -> int:
    """One step of a generator whose course depends on GH's weight."""
    return (value * 6364136223846793005 + int(weight * 1000) + 1442695040888963407) % 2**53


def embeddings(value: int) -> np.ndarray:
    return np.random.default_rng(value).standard_normal((500, 2)).astype(np.float32)


def course(switches: dict[int, float]) -> list[int]:
    """The values after each step of an unbroken run in which GH was switched at these steps."""
    value, weight, values = 1, 1.0, [1]
    for step in range(TOTAL):
        weight = switches.get(step, weight)
        value = advance(value, weight)
        values.append(value)
    return values


def take_up(folder: Path) -> tuple[RunWriter, int, int, float]:
    """The writer and the state (step, value, weight) to go on from."""
    try:
        writer = RunWriter.resume(folder)
    except RunFolderError:
        return create_run(folder, config()), 0, 1, 1.0
    checkpoint = open_run(folder).checkpoint()
    if checkpoint is None:
        writer.rewind(-1)
        return writer, 0, 1, 1.0
    step, tensors, meta = checkpoint
    writer.rewind(step)
    return writer, step, int(tensors["value"]), meta["weight"]


def take_snapshot(writer: RunWriter, step: int, value: int) -> None:
    rows = embeddings(value)
    name = writer.write_snapshot(Snapshot(step=step, epoch=step // 4, train=rows, test=rows[:9]))
    writer.append(SnapshotTaken(step=step, epoch=step // 4, file=name))


def train(folder: Path) -> None:
    writer, first, value, weight = take_up(folder)
    run = open_run(folder)
    past = {switch.step: switch.weight for switch in run.switches()}
    frontier = run.frontier()
    watcher = ControlWatcher(folder)
    with writer:
        writer.write_data(classes(), points())
        writer.append(started(first, TOTAL))
        for step in range(first, TOTAL):
            wish = watcher.poll().gh_weight if step > frontier else None
            wanted = past.get(step, weight if wish is None else wish)
            if wanted != weight:
                weight = wanted
                writer.append(GHSwitch(step=step, weight=weight, on=weight > 0))
            value = advance(value, weight)
            done = step + 1
            writer.append(a_step(done, float(value)))
            if done % SNAPSHOT_EVERY == 0:
                take_snapshot(writer, done, value)
            if done % CHECKPOINT_EVERY == 0:
                tensors = {"value": np.array(value), "ballast": np.zeros(20_000)}
                writer.write_checkpoint(done, tensors, {"weight": weight})
                writer.append(CheckpointSaved(step=done))
        writer.append(Finished(step=TOTAL))


if __name__ == "__main__":
    print("start", flush=True)
    train(Path(sys.argv[1]))
