"""The loss of Geometric Harmonization: each view predicts the other view's surrogate labels."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from ghviz.gh.sinkhorn import MAX_ITERATIONS, TOLERANCE, TransportSettings, checked_prior, transport_plans
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
    if targets.ndim != 2:
        raise ValueError(f"targets must have shape (vertices, dimension), got {tuple(targets.shape)}")
    check_views(z1, z2, targets.shape[1])
    prior = checked_prior(prior, len(targets), z1.device)
    settings = TransportSettings(regularization, max_iterations, tolerance)
    with full_precision(z1.device):
        logits = geometric_logits(torch.stack([z1, z2]), targets.detach().to(z1.device))  # (2, K, N)
        labels = transport_plans(logits, prior, settings)
        return swapped_cross_entropy(logits, labels, temperature=temperature)


def swapped_cross_entropy(
    logits: Float[Tensor, "2 k n"], labels: Float[Tensor, "2 k n"], *, temperature: float
) -> Float[Tensor, ""]:
    """Cross-entropy of each view's prediction against the other view's labels: mean over N, sum over views.

    Args:
        logits: (2, K, N) geometric logits.
        labels: (2, K, N) surrogate labels, sums over K are 1.
        temperature: of the softmax, > 0.

    Returns:
        Scalar.

    Raises:
        ValueError: temperature out of range.
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be > 0, got {temperature}")
    log_probabilities = torch.log_softmax(logits / temperature, dim=1)
    return (labels.flip(0) * log_probabilities).sum() / -logits.shape[2]


def check_views(z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"], dimension: int) -> None:
    """Check that two tensors are embeddings of one batch.

    Raises:
        ValueError: if they are not (N, dimension) floating-point tensors of one shape and dtype with N >= 1.
    """
    if z1.shape != z2.shape or z1.ndim != 2 or len(z1) == 0 or z1.shape[1] != dimension:
        raise ValueError(
            f"z1 and z2 must have one shape (samples, {dimension}), "
            f"got {tuple(z1.shape)} and {tuple(z2.shape)}"
        )
    if not z1.is_floating_point() or z1.dtype != z2.dtype:
        raise ValueError(f"z1 and z2 must have one floating dtype, got {z1.dtype} and {z2.dtype}")
