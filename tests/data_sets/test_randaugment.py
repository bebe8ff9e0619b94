"""RandAugment in batch, against torchvision one image at a time."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as oracle

from ghviz.data import randaugment
from ghviz.data.randaugment import memory_boosted, rand_augment
from ghviz.data.views import two_views
from ghviz.types import RunConfig


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def images() -> Tensor:
    return torch.rand(64, 3, 12, 12, generator=source(5))


def test_strength_is_how_many_are_changed_and_how_much(images: Tensor) -> None:
    weights = torch.linspace(0, 1, 64)
    none = rand_augment(images, torch.zeros(64), torch.ones(64), generator=source())
    assert torch.equal(none, images)
    results = torch.stack([rand_augment(images, weights, weights, generator=source(i)) for i in range(60)])
    change = (results - images).abs().mean(dim=(0, 2, 3, 4))
    assert change[0] == 0
    thirds = [part.mean() for part in change.split([21, 21, 22])]
    assert thirds[0] < 0.5 * thirds[1] < 0.5 * thirds[2]
    assert 0 <= results.min() <= results.max() <= 1


def test_same_generator_same_images(images: Tensor) -> None:
    weights = torch.full((64,), 0.7)
    assert torch.equal(
        memory_boosted(images, weights, generator=source(3)),
        memory_boosted(images, weights, generator=source(3)),
    )


def asked(monkeypatch: pytest.MonkeyPatch, size: int, weights: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Probabilities and magnitudes of each operation that images of a size get."""
    seen: list[tuple[Tensor, Tensor]] = []

    def operation(images: Tensor, probabilities: Tensor, magnitudes: Tensor, _: torch.Generator) -> Tensor:
        seen.append((probabilities, magnitudes))
        return images

    monkeypatch.setattr(randaugment, "_one_operation", operation)
    memory_boosted(torch.zeros(len(weights), 1, size, size + 9), weights, generator=source())
    return seen


def test_small_images_get_one_operation_of_a_third_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    ((probabilities, magnitudes),) = asked(monkeypatch, 63, torch.tensor([0.0, 0.25, 1.0]))
    assert probabilities.tolist() == [0, 0.25, 1]
    assert magnitudes.tolist() == pytest.approx([10 / 30, 15 / 30, 30 / 30])  # the reference's numbers


