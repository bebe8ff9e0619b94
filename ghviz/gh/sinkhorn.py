"""Entropic optimal transport with fixed marginals: which share of each sample goes to which vertex."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

MAX_ITERATIONS = 300
TOLERANCE = (
    2e-6  # a few roundings of float32; Newton's last step takes 1e-3 here, a looser one would save little
)
SWEEPS = 10  # Sinkhorn updates between two looks at the marginal
KERNEL_RANGE = (
    50.0  # exp(+-50) is far from float32's limits; 2 / 0.05 = 40 is the most that unit rows can span
)

Sweeps = Callable[[Tensor, int], Tensor]
"""(log b, count) -> log b after `count` Sinkhorn updates."""

_warned: set[tuple[float, int, float]] = set()
"""Settings (regularization, max_iterations, tolerance) whose lack of convergence has been reported."""


def sinkhorn(
    logits: Float[Tensor, "n k"],
    prior: Float[Tensor, " k"] | None = None,
    *,
    regularization: float = 0.05,
    max_iterations: int = MAX_ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Float[Tensor, "n k"]:
    """Soft assignment of samples to vertices whose column mean is `prior`, by entropic optimal transport.

    The plan Q maximises sum(Q * logits) + regularization * entropy(Q) over all Q >= 0 whose rows sum to 1 and
    whose column mean is the prior: Q = diag(a) exp(logits / regularization) diag(b). Sinkhorn's alternating scaling
    finds b roughly, Newton steps on the dual problem in log b finish it. Computed in float32; in float64 for float64
    logits, and where logits / regularization spans more than float32's exponential holds.

    Sources: [0] M. Cuturi, "Sinkhorn distances: lightspeed computation of optimal transport", 2013,
    https://arxiv.org/abs/1306.0895, Alg. 1. [1] Zhou et al., "Combating representation learning disparity with
    Geometric Harmonization", 2023, https://arxiv.org/abs/2310.17622. Deviation from [1]: its code does 300 plain
    scalings; the Newton steps reach the same fixed point in a fraction of the time.

    Args:
        logits: (N, K) similarity of each sample to each vertex, any floating dtype; no gradient flows through it.
        prior: (K,) mass of each vertex, >= 0, sums to 1; a vertex of mass 0 gets a column of exact zeros.
            None: uniform.
        regularization: strength of the entropy, > 0, in units of the logits.
        max_iterations: updates of b at most, >= 1.
        tolerance: L1 distance between column mean and prior at which to stop, >= 0.

    Returns:
        (N, K) plan, rows sum to 1; float64 for float64 logits, float32 otherwise.

    Raises:
        ValueError: wrong shapes, a prior that is no distribution, or a setting out of range.

    Warns:
        UserWarning: once a process for each setting, if the tolerance was not reached; rows still sum to 1.

    >>> sinkhorn(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
    tensor([[0.5000, 0.5000],
            [0.5000, 0.5000]])
    """
    if logits.ndim != 2 or 0 in logits.shape or not logits.is_floating_point():
        raise ValueError(
            f"logits must be a floating-point (samples, vertices) tensor, got {logits.dtype} {tuple(logits.shape)}"
        )
    prior = checked_prior(prior, logits.shape[1], logits.device)
    with torch.autocast(logits.device.type, enabled=False):
        return plans(
            logits.unsqueeze(0),
            prior,
            regularization=regularization,
            max_iterations=max_iterations,
            tolerance=tolerance,
        )[0]


def checked_prior(
    prior: Float[Tensor, " k"] | None, num_vertices: int, device: torch.device
) -> Float[Tensor, " k"]:
    """The prior, detached and on `device`; uniform for None.

    Args:
        prior: (K,) or None.
        num_vertices: K.
        device: where it is needed.

    Returns:
        (K,).

    Raises:
        ValueError: if it has another shape or a negative entry, or does not sum to 1 within 1e-3.
    """
    if prior is None:
        return torch.full((num_vertices,), 1 / num_vertices, device=device)
    if prior.shape != (num_vertices,):
        raise ValueError(
            f"prior must have shape ({num_vertices},), a mass a vertex, got {tuple(prior.shape)}"
        )
    prior = prior.detach().to(device)
    if not (bool((prior >= 0).all()) and math.isclose(prior.sum().item(), 1.0, abs_tol=1e-3)):
        raise ValueError(f"prior must be >= 0 and sum to 1, got {prior.tolist()}")
    return prior


@torch.no_grad()
def plans(
    logits: Float[Tensor, "views n k"],
    prior: Float[Tensor, " k"],
    *,
    regularization: float,
    max_iterations: int = MAX_ITERATIONS,
    tolerance: float = TOLERANCE,
) -> Float[Tensor, "views n k"]:
    """The plans of `sinkhorn` for several views at once, for a prior that is known to be a distribution.

    The caller switches autocast off.

    Args:
        logits: (V, N, K).
        prior: (K,), the same for all views.
        regularization: as for `sinkhorn`.
        max_iterations: as for `sinkhorn`.
        tolerance: as for `sinkhorn`, for the worst view.

    Returns:
        (V, N, K), rows sum to 1.

    Raises:
        ValueError: a setting out of range.
    """
    if not (regularization > 0 and max_iterations >= 1 and tolerance >= 0):
        raise ValueError(
            "regularization must be > 0, max_iterations >= 1 and tolerance >= 0, "
            f"got {regularization}, {max_iterations} and {tolerance}"
        )
    dtype = torch.float64 if logits.dtype == torch.float64 else torch.float32
    logits = logits.to(dtype)
    low, high = torch.stack(logits.aminmax()).tolist()
    narrow = (high - low) / regularization <= KERNEL_RANGE
    if not narrow and logits.device.type != "mps":  # Apple's GPUs have no float64
        logits = logits.double()
    scaled = (logits - high) / regularization
    prior = prior.to(scaled.dtype)
    sweeps = _kernel_sweeps(scaled, prior) if narrow else _log_sweeps(scaled, prior)
    plan, error = _solve(scaled, prior, sweeps, (max_iterations, tolerance))
    if error > tolerance:
        _warn(error, (regularization, max_iterations, tolerance))
    return plan.to(dtype)


def _kernel_sweeps(scaled: Float[Tensor, "views n k"], prior: Float[Tensor, " k"]) -> Sweeps:
    """Sinkhorn's updates on the kernel itself: fast, for a kernel whose entries are all ordinary numbers."""
    kernel = scaled.exp()
    transposed = kernel.mT.contiguous()
    mass = (prior * scaled.shape[1]).unsqueeze(1)  # (K, 1)

    def sweeps(log_b: Tensor, count: int) -> Tensor:
        b = log_b.mT.exp()  # (V, K, 1)
        for _ in range(count):
            a = torch.bmm(kernel, b).reciprocal_()  # (V, N, 1)
            b = torch.div(mass, torch.bmm(transposed, a))
        return b.log().mT

    return sweeps


def _log_sweeps(scaled: Float[Tensor, "views n k"], prior: Float[Tensor, " k"]) -> Sweeps:
    """The same updates on logarithms: for any range."""
    log_mass = (prior * scaled.shape[1]).log()  # -inf for a vertex without mass

    def sweeps(log_b: Tensor, count: int) -> Tensor:
        for _ in range(count):
            log_a = -torch.logsumexp(scaled + log_b, dim=2, keepdim=True)
            log_b = log_mass - torch.logsumexp(scaled + log_a, dim=1, keepdim=True)
        return log_b

    return sweeps


def _solve(
    scaled: Float[Tensor, "views n k"], prior: Float[Tensor, " k"], sweeps: Sweeps, limits: tuple[int, float]
) -> tuple[Float[Tensor, "views n k"], float]:
    """Sinkhorn updates, which always get nearer, in turn with Newton steps, which get there at once when near."""
    left, tolerance = limits
    log_b = scaled.new_zeros(len(scaled), 1, len(prior))
    error, plan = math.inf, scaled
    while error > tolerance and left > 0:
        if error < math.inf:
            left -= 1
            candidate = log_b + _newton_step(plan, prior)
            new_plan, new_error = _plan(scaled, candidate, prior)
            if new_error < error / 2:  # false for NaN too: a singular Hessian
                log_b, plan, error = candidate, new_plan, new_error
                continue
        if left > 0:
            count = min(SWEEPS, left)
            left -= count
            log_b = sweeps(log_b, count)
            plan, error = _plan(scaled, log_b, prior)
    return plan, error


def _plan(
    scaled: Float[Tensor, "views n k"], log_b: Float[Tensor, "views 1 k"], prior: Float[Tensor, " k"]
) -> tuple[Float[Tensor, "views n k"], float]:
    """The plan of b with rows that sum to 1, and the L1 error of its column mean in the worst view."""
    plan = torch.softmax(scaled + log_b, dim=2)
    return plan, (plan.mean(dim=1) - prior).abs_().sum(dim=1).amax().item()


def _newton_step(plan: Float[Tensor, "views n k"], prior: Float[Tensor, " k"]) -> Float[Tensor, "views 1 k"]:
    """Newton's step of log b for the (concave) dual sum_k prior_k log b_k - mean_n logsumexp_k(scaled + log b).

    Its gradient is prior - column mean; minus its Hessian is diag(column mean) - plan^T plan / N, which does not
    see a constant added to log b, nor vertices without mass: both get a harmless curvature.
    """
    columns = plan.mean(dim=1)  # (V, K)
    curvature = torch.baddbmm(
        torch.diag_embed(columns + (prior == 0)), plan.mT, plan, alpha=-1 / plan.shape[1]
    )
    factor, _ = torch.linalg.cholesky_ex(curvature + 1 / len(prior) ** 2)
    return torch.cholesky_solve((prior - columns).unsqueeze(2), factor).mT
