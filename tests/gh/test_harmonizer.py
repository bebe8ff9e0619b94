from __future__ import annotations

import copy
import math
from collections.abc import Iterator

import pytest
import torch
from torch import nn

from ghviz.gh import Harmonizer, gh_loss
from ghviz.gh.harmonizer import _last_occurrence
from ghviz.gh.surrogate import geometric_logits
from ghviz.ssl.nt_xent import nt_xent
from tests import golden

SAMPLES, DIMENSION, TARGETS = 60, 3, 8


def make(**changes: object) -> Harmonizer:
    settings = {"num_targets": TARGETS, "warm_up": 2, "ramp": 4, "refresh_every": 3, "momentum": (0.5, 0.9)}
    return Harmonizer(SAMPLES, DIMENSION, **(settings | changes))


def batch(seed: int, size: int = 20) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z1 = torch.randn(size, DIMENSION, generator=generator)
    z2 = z1 + 0.2 * torch.randn(size, DIMENSION, generator=generator)
    return z1, z2, torch.randperm(SAMPLES, generator=generator)[:size]


def epochs(harmonizer: Harmonizer, first: int, last: int) -> None:
    """Epochs of three batches each, drawn from the epoch's number."""
    for epoch in range(first, last):
        harmonizer.set_epoch(epoch)
        for step in range(3):
            harmonizer(*batch(100 * epoch + step))


def means(harmonizer: Harmonizer, z: torch.Tensor) -> torch.Tensor:
    return geometric_logits(z[None], harmonizer.targets)[0][0].mT


# --- reference ---


def trained(harmonizer: Harmonizer) -> Iterator[tuple[list[float], torch.Tensor]]:
    """The recorded trajectory's training loop, step by step: losses and prior."""
    data = golden.tensors("trajectory")
    size = int(data["batch"])
    net = nn.Sequential(nn.Linear(10, 32), nn.ReLU(), nn.Linear(32, 16))
    net.load_state_dict({key[5:]: value for key, value in data.items() if key.startswith("init_")})
    optimizer = torch.optim.SGD(net.parameters(), lr=data["lr"].item(), momentum=0.9, weight_decay=5e-4)
    for epoch, order in enumerate(data["perm"]):
        harmonizer.set_epoch(epoch)
        for indices in order.split(size):
            z1, z2 = net(data["views"][0, indices]), net(data["views"][1, indices])
            base = nt_xent(z1, z2).mean()
            total = base + harmonizer(z1, z2, indices)
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            yield [base.item(), harmonizer.last_loss.item(), total.item()], harmonizer.prior.clone()


@pytest.mark.parametrize("momentum", [(0.9, 0.999), (0.9, 0.9)])
def test_golden_trajectory(momentum: tuple[float, float]) -> None:
    """36 steps. The prior is taken once, so the second momentum makes no difference."""
    data = golden.tensors("trajectory")
    warm_up = int(data["warm_up"])
    harmonizer = Harmonizer(
        120,
        16,
        num_targets=6,
        warm_up=warm_up,
        ramp=int(data["gh_ramp"]),
        refresh_every=None,
        momentum=momentum,
    )
    harmonizer.targets.copy_(data["targets"])
    steps = list(trained(harmonizer))
    losses = torch.tensor([losses for losses, _ in steps], dtype=torch.float64)
    torch.testing.assert_close(losses, data["losses"], rtol=1e-4, atol=0)
    priors = torch.stack([prior for _, prior in steps])[2::3]  # at the end of each epoch
    # The recorded counts appear at the end of the warm-up's last epoch, ours at the top of the next.
    torch.testing.assert_close(priors[warm_up:].double(), data["priors"][warm_up:], rtol=1e-6, atol=1e-8)
    assert torch.equal(data["priors"][warm_up - 1], data["priors"][warm_up])
    assert harmonizer.prior_taken_at == warm_up


