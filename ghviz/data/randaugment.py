"""RandAugment in batch on the device, each image as strongly as it asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, conv2d, grid_sample, pad

from ghviz.data.views_images import BLUR_FROM, grayscale

ROTATION: Final = math.radians(30)
SHEAR: Final = 0.3
TRANSLATION: Final = 0.3
"""Of the image's half width: what full strength moves, turns and shears at most."""
BLEND: Final = 0.9
"""How far full strength leads away from the image in brightness, contrast, saturation and sharpness."""
LOST_BITS: Final = 4
"""Bits of 8 that posterizing at full strength takes away."""
LEAST: Final = 1 / 3
"""Magnitude of an operation on a small image, however small its weight."""
LARGE_FROM: Final = BLUR_FROM
"""Pixels of the shorter side from which images are augmented as large ones."""
_MOVES: Final = 5
"""Operations that move pixels: rotation, shear in x and y, translation in x and y."""


def memory_boosted(images: Tensor, weights: Tensor, *, generator: torch.Generator) -> Tensor:
    """BCL's augmentation: the larger an image's weight w, the likelier and the stronger its operations.

    Images below 64 pixels get one operation, with probability w and magnitude 1/3 + 2/3 w; larger ones two,
    each with probability w, both of magnitude w times one number drawn uniformly from [0, 1).

    Source: [0] Zhou et al., "Contrastive learning with boosted memorization", 2022,
    https://arxiv.org/abs/2205.12693, by the numbers of the code of [1] Zhou et al., "Combating representation
    learning disparity with geometric harmonization", 2023, https://arxiv.org/abs/2310.17622, for CIFAR
    (strength 10 + 20 w of 30) and for ImageNet (30 w times a random number). Deviations: that number is drawn
    for each view, where the code draws one for both; operations: see `rand_augment`.

    Args:
        images: (n, C, H, W) float32 views, after all other augmentation; C is 1 or 3.
        weights: (n,) in [0, 1]; an image of weight 0 stays as it is.
        generator: source of all randomness, on the device of the images.

    Returns:
        (n, C, H, W) float32.
    """
    if min(images.shape[2:]) < LARGE_FROM:
        return rand_augment(images, weights, LEAST + (1 - LEAST) * weights, generator=generator)
    magnitudes = weights * torch.rand(len(images), generator=generator, device=images.device)
    return rand_augment(images, weights, magnitudes, generator=generator, operations=2)


def rand_augment(
    images: Tensor,
    probabilities: Tensor,
    magnitudes: Tensor,
    *,
    generator: torch.Generator,
    operations: int = 1,
) -> Tensor:
    """Apply random operations to each image, with its own probability and magnitude.

    The operations: rotation, shear and translation (both axes), brightness, contrast, saturation, sharpness,
    posterizing, solarizing, stretching of the contrast. Source: [0] Cubuk et al., "RandAugment", 2020,
    https://arxiv.org/abs/1909.13719. Deviation: no equalizing. BCL's code also inverts and cuts out; it
    turns and shears up to twice as far and shifts four times as far.

    Args:
        images: (n, C, H, W) float32 in [0, 1]; C is 1 or 3.
        probabilities: (n,) in [0, 1], of each operation.
        magnitudes: (n,) in [0, 1].
        generator: source of all randomness, on the device of the images.
        operations: how many, one after the other, >= 0.

    Returns:
        Images of the same shape in [0, 1].
    """
    for _ in range(operations):
        images = _one_operation(images, probabilities, magnitudes, generator)
    return images


def _one_operation(
    images: Tensor, probabilities: Tensor, magnitudes: Tensor, generator: torch.Generator
) -> Tensor:
    count = len(images)
    drawn = torch.rand(3, count, generator=generator, device=images.device)
    applied = drawn[0] < probabilities
    chosen = (drawn[1] * (_MOVES + len(_COLORS))).long()
    signed = torch.where(drawn[2] < 0.5, -magnitudes, magnitudes)
    result = images.clone()
    moved = applied & (chosen < _MOVES)
    result[moved] = _moved(images[moved], chosen[moved], signed[moved])
    for number, operation in enumerate(_COLORS, start=_MOVES):
        rows = applied & (chosen == number)
        result[rows] = operation(images[rows], signed[rows].view(-1, 1, 1, 1)).clamp(0, 1)
    return result


def _moved(images: Tensor, move: Tensor, amount: Tensor) -> Tensor:
    """Turn, shear or shift each image; what comes in from outside is black."""
    if len(images) == 0:
        return images
    theta = torch.eye(2, 3, device=images.device).repeat(len(images), 1, 1)
    angle = torch.where(move == 0, amount * ROTATION, 0.0)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos()
    theta[:, 0, 1] = torch.where(move == 1, amount * SHEAR, -angle.sin())
    theta[:, 1, 0] = torch.where(move == 2, amount * SHEAR, angle.sin())
    theta[:, 0, 2] = torch.where(move == 3, amount * TRANSLATION, 0.0)
    theta[:, 1, 2] = torch.where(move == 4, amount * TRANSLATION, 0.0)
    grid = affine_grid(theta, list(images.shape), align_corners=False)
    return grid_sample(images, grid, align_corners=False, padding_mode="zeros")


def _brightness(images: Tensor, amount: Tensor) -> Tensor:
    return images * (1 + BLEND * amount)


def _contrast(images: Tensor, amount: Tensor) -> Tensor:
    mean = grayscale(images).mean(dim=(2, 3), keepdim=True)
    return mean + (images - mean) * (1 + BLEND * amount)


def _saturation(images: Tensor, amount: Tensor) -> Tensor:
    flat = grayscale(images)
    return flat + (images - flat) * (1 + BLEND * amount)


def _sharpness(images: Tensor, amount: Tensor) -> Tensor:
    channels = images.shape[1]
    kernel = images.new_tensor([[1, 1, 1], [1, 5, 1], [1, 1, 1]]).div_(13).expand(channels, 1, 3, 3)
    smooth = conv2d(pad(images, (1, 1, 1, 1), mode="replicate"), kernel, groups=channels)
    return smooth + (images - smooth) * (1 + BLEND * amount)


def _posterize(images: Tensor, amount: Tensor) -> Tensor:
    step = 2.0 ** (amount.abs() * LOST_BITS).round() / 255
    return (images / step + 1e-4).floor() * step  # a value on a step stays there, whatever is rounded


def _solarize(images: Tensor, amount: Tensor) -> Tensor:
    return torch.where(images > 1 - amount.abs(), 1 - images, images)


def _autocontrast(images: Tensor, amount: Tensor) -> Tensor:
    low, high = images.amin(dim=(2, 3), keepdim=True), images.amax(dim=(2, 3), keepdim=True)
    return torch.where(high > low, (images - low) / (high - low).clamp(min=1e-6), images)


_COLORS: Final[tuple[Callable[[Tensor, Tensor], Tensor], ...]] = (
    _brightness,
    _contrast,
    _saturation,
    _sharpness,
    _posterize,
    _solarize,
    _autocontrast,
)
