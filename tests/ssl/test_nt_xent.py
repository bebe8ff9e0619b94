from __future__ import annotations

import math

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from ghviz.ssl.nt_xent import nt_xent
from tests import golden


def views(num_samples: int = 12, dimension: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z1 = torch.randn(num_samples, dimension, generator=generator)
    return z1, z1 + 0.3 * torch.randn(num_samples, dimension, generator=generator)


@pytest.mark.parametrize("case", [0, 1, 2])
def test_golden(case: int) -> None:
    data = golden.tensors(f"losses_{case}")
    z1, z2 = data["z1"].requires_grad_(), data["z2"].requires_grad_()
    loss = nt_xent(z1, z2)
    loss.mean().backward()
    torch.testing.assert_close(loss, data["nt_xent"], rtol=1e-4, atol=0)
    golden.assert_gradient_close(z1.grad, data["nt_xent_grad1"])
    golden.assert_gradient_close(z2.grad, data["nt_xent_grad2"])


@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_written_out_formula(temperature: float) -> None:
    z1, z2 = views()
    z = [vector / vector.norm() for vector in torch.cat([z1, z2])]
    n = len(z1)

    def anchor(i: int, j: int) -> float:
        negatives = sum(math.exp(z[i] @ z[k] / temperature) for k in range(2 * n) if k not in (i, j))
        positive = math.exp(z[i] @ z[j] / temperature)
        return -math.log(positive / (positive + negatives))

    expected = [(anchor(i, i + n) + anchor(i + n, i)) / 2 for i in range(n)]
    torch.testing.assert_close(nt_xent(z1, z2, temperature=temperature), torch.tensor(expected))


def test_agrees_with_pytorch_metric_learning() -> None:
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    z1, z2 = views(40, 8)
    expected = losses.SelfSupervisedLoss(losses.NTXentLoss(temperature=0.2))(z1, z2)
    torch.testing.assert_close(nt_xent(z1, z2).mean(), expected)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(num_samples=st.integers(1, 30), dimension=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_symmetries(num_samples: int, dimension: int, seed: int) -> None:
    z1, z2 = (z.double() for z in views(num_samples, dimension, seed))
    loss = nt_xent(z1, z2)
    order = torch.randperm(num_samples)
    torch.testing.assert_close(nt_xent(z1[order], z2[order]), loss[order])
    torch.testing.assert_close(nt_xent(z2, z1), loss)
    torch.testing.assert_close(nt_xent(3 * z1, 0.5 * z2), loss)
    rotation = torch.linalg.qr(torch.randn(dimension, dimension, dtype=torch.float64)).Q
    torch.testing.assert_close(nt_xent(z1 @ rotation, z2 @ rotation), loss)
    assert (loss >= 0).all()


def test_extremes() -> None:
    collapsed = torch.ones(10, 3)
    torch.testing.assert_close(nt_xent(collapsed, collapsed), torch.full((10,), math.log(19)))
    assert nt_xent(torch.randn(1, 3), torch.randn(1, 3)).abs().max() < 1e-6  # no negatives
    spread = torch.eye(10)
    assert nt_xent(spread, spread, temperature=0.05).max() < 1e-6


def test_gradient() -> None:
    z1, z2 = (z.double().requires_grad_() for z in views(5, 3))
    assert torch.autograd.gradcheck(lambda a, b: nt_xent(a, b), (z1, z2))


def test_descent_pulls_pairs_together() -> None:
    z1, z2 = (z.requires_grad_() for z in views(20, 3))
    optimizer = torch.optim.Adam([z1, z2], lr=0.05)
    first = nt_xent(z1, z2).mean()
    for _ in range(100):
        optimizer.zero_grad()
        nt_xent(z1, z2).mean().backward()
        optimizer.step()
    assert nt_xent(z1, z2).mean() < 0.7 * first
    assert torch.cosine_similarity(z1, z2).min() > 0.9


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast_are_computed_in_float32(dtype: torch.dtype) -> None:
    z1, z2 = (z.to(dtype).requires_grad_() for z in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = nt_xent(z1, z2, temperature=0.01)
    loss.mean().backward()
    assert loss.dtype == torch.float32
    assert torch.equal(loss, nt_xent(z1.float(), z2.float(), temperature=0.01))
    assert z1.grad.isfinite().all()


@pytest.mark.parametrize(
    ("z1", "z2", "temperature", "message"),
    [
        (torch.ones(2, 3), torch.ones(3, 3), 0.2, r"got \(2, 3\) and \(3, 3\)"),
        (torch.ones(3), torch.ones(3), 0.2, r"the same shape \(samples, dimension\)"),
        (torch.ones(0, 3), torch.ones(0, 3), 0.2, r"got \(0, 3\)"),
        (torch.ones(2, 3), torch.ones(2, 3), 0.0, "temperature must be > 0, got 0.0"),
    ],
)
def test_bad_arguments(z1: torch.Tensor, z2: torch.Tensor, temperature: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        nt_xent(z1, z2, temperature=temperature)


def test_annotations_are_true() -> None:
    assert jaxtyped(nt_xent, typechecker=beartype)(*views()).shape == (12,)
