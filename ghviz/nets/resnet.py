"""ResNet-18 for small images, ResNet-50 for large ones."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def resnet18(input_shape: Sequence[int], *, batch_norm: bool) -> tuple[nn.Module, int]:
    """torchvision's ResNet-18 with the stem usual for CIFAR: a 3x3 convolution of stride 1, no max-pooling.

    Without batch-norm the last convolution of each residual branch starts at 0, so that the net starts as a
    chain of its shortcuts and the signal doesn't double in each block (the first rule of Fixup [1]).

    Source: [0] He et al., "Deep residual learning for image recognition", 2015,
    https://arxiv.org/abs/1512.03385; [1] Zhang et al., "Fixup initialization", 2019,
    https://arxiv.org/abs/1901.09321.

    Args:
        input_shape: (C, H, W) of one image.
        batch_norm: whether there is batch-norm.

    Returns:
        The module, from (n, C, H, W) to (n, 512), and 512.

    Raises:
        ValueError: not an image.
    """
    from torchvision.models.resnet import BasicBlock

    _check(input_shape, "resnet18")
    net = _resnet(BasicBlock, [2, 2, 2, 2], batch_norm=batch_norm)
    net.conv1 = _stem(input_shape[0], kernel=3, stride=1)
    net.maxpool = nn.Identity()
    return net, 512


def resnet50(input_shape: Sequence[int], *, batch_norm: bool) -> tuple[nn.Module, int]:
    """torchvision's ResNet-50 with its own stem: a 7x7 convolution of stride 2, then max-pooling.

    Made for images of about 224 pixels: what follows the stem sees a quarter of their side. Without
    batch-norm it starts as `resnet18` does.

    Source: see `resnet18`.

    Args:
        input_shape: (C, H, W) of one image.
        batch_norm: whether there is batch-norm.

    Returns:
        The module, from (n, C, H, W) to (n, 2048), and 2048.

    Raises:
        ValueError: not an image.
    """
    from torchvision.models.resnet import Bottleneck

    _check(input_shape, "resnet50")
    net = _resnet(Bottleneck, [3, 4, 6, 3], batch_norm=batch_norm)
    net.conv1 = _stem(input_shape[0], kernel=7, stride=2)
    return net, 2048


def _check(input_shape: Sequence[int], name: str) -> None:
    if len(input_shape) != 3:
        raise ValueError(
            f"net {name!r} needs images (C, H, W), got samples of shape {tuple(input_shape)}: "
            "choose net 'mlp'"
        )


def _resnet(block: type[nn.Module], layers: list[int], *, batch_norm: bool) -> nn.Module:
    """torchvision's net without its classifier."""
    from torchvision.models import ResNet

    net: nn.Module = ResNet(block, layers, norm_layer=nn.BatchNorm2d if batch_norm else nn.Identity)
    net.fc = nn.Identity()
    if not batch_norm:
        for each in net.modules():
            if isinstance(each, block):
                last = [layer for layer in each.children() if isinstance(layer, nn.Conv2d)][-1]
                nn.init.zeros_(last.weight)
    return net


def _stem(channels: int, *, kernel: int, stride: int) -> nn.Conv2d:
    """The first convolution, with weights drawn as torchvision does."""
    stem = nn.Conv2d(channels, 64, kernel, stride=stride, padding=kernel // 2, bias=False)
    nn.init.kaiming_normal_(stem.weight, mode="fan_out", nonlinearity="relu")
    return stem
