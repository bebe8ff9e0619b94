from __future__ import annotations

import pytest
import torch
from beartype import beartype
from beartype.roar import BeartypeCallHintViolation
from jaxtyping import jaxtyped

from ghviz.gh import gh_loss, sinkhorn, uniform_targets
from ghviz.gh.loss import allocation_loss
from tests import golden


def views(num_samples: int = 24, dimension: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z1 = torch.randn(num_samples, dimension, generator=generator)
    return z1, z1 + 0.3 * torch.randn(num_samples, dimension, generator=generator)


@pytest.mark.parametrize("case", [0, 1, 2])
def test_golden(case: int) -> None:
    data = golden.tensors(f"losses_{case}")
    z1, z2 = data["z1"].requires_grad_(), data["z2"].requires_grad_()
    loss = gh_loss(z1, z2, data["targets"], data["prior"])
    loss.backward()
    torch.testing.assert_close(loss, data["gh"], rtol=1e-4, atol=0)
    golden.assert_gradient_close(z1.grad, data["gh_grad1"])
    golden.assert_gradient_close(z2.grad, data["gh_grad2"])


def test_written_out_formula() -> None:
    z1, z2 = views()
    targets, prior = uniform_targets(8, 5), torch.tensor([0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.15, 0.05])
    u1, u2 = (torch.nn.functional.normalize(z @ targets.T, dim=1) for z in (z1, z2))
    q1, q2 = sinkhorn(u1, prior, regularization=0.1), sinkhorn(u2, prior, regularization=0.1)
    expected = 0.0
    for n in range(len(z1)):
        for k in range(8):
            expected -= q1[n, k] * torch.log_softmax(u2[n] / 0.2, dim=0)[k] / len(z1)
            expected -= q2[n, k] * torch.log_softmax(u1[n] / 0.2, dim=0)[k] / len(z1)
    loss = gh_loss(z1, z2, targets, prior, temperature=0.2, regularization=0.1)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=0)