def test_is_the_weighted_gh_loss_with_its_gradient() -> None:
    harmonizer = make(weight=2.0)
    epochs(harmonizer, 0, 3)
    harmonizer.set_epoch(3)  # second epoch of four of the ramp
    z1, z2, indices = batch(7)
    ours, expected = z1.clone().requires_grad_(), z1.clone().requires_grad_()
    loss = harmonizer(ours, z2, indices)
    reference = 2.0 * 0.5 * gh_loss(expected, z2, harmonizer.targets, harmonizer.prior)
    loss.backward()
    reference.backward()
    torch.testing.assert_close(loss, reference)
    torch.testing.assert_close(ours.grad, expected.grad)
    torch.testing.assert_close(harmonizer.last_loss, reference.detach())
    assert not harmonizer.last_loss.requires_grad


# --- statistics ---


def test_running_mean_starts_with_the_first_value_and_moves_by_the_momentum() -> None:
    harmonizer = make(momentum=(0.75, 0.9))
    harmonizer.set_epoch(0)
    assert not harmonizer.seen.any()
    assert torch.equal(harmonizer.running_mean, torch.zeros(SAMPLES, TARGETS))
    z1, z2, indices = batch(0)
    harmonizer(z1, z2, indices)
    torch.testing.assert_close(harmonizer.running_mean[indices], means(harmonizer, z1))
    assert harmonizer.seen.sum() == len(indices)
    assert harmonizer.seen[indices].all()
    other = batch(1)[0]
    harmonizer(other, z2, indices)
    expected = 0.75 * means(harmonizer, z1) + 0.25 * means(harmonizer, other)
    torch.testing.assert_close(harmonizer.running_mean[indices], expected)
    harmonizer.set_epoch(2)  # after the warm-up
    harmonizer(z1, z2, indices)
    torch.testing.assert_close(harmonizer.running_mean[indices], 0.9 * expected + 0.1 * means(harmonizer, z1))


def test_only_view_one_counts() -> None:
    first, second = make(), make()
    z1, z2, indices = batch(0)
    first(z1, z2, indices)
    second(z1, -z2, indices)
    assert torch.equal(first.running_mean, second.running_mean)


def test_last_occurrence_of_a_repeated_index_counts() -> None:
    z1, z2, _ = batch(0, size=5)
    indices = torch.tensor([3, 7, 3, 7, 3])
    harmonizer = make()
    harmonizer(z1, z2, indices)
    expected = means(harmonizer, z1)
    torch.testing.assert_close(harmonizer.running_mean[[3, 7]], expected[[4, 3]])
    assert harmonizer.seen.sum() == 2
    assert _last_occurrence(indices, SAMPLES).tolist() == [4, 3, 4, 3, 4]  # what devices without order use


def test_repeated_indices_are_deterministic_in_a_large_batch() -> None:
    generator = torch.Generator().manual_seed(0)
    indices = torch.randint(SAMPLES, (20_000,), generator=generator)
    z = torch.randn(20_000, DIMENSION, generator=generator)
    harmonizer = make()
    harmonizer(z, z, indices)
    last = {int(index): position for position, index in enumerate(indices)}
    expected = means(harmonizer, z)[[last[index] for index in range(SAMPLES)]]
    torch.testing.assert_close(harmonizer.running_mean, expected)


def test_statistics_are_gathered_at_weight_zero_without_transport(monkeypatch: pytest.MonkeyPatch) -> None:
    on, off = make(), make(weight=0.0)
    epochs(on, 0, 4)
    monkeypatch.setattr("ghviz.gh.harmonizer.transport", lambda *_: pytest.fail("transport at weight 0"))
    epochs(off, 0, 4)
    assert torch.equal(on.running_mean, off.running_mean)
    assert torch.equal(on.prior, off.prior)
    assert off.prior_taken_at == 2
    off.set_epoch(9)
    loss = off(*batch(3))
    assert loss.item() == 0.0
    assert off.last_loss.item() == 0.0
    assert off.effective_weight == 0.0


def test_eval_mode_gathers_nothing() -> None:
    harmonizer = make().eval()
    harmonizer(*batch(0))
    assert not harmonizer.seen.any()


def test_samples_not_seen_do_not_count_in_the_prior() -> None:
    harmonizer = make(warm_up=1)
    harmonizer.set_epoch(0)
    target = harmonizer.targets[5].expand(4, -1)
    harmonizer(target, target, torch.tensor([3, 8, 20, 21]))
    harmonizer.set_epoch(1)
    assert harmonizer.prior.tolist() == [0, 0, 0, 0, 0, 1, 0, 0]
    assert harmonizer.live_vertices() == 1


