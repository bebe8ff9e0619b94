"""Surrogate classes: how near each sample is to each vertex, and how many samples each vertex has."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def geometric_logits(
    z: Float[Tensor, "views n d"], targets: Float[Tensor, "k d"]
) -> tuple[Float[Tensor, "views k n"], Float[Tensor, "views 1 n"]]:
    """Similarity of embeddings to vertices, u = normalize(M z^T) over the vertices, which come first.

    The length of z makes no difference. Half-precision embeddings are computed in float32, provided that
    autocast is off.

    Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
    https://arxiv.org/abs/2310.17622.

    Args:
        z: (V, N, d) embeddings, not necessarily normalised.
        targets: (K, d) unit rows M.

    Returns:
        (V, K, N) u, each sample's squares sum to 1, and (V, 1, N) the factor 1 / ||M z|| that made it so;
        float64 for float64 embeddings, float32 otherwise.
    """
    dtype = torch.float64 if z.dtype == torch.float64 else torch.float32
    products = targets.to(dtype) @ z.to(dtype).mT
    scale = products.square().sum(dim=1, keepdim=True).add_(1e-24).rsqrt_()  # finite for z = 0
    return products * scale, scale


def full_precision(device: torch.device) -> AbstractContextManager[object]:
    """A region in which autocast does not round matrix products on `device` to half precision."""
    if torch.is_autocast_enabled(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()


@torch.no_grad()
def population_prior(
    running_mean: Float[Tensor, "n k"], seen: Bool[Tensor, " n"], *, floor: float = 0.0
) -> Float[Tensor, " k"] | None:
    """Share of the samples seen so far whose running mean is largest at each vertex.

    Args:
        running_mean: (N, K) running mean of each sample's geometric logits.
        seen: (N,) which samples have one.
        floor: in [0, 1]; no vertex gets less than floor / K.

    Returns:
        (K,) float32, sums to 1; None if no sample has been seen.
    """
    num_vertices = running_mean.shape[1]
    votes = running_mean[seen].argmax(dim=1)
    if len(votes) == 0:
        return None
    share = torch.bincount(votes, minlength=num_vertices).cpu().double() / len(votes)
    return floored(share, floor / num_vertices).to(running_mean.device, torch.float32)


def floored(share: Float[Tensor, " k"], minimum: float) -> Float[Tensor, " k"]:
    """The distribution with no entry below `minimum`; the others are scaled down in proportion to make room.

    Args:
        share: (K,) >= 0, sums to 1.
        minimum: in [0, 1 / K].

    Returns:
        (K,), sums to 1.
    """
    low = share < minimum
    while True:  # scaling down may push further entries below the minimum: at most K rounds
        scale = (1 - minimum * int(low.sum())) / share[~low].sum()
        result = torch.where(low, minimum, share * scale)
        fell = ~low & (result < minimum)
        if not bool(fell.any()) or bool((low | fell).all()):
            return result
        low = low | fell
