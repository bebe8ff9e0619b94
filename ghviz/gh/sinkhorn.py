"""Entropic optimal transport with fixed marginals: which share of each sample goes to which vertex."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from ghviz.checks import check_tensors
from ghviz.gh.surrogate import full_precision

MAX_ITERATIONS = 300
TOLERANCE = 1e-8  # rarely more than one Newton step beyond 1e-3
ROUNDINGS = 32  # a tolerance below this many roundings of the dtype counts as that
FLOAT32_SPAN = 50.0  # of logits / regularization; beyond it: float64, and coarser problems first
COARSE = 0.05  # error of the marginal at which a coarser problem has served its purpose
DAMPING = 0.3  # at most, times the error of the marginal: Newton steps start careful and end quadratic
FIRST_UPDATES = 1  # Sinkhorn updates before the first Newton step
MORE_UPDATES = 5  # ... and after one that failed at every length
SHORTEST = 0.01  # length of a Newton step, which starts at 1 and is quartered while the error does not fall


class TransportSettings(NamedTuple):
    """How to solve; see `sinkhorn`."""

    regularization: float
    max_iterations: int = MAX_ITERATIONS
    tolerance: float = TOLERANCE


class Transport(NamedTuple):
    """What `transport` found.

    Attributes:
        plans: (V, K, N), sums over K are 1.
        iterations: updates of b that it took, of either kind.
        residual: L1 distance between the masses of the vertices and the prior, summed over views.
    """

    plans: Tensor
    iterations: int
    residual: float


_warned: set[TransportSettings] = set()
"""Settings whose lack of convergence has been reported."""


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
    whose column mean is the prior: Q = diag(a) exp(logits / regularization) diag(b). Sinkhorn's alternating
    scaling finds b roughly, damped Newton steps on the dual problem in log b finish it. A small
    regularization is approached from larger ones. Computed in float64 where the device has it.

    Sources: [0] M. Cuturi, "Sinkhorn distances: lightspeed computation of optimal transport", 2013,
    https://arxiv.org/abs/1306.0895, Alg. 1. [1] Zhou et al., "Combating representation learning disparity
    with Geometric Harmonization", 2023, https://arxiv.org/abs/2310.17622. Deviation from [1]: its code does
    300 plain scalings; the Newton steps reach the same fixed point in a fraction of the time.

    Args:
        logits: (N, K) similarity of each sample to each vertex, any floating dtype; no gradient flows
            through.
        prior: (K,) mass of each vertex, >= 0, sums to 1; a vertex of mass 0 gets a column of exact zeros.
            None: uniform.
        regularization: strength of the entropy, > 0, in units of the logits.
        max_iterations: updates of b at most, >= 1, of either kind.
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
    check_tensors(logits=logits)
    if logits.ndim != 2 or 0 in logits.shape or not logits.is_floating_point():
        shape = tuple(logits.shape)
        raise ValueError(
            f"logits must be a floating-point (samples, vertices) tensor, got {logits.dtype} {shape}"
        )
    prior = checked_prior(prior, logits.shape[1], logits.device)
    settings = TransportSettings(regularization, max_iterations, tolerance)
    result_dtype = torch.float64 if logits.dtype == torch.float64 else torch.float32
    exact = logits.detach().float() if logits.device.type == "mps" else logits.detach().double()
    with full_precision(logits.device):
        found = transport(exact.mT.unsqueeze(0), prior, settings, largest=exact.abs().amax().item())
    return found.plans[0].mT.to(result_dtype).contiguous()


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
    check_tensors(prior=prior)
    if prior.shape != (num_vertices,):
        raise ValueError(
            f"prior must have shape ({num_vertices},), a mass a vertex, got {tuple(prior.shape)}"
        )
    prior = prior.detach().to(device)
    if not (bool((prior >= 0).all()) and math.isclose(prior.sum().item(), 1.0, abs_tol=1e-3)):
        raise ValueError(f"prior must be >= 0 and sum to 1, got {prior.tolist()}")
    return prior


@torch.no_grad()
def transport(
    logits: Float[Tensor, "views k n"],
    prior: Float[Tensor, " k"],
    settings: TransportSettings,
    *,
    largest: float = 1.0,
) -> Transport:
    """The plans of `sinkhorn` for several views at once, vertices first, in the precision of the logits.

    (On a CPU, sums over vertices take half the time in this layout.) The caller has checked the prior and
    switched autocast off.

    Args:
        logits: (V, K, N) float32 or float64.
        prior: (K,), a distribution, the same for all views.
        settings: as for `sinkhorn`, the tolerance for the errors of all views together.
        largest: bound of the logits' absolute value; geometric logits have 1.

    Returns:
        The plans, and what it took to find them.

    Raises:
        ValueError: a setting out of range.
    """
    regularization, max_iterations, tolerance = settings
    if not (regularization > 0 and max_iterations >= 1 and tolerance >= 0):
        raise ValueError(
            "regularization must be > 0, max_iterations >= 1 and tolerance >= 0, "
            f"got {regularization}, {max_iterations} and {tolerance}"
        )
    if prior.amin().item() <= 0:
        alive = prior > 0
        found = transport(logits[:, alive], prior[alive], settings, largest=largest)
        plans = torch.zeros_like(logits)
        plans[:, alive] = found.plans
        return found._replace(plans=plans)
    span = 2 * largest / regularization
    wide = span > FLOAT32_SPAN and logits.device.type != "mps"  # Apple's GPUs have no float64
    dtype = torch.float64 if wide else logits.dtype
    scaled = logits.to(dtype) / regularization
    prior = prior.to(dtype).unsqueeze(1)  # (K, 1)
    if dtype == torch.float64:  # what float32 rounded off would be an error that nothing can mend
        prior = prior / prior.sum()
    tolerance = max(tolerance, ROUNDINGS * torch.finfo(dtype).eps)

    log_b, left = prior.log(), max_iterations  # the same start for all views
    for halvings in range(_coarsenings(span), 0, -1):  # the smoother problem's b, squared, is a good start
        state, left = _solve(scaled / 2.0**halvings, prior, log_b, (left, COARSE))
        log_b = 2 * state.log_b
    state, left = _solve(scaled, prior, log_b, (left, tolerance))
    if state.error > tolerance:
        _warn(state.error, settings)
    return Transport(state.plan.to(logits.dtype), max_iterations - left, state.error)


def _coarsenings(span: float) -> int:
    """How often to halve logits / regularization until they are easy; NaN and infinity: never."""
    return max(0, math.ceil(math.log2(span / FLOAT32_SPAN))) if FLOAT32_SPAN < span < math.inf else 0


def _warn(error: float, settings: TransportSettings) -> None:
    """Say once for each setting that the marginal was not reached."""
    if settings in _warned:
        return
    _warned.add(settings)
    regularization, max_iterations, tolerance = settings
    warnings.warn(
        f"Sinkhorn did not converge in {max_iterations} iterations at regularization {regularization:g}: "
        f"the column mean is {error:.1e} off the prior (tolerance {tolerance:.1e}); raise one of the two",
        UserWarning,
        stacklevel=5,
    )


class _State(NamedTuple):
    """Where the iteration is: b, the plan that it gives, each vertex's mass in it, how far off that is."""

    log_b: Tensor  # (V, K, 1)
    plan: Tensor  # (V, K, N)
    mass: Tensor  # (V, K, 1), sums to N
    gap: Tensor  # (V, K, 1), mass to be gained
    error: float  # L1 norm of gap / N, summed over views


