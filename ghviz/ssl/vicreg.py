"""VICReg: views agree, each dimension varies, and no two dimensions vary together."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ghviz.ssl.method import Encoding, Method, Outcome, embed_both
from ghviz.ssl.views import checked_views


def vicreg(  # noqa: PLR0913 (three weights, as the paper has them)
    z1: Float[Tensor, "n d"],
    z2: Float[Tensor, "n d"],
    *,
    invariance: float = 25.0,
    variance: float = 25.0,
    covariance: float = 1.0,
    eps: float = 1e-4,
) -> Float[Tensor, ""]:
    """Variance-invariance-covariance regularisation of two views.

    With S_j = sqrt(Var_j + eps) the deviation of dimension j over the batch and C the covariance matrix:
    invariance * mean_nj (z1 - z2)^2 + variance * mean_views mean_j max(0, 1 - S_j)
    + covariance * sum_views (1 / d) sum_{i != j} C_ij^2.

    Variances and covariances are the unbiased ones, divided by N - 1. Embeddings are taken as they are: their
    length matters. Dimensions of no variance, or a whole collapsed batch, have a finite loss and gradient.

    Source: [0] Bardes et al., "VICReg: variance-invariance-covariance regularization for self-supervised
    learning", 2021, https://arxiv.org/abs/2105.04906, Eq. 1 to 6. Deviation, as in its code and in lightly's:
    the invariance is a mean over dimensions too, and the variance a mean over the two views, not a sum.

    Args:
        z1: (N, d) projector outputs of view 1; N >= 2.
        z2: (N, d) projector outputs of view 2.
        invariance: weight, >= 0.
        variance: weight, >= 0.
        covariance: weight, >= 0.
        eps: added to the variances, > 0.

    Returns:
        Scalar; float64 for float64 embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit, a batch of one, or a number out of range.

    >>> vicreg(torch.eye(2), torch.eye(2))  # S = sqrt(1 / 2 + eps), C_ij = -1 / 2
    tensor(7.8206)
    """
    weights = {"invariance": invariance, "variance": variance, "covariance": covariance}
    for name, weight in weights.items():
        if not weight >= 0:
            raise ValueError(f"{name} must be >= 0, got {weight}")
    if not eps > 0:
        raise ValueError(f"eps must be > 0, got {eps}")
    z1, z2 = checked_views(z1, z2, at_least=2)
    n, d = z1.shape
    with torch.autocast(z1.device.type, enabled=False):
        z = torch.stack([z1, z2])  # (2, N, d)
        centred = z - z.mean(dim=1, keepdim=True)
        covariances = centred.mT @ centred / (n - 1)  # (2, d, d), [0] Eq. 3
        variances = covariances.diagonal(dim1=1, dim2=2)  # (2, d)
        spread = torch.relu(1 - (variances + eps).sqrt()).mean()  # [0] Eq. 1, 2
        own = torch.eye(d, dtype=torch.bool, device=z.device)
        shared = covariances.masked_fill(own, 0).square().sum() / d  # [0] Eq. 4
        distance = (z1 - z2).square().mean()  # [0] Eq. 5
        return invariance * distance + variance * spread + covariance * shared  # [0] Eq. 6


class VICReg(Method):
    """VICReg, see `vicreg`: no negatives, no twin.

    Args:
        encoder: not needed.
        num_samples: not needed.
        invariance: weight of the views' agreement, >= 0.
        variance: weight of each dimension's spread, >= 0.
        covariance: weight of the dimensions' independence, >= 0.
    """

    def __init__(
        self,
        encoder: nn.Module,
        num_samples: int,
        *,
        invariance: float = 25.0,
        variance: float = 25.0,
        covariance: float = 1.0,
    ) -> None:
        """See the class."""
        super().__init__()
        self.weights = {"invariance": invariance, "variance": variance, "covariance": covariance}

    def forward(
        self, encoding: Encoding, view1: Tensor, view2: Tensor, indices: Int[Tensor, " n"]
    ) -> Outcome:
        """See `Method.forward`."""
        z1, z2 = embed_both(encoding, view1, view2)
        return Outcome(vicreg(z1, z2, **self.weights), z1, z2)
