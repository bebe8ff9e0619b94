from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp

from ghviz.gh import sinkhorn, uniform_targets
from ghviz.gh.sinkhorn import TransportSettings, transport
from ghviz.gh.surrogate import geometric_logits
from tests import golden

module = importlib.import_module("ghviz.gh.sinkhorn")


@pytest.fixture(autouse=True)
def _forget_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_warned", set())


def unit_logits(num_samples: int, num_vertices: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(num_samples, num_vertices, generator=generator), dim=1)


def random_prior(num_vertices: int, seed: int = 0, floor: float = 0.05) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    mass = torch.rand(num_vertices, generator=generator) ** 3 + floor
    return mass / mass.sum()


def marginal_error(plan: torch.Tensor, prior: torch.Tensor) -> float:
    return float((plan.double().mean(dim=0) - prior.double()).abs().sum())


# --- reference ---


@pytest.mark.parametrize("case", [0, 1, 2])
@pytest.mark.parametrize("prior", ["prior", "uniform"])
def test_golden(case: int, prior: str) -> None:
    data = golden.tensors(f"losses_{case}")
    logits = geometric_logits(data["z1"][None], data["targets"])[0][0].mT
    plan = sinkhorn(logits, data["prior"] if prior == "prior" else None)
    torch.testing.assert_close(plan, data[f"sinkhorn_{prior}"], rtol=1e-4, atol=0)


@pytest.mark.parametrize("regularization", [0.5, 0.05, 0.01])
def test_agrees_with_pot(regularization: float) -> None:
    ot = pytest.importorskip("ot")
    logits, prior = unit_logits(40, 7).double(), random_prior(7).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ot.sinkhorn(
            np.full(40, 1 / 40),
            (prior / prior.sum()).numpy(),
            -logits.numpy(),
            reg=regularization,
            method="sinkhorn_log",
            numItermax=20_000,
            stopThr=1e-13,
        )
    plan = sinkhorn(logits, prior, regularization=regularization)
    torch.testing.assert_close(plan, torch.from_numpy(expected * 40), rtol=1e-6, atol=1e-12)


def test_solves_the_semi_dual_problem() -> None:
    """scipy maximises the dual that the plan's optimality is equivalent to."""
    logits, prior = unit_logits(30, 6, seed=2).double().numpy(), random_prior(6, seed=2).double().numpy()
    prior /= prior.sum()

    def negative_dual(log_b: np.ndarray) -> tuple[float, np.ndarray]:
        shifted = logits / 0.05 + log_b
        plan = np.exp(shifted - logsumexp(shifted, axis=1, keepdims=True))
        return logsumexp(shifted, axis=1).mean() - prior @ log_b, plan.mean(axis=0) - prior

    log_b = minimize(negative_dual, np.zeros(6), jac=True, method="BFGS", options={"gtol": 1e-10}).x
    shifted = logits / 0.05 + log_b
    expected = np.exp(shifted - logsumexp(shifted, axis=1, keepdims=True))
    plan = sinkhorn(torch.from_numpy(logits), torch.from_numpy(prior))
    torch.testing.assert_close(plan, torch.from_numpy(expected), rtol=1e-5, atol=1e-10)


def test_is_the_optimum() -> None:
    """Any feasible change of the plan lowers sum(Q logits) + regularization * entropy(Q)."""
    logits, prior = unit_logits(12, 4).double(), random_prior(4).double()
    plan = sinkhorn(logits, prior, regularization=0.5)

    def objective(q: torch.Tensor) -> torch.Tensor:
        return (q * logits).sum() - 0.5 * torch.special.xlogy(q, q).sum()

    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        change = torch.randn(12, 4, generator=generator, dtype=torch.float64)
        change -= change.mean(dim=0)
        change -= change.mean(dim=1, keepdim=True)
        assert objective(plan + 0.5 * plan.min() * change / change.abs().max()) < objective(plan)


# --- property ---

problems = st.tuples(st.integers(1, 60), st.integers(2, 25), st.integers(0, 10**6))
ours = settings(derandomize=True, deadline=None, max_examples=60)


@ours
@given(problem=problems, regularization=st.floats(0.02, 5.0))
def test_marginals(problem: tuple[int, int, int], regularization: float) -> None:
    num_samples, num_vertices, seed = problem
    prior = random_prior(num_vertices, seed)
    plan = sinkhorn(unit_logits(num_samples, num_vertices, seed), prior, regularization=regularization)
    torch.testing.assert_close(plan.sum(dim=1), torch.ones(num_samples))
    assert marginal_error(plan, prior) < 1e-5
    assert plan.min() >= 0