def test_gradient_is_that_of_fixed_labels() -> None:
    """No gradient flows through the surrogate labels: finite differences with labels held fixed agree."""
    z1, z2 = (z.double() for z in views(8, 3))
    targets = uniform_targets(6, 3).double()
    unit = torch.nn.functional.normalize
    q1, q2 = (sinkhorn(unit(z @ targets.T, dim=1)) for z in (z1, z2))

    def fixed(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        log1, log2 = (torch.log_softmax(unit(z @ targets.T, dim=1) / 0.1, dim=1) for z in (a, b))
        return -(q1 * log2 + q2 * log1).sum() / len(a)

    a, b = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    gh_loss(a, b, targets).backward()
    assert torch.autograd.gradcheck(fixed, (a, b))
    expected = torch.autograd.grad(fixed(a, b), (a, b))
    torch.testing.assert_close((a.grad, b.grad), expected, rtol=1e-6, atol=1e-10)


def test_gradient_written_out_passes_finite_differences() -> None:
    z1, z2 = (z.double().requires_grad_() for z in views(6, 3))
    targets = uniform_targets(5, 3).double()
    labels = torch.rand(2, 5, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels /= labels.sum(dim=1, keepdim=True)

    def loss(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return 3 * allocation_loss(a, b, targets, allocate=lambda _: labels, temperature=0.3)

    assert torch.autograd.gradcheck(loss, (z1, z2))
    (one,) = torch.autograd.grad(loss(z1, z2.detach()), z1)
    torch.testing.assert_close(one, torch.autograd.grad(loss(z1, z2), z1)[0])


def test_zero_embedding_has_a_finite_gradient() -> None:
    z = torch.zeros(3, 5, requires_grad=True)
    gh_loss(z, torch.randn(3, 5), uniform_targets(8, 5)).backward()
    assert z.grad.isfinite().all()


def test_no_graph_without_need() -> None:
    assert not gh_loss(*views(), uniform_targets(8, 5)).requires_grad
    with torch.no_grad():
        z1, z2 = (z.requires_grad_() for z in views())
        assert not gh_loss(z1, z2, uniform_targets(8, 5)).requires_grad


def test_targets_and_prior_get_no_gradient() -> None:
    z1, z2 = (z.requires_grad_() for z in views())
    targets = uniform_targets(8, 5).requires_grad_()
    prior = torch.full((8,), 1 / 8, requires_grad=True)
    gh_loss(z1, z2, targets, prior).backward()
    assert targets.grad is None
    assert prior.grad is None


def test_views_are_interchangeable_and_rotation_changes_nothing() -> None:
    z1, z2 = views()
    targets = uniform_targets(8, 5)
    loss = gh_loss(z1, z2, targets)
    torch.testing.assert_close(gh_loss(z2, z1, targets), loss)
    rotation = torch.linalg.qr(torch.randn(5, 5)).Q
    torch.testing.assert_close(gh_loss(z1 @ rotation, z2 @ rotation, targets @ rotation), loss)
    torch.testing.assert_close(gh_loss(7 * z1, 0.1 * z2, targets), loss)


def test_descent_on_the_loss_spreads_a_collapsed_batch_over_the_vertices() -> None:
    generator = torch.Generator().manual_seed(0)
    z = (torch.tensor([1.0, 0.0, 0.0]) + 0.2 * torch.randn(80, 3, generator=generator)).requires_grad_()
    targets = uniform_targets(4, 3)
    optimizer = torch.optim.Adam([z], lr=0.05)
    losses = []
    for _ in range(200):
        loss = gh_loss(z, z, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    nearest = (z.detach() @ targets.T).argmax(dim=1).bincount(minlength=4)
    assert losses[-1] < 0.3 * losses[0]
    assert nearest.tolist() == [20, 20, 20, 20]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_and_autocast(dtype: torch.dtype) -> None:
    z1, z2 = (z.to(dtype).requires_grad_() for z in views())
    targets = uniform_targets(8, 5)
    expected = gh_loss(z1.detach().float(), z2.detach().float(), targets)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = gh_loss(z1, z2, targets)
    loss.backward()
    assert loss.dtype == torch.float32
    assert torch.equal(loss, expected)
    assert z1.grad.dtype == dtype
    assert z1.grad.isfinite().all()


def test_a_single_sample() -> None:
    z = torch.randn(1, 3, requires_grad=True)
    gh_loss(z, z + 0.1, uniform_targets(4, 3)).backward()
    assert z.grad.isfinite().all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"z1": torch.randn(3, 5)}, r"the same shape \(samples, 5\), got \(3, 5\) and \(24, 5\)"),
        ({"targets": uniform_targets(8, 4)}, r"the same shape \(samples, 4\)"),
        ({"targets": torch.ones(5)}, r"targets must have shape \(vertices, dimension\)"),
        ({"z1": torch.randn(24, 5).double()}, "one floating dtype"),
        ({"prior": torch.ones(3) / 3}, r"prior must have shape \(8,\)"),
        ({"temperature": 0.0}, "temperature must be > 0"),
        ({"regularization": -1.0}, "regularization must be > 0"),
    ],
)
def test_bad_arguments(change: dict[str, object], message: str) -> None:
    z1, z2 = views()
    with pytest.raises(ValueError, match=message):
        gh_loss(**({"z1": z1, "z2": z2, "targets": uniform_targets(8, 5)} | change))


def test_annotations_are_true() -> None:
    """beartype checks the shapes that jaxtyping states."""
    checked = jaxtyped(gh_loss, typechecker=beartype)
    z1, z2 = views()
    assert checked(z1, z2, uniform_targets(8, 5), torch.full((8,), 1 / 8)).ndim == 0
    with pytest.raises((BeartypeCallHintViolation, TypeError)):
        checked(z1, z2[:3], uniform_targets(8, 5))
    plan = jaxtyped(sinkhorn, typechecker=beartype)(torch.rand(6, 4))
    assert plan.shape == (6, 4)


def test_float16_gradients_survive_a_loss_scale():
    """As an AMP GradScaler scales: what fits into float16 in the end must not overflow on the way."""
    generator = torch.Generator().manual_seed(0)
    z1, z2 = (8 * torch.randn(4, 3, generator=generator) for _ in range(2))
    targets = uniform_targets(4, 3)
    scale = 65536.0

    def gradient(dtype):
        views = [z.to(dtype).clone().requires_grad_() for z in (z1, z2)]
        (gh_loss(*views, targets) * scale).backward()
        return views[0].grad.float()

    exact = gradient(torch.float32)
    assert exact.abs().max() < 60000  # fits
    torch.testing.assert_close(
        gradient(torch.float16), exact, rtol=0.02, atol=0.02 * float(exact.abs().max())
    )
