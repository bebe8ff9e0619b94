"""From an encoder and data to embeddings: unit rows, without augmentation."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from ghviz.data.views import as_input
from ghviz.nets.encoder import Encoder


def embeddings(encoder: Encoder, inputs: Tensor, *, batch_size: int = 1024) -> NDArray[np.float32]:
    """Projector outputs on the unit sphere, in evaluation mode; the encoder's mode is left as it was.

    Args:
        encoder: on the device of `inputs`.
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        batch_size: samples embedded at once.

    Returns:
        (n, d) float32 unit rows.
    """
    return _in_batches(encoder, inputs, batch_size=batch_size, features=False)


def features(encoder: Encoder, inputs: Tensor, *, batch_size: int = 1024) -> NDArray[np.float32]:
    """Features before the projector, (n, F) float32, in evaluation mode; not normalised."""
    return _in_batches(encoder, inputs, batch_size=batch_size, features=True)


@torch.no_grad()
def _in_batches(encoder: Encoder, inputs: Tensor, *, batch_size: int, features: bool) -> NDArray[np.float32]:
    was_training = encoder.training
    encoder.eval()
    try:
        rows = [
            encoder.features(as_input(batch)) if features else normalize(encoder(as_input(batch)).float())
            for batch in torch.split(inputs, batch_size)
        ]
    finally:
        encoder.train(was_training)
    array: NDArray[np.float32] = torch.cat(rows).float().cpu().numpy()
    return array