@ours
@given(problem=problems)
def test_permuting_samples_or_vertices_permutes_the_plan(problem: tuple[int, int, int]) -> None:
    num_samples, num_vertices, seed = problem
    logits, prior = unit_logits(num_samples, num_vertices, seed), random_prior(num_vertices, seed)
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(num_samples, generator=generator)
    columns = torch.randperm(num_vertices, generator=generator)
    plan = sinkhorn(logits, prior)
    torch.testing.assert_close(sinkhorn(logits[rows], prior), plan[rows], rtol=1e-4, atol=1e-7)
    permuted = sinkhorn(logits[:, columns], prior[columns])
    torch.testing.assert_close(permuted, plan[:, columns], rtol=1e-4, atol=1e-7)


@ours
@given(problem=problems)
def test_constants_added_to_a_sample_or_a_vertex_change_nothing(problem: tuple[int, int, int]) -> None:
    num_samples, num_vertices, seed = problem
    logits, prior = unit_logits(num_samples, num_vertices, seed).double(), random_prior(num_vertices, seed)
    offset = torch.rand(num_samples, 1, dtype=torch.float64) - torch.rand(num_vertices, dtype=torch.float64)
    torch.testing.assert_close(
        sinkhorn(logits + offset, prior), sinkhorn(logits, prior), rtol=1e-4, atol=1e-7
    )


def test_strong_regularization_gives_the_prior_to_all_and_weak_the_nearest_vertex() -> None:
    prior = random_prior(5)
    strong = sinkhorn(unit_logits(20, 5), prior, regularization=1e4)
    torch.testing.assert_close(strong, prior.expand(20, 5), rtol=1e-3, atol=0)
    logits = torch.eye(4).repeat(3, 1)
    torch.testing.assert_close(sinkhorn(logits, regularization=0.01), logits, rtol=0, atol=1e-6)


def test_identical_samples_share_every_vertex() -> None:
    prior = random_prior(6)
    plan = sinkhorn(unit_logits(1, 6).expand(50, 6), prior)
    torch.testing.assert_close(plan, prior.expand(50, 6), rtol=1e-4, atol=0)


# --- behaviour ---


@pytest.mark.parametrize("regularization", [1e-3, 2e-3, 0.01, 0.05])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.filterwarnings("ignore:Sinkhorn did not converge:UserWarning")
def test_finite_for_every_dtype_and_small_regularization(dtype: torch.dtype, regularization: float) -> None:
    z = torch.randn(2, 64, 3, generator=torch.Generator().manual_seed(0))
    logits = geometric_logits(z, uniform_targets(12, 3))[0][0].mT.to(dtype)
    prior = random_prior(12, floor=0.01)
    plan = sinkhorn(logits, prior, regularization=regularization)
    assert plan.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    assert plan.isfinite().all()
    torch.testing.assert_close(plan.sum(dim=1), torch.ones(64, dtype=plan.dtype))
    if regularization >= 0.01:
        assert marginal_error(plan, prior) < 1e-5


@pytest.mark.parametrize("regularization", [2e-3, 1e-3])
def test_small_regularization_converges_by_way_of_larger_ones(regularization: float) -> None:
    """Started at this regularization, the same 300 updates end up to 0.5 off the prior."""
    for seed in range(5):
        prior = random_prior(8, seed)
        plan = sinkhorn(unit_logits(128, 8, seed), prior, regularization=regularization)
        assert marginal_error(plan, prior) < 1e-6


def test_default_tolerance_holds_on_clustered_batches() -> None:
    """Nine samples in ten sit on one vertex: the plan has to tear the cluster apart."""
    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        z = torch.randn(200, 3, generator=generator)
        z[:180] = torch.tensor([1.0, 0.0, 0.0]) + 0.05 * torch.randn(180, 3, generator=generator)
        logits = geometric_logits(z[None], uniform_targets(12, 3))[0][0].mT
        for prior in (None, random_prior(12, seed, floor=0.001)):
            plan = sinkhorn(logits, prior)
            assert marginal_error(plan, torch.full((12,), 1 / 12) if prior is None else prior) < 1e-5


