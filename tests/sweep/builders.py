"""Finished runs with chosen numbers, made without training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ghviz.store import create_run
from ghviz.sweep.evaluation_file import EvaluationRecord, write_evaluation
from ghviz.types import Finished, GHSwitch, Measured, Points, Snapshot
from tests.store.builders import classes, config, points, started


def make_numbers(
    folder: Path,
    *,
    probe: Sequence[float] | None = (1.0, 0.5, 0.0),
    slope: float = 0.5,
    few: dict[int, list[float | None]] | None = None,
    nearest: Sequence[float | None] = (1.0, 0.5, 0.25),
    accuracy: float | None = None,
    **changes,
) -> Path:
    """A run of three classes with these accuracies per class and this frequency slope."""
    with create_run(folder, config(**changes)) as writer:
        writer.write_data(classes(), points())
        writer.append(started())
        writer.append(
            Measured(
                step=40,
                per_class={"nearest_neighbor_accuracy": list(nearest)},
                summary={
                    "frequency_slope": slope,
                    "tail_gap": 10 * slope,
                    "evenness": None,
                    "accuracy": accuracy,
                },
            )
        )
        writer.append(Finished(step=40))
    if probe is not None:
        record = EvaluationRecord(
            step=40,
            protocol="balanced",
            train_counts=[8, 8, 8],
            test_counts=[4, 4, 4],
            neighbors=8,
            linear_probe=list(probe),
            knn=list(probe),
            few_shot=few or {},
        )
        write_evaluation(folder, record)
    return folder


def make_sweep(root: Path, gains: dict[str, Sequence[float]]) -> Path:
    """Pairs of each method in which GH adds so much to every class's probe accuracy of .5, by seed from 0."""
    for method, by_seed in gains.items():
        for seed, gain in enumerate(by_seed):
            pair = root / f"{method}-seed-{seed:04d}"
            shared = {"method": method, "seed": seed}
            make_numbers(pair / "base", probe=[0.5] * 3, gh="off", slope=1.0 + 0.01 * seed, **shared)
            make_numbers(pair / "gh", probe=[0.5 + gain] * 3, gh="on", slope=0.5, **shared)
    return root


def make_moving(
    folder: Path,
    degrees: dict[int, tuple[float, float, float]],
    *,
    per_class: int = 3,
    switches: Sequence[tuple[int, float]] = (),
    **changes,
) -> Path:
    """A run in the plane whose three class centres lie at these angles, by step; the classes share the circle
    as far as the first two steps go, and then the head has most of it."""
    labels = np.repeat(np.arange(3), per_class)
    given = points(thumbnails=False)
    fixed = Points(
        train_labels=labels,
        train_indices=np.arange(len(labels)),
        test_labels=given.test_labels,
        targets=given.targets,
    )
    with create_run(folder, config(**changes)) as writer:
        writer.write_data(classes(), fixed)
        writer.append(started())
        for step, weight in switches:
            writer.append(GHSwitch(step=step, weight=weight, on=weight > 0))
        for i, (step, centers) in enumerate(degrees.items()):
            spread = np.tile(np.linspace(-1, 1, per_class), 3)
            angles = np.radians(np.array(centers)[labels] + spread)
            rows = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
            writer.write_snapshot(Snapshot(step=step, epoch=step // 4, train=rows, test=rows[:3].copy()))
            share = [0.3, 0.3, 0.4] if i < 2 else [0.8, 0.1, 0.1]
            writer.append(
                Measured(step=step, per_class={"territory_share": share}, summary={"frequency_slope": 1.0})
            )
        writer.append(Finished(step=40))
    return folder
