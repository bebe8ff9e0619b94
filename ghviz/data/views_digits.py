"""Augmentation of small grey images: small affine moves, noise and an erased block."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

ROTATION = math.radians(15)
ZOOM = 0.12
SHEAR = 0.12
SHIFT = 1.0  # pixels
NOISE = 0.1
ERASE = (2, 0.5)  # side of the block, probability


def digit_views(images: Tensor, *, strength: float, generator: torch.Generator) -> Tensor:
    """One random view of each image: an affine move about its middle, then noise, then an erased block.

    With strength a, uniformly: rotation within 15a degrees, zoom within 12a %, horizontal shear within 0.12a,
    shift within a pixels each way; Gaussian noise of sd 0.1a (not clamped); with probability 0.5 a 2 x 2
    block at a random place is 0. What moves in from outside is 0.

    Args:
        images: (n, C, H, W) float32 in [0, 1].
        strength: a > 0.
        generator: on the images' device.

    Returns:
        (n, C, H, W) float32.
    """
    draws = torch.empty(len(images), 8, device=images.device).uniform_(generator=generator)
    moves = affine_moves(2 * draws[:, :5] - 1, strength=strength, size=images.shape[2:])
    grid = affine_grid(moves, list(images.shape), align_corners=False)
    moved = grid_sample(images, grid, align_corners=False)
    noise = torch.empty_like(moved).normal_(generator=generator)
    return moved.add_(noise, alpha=NOISE * strength).mul_(_kept(draws[:, 5:], images.shape[2:]))


def affine_moves(uniform: Tensor, *, strength: float, size: torch.Size) -> Tensor:
    """Matrices (n, 2, 3) from output to input coordinates, in [-1, 1] across the image.

    The image's own move is x -> zoom * rotation * shear * x + shift; sampling needs its inverse.

    Args:
        uniform: (n, 5) in [-1, 1]: rotation, zoom, shear, shift right, shift down.
        strength: a > 0.
        size: height and width in pixels.
    """
    rotation, zoom, shear, right, down = (strength * uniform).unbind(1)
    zoom = 1 / (1 + ZOOM * zoom).clamp_min(0.1)
    cos, sin = zoom * torch.cos(ROTATION * rotation), zoom * torch.sin(ROTATION * rotation)
    shear = SHEAR * shear
    a, b = cos + shear * sin, sin - shear * cos  # first row of shear^-1 rotation^T / zoom
    c, d = -sin, cos
    right, down = right * (2 * SHIFT / size[1]), down * (2 * SHIFT / size[0])
    rows = [a, b, -(a * right + b * down), c, d, -(c * right + d * down)]
    return torch.stack(rows, dim=1).view(-1, 2, 3)


def _kept(uniform: Tensor, size: torch.Size) -> Tensor:
    """(n, 1, H, W): 0 inside the block to erase, else 1."""
    side, probability = ERASE
    height, width = size
    device = uniform.device
    top = (uniform[:, 0] * (height - side + 1)).floor()
    left = (uniform[:, 1] * (width - side + 1)).floor()
    top = torch.where(uniform[:, 2] < probability, top, float(height))  # below the image: nothing is erased
    row = torch.arange(height, device=device) - top[:, None]  # (n, H)
    column = torch.arange(width, device=device) - left[:, None]
    inside = ((row >= 0) & (row < side))[:, :, None] & ((column >= 0) & (column < side))[:, None, :]
    return (~inside)[:, None].float()
