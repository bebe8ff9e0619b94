"""Each operation against torchvision's, which works on one image with one set of parameters."""

import math

import pytest
import torch
from torchvision.transforms.v2 import functional

from ghviz.data import views_images
from ghviz.data.views_images import (
    _jitter,
    blurred,
    color_jittered,
    crop_boxes,
    cropped,
    grayscale,
    hue_turned,
    image_views,
)

N = 48
IMAGES = torch.rand(N, 3, 32, 32, generator=torch.Generator().manual_seed(3))
IMAGES[0] = 0.5  # gray
IMAGES[1] = 0
IMAGES[2, 0], IMAGES[2, 1:] = 1, 0  # pure red
NEUTRAL = torch.ones(N)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def uniform(low, high, n=N):
    return low + (high - low) * torch.rand(n, generator=seeded(5))


def one_by_one(function, *parameters):
    """A torchvision function applied to each image with its own parameters."""
    rows = zip(IMAGES, *(parameter.tolist() for parameter in parameters), strict=True)
    return torch.stack([function(image, *values) for image, *values in rows])


def jittered(**changes):
    amounts = {
        "brightness": NEUTRAL,
        "contrast": NEUTRAL,
        "saturation": NEUTRAL,
        "hue": torch.zeros(N),
    } | changes
    return color_jittered(
        IMAGES,
        amounts["brightness"],
        amounts["contrast"],
        saturation=amounts["saturation"],
        hue=amounts["hue"],
    )


@pytest.mark.parametrize(
    ("name", "function", "low", "high"),
    [
        ("brightness", functional.adjust_brightness, 0.6, 1.4),
        ("contrast", functional.adjust_contrast, 0.6, 1.4),
        ("saturation", functional.adjust_saturation, 0.6, 1.4),
        ("saturation", functional.adjust_saturation, 0.0, 3.0),
        ("hue", functional.adjust_hue, -0.1, 0.1),
        ("hue", functional.adjust_hue, -0.5, 0.5),
    ],
)
def test_color_operations_are_torchvisions(name, function, low, high):
    amounts = uniform(low, high)
    torch.testing.assert_close(jittered(**{name: amounts}), one_by_one(function, amounts), atol=2e-6, rtol=0)


def test_the_order_is_brightness_contrast_saturation_hue():
    amounts = [uniform(0.6, 1.4), uniform(0.6, 1.4).flip(0), uniform(0.6, 1.4).roll(7), uniform(-0.1, 0.1)]

    def in_order(image, brightness, contrast, saturation, hue):
        image = functional.adjust_brightness(image, brightness)
        image = functional.adjust_contrast(image, contrast)
        image = functional.adjust_saturation(image, saturation)
        return functional.adjust_hue(image, hue)

    ours = color_jittered(IMAGES, amounts[0], amounts[1], saturation=amounts[2], hue=amounts[3])
    torch.testing.assert_close(ours, one_by_one(in_order, *amounts), atol=5e-6, rtol=0)


def test_grayscale_is_torchvisions():
    theirs = functional.rgb_to_grayscale(IMAGES, num_output_channels=3)
    torch.testing.assert_close(grayscale(IMAGES), theirs, atol=1e-6, rtol=0)


def test_neutral_amounts_change_nothing():
    torch.testing.assert_close(jittered(), IMAGES, atol=1e-6, rtol=0)
    torch.testing.assert_close(hue_turned(IMAGES, torch.ones(N)), IMAGES, atol=2e-6, rtol=0)  # all around


def test_a_third_of_a_turn_makes_red_green():
    turned = hue_turned(IMAGES[2:3], torch.tensor([1 / 3]))
    torch.testing.assert_close(turned[0, :, 0, 0], torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0)


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("size", [(32, 32), (24, 40)])
def test_crops_are_torchvisions(flipped, size):
    images = IMAGES.repeat(1, 1, 1, 2)[:, :, : size[0], : size[1]]
    boxes = crop_boxes(N, size, generator=seeded())
    boxes[0] = torch.tensor([0, 0, size[1], size[0]])
    boxes[1] = torch.tensor([3, 5, 1, 1])
    ours = cropped(images, boxes, flip=torch.full((N,), flipped))
    for image, (left, top, width, height), result in zip(images, boxes.int().tolist(), ours, strict=True):
        expected = functional.resized_crop(image, top, left, height, width, list(size), antialias=True)
        expected = functional.horizontal_flip(expected) if flipped else expected
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)