def test_large_images_get_two_operations_of_a_drawn_strength(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = torch.linspace(0, 1, 2000)
    first, second = asked(monkeypatch, 64, weights)
    assert torch.equal(first[0], weights)
    assert torch.equal(first[1], second[1])  # one draw for both
    assert (first[1] <= weights).all()
    shares = first[1][1:] / weights[1:]
    assert shares.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist() == pytest.approx(
        [0.25, 0.5, 0.75], abs=0.05
    )


@pytest.mark.parametrize("amount", [-0.6, 0.8])
@pytest.mark.parametrize(
    ("operation", "theirs"),
    [
        ("_brightness", lambda image, a: oracle.adjust_brightness(image, 1 + 0.9 * a)),
        ("_contrast", lambda image, a: oracle.adjust_contrast(image, 1 + 0.9 * a)),
        ("_saturation", lambda image, a: oracle.adjust_saturation(image, 1 + 0.9 * a)),
        ("_solarize", lambda image, a: oracle.solarize(image, 1 - abs(a))),
        ("_autocontrast", lambda image, a: oracle.autocontrast(image)),
    ],
)
def test_colours_as_torchvision_has_them(images: Tensor, operation: str, theirs, amount: float) -> None:
    ours = getattr(randaugment, operation)(images[:4], torch.tensor(amount).view(1, 1, 1, 1)).clamp(0, 1)
    for image, result in zip(images[:4], ours, strict=True):
        torch.testing.assert_close(result, theirs(image, amount), atol=2e-3, rtol=0)


def test_sharpness_inside_as_torchvision_has_it(images: Tensor) -> None:
    """At the rim theirs leaves the image as it is."""
    ours = randaugment._sharpness(images[:1], torch.tensor(-0.5).view(1, 1, 1, 1)).clamp(0, 1)
    theirs = oracle.adjust_sharpness(images[0], 1 - 0.45)
    torch.testing.assert_close(ours[0, :, 1:-1, 1:-1], theirs[:, 1:-1, 1:-1], atol=1e-5, rtol=0)


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_posterizing_takes_away_bits(bits: int) -> None:
    every = torch.arange(256).float().view(1, 1, 16, 16) / 255
    ours = randaugment._posterize(every, torch.tensor(bits / 4).view(1, 1, 1, 1))
    theirs = oracle.posterize((every * 255).to(torch.uint8), 8 - bits)
    assert torch.equal((ours * 255).round().to(torch.uint8), theirs)


@pytest.mark.parametrize(
    ("move", "theirs"),
    [
        (0, {"angle": -30.0, "translate": [0, 0], "scale": 1.0, "shear": [0.0, 0.0]}),
        (1, {"angle": 0.0, "translate": [0, 0], "scale": 1.0, "shear": [math.degrees(math.atan(0.3)), 0.0]}),
        (3, {"angle": 0.0, "translate": [-3, 0], "scale": 1.0, "shear": [0.0, 0.0]}),
        (4, {"angle": 0.0, "translate": [0, -3], "scale": 1.0, "shear": [0.0, 0.0]}),
    ],
)
def test_moves_as_torchvision_has_them(move: int, theirs: dict) -> None:
    smooth = torch.rand(1, 1, 4, 4, generator=source(1))
    image = torch.nn.functional.interpolate(smooth, size=(20, 20), mode="bicubic").clamp(0, 1)
    ours = randaugment._moved(image, torch.tensor([move]), torch.tensor([1.0]))
    expected = oracle.affine(image, interpolation=oracle.InterpolationMode.BILINEAR, **theirs)
    torch.testing.assert_close(ours[..., 4:-4, 4:-4], expected[..., 4:-4, 4:-4], atol=5e-3, rtol=0)


def test_views_follow_the_strengths() -> None:
    points = torch.zeros(4000, 2)
    config = RunConfig(view_strength=0.1)
    view, _ = two_views(points, config, source(), strengths=torch.linspace(0, 1, 4000))
    quiet, loud = view[:400].std(), view[-400:].std()
    assert float(quiet) == pytest.approx(0.1, rel=0.12)
    assert float(loud) == pytest.approx(0.2, rel=0.12)
    digits = (torch.rand(32, 1, 8, 8, generator=source(2)) * 255).to(torch.uint8)
    config = RunConfig(dataset="digits", net="mlp")
    plain, _ = two_views(digits, config, source())
    strong, _ = two_views(digits, config, source(), strengths=torch.ones(32))
    assert plain.shape == strong.shape
    assert not torch.equal(plain, strong)


@pytest.mark.parametrize(("dataset", "size"), [("digits", 8), ("cifar10", 32), ("folder", 80)])
def test_operations_come_after_all_other_augmentation(
    monkeypatch: pytest.MonkeyPatch, dataset: str, size: int
) -> None:
    """Those of weight 0 are the plain views, and the others are made of the plain views."""
    seen = []

    def kept(images: Tensor, weights: Tensor, *, generator: torch.Generator) -> Tensor:
        seen.append(images)
        return memory_boosted(images, weights, generator=generator)

    monkeypatch.setattr("ghviz.data.views.memory_boosted", kept)
    images = (torch.rand(40, 3, size, size, generator=source(2)) * 255).to(torch.uint8)
    config = RunConfig(dataset=dataset, net="convnet")
    plain = two_views(images, config, source())
    boosted = two_views(images, config, source(), strengths=(torch.arange(40) >= 20).float())
    assert torch.equal(torch.cat(plain), seen[0])
    for view, expected in zip(boosted, plain, strict=True):
        assert torch.equal(view[:20], expected[:20])
        assert not torch.equal(view[20:], expected[20:])
