"""Two random views of each sample, made in batch on the device where the samples live."""

from __future__ import annotations

import torch
from torch import Tensor

from ghviz.data.pool import FROM_FILES
from ghviz.data.randaugment import memory_boosted
from ghviz.data.views_digits import digit_views
from ghviz.data.views_images import image_views
from ghviz.types import RunConfig

CHARACTERS = ("digits", "mnist5k", "glyphs")
"""Data sets whose images must not be mirrored, nor cropped to a tenth."""


def two_views(
    inputs: Tensor, config: RunConfig, generator: torch.Generator, *, strengths: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Two independent random views of a batch; which augmentation depends on the data.

    Points get Gaussian jitter of standard deviation `config.view_strength`; characters small affine moves,
    noise and erasing; other images crop, flip, colour jitter, grayscale and, from 64 pixels, blur. The same
    generator state gives the same views, bit for bit on one kind of device.

    Args:
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        config: uses dataset, view_strength and, for data from image files, image_size.
        generator: source of all randomness, on the device of `inputs`.
        strengths: (n,) in [0, 1], how strongly to augment each sample beyond that: images by RandAugment
            after all else (see `memory_boosted`), characters with their noise, points by up to twice the
            jitter; None: not at all.

    Returns:
        Two float32 tensors of the inputs' shape, or of `image_size` where images are stored larger; images
        have the range [0, 1] before noise.
    """
    both = _views(inputs, config, generator, None if strengths is None else strengths.repeat(2))
    return both[: len(inputs)], both[len(inputs) :]


def as_input(inputs: Tensor) -> Tensor:
    """What a net gets without augmentation: points as they are, images as float32 in [0, 1].

    Args:
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points.

    Returns:
        float32 of the same shape.
    """
    return inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs.float()


def _views(inputs: Tensor, config: RunConfig, generator: torch.Generator, strengths: Tensor | None) -> Tensor:
    """(2n, ...): the first views of all samples, then the second ones, in one pass."""
    twice = as_input(inputs).repeat(2, *[1] * (inputs.ndim - 1))
    if inputs.ndim == 2:
        noise = torch.empty_like(twice).normal_(generator=generator)
        scale = 1.0 if strengths is None else 1 + strengths.unsqueeze(1)
        return twice + config.view_strength * scale * noise
    if config.dataset in CHARACTERS:
        views = digit_views(twice, strength=config.view_strength, generator=generator)
    else:
        size = config.image_size if config.dataset in FROM_FILES else None
        views = image_views(twice, strength=config.view_strength, generator=generator, size=size)
    return views if strengths is None else memory_boosted(views, strengths, generator=generator)
