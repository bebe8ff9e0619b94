"""The head that maps features to the space where the contrastive loss and GH live."""

from __future__ import annotations

from torch import nn


def projector(features: int, dimension: int, *, hidden: int, batch_norm: bool) -> nn.Module:
    """A linear layer, or one hidden layer with ReLU.

    hidden = 0: Linear(F, d). hidden > 0: Linear - ReLU - Linear, and with batch-norm as in the paper [0]
    Linear - BN - ReLU - Linear (no bias) - BN. A batch-norm at the output centres the embedding of a batch,
    which moves what the head class would do to the whole sphere: leave it out where the sphere itself is
    looked at.

    Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
    https://arxiv.org/abs/2310.17622.

    Args:
        features: F, width of the input.
        dimension: d, width of the output.
        hidden: width of the hidden layer, 0 for none.
        batch_norm: whether there is batch-norm.

    Returns:
        A module from (n, F) to (n, d); not normalised.
    """
    if not hidden:
        return nn.Linear(features, dimension)
    if not batch_norm:
        return nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, dimension))
    return nn.Sequential(
        nn.Linear(features, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Linear(hidden, dimension, bias=False),
        nn.BatchNorm1d(dimension),
    )
