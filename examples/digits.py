"""What all examples train on: six of scikit-learn's handwritten digits, long-tailed, and views of them."""

from __future__ import annotations

import math

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

CLASSES = (0, 1, 3, 4, 6, 7)
COUNTS = (120, 61, 31, 16, 8, 4)
"""Training samples of each class, ratio 30; up to 36 others of each class are for testing."""


def long_tailed_digits() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images (240, 1, 8, 8) in 0 .. 1 and labels (the digits), test images and labels."""
    digits = load_digits()
    images = torch.from_numpy(digits.images[:, None] / 16).float()
    rng = np.random.default_rng(0)
    train, test = [], []
    for digit, count in zip(CLASSES, COUNTS, strict=True):
        found = rng.permutation(np.flatnonzero(digits.target == digit))
        train.append(found[:count])
        test.append(found[count : count + 36])
    labels = torch.from_numpy(digits.target)
    first, second = np.concatenate(train), np.concatenate(test)
    return images[first], labels[first], images[second], labels[second]


def view(images: Tensor) -> Tensor:
    """Each image turned, stretched, moved, in another contrast and with noise: another draw at each call."""
    n = len(images)
    angle, scale, contrast = (torch.rand(n) * 2 - 1 for _ in range(3))
    cosine = torch.cos(angle * math.radians(20)) * (1 + 0.2 * scale)
    sine = torch.sin(angle * math.radians(20)) * (1 + 0.2 * scale)
    move = 0.25 * (torch.rand(2, n) * 2 - 1)
    matrices = torch.stack([cosine, -sine, move[0], sine, cosine, move[1]], dim=1).view(n, 2, 3)
    moved = grid_sample(
        images, affine_grid(matrices, list(images.shape), align_corners=False), align_corners=False
    )
    return moved * (1 + 0.4 * contrast.view(n, 1, 1, 1)) + 0.1 * torch.randn_like(images)
