"""What a Harmonizer is doing: its vertices, its transport plan, and how hard it pulls beside the base loss.

Looking changes nothing: neither the statistics of the Harmonizer, nor gradients, nor random numbers. It costs
about as much as a GH loss, so take it every so many steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from ghviz.gh.harmonizer import Harmonizer
from ghviz.gh.loss import allocation_loss, check_views
from ghviz.gh.sinkhorn import Transport, TransportSettings, transport
from ghviz.gh.surrogate import full_precision, geometric_logits


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """Vertices and transport plan of a Harmonizer at one batch.

    Attributes:
        prior: (K,) mass that each vertex is given.
        mass: (K,) share of the samples seen so far that are nearest to each vertex, by their running mean;
            zeros before any was seen. The prior is what this was when last taken, with its floor.
        nearest: (num_samples,) vertex that each training sample is nearest to; -1: not seen yet.
        live_vertices: vertices that are nearest to at least one sample; the others are dead.
        evenness: entropy of the mass / log K, from 0 (one vertex has all) to 1; NaN before any sample was
            seen.
        plan: (N, K) surrogate labels of view 1, rows sum to 1.
        moved: share of the batch whose largest surrogate label is not at the nearest vertex: what transport
            changes.
        iterations: of Sinkhorn and Newton, that the plans of both views took.
        residual: L1 distance between the plans' column means and the prior, summed over both views.
    """

    prior: Float[Tensor, " k"]
    mass: Float[Tensor, " k"]
    nearest: Int[Tensor, " samples"]
    live_vertices: int
    evenness: float
    plan: Float[Tensor, "n k"]
    moved: float
    iterations: int
    residual: float


class GradientShare(NamedTuple):
    """How hard GH pulls at the embeddings of a batch, beside the base loss.

    Attributes:
        base: Euclidean norm of the base loss's gradient with respect to the embeddings of both views; NaN
            where the loss was not made from them.
        gh: the same of GH's loss, before its weight.
        cosine: of the angle between the two; below 0 they pull against each other; NaN where one is zero or
            not known.
        share: weight * gh / (base + weight * gh), 0 to 1; NaN where both are zero or one is not known.
    """

    base: float
    gh: float
    cosine: float
    share: float


@torch.no_grad()
def diagnose(harmonizer: Harmonizer, z1: Float[Tensor, "n d"], z2: Float[Tensor, "n d"]) -> Diagnosis:
    """Look at a Harmonizer right after it was called with a batch.

    Args:
        harmonizer: on the device of the embeddings.
        z1: (N, d) projector outputs of view 1, as it got them.
        z2: (N, d) of view 2.

    Returns:
        Tensors on the Harmonizer's device, none of which is its own. Before the end of the warm-up the prior
        is uniform and the plan is what GH would do with it.

    Raises:
        ValueError: shapes that do not fit.
    """
    check_views(z1, z2, harmonizer.targets.shape[1])
    with full_precision(z1.device):
        logits, _ = geometric_logits(torch.stack([z1, z2]), harmonizer.targets)
        found = _transport(harmonizer, logits)
    plan = found.plans[0].mT.contiguous()
    nearest = torch.where(harmonizer.seen, harmonizer.running_mean.argmax(dim=1), -1)
    votes = nearest[nearest >= 0].bincount(minlength=len(harmonizer.prior))
    mass = votes.float() / votes.sum().clamp(min=1)
    return Diagnosis(
        prior=harmonizer.prior.clone(),
        mass=mass,
        nearest=nearest,
        live_vertices=int(votes.count_nonzero()),
        evenness=_evenness(mass),
        plan=plan,
        moved=float((plan.argmax(dim=1) != logits[0].argmax(dim=0)).float().mean()),
        iterations=found.iterations,
        residual=found.residual,
    )


def gradient_share(
    harmonizer: Harmonizer, base_loss: Float[Tensor, ""], views: tuple[Tensor, Tensor]
) -> GradientShare:
    """Compare the gradients of the base loss and of GH's with respect to the embeddings.

    It goes back from the losses to the embeddings and not through the encoder, so it takes a small part of a
    backward pass. Call it before `backward`, which still finds all it needs.

    Args:
        harmonizer: on the device of the embeddings.
        base_loss: scalar, made from `views`; a part of it that does not go through them does not count.
        views: (N, d) projector outputs of view 1 and of view 2, with gradient.

    Returns:
        Norms and cosine; with weight 0, or before the end of the warm-up, the share is 0, and the rest tells
        what GH would do. A loss of which no part goes through the views has no gradient there: NaN, not 0.

    Raises:
        ValueError: shapes that do not fit, or embeddings without a gradient.
    """
    check_views(*views, harmonizer.targets.shape[1])
    if not all(view.requires_grad for view in views):
        raise ValueError("views must have a gradient: pass the embeddings that the base loss was made from")
    base = _gradients(base_loss, views)
    leaf1, leaf2 = (view.detach().requires_grad_() for view in views)
    with torch.enable_grad():
        loss = allocation_loss(
            leaf1,
            leaf2,
            harmonizer.targets,
            allocate=lambda logits: _transport(harmonizer, logits).plans,
            temperature=harmonizer.temperature,
        )
    gh = torch.stack(torch.autograd.grad(loss, (leaf1, leaf2)))
    return _compared(base, gh, weight=harmonizer.effective_weight)


def _gradients(loss: Tensor, views: tuple[Tensor, Tensor]) -> Tensor:
    """Gradients (2, N, d) of a loss with respect to views; NaN where it depends on neither."""
    found: tuple[Tensor | None, ...] = (None, None)
    if loss.requires_grad:
        found = torch.autograd.grad(loss, views, retain_graph=True, allow_unused=True)
    missing = math.nan if all(gradient is None for gradient in found) else 0.0
    each = zip(views, found, strict=True)
    return torch.stack([torch.full_like(z, missing) if g is None else g for z, g in each])


def _transport(harmonizer: Harmonizer, logits: Float[Tensor, "views k n"]) -> Transport:
    return transport(logits, harmonizer.prior, TransportSettings(harmonizer.regularization))


def _compared(base: Tensor, gh: Tensor, *, weight: float) -> GradientShare:
    dtype = torch.float32 if base.device.type == "mps" else torch.float64
    flat = torch.stack([base.flatten().to(dtype), gh.flatten().to(dtype)])
    norms = torch.linalg.vector_norm(flat, dim=1)
    of_base, of_gh, product = (float(value) for value in (*norms, flat[0] @ flat[1]))
    pull = weight * of_gh
    return GradientShare(
        base=of_base,
        gh=of_gh,
        cosine=_ratio(product, of_base * of_gh),
        share=_ratio(pull, of_base + pull),
    )


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _evenness(mass: Float[Tensor, " k"]) -> float:
    """Entropy of a distribution / log of its length; NaN for all zeros."""
    if len(mass) < 2 or not bool(mass.any()):
        return math.nan
    return float(torch.special.entr(mass).sum()) / math.log(len(mass))
