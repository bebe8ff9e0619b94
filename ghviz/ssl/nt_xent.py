"""NT-Xent, SimCLR's contrastive loss."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from ghviz.ssl.views import checked_views


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
    similarity = view_similarities(z1, z2, temperature=temperature)
    n = len(z1)
    positive = similarity.diagonal(n)  # (N,), the same for both anchors
    return torch.logsumexp(similarity, dim=1).view(2, n).mean(dim=0) - positive


def view_similarities(
    z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], *, temperature: float
) -> Float[Tensor, "views views"]:
    """Cosine / temperature of all pairs of the 2 N views, first those of view 1; -inf of a view with itself.

    Args:
        z1: (N, d) projector outputs of view 1, not necessarily normalised; N >= 1.
        z2: (N, d) projector outputs of view 2.
        temperature: > 0.

    Returns:
        (2 N, 2 N), symmetric; row i and row i + N are the two anchors of pair i. Float64 for float64
        embeddings, float32 otherwise (under autocast too).

    Raises:
        ValueError: shapes that do not fit or a temperature out of range.
    """
    z = torch.cat(checked_views(z1, z2))
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    with torch.autocast(z.device.type, enabled=False):
        z = torch.nn.functional.normalize(z, dim=1)
        similarity = z @ z.mT / temperature
    return similarity.masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), -torch.inf)