def test_a_dead_prior_still_gives_a_finite_loss() -> None:
    harmonizer = make(warm_up=1)
    harmonizer.set_epoch(0)
    towards = harmonizer.targets[[5, 5, 5, 2]]
    harmonizer(towards, towards, torch.arange(4))
    harmonizer.set_epoch(1)
    assert harmonizer.live_vertices() == 2
    z1, z2, indices = batch(0)
    z1.requires_grad_()
    harmonizer(z1, z2, indices).backward()
    assert z1.grad.isfinite().all()


@pytest.mark.parametrize("floor", [0.0, 0.2, 0.9])
def test_prior_floor(floor: float) -> None:
    harmonizer = make(warm_up=1, prior_floor=floor)
    harmonizer.set_epoch(0)
    target = harmonizer.targets[[5, 5, 5, 2]]
    harmonizer(target, target, torch.arange(4))
    harmonizer.set_epoch(1)
    low = floor / TARGETS
    rest = 1 - low * (TARGETS - 2)  # for vertices 5 and 2, in proportion 3 : 1 as far as the floor allows
    expected = torch.full((TARGETS,), low)
    expected[2] = max(0.25 * rest, low)
    expected[5] = rest - expected[2]
    torch.testing.assert_close(harmonizer.prior, expected)
    assert harmonizer.prior.sum().item() == pytest.approx(1.0)


# --- schedule ---


def test_weight_over_epochs() -> None:
    harmonizer = make(warm_up=3, ramp=4, weight=2.0)
    assert harmonizer.effective_weight == 0.0
    weights = []
    for epoch in range(9):
        harmonizer.set_epoch(epoch)
        weights.append(harmonizer.effective_weight)
    assert weights == [0, 0, 0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0]


def test_zero_before_the_end_of_warm_up() -> None:
    harmonizer = make()
    for epoch in range(2):
        harmonizer.set_epoch(epoch)
        loss = harmonizer(*batch(epoch))
        assert loss.shape == ()
        assert loss.item() == 0.0
    harmonizer.set_epoch(2)
    assert harmonizer(*batch(5)).item() > 0


@pytest.mark.parametrize(
    ("refresh_every", "due"), [(3, [2, 5, 8, 11]), (1, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), (None, [2])]
)
def test_prior_is_taken_exactly_when_due(refresh_every: int | None, due: list[int]) -> None:
    harmonizer = make(refresh_every=refresh_every)
    changed = []
    for epoch in range(12):
        before = harmonizer.prior.clone()
        harmonizer.set_epoch(epoch)
        if not torch.equal(harmonizer.prior, before):
            changed.append(epoch)
            assert harmonizer.prior_taken_at == epoch
        after = harmonizer.prior.clone()
        for step in range(3):
            harmonizer(*batch(100 * epoch + step))
            harmonizer.set_epoch(epoch)  # again: no effect
        assert torch.equal(harmonizer.prior, after)
    assert changed == due


def test_a_skipped_due_epoch_is_made_up_for() -> None:
    harmonizer = make()
    epochs(harmonizer, 0, 2)
    harmonizer.set_epoch(4)
    assert harmonizer.prior_taken_at == 4
    harmonizer.set_epoch(5)
    assert harmonizer.prior_taken_at == 5


def test_without_warm_up_the_prior_is_uniform_until_there_are_statistics() -> None:
    harmonizer = make(warm_up=0, ramp=1)
    harmonizer.set_epoch(0)
    assert harmonizer.prior_taken_at == -1
    assert torch.equal(harmonizer.prior, torch.full((TARGETS,), 1 / TARGETS))
    loss = harmonizer(*batch(0))
    assert loss.item() > 0
    harmonizer.set_epoch(0)
    assert harmonizer.prior_taken_at == -1
    harmonizer.set_epoch(1)
    assert harmonizer.prior_taken_at == 1
    harmonizer.set_epoch(2)
    assert harmonizer.prior_taken_at == 1
    harmonizer.set_epoch(3)
    assert harmonizer.prior_taken_at == 3


