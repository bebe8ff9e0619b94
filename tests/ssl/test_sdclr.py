from __future__ import annotations

import copy

import pytest
import torch
from beartype import beartype
from hypothesis import given, settings
from hypothesis import strategies as st
from jaxtyping import jaxtyped
from torch import Tensor, nn

from ghviz.ssl.method import Epoch
from ghviz.ssl.nt_xent import nt_xent
from ghviz.ssl.sdclr import SDCLR, PrunedTwin, magnitude_masks, prunable
from tests import golden


def net() -> nn.Module:
    """Two convolutions with batch-norm and a linear head, far from where it started."""
    torch.manual_seed(0)
    encoder = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 8, 3, bias=False),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 36, 4),
    )
    encoder(torch.randn(16, 1, 8, 8))
    return encoder


def images(seed: int = 1) -> Tensor:
    return torch.randn(12, 1, 8, 8, generator=torch.Generator().manual_seed(seed))


# --- masks ---


@pytest.mark.parametrize("fraction", [0.9, 0.3])
def test_golden(fraction: float) -> None:
    data = golden.tensors("sdclr_mask")
    masks = magnitude_masks([data["w0"], data["w1"], data["w2"]], fraction=fraction)
    for layer, mask in enumerate(masks):
        assert torch.equal(mask, data[f"mask_{fraction}_{layer}"])


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    shapes=st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=4), min_size=1, max_size=4),
    fraction=st.floats(0, 1),
    levels=st.integers(1, 50),
    seed=st.integers(0, 10**6),
)
def test_count_is_exact_whatever_ties_there_are(
    shapes: list[list[int]], fraction: float, levels: int, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = [torch.randint(-levels, levels + 1, shape, generator=generator).float() for shape in shapes]
    masks = magnitude_masks(weights, fraction=fraction)
    total = sum(weight.numel() for weight in weights)
    pruned = torch.cat([w[~m].abs() for w, m in zip(weights, masks, strict=True)])
    kept = torch.cat([w[m].abs() for w, m in zip(weights, masks, strict=True)])
    assert [mask.shape for mask in masks] == [weight.shape for weight in weights]
    assert len(pruned) == round(fraction * total)
    assert len(kept) == total - len(pruned)
    if len(pruned) and len(kept):
        assert pruned.max() <= kept.min()
    again = magnitude_masks(weights, fraction=fraction)
    assert all(torch.equal(a, b) for a, b in zip(masks, again, strict=True))


def test_of_equal_weights_the_earlier_go_first() -> None:
    first, second = magnitude_masks([torch.ones(2, 2), -torch.ones(3)], fraction=5 / 7)
    assert not first.any()
    assert second.tolist() == [False, True, True]


def test_one_threshold_over_all_layers() -> None:
    small, large = magnitude_masks([0.01 * torch.randn(50), torch.randn(50) + 9], fraction=0.5)
    assert not small.any()
    assert large.all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_precision(dtype: torch.dtype) -> None:
    weights = [torch.arange(1, 11).to(dtype)]
    assert magnitude_masks(weights, fraction=0.7)[0].tolist() == [False] * 7 + [True] * 3


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_bad_fraction(fraction: float) -> None:
    with pytest.raises(
        ValueError, match=f"fraction of the weights to prune must be from 0 to 1, got {fraction}"
    ):
        magnitude_masks([torch.ones(3)], fraction=fraction)


def test_no_weights() -> None:
    with pytest.raises(ValueError, match="at least one layer, got none"):
        magnitude_masks([], fraction=0.5)


def test_annotations_are_true() -> None:
    assert jaxtyped(magnitude_masks, typechecker=beartype)([torch.ones(3, 2)], fraction=0.5)[0].sum() == 3


# --- what is pruned ---


def test_convolutions_are_pruned_and_their_linear_head_is_not() -> None:
    encoder = net()
    assert list(prunable(encoder)) == ["0.weight", "3.weight"]
    assert prunable(encoder)["3.weight"] is encoder.get_parameter("3.weight")


def test_without_convolutions_linear_layers_are_pruned() -> None:
    encoder = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    assert list(prunable(encoder)) == ["0.weight", "3.weight"]
    assert list(prunable(nn.Linear(3, 2))) == ["weight"]


def test_nothing_to_prune() -> None:
    with pytest.raises(ValueError, match="this Sequential has neither, choose another net or method"):
        PrunedTwin(nn.Sequential(nn.Flatten(), nn.BatchNorm1d(3)), fraction=0.5)


# --- the twin ---


def written_out_twin(encoder: nn.Module, *, fraction: float) -> nn.Module:
    """The same encoder with its smallest convolution weights set to 0."""
    pruned = copy.deepcopy(encoder)
    names = ["0.weight", "3.weight"]
    for name, mask in zip(
        names, magnitude_masks([pruned.get_parameter(n) for n in names], fraction=fraction), strict=True
    ):
        pruned.get_parameter(name).data[~mask] = 0
    return pruned


@pytest.mark.parametrize("training", [True, False])
def test_output_is_that_of_the_encoder_without_its_smallest_weights(training: bool) -> None:
    encoder = net().train(training)
    twin = PrunedTwin(encoder, fraction=0.8)
    expected = written_out_twin(encoder, fraction=0.8)(images())
    torch.testing.assert_close(twin(encoder, images()), expected)
    assert not torch.allclose(encoder(images()), expected, atol=0.01)


def test_unpruned_twin_is_the_encoder() -> None:
    encoder = net()
    assert torch.equal(PrunedTwin(encoder, fraction=0.0)(encoder, images()), encoder(images()))


def test_each_branch_has_statistics_of_its_own() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    separate = written_out_twin(encoder, fraction=0.8)
    before = {name: buffer.clone() for name, buffer in encoder.named_buffers()}
    for seed in range(3):
        twin(encoder, images(seed))
        separate(images(seed))
    for name, buffer in encoder.named_buffers():
        assert torch.equal(buffer, before[name]), "the twin leaves the encoder's alone"
    own = {name: twin.get_buffer(f"own/{name.replace('.', '/')}") for name in before}
    for name, expected in separate.named_buffers():
        torch.testing.assert_close(own[name], expected)
    kept = {name: buffer.clone() for name, buffer in own.items()}
    encoder(images(9))
    assert all(torch.equal(own[name], kept[name]) for name in kept), "nor does the encoder touch the twin's"
    assert any(not torch.equal(own[name], before[name]) for name in kept)


def test_one_backward_pass_is_two_with_the_other_branch_detached() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    view1, view2 = images(1), images(2)

    def gradients(detach: str) -> dict[str, Tensor]:
        dense, pruned = encoder(view1), twin(encoder, view2)
        if detach == "dense":
            dense = dense.detach()
        if detach == "pruned":
            pruned = pruned.detach()
        encoder.zero_grad()
        nt_xent(dense, pruned).mean().backward()
        return {name: p.grad.clone() for name, p in encoder.named_parameters()}

    both, of_dense, of_pruned = gradients("none"), gradients("pruned"), gradients("dense")
    masks = {name: twin.get_buffer(f"mask/{name.replace('.', '/')}") for name in prunable(encoder)}
    for name, gradient in both.items():
        torch.testing.assert_close(gradient, of_dense[name] + of_pruned[name])
        assert of_dense[name].any()
        assert of_pruned[name].any()
    for name, mask in masks.items():
        assert not of_pruned[name][~mask].any(), "pruned weights learn from the dense branch alone"
        assert of_dense[name][~mask].any()


def test_gradient_is_that_of_the_written_out_twin() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    separate = written_out_twin(encoder, fraction=0.8)
    for module, output in ((encoder, twin(encoder, images())), (separate, separate(images()))):
        module.zero_grad()
        output.square().sum().backward()
    gradients = {name: p.grad for name, p in separate.named_parameters()}
    for name in prunable(encoder):
        gradients[name] = gradients[name] * twin.get_buffer(f"mask/{name.replace('.', '/')}")
    for name, parameter in encoder.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name])


