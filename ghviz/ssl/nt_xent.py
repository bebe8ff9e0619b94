"""NT-Xent, SimCLR's contrastive loss."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def nt_xent(
    z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], *, temperature: float = 0.2
) -> Float[Tensor, " n"]:
    """Normalised, temperature-scaled cross-entropy of each positive pair against the 2 N - 2 other views.

    With s = cosine / temperature, for anchor i and its other view j:
    l_i = - s_ij + log sum_{k != i} exp(s_ik); a pair's loss is the mean of l_i and l_j.

    Source: [0] Chen et al., "A simple framework for contrastive learning of visual representations", 2020,
    https://arxiv.org/abs/2002.05709, Eq. 1.

    Args:
        z1: (N, d) projector outputs of view 1, not necessarily normalised; N >= 1.
        z2: (N, d) projector outputs of view 2.
        temperature: > 0.

    Returns:
        (N,) loss of each pair; float64 for float64 embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit or a temperature out of range.

    >>> nt_xent(torch.eye(2), torch.eye(2), temperature=1.0)  # log(1 + 2 / e)
    tensor([0.5514, 0.5514])
    """
    if z1.shape != z2.shape or z1.ndim != 2 or len(z1) == 0:
        raise ValueError(
            f"z1 and z2 must have one shape (samples, dimension), got {tuple(z1.shape)} and {tuple(z2.shape)}"
        )
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    n = len(z1)
    with torch.autocast(z1.device.type, enabled=False):
        z = torch.cat([z1, z2])
        z = torch.nn.functional.normalize(z if z.dtype == torch.float64 else z.float(), dim=1)
        similarity = z @ z.mT / temperature  # (2 N, 2 N)
        positive = similarity.diagonal(n)  # (N,), the same for both anchors
        others = similarity.masked_fill(torch.eye(2 * n, dtype=torch.bool, device=z.device), -torch.inf)
        return torch.logsumexp(others, dim=1).view(2, n).mean(dim=0) - positive
