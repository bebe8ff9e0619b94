from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from beartype import beartype
from jaxtyping import jaxtyped

from ghviz.ssl.vicreg import vicreg
from tests.ssl.test_nt_xent import views


def test_written_out_formula() -> None:
    z1, z2 = (z.double() for z in views())
    expected = 7 * float(((z1 - z2) ** 2).mean())
    for z in (z1.numpy(), z2.numpy()):
        covariance = np.cov(z.T)  # unbiased
        spread = [max(0.0, 1 - math.sqrt(v + 0.01)) for v in np.diag(covariance)]
        expected += 3 * np.mean(spread) / 2
        expected += 2 * (covariance[~np.eye(5, dtype=bool)] ** 2).sum() / 5
    found = vicreg(z1, z2, invariance=7, variance=3, covariance=2, eps=0.01)
    torch.testing.assert_close(found, torch.tensor(expected))


def test_symmetries() -> None:
    z1, z2 = (z.double() for z in views())
    loss = vicreg(z1, z2)
    order, dimensions = torch.randperm(12), torch.randperm(5)
    torch.testing.assert_close(vicreg(z1[order], z2[order]), loss)
    torch.testing.assert_close(vicreg(z1[:, dimensions], z2[:, dimensions]), loss)
    torch.testing.assert_close(vicreg(z2, z1), loss)
    torch.testing.assert_close(vicreg(z1 + 9, z2 + 9), loss)
    assert not torch.isclose(vicreg(0.1 * z1, 0.1 * z2), loss), "length matters"


def test_each_part_stands_alone() -> None:
    z1, z2 = views()
    off = {"invariance": 0.0, "variance": 0.0, "covariance": 0.0}
    assert vicreg(z1, z1, **{**off, "invariance": 1}) == 0
    assert vicreg(9 * z1, 9 * z2, **{**off, "variance": 1}) == 0
    hadamard = torch.tensor([[1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
    assert vicreg(hadamard, hadamard, **{**off, "covariance": 1}) == 0
    parts = [vicreg(z1, z2, **{**off, name: 3.0}) for name in off]
    assert all(part > 0 for part in parts)
    together = vicreg(z1, z2, invariance=3, variance=3, covariance=3)
    torch.testing.assert_close(together, sum(parts))


def test_collapse_costs_the_most_variance_and_stays_finite() -> None:
    z = torch.ones(6, 3, requires_grad=True)
    loss = vicreg(z, z, eps=1e-4)
    loss.backward()
    torch.testing.assert_close(loss.detach(), torch.tensor(25 * 0.99))
    assert z.grad.isfinite().all()


def test_gradient() -> None:
    z1, z2 = (z.double().requires_grad_() for z in views(5, 3))
    assert torch.autograd.gradcheck(lambda a, b: vicreg(a, b), (z1, z2))


def test_descent_undoes_a_collapse() -> None:
    generator = torch.Generator().manual_seed(0)
    z1, z2 = ((1 + 0.05 * torch.randn(40, 3, generator=generator)).requires_grad_() for _ in range(2))
    optimizer = torch.optim.Adam([z1, z2], lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        vicreg(z1, z2).backward()
        optimizer.step()
    assert z1.std(dim=0).min() > 0.9
    assert (z1 - z2).abs().max() < 0.1
    correlation = torch.corrcoef(z1.detach().T)
    assert (correlation - torch.eye(3)).abs().max() < 0.1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast_are_computed_in_float32(dtype: torch.dtype) -> None:
    z1, z2 = ((300 * z).to(dtype).requires_grad_() for z in views())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = vicreg(z1, z2)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite(), "squares of 300 overflow half precision"
    assert torch.equal(loss, vicreg(z1.float(), z2.float()))


@pytest.mark.parametrize(
    ("first", "second", "options", "message"),
    [
        ((2, 3), (3, 3), {}, r"the same shape \(samples, dimension\), got \(2, 3\) and \(3, 3\)"),
        ((2, 3, 1), (2, 3, 1), {}, r"got \(2, 3, 1\)"),
        ((1, 3), (1, 3), {}, "it needs at least 2, got 1"),
        ((2, 3), (2, 3), {"invariance": -1.0}, r"invariance must be >= 0, got -1\.0"),
        ((2, 3), (2, 3), {"covariance": math.nan}, "covariance must be >= 0, got nan"),
        ((2, 3), (2, 3), {"eps": 0.0}, r"eps must be > 0, got 0\.0"),
    ],
)
def test_bad_arguments(
    first: tuple[int, ...], second: tuple[int, ...], options: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        vicreg(torch.ones(first), torch.ones(second), **options)


def test_annotations_are_true() -> None:
    assert jaxtyped(vicreg, typechecker=beartype)(*views()).shape == ()