def test_masks_stay_until_they_are_renewed() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.5)
    old = twin.get_buffer("mask/0/weight").clone()
    with torch.no_grad():
        encoder[0].weight.copy_(torch.where(old, 1e-6, 1.0))
    twin(encoder, images())
    assert torch.equal(twin.get_buffer("mask/0/weight"), old)
    twin.renew(encoder)
    mask = twin.get_buffer("mask/0/weight")
    assert mask[~old].all()
    assert not mask[old].any()


def test_it_holds_no_parameters_and_its_state_brings_it_back() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    assert not list(twin.parameters())
    assert not any(
        value.data_ptr() == other.data_ptr()
        for value in twin.state_dict().values()
        for other in encoder.state_dict().values()
    )
    twin(encoder, images())
    state = {name: value.clone() for name, value in twin.state_dict().items()}
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.mul_(torch.rand_like(parameter))
    resumed = PrunedTwin(encoder, fraction=0.8)
    assert not torch.equal(resumed(encoder, images(5)), twin(encoder, images(5)))
    for each in (twin, resumed):
        each.load_state_dict(state)
    assert torch.equal(resumed(encoder, images(5)), twin(encoder, images(5)))
    for name, value in twin.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name])


def test_memory_format_of_the_weights_is_kept() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    expected = twin(encoder, images())
    seen = []
    encoder.to(memory_format=torch.channels_last)
    encoder[3].register_forward_pre_hook(lambda module, _: seen.append(module.weight.stride()))
    torch.testing.assert_close(twin(encoder, images()), expected)
    assert seen == [encoder[3].weight.stride()]


def test_the_method_prunes_anew_at_each_epoch() -> None:
    encoder = net()
    method = SDCLR(encoder, 8, fraction=0.5)
    with torch.no_grad():
        encoder[0].weight.copy_(torch.where(method.twin.get_buffer("mask/0/weight"), 1e-6, 1.0))
    method.begin_epoch(encoder, Epoch(1, 2, lambda net: net(images())))
    masks = magnitude_masks(list(prunable(encoder).values()), fraction=0.5)
    for name, mask in zip(prunable(encoder), masks, strict=True):
        assert torch.equal(method.twin.get_buffer(f"mask/{name.replace('.', '/')}"), mask), name


def test_another_encoder_is_refused() -> None:
    twin = PrunedTwin(net(), fraction=0.5)
    for call in (twin.renew, lambda encoder: twin(encoder, images())):
        with pytest.raises(ValueError, match="made for another encoder"):
            call(nn.Sequential(nn.Conv2d(1, 5, 3)))


def test_training_it_brings_the_branches_together() -> None:
    encoder = net()
    twin = PrunedTwin(encoder, fraction=0.8)
    optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)

    def loss() -> Tensor:
        return nt_xent(encoder(images(1)), twin(encoder, images(1))).mean()

    first = loss().item()
    for _ in range(30):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    assert loss() < 0.7 * first
