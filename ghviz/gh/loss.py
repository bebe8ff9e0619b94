"""The loss of Geometric Harmonization: each view predicts the other view's surrogate labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from ghviz.checks import check_tensors
from ghviz.gh.sinkhorn import MAX_ITERATIONS, TOLERANCE, TransportSettings, checked_prior, transport
from ghviz.gh.surrogate import full_precision, geometric_logits


def gh_loss(  # noqa: PLR0913 (the signature is fixed by the project)
    z1: Float[Tensor, "n d"],
    z2: Float[Tensor, "n d"],
    targets: Float[Tensor, "k d"],
    prior: Float[Tensor, " k"] | None = None,
    *,
    temperature: float = 0.1,
    regularization: float = 0.05,
    max_iterations: int = MAX_ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Float[Tensor, ""]:
    """Loss of Geometric Harmonization of two views of a batch.

    With u = normalize(z M^T) and q = sinkhorn(u, prior), the surrogate labels, of each view:
    L = - mean_n sum_k (q1_nk log_softmax(u2 / temperature)_nk + q2_nk log_softmax(u1 / temperature)_nk).
    The two terms are summed, not averaged, as in the reference implementation; no gradient flows through q.

    Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
    https://arxiv.org/abs/2310.17622.

    Args:
        z1: (N, d) projector outputs of view 1, not necessarily normalised.
        z2: (N, d) projector outputs of view 2.
        targets: (K, d) unit rows, see `uniform_targets`.
        prior: (K,) mass of each vertex, sums to 1; None: uniform.
        temperature: of the softmax, > 0.
        regularization: of the optimal transport, > 0; see `sinkhorn`.
        max_iterations: see `sinkhorn`.
        tolerance: see `sinkhorn`.

    Returns:
        Scalar; float64 for float64 embeddings, float32 otherwise.

    Raises:
        ValueError: shapes that do not fit, a prior that is no distribution, or a setting out of range.
    """
    check_tensors(targets=targets)
    if targets.ndim != 2:
        raise ValueError(f"targets must have shape (vertices, dimension), got {tuple(targets.shape)}")
    check_views(z1, z2, targets.shape[1])
    prior = checked_prior(prior, len(targets), z1.device)
    settings = TransportSettings(regularization, max_iterations, tolerance)

    def allocate(logits: Tensor) -> Tensor:
        return transport(logits, prior, settings).plans

    targets = targets.detach().to(z1.device)
    return allocation_loss(z1, z2, targets, allocate=allocate, temperature=temperature)


def allocation_loss(
    z1: Float[Tensor, "n d"],
    z2: Float[Tensor, "n d"],
    targets: Float[Tensor, "k d"],
    *,
    allocate: Callable[[Tensor], Tensor],
    temperature: float,
) -> Float[Tensor, ""]:
    """The loss of `gh_loss` for any allocation of surrogate labels.

    Args:
        z1: (N, d) projector outputs of view 1.
        z2: (N, d) projector outputs of view 2.
        targets: (K, d) unit rows on the same device.
        allocate: labels (2, K, N), which sum to 1 over K, for geometric logits (2, K, N); called once.
        temperature: of the softmax, > 0.

    Returns:
        Scalar.

    Raises:
        ValueError: temperature out of range.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    with full_precision(z1.device):
        loss: Tensor = _AllocationLoss.apply(z1, z2, targets, allocate, temperature)
    return loss


class _AllocationLoss(torch.autograd.Function):
    """Loss and gradient written out: on a small batch half the time of what autograd would record and replay.

    For a sample with products c = M z, logits u = c / ||c|| and the other view's labels q:
    dL/du = (softmax(u / temperature) - q) / (N temperature), dL/dc = (dL/du - u (u . dL/du)) / ||c||,
    dL/dz = M^T dL/dc.
    """

    @staticmethod
    def forward(  # noqa: PLR0913 (torch passes them by position)
        ctx: Any,
        z1: Tensor,
        z2: Tensor,
        targets: Tensor,
        allocate: Callable[[Tensor], Tensor],
        temperature: float,
    ) -> Tensor:
        logits, scale = geometric_logits(torch.stack([z1, z2]), targets)
        labels = allocate(logits).flip(0)
        num_samples = len(z1)
        log_probabilities = torch.log_softmax(logits / temperature, dim=1)
        loss = (labels * log_probabilities).sum() / -num_samples
        if any(ctx.needs_input_grad):
            gradient = log_probabilities.exp_().sub_(labels)
            gradient.sub_(logits * (logits * gradient).sum(dim=1, keepdim=True)).mul_(scale)
            ctx.factor = 1 / (num_samples * temperature)
            ctx.dtype = z1.dtype
            ctx.save_for_backward(gradient.mT @ targets.to(gradient.dtype))  # (2, N, d)
        return loss

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = ctx.saved_tensors
        # in full precision to the end: under a loss scale, float16 would overflow on the way
        scale = gradients[0].to(gradient.dtype) * ctx.factor
        gradient1, gradient2 = (gradient * scale).to(ctx.dtype).unbind()
        return gradient1, gradient2, None, None, None


def check_views(z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], dimension: int) -> None:
    """Check that two tensors are embeddings of one batch.

    Raises:
        ValueError: if they are not (N, dimension) floating-point tensors of one shape and dtype with N >= 1.
    """
    check_tensors(z1=z1, z2=z2)
    if z1.shape != z2.shape or z1.ndim != 2 or len(z1) == 0 or z1.shape[1] != dimension:
        raise ValueError(
            f"z1 and z2 must have the same shape (samples, {dimension}), "
            f"got {tuple(z1.shape)} and {tuple(z2.shape)}"
        )
    if not z1.is_floating_point() or z1.dtype != z2.dtype:
        raise ValueError(f"z1 and z2 must have one floating dtype, got {z1.dtype} and {z2.dtype}")