def test_weight_acts_from_the_next_step() -> None:
    harmonizer = make(warm_up=0, ramp=1)
    one = harmonizer(*batch(0)).item()
    harmonizer.weight = 3.0
    assert harmonizer(*batch(0)).item() == pytest.approx(3 * one)
    harmonizer.weight = 0
    assert harmonizer(*batch(0)).item() == 0.0
    harmonizer.weight = 1.0
    assert harmonizer(*batch(0)).item() == pytest.approx(one)


# --- resuming ---


@pytest.mark.parametrize("stop", [(0, 1), (1, 2), (2, 0), (2, 2), (5, 1), (6, 3)])
@pytest.mark.parametrize("warm_up", [0, 2])
def test_resume_is_bit_identical(stop: tuple[int, int], warm_up: int, tmp_path: object) -> None:
    """Stop after some steps of an epoch, load into a harmonizer of another seed and weight, go on."""

    def run(harmonizer: Harmonizer, start: tuple[int, int], stop: tuple[int, int]) -> list[float]:
        losses = []
        for epoch in range(start[0], stop[0] + 1):
            harmonizer.set_epoch(epoch)
            steps = range(start[1] if epoch == start[0] else 0, stop[1] if epoch == stop[0] else 3)
            for step in steps:
                if (epoch, step) == (4, 1):
                    harmonizer.weight = 2.5
                losses.append(harmonizer(*batch(100 * epoch + step)).item())
        return losses

    whole = make(warm_up=warm_up)
    expected = run(whole, (0, 0), (8, 3))
    first, second = make(warm_up=warm_up), make(warm_up=warm_up, seed=9, weight=0.3)
    losses = run(first, (0, 0), stop)
    torch.save(first.state_dict(), f"{tmp_path}/state.pt")
    second.load_state_dict(torch.load(f"{tmp_path}/state.pt", weights_only=True))
    losses += run(second, stop, (8, 3))
    assert losses == expected
    for name, value in whole.state_dict().items():
        assert torch.equal(value, second.state_dict()[name]), name


def test_state_is_tensors_only_and_copies_are_independent() -> None:
    harmonizer = make()
    epochs(harmonizer, 0, 3)
    assert all(isinstance(value, torch.Tensor) for value in harmonizer.state_dict().values())
    twin = copy.deepcopy(harmonizer)
    epochs(twin, 3, 5)
    assert harmonizer.epoch == 2
    assert not torch.equal(twin.running_mean, harmonizer.running_mean)


def test_construction_leaves_the_global_random_state_alone_and_has_no_parameters() -> None:
    before = torch.random.get_rng_state()
    harmonizer = make()
    assert torch.equal(torch.random.get_rng_state(), before)
    assert list(harmonizer.parameters()) == []


# --- precision ---


def test_bfloat16_autocast_computes_in_float32() -> None:
    plain, mixed = make(warm_up=0, ramp=1), make(warm_up=0, ramp=1)
    z1, z2, indices = batch(0)
    z1, z2 = z1.bfloat16(), z2.bfloat16()
    expected = plain(z1.float(), z2.float(), indices)
    z1.requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = mixed(z1, z2, indices)
        loss.backward()
    assert loss.dtype == torch.float32
    assert torch.equal(loss, expected)
    assert torch.equal(mixed.running_mean, plain.running_mean)
    assert z1.grad.dtype == torch.bfloat16
    assert z1.grad.isfinite().all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64])
def test_other_dtypes_of_module_and_embeddings(dtype: torch.dtype) -> None:
    harmonizer = make(warm_up=0, ramp=1).to(dtype)
    z1, z2, indices = batch(0)
    for _ in range(2):
        assert harmonizer(z1.to(dtype), z2.to(dtype), indices).isfinite()
    torch.testing.assert_close(
        harmonizer.running_mean[indices].float(), means(make(), z1), rtol=2e-3, atol=2e-3
    )


def test_default_dtype_of_float64() -> None:
    torch.set_default_dtype(torch.float64)
    try:
        harmonizer = make(warm_up=0, ramp=1)
        assert harmonizer(*batch(0)).isfinite()
    finally:
        torch.set_default_dtype(torch.float32)


# --- behaviour ---


