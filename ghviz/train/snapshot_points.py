"""Which points the snapshots of a run hold."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ghviz.data.dataset import LongTailed
from ghviz.train.randomness import Stream, generator
from ghviz.types import Points, RunConfig


def points_of(config: RunConfig, data: LongTailed, targets: Tensor) -> Points:
    """The points of all snapshots: the whole training set, or a random subset of it where it is large.

    Args:
        config: of the run.
        data: its data.
        targets: (K, d) vertices.
    """
    indices = torch.arange(len(data.train_labels))
    if len(indices) > config.snapshot_points:
        source = generator(config.seed, Stream.SNAPSHOT, device="cpu")
        drawn = torch.randperm(len(indices), generator=source)[: config.snapshot_points]
        indices = drawn.sort().values
    return Points(
        train_labels=data.train_labels[indices].numpy(),
        train_indices=indices.numpy(),
        test_labels=data.test_labels[:: stride_of_test_points(config, data)].numpy(),
        targets=targets.cpu().numpy(),
        thumbnails=data.thumbnails(indices),
    )


def stride_of_test_points(config: RunConfig, data: LongTailed) -> int:
    """Every how many test points a snapshot takes one: it holds `snapshot_points` of them at most."""
    return math.ceil(len(data.test_labels) / config.snapshot_points)
