"""Augmentation of characters: small affine moves, noise and an erased block."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

ROTATION = math.radians(15)
ZOOM = 0.12
SHEAR = 0.12
SHIFT = 1 / 8  # of the side: a pixel of 8
NOISE = 0.1
ERASE = (4, 0.5)  # the block's side is a 4th of the image's; probability


def digit_views(images: Tensor, *, strength: float, generator: torch.Generator) -> Tensor:
    """One random view of each image: an affine move about its middle, then noise, then an erased block.

    With strength a, uniformly: rotation within 15a degrees, zoom within 12a %, horizontal shear within 0.12a,
    shift within a/8 of the side each way; Gaussian noise of sd 0.1a (not clamped); with probability 0.5 a
    block of a quarter of the side at a random place is 0. What moves in from outside is 0.

    Args:
        images: (n, C, H, W) float32 in [0, 1].
        strength: a > 0.
        generator: on the images' device.

    Returns:
        (n, C, H, W) float32.
    """
    draws = torch.empty(len(images), 8, device=images.device).uniform_(generator=generator)
    moves = affine_moves(2 * draws[:, :5] - 1, strength=strength)
    grid = affine_grid(moves, list(images.shape), align_corners=False)
    moved = grid_sample(images, grid, align_corners=False)
    noise = torch.empty_like(moved).normal_(generator=generator)
    return moved.add_(noise, alpha=NOISE * strength).mul_(_kept(draws[:, 5:], images.shape[2:]))


def affine_moves(uniform: Tensor, *, strength: float) -> Tensor:
    """Matrices (n, 2, 3) from output to input coordinates, in [-1, 1] across the image.

    The image's own move is x -> zoom * rotation * shear * x + shift; sampling needs its inverse.

    Args:
        uniform: (n, 5) in [-1, 1]: rotation, zoom, shear, shift right, shift down.
        strength: a > 0.
    """
    rotation, zoom, shear, right, down = (strength * uniform).unbind(1)
    zoom = 1 / (1 + ZOOM * zoom).clamp_min(0.1)
    cos, sin = zoom * torch.cos(ROTATION * rotation), zoom * torch.sin(ROTATION * rotation)
    shear = SHEAR * shear
    a, b = cos + shear * sin, sin - shear * cos  # first row of shear^-1 rotation^T / zoom
    c, d = -sin, cos
    right, down = 2 * SHIFT * right, 2 * SHIFT * down
    rows = [a, b, -(a * right + b * down), c, d, -(c * right + d * down)]
    return torch.stack(rows, dim=1).view(-1, 2, 3)


def _kept(uniform: Tensor, size: torch.Size) -> Tensor:
    """(n, 1, H, W): 0 inside the block to erase, else 1."""
    share, probability = ERASE
    height, width = size
    side = min(height, width) // share
    device = uniform.device
    top = (uniform[:, 0] * (height - side + 1)).floor()
    left = (uniform[:, 1] * (width - side + 1)).floor()
    top = torch.where(uniform[:, 2] < probability, top, float(height))  # below the image: nothing is erased
    row = torch.arange(height, device=device) - top[:, None]  # (n, H)
    column = torch.arange(width, device=device) - left[:, None]
    inside = ((row >= 0) & (row < side))[:, :, None] & ((column >= 0) & (column < side))[:, None, :]
    return (~inside)[:, None].float()
