"""Two random views of each sample, made in batch on the device where the samples live."""

from __future__ import annotations

import torch
from torch import Tensor

from ghviz.data.views_digits import digit_views
from ghviz.data.views_images import image_views
from ghviz.types import RunConfig


def two_views(inputs: Tensor, config: RunConfig, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Two independent random views of a batch; which augmentation depends on the data.

    Points get Gaussian jitter of standard deviation `config.view_strength`; digits small affine moves, noise
    and erasing; other images crop, flip, colour jitter and grayscale. The same generator state gives the same
    views, bit for bit on one kind of device.

    Args:
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        config: uses dataset and view_strength.
        generator: source of all randomness, on the device of `inputs`.

    Returns:
        Two float32 tensors of the inputs' shape; images have the range [0, 1] before noise.
    """
    both = _views(inputs, config, generator)
    return both[: len(inputs)], both[len(inputs) :]


def as_input(inputs: Tensor) -> Tensor:
    """What a net gets without augmentation: points as they are, images as float32 in [0, 1].

    Args:
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points.

    Returns:
        float32 of the same shape.
    """
    return inputs.float() / 255 if inputs.dtype == torch.uint8 else inputs.float()


def _views(inputs: Tensor, config: RunConfig, generator: torch.Generator) -> Tensor:
    """(2n, ...): the first views of all samples, then the second ones, in one pass."""
    twice = as_input(inputs).repeat(2, *[1] * (inputs.ndim - 1))
    if inputs.ndim == 2:
        noise = torch.empty_like(twice).normal_(generator=generator)
        return twice + config.view_strength * noise
    augment = digit_views if config.dataset == "digits" else image_views
    return augment(twice, strength=config.view_strength, generator=generator)
