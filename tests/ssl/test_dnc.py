"""Divide and contrast: the division, and what learns when."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from torch import nn

from ghviz.ssl.dnc import DnC, Phase, k_means
from ghviz.ssl.method import Encoding, Epoch
from ghviz.ssl.nt_xent import nt_xent


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spread(points: torch.Tensor, assigned: torch.Tensor) -> float:
    """Squared distances to the cluster's own mean, summed."""
    parts = [points[assigned == cluster] for cluster in assigned.unique()]
    return sum(float((part - part.mean(0)).square().sum()) for part in parts)


def test_k_means_finds_clusters_that_are_there() -> None:
    centers = torch.tensor([[5.0, 0.0], [-5.0, 0.0], [0.0, 5.0]])
    truth = torch.arange(90) % 3
    points = centers[truth] + 0.3 * torch.randn(90, 2, generator=source())
    assigned = k_means(points, 3, generator=source(1))
    assert {(int(a), int(b)) for a, b in zip(truth, assigned, strict=True)} in (
        [
            {(0, i), (1, j), (2, k)}
            for i, j, k in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
        ]
    )


def test_k_means_is_about_as_good_as_scikit_learns() -> None:
    points = torch.randn(400, 3, generator=source())
    ours = min(spread(points, k_means(points, 6, generator=source(seed))) for seed in range(5))
    theirs = KMeans(6, n_init=5, random_state=0).fit(points.numpy()).inertia_
    assert ours < 1.03 * theirs


def test_k_means_of_equal_points_uses_every_cluster() -> None:
    assert len(k_means(torch.zeros(5, 2), 3, generator=source()).unique()) == 3
    with pytest.raises(ValueError, match="clusters must be from 1 to the number of points, 5, got 6"):
        k_means(torch.zeros(5, 2), 6, generator=source())


class Small(nn.Linear):
    """An encoder that says how wide its outputs are."""

    dimension = 3


def run(epochs: int = 10) -> list[tuple[Phase, float, bool]]:
    """Phase, loss, and whether the encoder moved, of each epoch."""
    torch.manual_seed(0)
    points = torch.randn(64, 5)
    encoder = Small(5, 3)
    method = DnC(encoder, 64, clusters=3)
    optimizer = torch.optim.Adam(
        [*encoder.parameters(), *(p for p in method.parameters() if p.requires_grad)], 1e-2
    )
    seen = []
    for number in range(epochs):
        method.begin_epoch(encoder, Epoch(number, epochs, lambda net: net(points).detach()))
        before = encoder.weight.detach().clone()
        for _ in range(10):
            views = [points + 0.1 * torch.randn(64, 5) for _ in range(2)]
            loss, z1, z2 = method(Encoding(encoder), *views, torch.arange(64))
            assert z1.shape == z2.shape == (64, 3)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
        seen.append((Phase(int(method.phase)), float(loss.detach()), not torch.equal(before, encoder.weight)))
    return seen


def test_base_then_experts_then_student() -> None:
    seen = run()
    assert [phase for phase, _, _ in seen] == [Phase.BASE] * 5 + [Phase.EXPERTS] * 3 + [Phase.STUDENT] * 2
    assert [moved for _, _, moved in seen] == [True] * 5 + [False] * 3 + [True] * 2
    assert seen[9][1] < seen[8][1]  # the student learns


def test_an_expert_sees_its_cluster_alone() -> None:
    torch.manual_seed(0)
    method = DnC(Small(5, 3), 6, clusters=2)
    method.phase.fill_(Phase.EXPERTS)
    method.clusters.copy_(torch.tensor([0, 1, 0, 1, 1, 0]))
    method.experts[1].weight.data.neg_()
    views = torch.randn(2, 6, 5)
    _, z1, _ = method(Encoding(Small(5, 3)), views[0], views[1], torch.arange(6))
    for row, cluster in enumerate(method.clusters.tolist()):
        torch.testing.assert_close(z1[row], method.experts[cluster](views[0, row]))


