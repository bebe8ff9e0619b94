"""A small convolutional net for images from 8 x 8 to 64 x 64."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

WIDTHS = (32, 64, 128)
SMALLEST = 4  # pixels; two poolings must leave one


def convnet(input_shape: Sequence[int], *, batch_norm: bool) -> tuple[nn.Module, int]:
    """Three 3x3 convolutions (32, 64, 128 channels) with ReLU, max-pooling after the first two, global mean.

    Args:
        input_shape: (C, H, W) of one image.
        batch_norm: whether there is batch-norm; without it the convolutions have a bias.

    Returns:
        The module, from (n, C, H, W) to (n, 128), and 128.

    Raises:
        ValueError: not an image, or one smaller than 4 x 4.
    """
    if len(input_shape) != 3 or min(input_shape[1:]) < SMALLEST:
        raise ValueError(
            f"net 'convnet' needs images (C, H, W) of 4 x 4 or more, "
            f"got samples of shape {tuple(input_shape)}: choose net 'mlp'"
        )
    layers: list[nn.Module] = []
    channels = input_shape[0]
    for position, width in enumerate(WIDTHS):
        layers.append(nn.Conv2d(channels, width, 3, padding=1, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU())
        if position < len(WIDTHS) - 1:
            layers.append(nn.MaxPool2d(2))
        channels = width
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers), WIDTHS[-1]
