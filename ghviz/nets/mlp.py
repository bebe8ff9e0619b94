"""A multilayer perceptron for points and small images."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import nn


def mlp(input_shape: Sequence[int], hidden: Sequence[int], *, batch_norm: bool) -> tuple[nn.Module, int]:
    """Flatten, then for each width: linear, batch-norm (if asked for), ReLU.

    Args:
        input_shape: shape of one sample, (D,) or (C, H, W).
        hidden: widths of the layers, at least one.
        batch_norm: whether there is batch-norm; without it the linear layers have a bias.

    Returns:
        The module, from (n, *input_shape) to (n, F), and F, the last width.

    Raises:
        ValueError: no width given.
    """
    if not hidden:
        raise ValueError("an MLP needs at least one hidden layer, got hidden = ()")
    layers: list[nn.Module] = [nn.Flatten()]
    width = math.prod(input_shape)
    for following in hidden:
        layers.append(nn.Linear(width, following, bias=not batch_norm))
        if batch_norm:
            layers.append(nn.BatchNorm1d(following))
        layers.append(nn.ReLU())
        width = following
    return nn.Sequential(*layers), width