def test_the_experts_loss_is_that_of_each_cluster_and_goes_through_the_embeddings_it_gives() -> None:
    torch.manual_seed(0)
    method = DnC(Small(5, 3), 6, clusters=3)
    method.phase.fill_(Phase.EXPERTS)
    method.clusters.copy_(torch.tensor([0, 1, 0, 1, 1, 0]))  # nothing is the third expert's
    views = torch.randn(2, 6, 5)
    loss, z1, z2 = method(Encoding(Small(5, 3)), views[0], views[1], torch.arange(6))
    leaf1, leaf2 = (z.detach().requires_grad_() for z in (z1, z2))
    own = [method.clusters == cluster for cluster in (0, 1)]
    expected = torch.cat([nt_xent(leaf1[rows], leaf2[rows], temperature=0.2) for rows in own]).mean()
    torch.testing.assert_close(loss, expected)
    found, wanted = torch.autograd.grad(loss, (z1, z2)), torch.autograd.grad(expected, (leaf1, leaf2))
    torch.testing.assert_close(found, wanted)


def test_the_student_learns_from_the_base_model_and_from_a_samples_own_expert() -> None:
    torch.manual_seed(0)
    encoder = Small(5, 3)
    method = DnC(encoder, 6, clusters=3)
    method.phase.fill_(Phase.STUDENT)
    method.clusters.copy_(torch.tensor([0, 1, 0, 1, 1, 0]))  # nothing is the third expert's
    for net in (*method.experts, method.base):
        net.weight.data.normal_()
    views = torch.randn(2, 6, 5)

    def loss() -> float:
        return float(method(Encoding(encoder), views[0], views[1], torch.arange(6)).loss.detach())

    inputs, z = views.flatten(0, 1), encoder(views.flatten(0, 1))
    own = torch.stack(
        [method.experts[int(c)](row) for c, row in zip(method.clusters.repeat(2), inputs, strict=True)]
    )
    expected = 2 - torch.cosine_similarity(method.to_base(z), method.base(inputs)).mean()
    expected = expected - torch.cosine_similarity(method.to_expert(z), own).mean()
    before = loss()
    assert before == pytest.approx(float(expected.detach()), rel=1e-5)
    method.experts[2].weight.data.neg_()
    assert loss() == before
    method.experts[1].weight.data.neg_()
    assert loss() != before


@pytest.mark.parametrize(
    ("epochs", "options", "left_out"),
    [
        (4, {}, "student"),
        (2, {"base": 0.2, "experts": 0.2}, "experts"),
        (10, {"base": 0.55, "experts": 0.01}, "experts"),
    ],
)
def test_a_run_too_short_for_a_phase_is_refused(
    epochs: int, options: dict[str, float], left_out: str
) -> None:
    method = DnC(Small(5, 3), 6, **options)
    with pytest.raises(ValueError, match=f"and {epochs} epochs leave none for the {left_out}: choose more"):
        method.check_length(epochs)


def test_a_run_that_has_an_epoch_for_each_phase_is_not_refused() -> None:
    DnC(Small(5, 3), 6).check_length(5)
    DnC(Small(5, 3), 6, base=0.3, experts=0.3).check_length(3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"clusters": 0}, "clusters must be from 1 to the 6 samples, got 0"),
        ({"clusters": 7}, "clusters must be from 1 to the 6 samples, got 7"),
        ({"base": 0.8, "experts": 0.3}, "leave a share of the epochs for the student, got 0.8 and 0.3"),
    ],
)
def test_what_makes_no_sense_is_said(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        DnC(Small(5, 3), 6, **options)


def test_clusters_are_the_same_again() -> None:
    points = torch.from_numpy(np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32))
    assert torch.equal(k_means(points, 4, generator=source(2)), k_means(points, 4, generator=source(2)))