def test_training_with_it_spreads_rare_clusters_more_evenly() -> None:
    """Ten clusters of very unequal size on the circle: their share of vertices gets more even with GH."""

    def train(weight: float) -> float:
        generator = torch.Generator().manual_seed(0)
        counts = [160, 90, 50, 28, 16, 9, 5, 3]
        angles = 2 * math.pi * torch.randperm(len(counts), generator=generator) / len(counts)
        centers = torch.stack([angles.cos(), angles.sin()], dim=1) * 1.85
        labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
        points = centers[labels] + 0.2 * torch.randn(len(labels), 2, generator=generator)
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 2))
        optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
        harmonizer = Harmonizer(
            len(points),
            2,
            num_targets=16,
            warm_up=40,
            ramp=10,
            refresh_every=4,
            momentum=(0.9, 0.9),
            prior_floor=0.2,
            weight=weight,
        )
        for epoch in range(120):
            harmonizer.set_epoch(epoch)
            for indices in torch.randperm(len(points), generator=generator).split(120)[:3]:
                noise = 0.1 * torch.randn(2, len(indices), 2, generator=generator)
                z1, z2 = net(points[indices] + noise[0]), net(points[indices] + noise[1])
                loss = nt_xent(z1, z2).mean() + harmonizer(z1, z2, indices)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        embedded = torch.nn.functional.normalize(net(points), dim=1).detach()
        directions = torch.linspace(0, 2 * math.pi, 2001)[:-1]
        circle = torch.stack([directions.cos(), directions.sin()], dim=1)
        owners = labels[(circle @ embedded.T).argmax(dim=1)]
        return (owners >= len(counts) // 2).float().mean().item()

    tail_without, tail_with = train(0.0), train(2.0)
    assert tail_with > tail_without + 0.05


# --- errors ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_targets": 1}, "num_targets >= 2"),
        ({"warm_up": -1}, "warm_up must be a finite number at least 0, got -1"),
        ({"ramp": 0}, "ramp must be a finite number at least 1, got 0"),
        ({"refresh_every": 0}, "refresh_every must be a finite number at least 1, got 0"),
        ({"momentum": (0.9, 1.5)}, r"momentum\[1\] must be a finite number from 0 to 1, got 1.5"),
        ({"prior_floor": -0.1}, "prior_floor must be a finite number from 0 to 1"),
        ({"weight": math.nan}, "weight must be a finite number at least 0, got nan"),
        ({"weight": -1.0}, "weight must be a finite number at least 0, got -1.0"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"regularization": math.inf}, "regularization must be"),
    ],
)
def test_bad_settings(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make(**change)


def test_bad_weight_later_changes_nothing() -> None:
    harmonizer = make(weight=2.0)
    for value in (-1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match="weight must be a finite number at least 0"):
            harmonizer.weight = value
    assert harmonizer.weight == 2.0


def test_negative_epoch() -> None:
    with pytest.raises(ValueError, match="epoch must be a finite number at least 0, got -1"):
        make().set_epoch(-1)


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (torch.arange(19), r"indices must be int64 of shape \(20,\), got torch.int64 \(19,\)"),
        (torch.arange(20)[:, None], r"shape \(20,\)"),
        (torch.arange(20.0), r"int64 .* got torch.float32"),
        (torch.arange(41, 61), "indices must be from 0 to 59, got 41 to 60"),
        (torch.arange(-1, 19), "indices must be from 0 to 59, got -1 to 18"),
    ],
)
@pytest.mark.parametrize("epoch", [0, 5])
def test_bad_indices_change_nothing(indices: torch.Tensor, message: str, epoch: int) -> None:
    harmonizer = make()
    harmonizer.set_epoch(epoch)
    z1, z2, _ = batch(0)
    with pytest.raises(ValueError, match=message):
        harmonizer(z1, z2, indices)
    assert not harmonizer.seen.any()


def test_bad_shapes() -> None:
    z1, z2, indices = batch(0)
    with pytest.raises(ValueError, match=r"the same shape \(samples, 3\)"):
        make()(z1[:, :2], z2[:, :2], indices)
    with pytest.raises(ValueError, match=r"the same shape \(samples, 3\)"):
        make()(z1, z2[:5], indices)