def test_the_whole_image_is_itself():
    whole = torch.tensor([[0.0, 0.0, 32.0, 32.0]]).expand(N, 4)
    torch.testing.assert_close(cropped(IMAGES, whole, flip=torch.zeros(N, dtype=torch.bool)), IMAGES)


def test_only_the_marked_images_are_flipped():
    whole = torch.tensor([[0.0, 0.0, 32.0, 32.0]]).expand(N, 4)
    flip = torch.arange(N) % 3 == 0
    result = cropped(IMAGES, whole, flip=flip)
    torch.testing.assert_close(result[flip], IMAGES[flip].flip(3))
    torch.testing.assert_close(result[~flip], IMAGES[~flip])


@pytest.mark.parametrize("size", [(32, 32), (8, 8), (20, 64)])
def test_boxes_lie_inside_and_are_whole_pixels(size):
    left, top, width, height = crop_boxes(5000, size, generator=seeded()).unbind(1)
    for value in (left, top, width, height):
        assert torch.equal(value, value.round())
    assert left.min() >= 0
    assert top.min() >= 0
    assert width.min() >= 1
    assert height.min() >= 1
    assert (left + width).max() <= size[1]
    assert (top + height).max() <= size[0]


def test_the_distribution_of_boxes_is_torchvisions():
    from torchvision.transforms.v2 import RandomResizedCrop

    ours = crop_boxes(20_000, (32, 32), generator=seeded())
    reference = RandomResizedCrop(32, scale=(0.1, 1.0), ratio=(3 / 4, 4 / 3))
    torch.manual_seed(0)
    drawn = [reference.make_params([IMAGES[0]]) for _ in range(4000)]
    theirs = torch.tensor([[box["left"], box["top"], box["width"], box["height"]] for box in drawn]).float()
    levels = torch.linspace(0, 1, 21)
    for column in range(4):
        torch.testing.assert_close(
            ours[:, column].quantile(levels)[1:-1],
            theirs[:, column].quantile(levels)[1:-1],
            atol=1.01,
            rtol=0,
        )
        assert ours[:, column].mean() == pytest.approx(float(theirs[:, column].mean()), abs=0.35)
    area = ours[:, 2] * ours[:, 3] / 1024
    aspect = (ours[:, 2] / ours[:, 3]).log()
    assert area.mean() == pytest.approx(float((theirs[:, 2] * theirs[:, 3]).mean() / 1024), abs=0.015)
    assert aspect.abs().max() < math.log(4 / 3) + 0.1
    assert aspect.mean() == pytest.approx(0, abs=0.01)


def test_shares_and_ranges_of_the_recipe():
    draws = torch.rand(20_000, 4, generator=seeded())
    factors = _jitter(draws, torch.arange(20_000) % 2 == 0, 1.0)
    for factor in factors[:3]:
        assert (factor[1::2] == 1).all()
        assert factor[::2].min() == pytest.approx(0.6, abs=0.001)
        assert factor[::2].max() == pytest.approx(1.4, abs=0.001)
    assert (factors[3][1::2] == 0).all()
    assert factors[3].abs().max() == pytest.approx(0.1, abs=0.001)
    assert 0 <= _jitter(draws, draws[:, 0] >= 0, 5.0)[0].min() < 0.01  # a factor is never negative
    assert _jitter(draws, draws[:, 0] >= 0, 9.0)[3].abs().max() <= 0.5


def test_a_fifth_of_the_views_is_gray_and_a_fifth_keeps_its_colors():
    images = torch.tensor([0.2, 0.5, 0.7]).view(1, 3, 1, 1).expand(6000, 3, 4, 4).contiguous()
    views = image_views(images, strength=1.0, generator=seeded())
    pixels = views[:, :, 0, 0]
    gray = (pixels.amax(dim=1) - pixels.amin(dim=1)) < 1e-6
    kept = (pixels - torch.tensor([0.2, 0.5, 0.7])).abs().amax(dim=1) < 1e-6
    assert gray.float().mean() == pytest.approx(0.2, abs=0.02)
    assert kept.float().mean() == pytest.approx(0.2 * 0.8, abs=0.02)
    assert views.min() >= 0
    assert views.max() <= 1


