"""The long-tailed data of a run, as tensors that live on the training device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ghviz.data.cifar import cifar_pool
from ghviz.data.digits import digits_pool
from ghviz.data.glyphs import glyphs_pool
from ghviz.data.npz import npz_pool
from ghviz.data.pool import Pool
from ghviz.data.toys import toy_pool
from ghviz.types import RunConfig

POOLS: dict[str, Callable[[RunConfig], Pool]] = {
    "toy-circle": toy_pool,
    "toy-sphere": toy_pool,
    "digits": digits_pool,
    "glyphs": glyphs_pool,
    "cifar10": cifar_pool,
    "cifar100": cifar_pool,
    "npz": npz_pool,
}


@dataclass(frozen=True, kw_only=True)
class LongTailed:
    """A long-tailed training set and a balanced test set; label 0 is the head class.

    Attributes:
        train_inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        train_labels: (n,) int64.
        test_inputs: (m, ...) as the training inputs.
        test_labels: (m,) int64.
        class_names: (L,) head to tail.
        counts: (L,) training samples of each class, never increasing.
    """

    train_inputs: Tensor
    train_labels: Tensor
    test_inputs: Tensor
    test_labels: Tensor
    class_names: tuple[str, ...]
    counts: tuple[int, ...]

    def to(self, device: torch.device | str) -> LongTailed:
        """The same data on another device."""
        return replace(
            self,
            train_inputs=self.train_inputs.to(device),
            train_labels=self.train_labels.to(device),
            test_inputs=self.test_inputs.to(device),
            test_labels=self.test_labels.to(device),
        )


def load(config: RunConfig) -> LongTailed:
    """The data that a configuration asks for, on the CPU; everything random in it comes from `config.seed`.

    Args:
        config: the run's configuration.

    Returns:
        Training and test set with labels ordered from head to tail.

    Raises:
        ValueError: missing or unusable files, classes that don't exist, more samples asked for than there
            are; one sentence each.
    """
    if config.dataset not in POOLS:
        raise ValueError(f"dataset must be one of {', '.join(POOLS)}, got {config.dataset!r}")
    pool = POOLS[config.dataset](config)
    counts = np.bincount(pool.train_labels, minlength=len(pool.class_names))
    return LongTailed(
        train_inputs=torch.from_numpy(pool.train_inputs),
        train_labels=torch.from_numpy(pool.train_labels),
        test_inputs=torch.from_numpy(pool.test_inputs),
        test_labels=torch.from_numpy(pool.test_labels),
        class_names=pool.class_names,
        counts=tuple(counts.tolist()),
    )
