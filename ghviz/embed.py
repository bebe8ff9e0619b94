"""From an encoder and data to embeddings: unit rows, without augmentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import normalize

from ghviz.data.views import as_input
from ghviz.nets.encoder import Encoder

if TYPE_CHECKING:
    from ghviz.imports import save_snapshot

__all__ = ["embeddings", "features", "save_snapshot"]

MOST_AT_ONCE = 1024
"""Samples embedded at once; fewer where they are large."""
VALUES_AT_ONCE = 1 << 25
"""Numbers in a batch of inputs at most: 128 MB as float32."""


def embeddings(encoder: nn.Module, inputs: Tensor, *, rows: Tensor | None = None) -> NDArray[np.float32]:
    """Projector outputs on the unit sphere, in evaluation mode; the encoder's mode is left as it was.

    Args:
        encoder: on any device.
        inputs: (n, C, H, W) uint8 images or (n, D) float32 points, on any device.
        rows: (m,) int64, which of the inputs; None: all. They are taken a batch at a time, so that inputs
            which are mapped from a file never lie in memory together.

    Returns:
        (n, d) or (m, d) float32 unit rows.
    """
    return _in_batches(encoder, inputs, lambda batch: normalize(encoder(batch).float()), rows=rows)


def features(encoder: Encoder, inputs: Tensor) -> NDArray[np.float32]:
    """Features before the projector, (n, F) float32, in evaluation mode; not normalised."""
    return _in_batches(encoder, inputs, encoder.features)


@torch.no_grad()
def _in_batches(
    encoder: nn.Module,
    inputs: Tensor,
    outputs: Callable[[Tensor], Tensor],
    *,
    rows: Tensor | None = None,
) -> NDArray[np.float32]:
    was_training = encoder.training
    device = next(encoder.parameters()).device
    size = max(1, min(MOST_AT_ONCE, VALUES_AT_ONCE // max(1, inputs[0].numel())))
    if rows is None:
        parts: Iterable[Tensor] = torch.split(inputs, size)
    else:
        parts = (inputs[some] for some in torch.split(rows.to(inputs.device), size))
    encoder.eval()
    try:
        outcomes = [outputs(as_input(part.to(device))) for part in parts]
    finally:
        encoder.train(was_training)
    array: NDArray[np.float32] = torch.cat(outcomes).float().cpu().numpy()
    return array


def __getattr__(name: str) -> Any:
    """`save_snapshot` on first use: it knows run folders, which training, that embeds too, must not."""
    if name == "save_snapshot":
        from ghviz.imports import save_snapshot

        return save_snapshot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