def test_strength_scales_the_jitter():
    images = torch.full((4000, 3, 4, 4), 0.5)
    spreads = [
        image_views(images, strength=a, generator=seeded())[:, 0, 0, 0].std() for a in (0.25, 0.5, 1.0)
    ]
    assert spreads[1] / spreads[0] == pytest.approx(2, abs=0.05)
    assert spreads[2] / spreads[1] == pytest.approx(2, abs=0.05)


def test_half_of_the_views_is_mirrored():
    ramp = torch.linspace(0, 1, 32).expand(4000, 1, 32, 32).contiguous()
    views = image_views(ramp, strength=0.01, generator=seeded())
    falling = views[:, 0, 16, 0] > views[:, 0, 16, -1]
    assert falling.float().mean() == pytest.approx(0.5, abs=0.03)


def test_images_of_one_channel_get_brightness_and_contrast():
    images = IMAGES[:, :1]
    result = color_jittered(
        images,
        uniform(0.6, 1.4),
        uniform(0.6, 1.4).flip(0),
        saturation=torch.zeros(N),
        hue=torch.full((N,), 0.5),
    )
    for image, brightness, contrast, ours in zip(
        images, uniform(0.6, 1.4).tolist(), uniform(0.6, 1.4).flip(0).tolist(), result, strict=True
    ):
        expected = functional.adjust_contrast(functional.adjust_brightness(image, brightness), contrast)
        torch.testing.assert_close(ours, expected, atol=2e-6, rtol=0)


@pytest.mark.parametrize("size", [64, 100])
@pytest.mark.parametrize("channels", [1, 3])
def test_blur_is_torchvisions(size, channels):
    images = torch.rand(8, channels, size, size + 20, generator=seeded())
    sigma = torch.tensor([0.1, 0.2, 0.5, 0.8, 1.0, 1.3, 1.7, 2.0])
    window = 2 * (size // 20) + 1
    theirs = [
        functional.gaussian_blur(image, [window, window], [value, value])
        for image, value in zip(images, sigma.tolist(), strict=True)
    ]
    torch.testing.assert_close(blurred(images, sigma), torch.stack(theirs), atol=2e-6, rtol=0)


def test_the_window_at_224_is_wide_enough_for_the_largest_blur():
    point = torch.zeros(1, 1, 224, 224)
    point[0, 0, 112, 112] = 1
    row = blurred(point, torch.tensor([2.0]))[0, 0].sum(0)
    place = torch.arange(224) - 112
    assert (row * place**2).sum().sqrt() == pytest.approx(2.0, abs=0.01)


def detail(views):
    return (views[..., 1:] - views[..., :-1]).square().mean(dim=(1, 2, 3))


def whole_images(n, size, *, generator):
    return torch.tensor([[0.0, 0.0, size[1], size[0]]]).expand(n, 4)


def test_half_of_the_large_views_is_blurred_and_no_small_one():
    board = (torch.arange(64)[:, None] + torch.arange(64)).remainder(2).float()
    images = board.expand(400, 3, 64, 64).contiguous()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views_images, "crop_boxes", whole_images)
        patch.setattr(views_images, "JITTER", 0.0)
        sharp = detail(image_views(images, strength=1.0, generator=seeded()))
        assert (sharp > 0.999).float().mean() == pytest.approx(0.5, abs=0.08)  # sigma 0.1 changes nothing
        assert sharp.unique().numel() > 100, "each by its own sigma"
        small = image_views(images[..., :63, :63], strength=1.0, generator=seeded())
        assert detail(small).min() > 0.999


def test_views_of_another_size():
    images = torch.rand(6, 3, 80, 80, generator=seeded())
    for size, side in ((70, 70), (80, 80), (90, 80), (None, 80)):
        views = image_views(images, strength=1.0, generator=seeded(), size=size)
        assert views.shape == (6, 3, side, side)
        assert views.min() >= 0
        assert views.max() <= 1


@pytest.mark.parametrize("side", [20, 60])
def test_crops_of_another_size_are_torchvisions(side):
    boxes = torch.tensor([[3.0, 5, 12, 10], [0, 0, 20, 20], [11, 2, 15, 20]])
    ours = cropped(IMAGES[3:6], boxes, flip=torch.zeros(3, dtype=torch.bool), size=(side, side))
    for image, (left, top, width, height), result in zip(
        IMAGES[3:6], boxes.int().tolist(), ours, strict=True
    ):
        expected = functional.resized_crop(image, top, left, height, width, [side, side], antialias=True)
        torch.testing.assert_close(result, expected, atol=1e-5, rtol=0)
