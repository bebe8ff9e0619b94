"""Reference, property and behaviour: what a Harmonizer says of itself, and that asking changes nothing."""

from __future__ import annotations

import copy
import math

import pytest
import torch

from ghviz.gh import Harmonizer, gh_loss, sinkhorn
from ghviz.gh.diagnostics import diagnose, gradient_share
from ghviz.ssl.nt_xent import nt_xent

N, D, K = 24, 4, 6


def harmonizer_at_work(**options):
    """A Harmonizer after its warm-up, whose prior is not uniform."""
    torch.manual_seed(3)
    harmonizer = Harmonizer(N, D, num_targets=K, warm_up=1, ramp=1, refresh_every=1, **options)
    harmonizer.set_epoch(0)
    harmonizer(*batch(), torch.arange(N))
    harmonizer.set_epoch(1)
    return harmonizer


def batch(seed=0):
    source = torch.Generator().manual_seed(seed)
    return torch.randn(N, D, generator=source), torch.randn(N, D, generator=source)


def logits(harmonizer, z):
    products = z @ harmonizer.targets.T
    return products / products.norm(dim=1, keepdim=True)


def test_the_plan_is_the_one_that_the_loss_is_made_of():
    harmonizer, (z1, z2) = harmonizer_at_work(prior_floor=0.5), batch(1)
    found = diagnose(harmonizer, z1, z2)
    expected = sinkhorn(logits(harmonizer, z1), harmonizer.prior)
    torch.testing.assert_close(found.plan, expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(found.plan.mean(dim=0), harmonizer.prior, atol=1e-5, rtol=0)
    assert found.residual < 1e-5
    assert 1 <= found.iterations < 300
    moved = expected.argmax(dim=1) != logits(harmonizer, z1).argmax(dim=1)
    assert found.moved == pytest.approx(float(moved.float().mean()))


def test_a_prior_that_transport_must_work_for_moves_samples_and_takes_iterations():
    harmonizer, (z1, z2) = harmonizer_at_work(), batch(1)
    harmonizer.prior.copy_(torch.tensor([0.9, 0.02, 0.02, 0.02, 0.02, 0.02]))
    forced = diagnose(harmonizer, z1, z2)
    assert forced.moved > 0.5
    harmonizer.prior.copy_(sinkhorn_free(harmonizer, z1, z2))
    free = diagnose(harmonizer, z1, z2)
    assert free.moved < forced.moved
    assert free.iterations < forced.iterations


def sinkhorn_free(harmonizer, z1, z2):
    """The column mean of plans that no prior constrains: transport has next to nothing to do for it."""
    u = torch.cat([logits(harmonizer, z1), logits(harmonizer, z2)])
    return torch.softmax(u / harmonizer.regularization, dim=1).mean(dim=0)


def test_mass_counts_nearest_vertices():
    harmonizer = harmonizer_at_work(prior_floor=0.5)
    harmonizer.running_mean.zero_()
    places = torch.tensor([0] * 12 + [1] * 6 + [4] * 6)
    harmonizer.running_mean[torch.arange(N), places] = 1.0
    harmonizer.seen[20:] = False
    found = diagnose(harmonizer, *batch(1))
    assert found.nearest.tolist() == [0] * 12 + [1] * 6 + [4] * 2 + [-1] * 4
    assert found.mass.tolist() == pytest.approx([0.6, 0.3, 0, 0, 0.1, 0])
    assert found.live_vertices == 3
    entropy = -(0.6 * math.log(0.6) + 0.3 * math.log(0.3) + 0.1 * math.log(0.1))
    assert found.evenness == pytest.approx(entropy / math.log(K), rel=1e-6)
    assert torch.equal(found.prior, harmonizer.prior)


def test_before_any_sample_there_is_no_mass():
    found = diagnose(Harmonizer(N, D, num_targets=K), *batch())
    assert found.mass.tolist() == [0] * K
    assert found.live_vertices == 0
    assert math.isnan(found.evenness)
    assert found.nearest.tolist() == [-1] * N


def test_what_it_gives_is_not_the_harmonizers_own():
    harmonizer = harmonizer_at_work()
    before = harmonizer.prior.clone()
    diagnose(harmonizer, *batch(1)).prior.zero_()
    assert torch.equal(harmonizer.prior, before)


def test_looking_changes_nothing():
    z1, z2 = (z.requires_grad_() for z in batch(1))
    harmonizer = harmonizer_at_work()
    state = copy.deepcopy(harmonizer.state_dict())
    base = nt_xent(z1, z2, temperature=0.2).mean()
    loss = base + harmonizer_at_work()(z1, z2, torch.arange(N))
    (expected,) = torch.autograd.grad(loss, z1, retain_graph=True)
    random = torch.get_rng_state()
    diagnose(harmonizer, z1, z2)
    gradient_share(harmonizer, base, (z1, z2))
    assert torch.equal(random, torch.get_rng_state())
    assert z1.grad is None
    for name, value in harmonizer.state_dict().items():
        assert torch.equal(value, state[name]), name
    loss.backward()
    assert torch.equal(z1.grad, expected)


@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0])
def test_gradient_share_against_autograd(weight):
    harmonizer = harmonizer_at_work(weight=weight, prior_floor=0.3)
    z1, z2 = (z.double().requires_grad_() for z in batch(1))
    base = nt_xent(z1, z2, temperature=0.2).mean()
    found = gradient_share(harmonizer, base, (z1, z2))
    of_base = torch.cat(torch.autograd.grad(base, (z1, z2)))
    loss = gh_loss(z1, z2, harmonizer.targets, harmonizer.prior)
    of_gh = torch.cat(torch.autograd.grad(loss, (z1, z2)))
    assert found.base == pytest.approx(float(of_base.norm()), rel=1e-6)
    assert found.gh == pytest.approx(float(of_gh.norm()), rel=1e-6)
    cosine = float((of_base * of_gh).sum() / of_base.norm() / of_gh.norm())
    assert found.cosine == pytest.approx(cosine, abs=1e-6)
    pull = weight * float(of_gh.norm())
    assert found.share == pytest.approx(pull / (pull + float(of_base.norm())), rel=1e-6)


