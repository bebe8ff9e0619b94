from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from beartype import beartype
from jaxtyping import jaxtyped

from ghviz.ssl.barlow_twins import barlow_twins
from tests.ssl.test_nt_xent import views


def test_written_out_formula() -> None:
    z1, z2 = (z.double() for z in views())
    correlation = np.corrcoef(z1.numpy().T, z2.numpy().T)[:5, 5:]
    own = np.eye(5, dtype=bool)
    expected = ((1 - correlation[own]) ** 2).sum() + 0.2 * (correlation[~own] ** 2).sum()
    found = barlow_twins(z1, z2, off_diagonal=0.2)
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-4, atol=0)  # without the 1e-5


def test_symmetries() -> None:
    z1, z2 = (100 * z.double() for z in views())  # large, so that the 1e-5 in the variances does not count
    loss = barlow_twins(z1, z2)
    order, dimensions = torch.randperm(12), torch.randperm(5)
    torch.testing.assert_close(barlow_twins(z1[order], z2[order]), loss)
    torch.testing.assert_close(barlow_twins(z1[:, dimensions], z2[:, dimensions]), loss)
    torch.testing.assert_close(barlow_twins(z2, z1), loss)
    torch.testing.assert_close(barlow_twins(3 * z1 + 9, 0.5 * z2 - 2), loss)


def test_perfect_views_cost_nothing() -> None:
    hadamard = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    assert barlow_twins(hadamard, hadamard) < 1e-9
    assert barlow_twins(hadamard, -hadamard) == pytest.approx(8, rel=1e-4)


def test_dimensions_without_variance_cost_one_each_and_stay_finite() -> None:
    z1, z2 = views()
    full = barlow_twins(z1, z2, off_diagonal=0)
    dead = torch.zeros(12, 2)
    z1, z2 = (torch.cat([z, dead], dim=1).requires_grad_() for z in (z1, z2))
    loss = barlow_twins(z1, z2, off_diagonal=0)
    loss.backward()
    torch.testing.assert_close(loss.detach(), full + 2)
    assert z1.grad.isfinite().all()
    collapsed = torch.ones(6, 3, requires_grad=True)
    barlow_twins(collapsed, collapsed).backward()
    assert collapsed.grad.isfinite().all()


def test_gradient() -> None:
    z1, z2 = (z.double().requires_grad_() for z in views(5, 3))
    assert torch.autograd.gradcheck(lambda a, b: barlow_twins(a, b, off_diagonal=0.3), (z1, z2))


def test_descent_makes_views_agree_and_dimensions_differ() -> None:
    generator = torch.Generator().manual_seed(0)
    shared = torch.randn(40, 1, generator=generator)
    z1, z2 = ((shared + 0.5 * torch.randn(40, 3, generator=generator)).requires_grad_() for _ in range(2))
    optimizer = torch.optim.Adam([z1, z2], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        barlow_twins(z1, z2, off_diagonal=0.1).backward()
        optimizer.step()
    correlation = torch.corrcoef(torch.cat([z1, z2], dim=1).detach().T)[:3, 3:]
    assert (correlation - torch.eye(3)).abs().max() < 0.05


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast_are_computed_in_float32(dtype: torch.dtype) -> None:
    z1, z2 = ((300 * z).to(dtype).requires_grad_() for z in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = barlow_twins(z1, z2)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite(), "squares of 300 overflow half precision"
    assert torch.equal(loss, barlow_twins(z1.float(), z2.float()))


@pytest.mark.parametrize(
    ("first", "second", "off_diagonal", "message"),
    [
        ((2, 3), (2, 4), 0.1, r"the same shape \(samples, dimension\), got \(2, 3\) and \(2, 4\)"),
        ((0, 3), (0, 3), 0.1, r"got \(0, 3\)"),
        ((1, 3), (1, 3), 0.1, "it needs at least 2, got 1"),
        ((2, 3), (2, 3), -1.0, r"off_diagonal must be >= 0, got -1\.0"),
        ((2, 3), (2, 3), math.nan, "off_diagonal must be >= 0, got nan"),
    ],
)
def test_bad_arguments(
    first: tuple[int, ...], second: tuple[int, ...], off_diagonal: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        barlow_twins(torch.ones(first), torch.ones(second), off_diagonal=off_diagonal)


def test_annotations_are_true() -> None:
    assert jaxtyped(barlow_twins, typechecker=beartype)(*views()).shape == ()
