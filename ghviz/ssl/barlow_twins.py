"""Barlow Twins: each dimension agrees between the views, and with no other dimension."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.ssl.method import Encoding, Method, Outcome, embed_both
from ghviz.ssl.views import checked_views

EPS = 1e-5  # added to variances, as batch normalisation does


def barlow_twins(
    z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], *, off_diagonal: float = 5e-3
) -> Float[Tensor, ""]:
    """Distance of the cross-correlation matrix of two views from the identity.

    With C_ij the correlation over the batch of dimension i of view 1 and dimension j of view 2:
    sum_i (1 - C_ii)^2 + off_diagonal * sum_{i != j} C_ij^2.

    Variances and covariances are the biased ones, divided by N, with 1e-5 added to the variances, as batch
    normalisation does it in the paper's code and in lightly's. A dimension of no variance so correlates with
    nothing and costs 1; loss and gradient stay finite.

    Source: [0] Zbontar et al., "Barlow Twins: self-supervised learning via redundancy reduction", 2021,
    https://arxiv.org/abs/2103.03230, Eq. 1 and 2.

    Args:
        z1: (N, d) projector outputs of view 1; N >= 2.
        z2: (N, d) projector outputs of view 2.
        off_diagonal: weight lambda of the redundancy, >= 0.

    Returns:
        Scalar; float64 for float64 embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit, a batch of one, or a weight out of range.

    >>> z = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    >>> barlow_twins(z, z.flip(1), off_diagonal=0.1)  # C_ii = 0, C_12 = C_21 = 1
    tensor(2.2000)
    """
    if not off_diagonal >= 0:
        raise ValueError(f"off_diagonal must be >= 0, got {off_diagonal}")
    z1, z2 = checked_views(z1, z2, at_least=2)
    with torch.autocast(z1.device.type, enabled=False):
        correlation = _standardised(z1).mT @ _standardised(z2) / len(z1)  # (d, d), [0] Eq. 2
        own = torch.eye(len(correlation), dtype=torch.bool, device=correlation.device)
        redundancy = correlation.masked_fill(own, 0).square().sum()
        return (1 - correlation.diagonal()).square().sum() + off_diagonal * redundancy  # [0] Eq. 1


def _standardised(z: Float[Tensor, "n d"]) -> Float[Tensor, "n d"]:
    """Each dimension with mean 0 and variance 1 over the batch; 0 where it has none."""
    centred = z - z.mean(dim=0)
    return centred * (centred.square().mean(dim=0) + EPS).rsqrt()


class BarlowTwins(Method):
    """Barlow Twins, see `barlow_twins`: no negatives, no twin encoder.

    Args:
        encoder: not needed.
        num_samples: not needed.
        off_diagonal: weight of the correlations between dimensions, >= 0.
    """

    def __init__(self, encoder: nn.Module, num_samples: int, *, off_diagonal: float = 5e-3) -> None:
        """See the class."""
        super().__init__()
        self.off_diagonal = off_diagonal

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`."""
        z1, z2 = embed_both(encoding, view1, view2)
        return Outcome(barlow_twins(z1, z2, off_diagonal=self.off_diagonal), z1, z2)
