"""The whole trainable model: a backbone for the features and a projector for the embedding."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ghviz.nets.convnet import convnet
from ghviz.nets.mlp import mlp
from ghviz.nets.projector import projector
from ghviz.nets.resnet import resnet18, resnet50
from ghviz.types import RunConfig


class Encoder(nn.Module):
    """Backbone and projector.

    Attributes:
        num_features: F, width of the features.
        dimension: d, width of the embedding.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, *, num_features: int, dimension: int) -> None:
        """Join a backbone (n, ...) -> (n, F) and a head (n, F) -> (n, d)."""
        super().__init__()
        self.backbone = backbone
        self.projector = head
        self.num_features = num_features
        self.dimension = dimension

    def features(self, inputs: Tensor) -> Tensor:
        """Features (n, F) before the projector, which is what a linear probe takes."""
        features: Tensor = self.backbone(inputs)
        return features

    def forward(self, inputs: Tensor) -> Tensor:
        """Projector output (n, d), not normalised."""
        z: Tensor = self.projector(self.features(inputs))
        return z


def build(config: RunConfig, input_shape: Sequence[int]) -> Encoder:
    """The model that a configuration asks for, with fresh weights.

    The weights come from torch's global random state: seed it (`torch.manual_seed`) before.

    Args:
        config: uses net, hidden, projector_hidden, dimension and batch_norm.
        input_shape: shape of ONE sample: (D,) for points, (C, H, W) for images.

    Returns:
        The encoder, in training mode, on the CPU.

    Raises:
        ValueError: a convolutional net for points, or an MLP without layers.
    """
    backbone, num_features = _backbone(config, input_shape)
    head = projector(
        num_features, config.dimension, hidden=config.projector_hidden, batch_norm=config.batch_norm
    )
    return Encoder(backbone, head, num_features=num_features, dimension=config.dimension)


def _backbone(config: RunConfig, input_shape: Sequence[int]) -> tuple[nn.Module, int]:
    if config.net == "mlp":
        return mlp(input_shape, config.hidden, batch_norm=config.batch_norm)
    if config.net == "convnet":
        return convnet(input_shape, batch_norm=config.batch_norm)
    resnet = resnet18 if config.net == "resnet18" else resnet50
    return resnet(input_shape, batch_norm=config.batch_norm)