@pytest.mark.parametrize("regularization", [0.05, 0.002])
@pytest.mark.filterwarnings("ignore:Sinkhorn did not converge:UserWarning")
def test_vertex_without_mass_gets_exact_zeros(regularization: float) -> None:
    logits = unit_logits(40, 5)
    logits[:, 2] = 1.0  # the nearest one for most
    prior = torch.tensor([0.3, 0.2, 0.0, 0.5, 0.0])
    plan = sinkhorn(logits, prior, regularization=regularization)
    assert torch.equal(plan[:, [2, 4]], torch.zeros(40, 2))
    torch.testing.assert_close(plan.sum(dim=1), torch.ones(40))
    alive = [0, 1, 3]
    torch.testing.assert_close(
        plan[:, alive], sinkhorn(logits[:, alive], prior[alive], regularization=regularization)
    )


def test_all_mass_on_one_vertex() -> None:
    plan = sinkhorn(unit_logits(7, 3), torch.tensor([0.0, 1.0, 0.0]))
    assert torch.equal(plan, torch.tensor([0.0, 1.0, 0.0]).expand(7, 3))


def test_no_gradient_flows() -> None:
    logits = unit_logits(10, 4).requires_grad_()
    assert not sinkhorn(logits, random_prior(4).requires_grad_()).requires_grad


def test_warns_once_for_a_setting_and_rows_still_sum_to_one() -> None:
    logits = unit_logits(30, 10)
    with pytest.warns(UserWarning, match="Sinkhorn did not converge in 1 iterations") as first:
        plan = sinkhorn(logits, random_prior(10), max_iterations=1)
    assert len(first) == 1
    assert first[0].filename == __file__
    torch.testing.assert_close(plan.sum(dim=1), torch.ones(30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sinkhorn(logits, random_prior(10), max_iterations=1)
        sinkhorn(logits, random_prior(10))
    with pytest.warns(UserWarning, match="in 2 iterations"):
        sinkhorn(logits, random_prior(10), max_iterations=2)


def test_loose_tolerance_is_kept_and_cheaper() -> None:
    logits, prior = unit_logits(100, 20), random_prior(20)
    loose = marginal_error(sinkhorn(logits, prior, tolerance=0.1), prior)
    assert 1e-4 < loose < 0.1


def test_tolerance_of_zero_means_rounding() -> None:
    assert (
        marginal_error(sinkhorn(unit_logits(50, 8).double(), tolerance=0.0), torch.full((8,), 1 / 8)) < 1e-6
    )


def test_nan_comes_out_as_nan_at_once() -> None:
    logits = unit_logits(5, 3)
    logits[1, 1] = torch.nan
    assert sinkhorn(logits).isnan().any()


def test_views_are_solved_independently() -> None:
    logits, prior = torch.stack([unit_logits(30, 6, 1).T, unit_logits(30, 6, 2).T]), random_prior(6)
    plans = transport(logits, prior, TransportSettings(0.05)).plans
    for view in range(2):
        torch.testing.assert_close(plans[view].mT, sinkhorn(logits[view].mT, prior), rtol=1e-4, atol=1e-6)


def test_autocast_makes_no_difference() -> None:
    logits, prior = unit_logits(30, 6), random_prior(6)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(sinkhorn(logits, prior), sinkhorn(logits.clone(), prior))
        inside = sinkhorn(logits, prior)
    assert torch.equal(inside, sinkhorn(logits, prior))


@pytest.mark.parametrize(
    ("logits", "keywords", "message"),
    [
        (torch.zeros(3), {}, "logits must be a floating-point"),
        (torch.zeros(0, 3), {}, "logits must be a floating-point"),
        (torch.zeros(2, 3, dtype=torch.int64), {}, "logits must be a floating-point"),
        (torch.zeros(2, 3), {"prior": torch.ones(2) / 2}, r"shape \(3,\).* got \(2,\)"),
        (torch.zeros(2, 3), {"prior": torch.tensor([1.5, -0.5, 0.0])}, ">= 0 and sum to 1"),
        (torch.zeros(2, 3), {"prior": torch.ones(3)}, ">= 0 and sum to 1"),
        (torch.zeros(2, 3), {"prior": torch.tensor([torch.nan, 0.5, 0.5])}, ">= 0 and sum to 1"),
        (torch.zeros(2, 3), {"regularization": 0.0}, "regularization must be > 0"),
        (torch.zeros(2, 3), {"max_iterations": 0}, "max_iterations >= 1"),
        (torch.zeros(2, 3), {"tolerance": -1.0}, "tolerance >= 0"),
    ],
)
def test_bad_arguments(logits: torch.Tensor, keywords: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sinkhorn(logits, **keywords)
