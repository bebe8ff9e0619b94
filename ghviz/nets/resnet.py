"""ResNet-18 for small images."""

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
    from torchvision.models import ResNet
    from torchvision.models.resnet import BasicBlock

    if len(input_shape) != 3:
        raise ValueError(
            f"net 'resnet18' needs images (C, H, W), "
            f"got samples of shape {tuple(input_shape)}: choose net 'mlp'"
        )
    net: nn.Module = ResNet(
        BasicBlock, [2, 2, 2, 2], norm_layer=nn.BatchNorm2d if batch_norm else nn.Identity
    )
    net.conv1 = nn.Conv2d(input_shape[0], 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(net.conv1.weight, mode="fan_out", nonlinearity="relu")  # as torchvision does
    net.maxpool = nn.Identity()
    net.fc = nn.Identity()
    if not batch_norm:
        for block in net.modules():
            if isinstance(block, BasicBlock):
                nn.init.zeros_(block.conv2.weight)
    return net, 512
