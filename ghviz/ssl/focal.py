"""NT-Xent with a focal weight: pairs that are told apart already count less."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from ghviz.ssl.nt_xent import view_similarities
from ghviz.ssl.simclr import SimCLR

LARGEST_LOG_ODDS = 1000.0  # beyond it 1 - p is 0 in float64 too; a batch of one has infinite odds


def focal_nt_xent(
    z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], *, temperature: float = 0.2, gamma: float = 2.0
) -> Float[Tensor, " n"]:
    """Focal loss of the probability p with which NT-Xent finds each view's partner among the other views.

    With s = cosine / temperature and p_i = exp(s_ij) / sum_{k != i} exp(s_ik), for anchor i and its other
    view j: l_i = -(1 - p_i)^gamma log p_i; a pair's loss is the mean of l_i and l_j. gamma = 0 is NT-Xent.

    Computed from the log-odds of p, so that loss and gradient keep their relative precision as p -> 1.

    Source: [0] Lin et al., "Focal loss for dense object detection", 2017, https://arxiv.org/abs/1708.02002,
    Eq. 4; p as in [1] Chen et al., "A simple framework for contrastive learning of visual representations",
    2020, https://arxiv.org/abs/2002.05709, Eq. 1.

    Args:
        z1: (N, d) projector outputs of view 1, not necessarily normalised; N >= 1.
        z2: (N, d) projector outputs of view 2.
        temperature: > 0.
        gamma: >= 0; the larger, the less easy pairs count.

    Returns:
        (N,) loss of each pair, >= 0; float64 for float64 embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit, a temperature or gamma out of range.

    >>> focal_nt_xent(torch.eye(2), torch.eye(2), temperature=1.0)  # p = e / (e + 2)
    tensor([0.0991, 0.0991])
    """
    if not (math.isfinite(gamma) and gamma >= 0):
        raise ValueError(f"gamma must be a finite number, at least 0, got {gamma}")
    similarity = view_similarities(z1, z2, temperature=temperature)
    n = len(z1)
    partner = torch.eye(2 * n, dtype=torch.bool, device=similarity.device).roll(n, dims=1)
    negatives = torch.logsumexp(similarity.masked_fill(partner, -torch.inf), dim=1)  # (2 N,)
    log_odds = (similarity.diagonal(n).repeat(2) - negatives).clamp(max=LARGEST_LOG_ODDS)
    log_p, log_not_p = logsigmoid(log_odds), logsigmoid(-log_odds)
    return ((gamma * log_not_p).exp() * -log_p).view(2, n).mean(dim=0)  # [0] Eq. 4


class Focal(SimCLR):
    """SimCLR whose easy pairs count less; see `focal_nt_xent`.

    Args:
        encoder: not needed.
        num_samples: not needed.
        temperature: > 0.
        gamma: >= 0.
    """

    def __init__(
        self, encoder: nn.Module, num_samples: int, *, temperature: float = 0.2, gamma: float = 2.0
    ) -> None:
        """See the class."""
        super().__init__(encoder, num_samples, temperature=temperature)
        self.gamma = gamma

    def losses(self, z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Loss of each sample."""
        return focal_nt_xent(z1, z2, temperature=self.temperature, gamma=self.gamma)
