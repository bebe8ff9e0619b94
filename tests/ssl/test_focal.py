from __future__ import annotations

import math

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import jaxtyped

from ghviz.ssl.focal import focal_nt_xent
from ghviz.ssl.nt_xent import nt_xent
from tests import golden
from tests.ssl.test_nt_xent import views


@pytest.mark.parametrize("case", [0, 1, 2])
def test_golden(case: int) -> None:
    data = golden.tensors(f"losses_{case}")
    z1, z2 = data["z1"].requires_grad_(), data["z2"].requires_grad_()
    loss = focal_nt_xent(z1, z2)
    loss.mean().backward()
    torch.testing.assert_close(loss, data["focal"], rtol=1e-4, atol=0)
    golden.assert_gradient_close(z1.grad, data["focal_grad1"])
    golden.assert_gradient_close(z2.grad, data["focal_grad2"])


@pytest.mark.parametrize("gamma", [0.0, 0.5, 3.0])
def test_written_out_formula(gamma: float) -> None:
    z1, z2 = views()
    z = [vector / vector.norm() for vector in torch.cat([z1, z2])]
    n = len(z1)

    def anchor(i: int, j: int) -> float:
        p = math.exp(z[i] @ z[j] / 0.3) / sum(math.exp(z[i] @ z[k] / 0.3) for k in range(2 * n) if k != i)
        return -((1 - p) ** gamma) * math.log(p)

    expected = [(anchor(i, i + n) + anchor(i + n, i)) / 2 for i in range(n)]
    torch.testing.assert_close(focal_nt_xent(z1, z2, temperature=0.3, gamma=gamma), torch.tensor(expected))


def test_without_weight_it_is_nt_xent() -> None:
    torch.testing.assert_close(focal_nt_xent(*views(), gamma=0), nt_xent(*views()))


@settings(derandomize=True, deadline=None, max_examples=40)
@given(num_samples=st.integers(1, 30), dimension=st.integers(2, 8), seed=st.integers(0, 10**6))
def test_symmetries(num_samples: int, dimension: int, seed: int) -> None:
    z1, z2 = (z.double() for z in views(num_samples, dimension, seed))
    loss = focal_nt_xent(z1, z2)
    order = torch.randperm(num_samples)
    torch.testing.assert_close(focal_nt_xent(z1[order], z2[order]), loss[order])
    torch.testing.assert_close(focal_nt_xent(z2, z1), loss)
    torch.testing.assert_close(focal_nt_xent(3 * z1, 0.5 * z2), loss)
    assert (loss >= 0).all()
    assert (loss <= nt_xent(z1, z2) + 1e-12).all()
    assert (focal_nt_xent(z1, z2, gamma=3) <= loss + 1e-12).all()


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("temperature", [1e-4, 0.01, 0.05])
def test_sure_pairs_keep_precision_and_gradient(gamma: float, temperature: float) -> None:
    """The float32 result is that of float64 also where p rounds to 1."""
    z1 = torch.eye(6)
    z2 = torch.eye(6) + 0.1 * views(6, 6)[0]
    results = []
    for dtype in (torch.float32, torch.float64):
        a, b = (z.clone().to(dtype).requires_grad_() for z in (z1, z2))
        loss = focal_nt_xent(a, b, temperature=temperature, gamma=gamma)
        loss.sum().backward()
        assert (loss >= 0).all()
        results.append([loss.detach().double(), a.grad.double(), b.grad.double()])
    for single, double in zip(*results, strict=True):
        assert single.isfinite().all()
        scale = double.abs().max().item()
        torch.testing.assert_close(single, double, rtol=2e-3, atol=1e-4 * scale + 1e-37)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 2.0])
def test_batch_of_one_has_nothing_to_learn(gamma: float) -> None:
    z1, z2 = (z.requires_grad_() for z in views(1, 4))
    loss = focal_nt_xent(z1, z2, gamma=gamma)
    loss.sum().backward()
    assert loss.tolist() == [0.0]
    assert not z1.grad.any()
    assert not z2.grad.any()


def test_collapse() -> None:
    collapsed = torch.ones(10, 3)
    expected = (18 / 19) ** 2 * math.log(19)
    torch.testing.assert_close(focal_nt_xent(collapsed, collapsed), torch.full((10,), expected))


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_gradient(gamma: float) -> None:
    z1, z2 = (z.double().requires_grad_() for z in views(5, 3))
    assert torch.autograd.gradcheck(lambda a, b: focal_nt_xent(a, b, gamma=gamma), (z1, z2))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast_are_computed_in_float32(dtype: torch.dtype) -> None:
    z1, z2 = (z.to(dtype).requires_grad_() for z in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = focal_nt_xent(z1, z2, temperature=0.01)
    loss.mean().backward()
    assert loss.dtype == torch.float32
    assert torch.equal(loss, focal_nt_xent(z1.float(), z2.float(), temperature=0.01))
    assert z1.grad.isfinite().all()


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 3), {}, r"the same shape \(samples, dimension\), got \(2, 3\) and \(3, 3\)"),
        ((2, 3), {"temperature": 0.0}, "temperature must be > 0, got 0.0"),
        ((2, 3), {"gamma": -1.0}, "gamma must be a finite number, at least 0, got -1.0"),
        ((2, 3), {"gamma": math.nan}, "gamma must be a finite number, at least 0, got nan"),
    ],
)
def test_bad_arguments(shape: tuple[int, int], options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        focal_nt_xent(torch.ones(2, 3), torch.ones(shape), **options)


def test_annotations_are_true() -> None:
    assert jaxtyped(focal_nt_xent, typechecker=beartype)(*views()).shape == (12,)