def test_before_the_warm_up_gh_has_no_share():
    harmonizer = Harmonizer(N, D, num_targets=K, warm_up=5)
    z1, z2 = (z.requires_grad_() for z in batch(1))
    found = gradient_share(harmonizer, nt_xent(z1, z2, temperature=0.2).mean(), (z1, z2))
    assert found.share == 0
    assert found.gh > 0


def test_gh_and_a_base_loss_that_is_gh_itself_pull_alike():
    harmonizer = harmonizer_at_work()
    z1, z2 = (z.requires_grad_() for z in batch(1))
    found = gradient_share(harmonizer, -2 * gh_loss(z1, z2, harmonizer.targets, harmonizer.prior), (z1, z2))
    assert found.cosine == pytest.approx(-1, abs=1e-6)
    assert found.share == pytest.approx(1 / 3, rel=1e-5)


def test_a_base_loss_of_one_view_alone():
    harmonizer = harmonizer_at_work()
    z1, z2 = (z.requires_grad_() for z in batch(1))
    found = gradient_share(harmonizer, z1.square().sum(), (z1, z2))
    assert found.base == pytest.approx(2 * float(z1.detach().norm()), rel=1e-6)


def test_no_base_gradient_at_all_is_no_number():
    harmonizer = harmonizer_at_work(weight=0.0)
    z1, z2 = (z.requires_grad_() for z in batch(1))
    found = gradient_share(harmonizer, 0 * z1.sum(), (z1, z2))
    assert math.isnan(found.cosine)
    assert math.isnan(found.share)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_a_base_loss_that_was_not_made_from_the_views_has_no_known_gradient(weight):
    harmonizer = harmonizer_at_work(weight=weight)
    z1, z2 = (z.requires_grad_() for z in batch(1))
    for elsewhere in (torch.ones(3, requires_grad=True).sum(), torch.tensor(1.0)):
        found = gradient_share(harmonizer, elsewhere, (z1, z2))
        assert found.gh > 0
        assert math.isnan(found.base)
        assert math.isnan(found.cosine)
        assert math.isnan(found.share)


def by_hand(harmonizer, z1, z2, *, temperature, regularization):
    """Plan of view 1 and norm of GH's gradient, written out with these settings."""
    plan = sinkhorn(logits(harmonizer, z1), harmonizer.prior, regularization=regularization)
    views = [z.clone().requires_grad_() for z in (z1, z2)]
    loss = gh_loss(
        *views, harmonizer.targets, harmonizer.prior, temperature=temperature, regularization=regularization
    )
    return plan, float(torch.cat(torch.autograd.grad(loss, views)).norm())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"temperature": 0.1, "regularization": 0.05}),  # the method's own
        *(2 * ({"temperature": t, "regularization": r},) for t, r in ((0.3, 0.05), (0.1, 0.2))),  # others
    ],
)
def test_temperature_and_regularization_are_the_harmonizers_and_by_default_the_methods(given, expected):
    harmonizer, (z1, z2) = harmonizer_at_work(prior_floor=0.5, **given), batch(1)
    plan, norm = by_hand(harmonizer, z1, z2, **expected)
    torch.testing.assert_close(diagnose(harmonizer, z1, z2).plan, plan, atol=1e-5, rtol=0)
    views = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    found = gradient_share(harmonizer, nt_xent(*views, temperature=0.2).mean(), views)
    assert found.gh == pytest.approx(norm, rel=1e-5)


def test_bad_input_is_one_sentence():
    harmonizer = harmonizer_at_work()
    z1, z2 = batch(1)
    with pytest.raises(ValueError, match="the same shape"):
        diagnose(harmonizer, z1, z2[:, :2])
    with pytest.raises(ValueError, match="have a gradient"):
        gradient_share(harmonizer, torch.tensor(1.0), (z1, z2))
