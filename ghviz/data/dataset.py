"""The long-tailed data of a run as tensors: on the training device, or with batches that travel there."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from ghviz.data.cifar import cifar_pool
from ghviz.data.digits import digits_pool, mnist5k_pool
from ghviz.data.elpv import elpv_pool
from ghviz.data.glyphs import glyphs_pool
from ghviz.data.image_files import folder_pool, list_pool, published_pool
from ghviz.data.npz import npz_pool
from ghviz.data.pool import Pool
from ghviz.data.toys import toy_pool
from ghviz.types import IMPORTED, RunConfig

POOLS: dict[str, Callable[[RunConfig], Pool]] = {
    "toy-circle": toy_pool,
    "toy-sphere": toy_pool,
    "digits": digits_pool,
    "mnist5k": mnist5k_pool,
    "glyphs": glyphs_pool,
    "cifar10": cifar_pool,
    "cifar100": cifar_pool,
    "imagenet-lt": published_pool,
    "places-lt": published_pool,
    "elpv": elpv_pool,
    "folder": folder_pool,
    "list": list_pool,
    "npz": npz_pool,
}
RESIDENT_BYTES = 2 << 30
"""Inputs larger than this stay in the computer's memory (or on its disk); their batches travel."""
THUMBNAIL = 48
"""Side in pixels of the largest picture that is shown of a sample."""


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
        image_size: side of what a net sees, where images are stored larger than that; None: as stored.
        notes: what a person should know of how the data came about, a sentence each.
    """

    train_inputs: Tensor
    train_labels: Tensor
    test_inputs: Tensor
    test_labels: Tensor
    class_names: tuple[str, ...]
    counts: tuple[int, ...]
    image_size: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one sample as a net sees it: (C, H, W) or (D,)."""
        return tuple(self.centered(self.train_inputs[:1]).shape[1:])

    def to(self, device: torch.device | str) -> LongTailed:
        """The same data with labels, and inputs of at most `RESIDENT_BYTES`, on another device."""
        return replace(
            self,
            train_inputs=_moved(self.train_inputs, device),
            train_labels=self.train_labels.to(device),
            test_inputs=_moved(self.test_inputs, device),
            test_labels=self.test_labels.to(device),
        )

    def batch(self, indices: Tensor, device: torch.device | str) -> Tensor:
        """Training inputs on a device, wherever they are stored.

        Args:
            indices: (n,) int64, on any device.
            device: where the batch is wanted.

        Returns:
            (n, ...) as stored: images may be larger than `image_size`, for views to be cropped from.
        """
        rows = self.train_inputs[indices.to(self.train_inputs.device)]
        return rows.to(device, non_blocking=True)

    def centered(self, inputs: Tensor) -> Tensor:
        """The middle of stored inputs, of the size that a net sees: what is embedded without augmentation.

        Args:
            inputs: (n, ...) training or test inputs.

        Returns:
            (n, C, image_size, image_size), a view; inputs that are stored in that size as they are.
        """
        if self.image_size is None or inputs.ndim != 4:
            return inputs
        top, left = ((side - self.image_size) // 2 for side in inputs.shape[2:])
        return inputs[:, :, top : top + self.image_size, left : left + self.image_size]

    def thumbnails(self, indices: Tensor) -> NDArray[np.uint8] | None:
        """Pictures of training samples to show, 48 pixels wide and high at most; None for points.

        Args:
            indices: (n,) int64.

        Returns:
            (n, H, W) or (n, H, W, 3) uint8.
        """
        if self.train_inputs.dtype != torch.uint8:
            return None
        indices = indices.to(self.train_inputs.device)
        images = torch.cat(
            [_small(self.centered(self.train_inputs[some])) for some in torch.split(indices, 256)]
        )
        pixels: NDArray[np.uint8] = images.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return pixels[..., 0] if pixels.shape[3] == 1 else pixels


def load(config: RunConfig) -> LongTailed:
    """The data that a configuration asks for, on the CPU; everything random in it comes from `config.seed`.

    Args:
        config: the run's configuration.

    Returns:
        Training and test set with labels ordered from head to tail.

    Raises:
        ValueError: a number out of its range, missing or unusable files, classes that don't exist, more
            samples asked for than there are; one sentence each.
    """
    if config.dataset == IMPORTED:
        raise ValueError("these embeddings were computed elsewhere: there is nothing here to train them with")
    if config.dataset not in POOLS:
        raise ValueError(f"dataset must be one of {', '.join(POOLS)}, got {config.dataset!r}")
    _check_ranges(config)
    pool = POOLS[config.dataset](config)
    for note in pool.notes:
        print(f"{config.dataset}: {note}", file=sys.stderr, flush=True)
    counts = np.bincount(pool.train_labels, minlength=len(pool.class_names))
    return LongTailed(
        train_inputs=_tensor(pool.train_inputs),
        train_labels=torch.from_numpy(pool.train_labels),
        test_inputs=_tensor(pool.test_inputs),
        test_labels=torch.from_numpy(pool.test_labels),
        class_names=pool.class_names,
        counts=tuple(counts.tolist()),
        image_size=pool.image_size,
        notes=pool.notes,
    )


def _check_ranges(config: RunConfig) -> None:
    """Refuse the first number that is out of its range; the command line has done so already."""
    try:
        msgspec.convert(msgspec.to_builtins(config), RunConfig)
    except msgspec.ValidationError as error:
        expected, _, place = str(error).partition(" - at `$.")
        if expected.startswith("Expected"):  # of an unknown word the data set itself says more
            field = place.rstrip("`").partition("[")[0]
            raise ValueError(f"{field}: e{expected[1:]}, got {getattr(config, field)!r}") from error


def _tensor(array: NDArray[Any]) -> Tensor:
    """The array's own memory as a tensor; images mapped from a file can only be read."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(array)


def _moved(inputs: Tensor, device: torch.device | str) -> Tensor:
    return inputs if inputs.nbytes > RESIDENT_BYTES else inputs.to(device)


def _small(images: Tensor) -> Tensor:
    """Images (n, C, H, W) uint8, shrunk where they are larger than a thumbnail."""
    height, width = (min(side, THUMBNAIL) for side in images.shape[2:])
    if (height, width) == tuple(images.shape[2:]):
        return images
    return adaptive_avg_pool2d(images.float(), (height, width)).round().to(torch.uint8)