def _state(scaled: Tensor, log_b: Tensor, target: Tensor) -> _State:
    plan = torch.softmax(scaled + log_b, dim=1)
    mass = plan.sum(dim=2, keepdim=True)
    gap = target - mass
    error = torch.linalg.vector_norm(gap, 1).item()
    return _State(log_b, plan, mass, gap, error / scaled.shape[2])


def _solve(
    scaled: Float[Tensor, "views k n"],
    prior: Float[Tensor, "k 1"],
    log_b: Float[Tensor, "*views k 1"],
    limits: tuple[int, float],
) -> tuple[_State, int]:
    """A Sinkhorn update, which always gets nearer, then Newton steps, which arrive at once when near.

    Args:
        scaled: (V, K, N) logits / regularization.
        prior: (K, 1).
        log_b: where to start.
        limits: iterations at most, and the error at which to stop.

    Returns:
        Where it arrived and the iterations that are left.
    """
    left, tolerance = limits
    num_vertices, num_samples = scaled.shape[1:]
    target = prior * num_samples  # (K, 1)
    # the Hessian doesn't see a constant added to log b: give that direction a curvature too
    ridge = scaled.new_full((num_vertices, num_vertices), num_samples / num_vertices**2)
    state = _state(scaled, log_b, target)
    updates, length, step = FIRST_UPDATES, 1.0, state.log_b
    while state.error > tolerance and left > 0:
        left -= 1
        if updates > 0:
            updates -= 1
            state = _state(scaled, state.log_b + _sinkhorn_update(state, target), target)
            continue
        if length == 1:
            step = _newton_step(state, ridge)
        candidate = _state(scaled, torch.add(state.log_b, step, alpha=length), target)
        if candidate.error < (1 - 0.1 * length) * state.error:
            state, length = candidate, 1.0
        elif length > SHORTEST:
            length /= 4
        else:  # a singular Hessian
            updates, length = MORE_UPDATES, 1.0
    return state, left


def _sinkhorn_update(state: _State, target: Float[Tensor, "k 1"]) -> Float[Tensor, "views k 1"]:
    """Change of log b in b <- b * target / mass; finite where the mass underflows."""
    return (target / state.mass.clamp(min=1e-30)).log_()


def _newton_step(state: _State, ridge: Float[Tensor, "k k"]) -> Float[Tensor, "views k 1"]:
    """Damped Newton step of log b.

    The dual objective sum_k target_k log b_k - sum_n logsumexp_k(scaled + log b) is concave; its gradient is
    the gap, minus its Hessian is diag(mass) - plan plan^T.
    """
    curvature = torch.baddbmm(ridge, state.plan, state.plan.mT, alpha=-1)
    damping = min(DAMPING, state.error) * state.error
    curvature.diagonal(dim1=1, dim2=2).add_(state.mass.squeeze(2), alpha=1 + damping)
    factor, _ = torch.linalg.cholesky_ex(curvature)
    return torch.cholesky_solve(state.gap, factor)
