import pytest
import torch

from ghviz.data.views import as_input, two_views
from ghviz.data.views_digits import affine_moves, digit_views
from ghviz.types import RunConfig

POINTS = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
DIGITS = torch.randint(0, 256, (64, 1, 8, 8), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
PHOTOS = torch.randint(0, 256, (64, 3, 32, 32), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
KINDS = pytest.mark.parametrize(
    ("dataset", "inputs"),
    [
        ("toy-sphere", POINTS),
        ("digits", DIGITS),
        ("cifar10", PHOTOS),
        ("npz", PHOTOS[:, :1]),
        ("npz", POINTS),
    ],
)


def config(dataset, strength=0.5):
    return RunConfig(dataset=dataset, data_path="own.npz", view_strength=strength)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@KINDS
def test_shape_type_and_independence(dataset, inputs):
    first, second = two_views(inputs, config(dataset), seeded())
    for view in (first, second):
        assert view.shape == inputs.shape
        assert view.dtype == torch.float32
        assert view.isfinite().all()
    assert ((first - second).flatten(1).abs().amax(dim=1) > 0).all()
    assert ((first - as_input(inputs)).flatten(1).abs().amax(dim=1) > 0).all()


@KINDS
def test_the_generator_decides_everything(dataset, inputs):
    torch.manual_seed(0)
    before, original = torch.get_rng_state(), inputs.clone()
    generator = seeded(7)
    first = two_views(inputs, config(dataset), generator)
    following = two_views(inputs, config(dataset), generator)
    again = two_views(inputs, config(dataset), seeded(7))
    assert all(torch.equal(one, two) for one, two in zip(first, again, strict=True))
    assert not any(torch.equal(one, two) for one, two in zip(first, following, strict=True))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(inputs, original)


@KINDS
def test_a_batch_of_one(dataset, inputs):
    first, second = two_views(inputs[:1], config(dataset), seeded())
    assert first.shape == second.shape == inputs[:1].shape


def test_as_input_scales_images_and_leaves_points():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3)
    torch.testing.assert_close(as_input(images).flatten(), torch.tensor([0.0, 0.2, 1.0]))
    assert torch.equal(as_input(POINTS), POINTS)


def test_jitter_of_points_is_gaussian_with_the_strength_as_sd():
    points = torch.full((20_000, 2), 3.0)
    first, second = two_views(points, config("toy-circle", 0.12), seeded())
    both = torch.stack([first, second]) - 3
    assert both.mean(dim=(0, 1)).abs().max() < 0.003
    torch.testing.assert_close(both.std(dim=(0, 1)), torch.full((2,), 0.12), atol=0.002, rtol=0)
    columns = torch.cat([first, second], dim=1).T
    assert (torch.corrcoef(columns) - torch.eye(4)).abs().max() < 0.03
    assert (both.abs() > 0.24).float().mean() == pytest.approx(0.0455, abs=0.004)  # beyond two sd


def test_a_tiny_strength_only_erases():
    views = digit_views(as_input(DIGITS), strength=1e-6, generator=seeded())
    changed = (views - as_input(DIGITS)).abs() > 1e-3
    assert torch.equal(changed & (views != 0), torch.zeros_like(changed))


def test_one_block_of_two_by_two_is_erased_in_half_of_the_images():
    images = torch.ones(4000, 1, 8, 8)
    erased = digit_views(images, strength=1e-6, generator=seeded()) == 0
    count = erased.sum(dim=(1, 2, 3))
    assert set(count.tolist()) == {0, 4}
    assert (count == 4).float().mean() == pytest.approx(0.5, abs=0.03)
    blocks = erased[count == 4][:, 0].nonzero().view(-1, 4, 3)[:, :, 1:]  # (n, 4, row and column)
    assert torch.equal(blocks.amax(dim=1) - blocks.amin(dim=1), torch.ones(len(blocks), 2, dtype=torch.int64))
    corners = blocks.amin(dim=1)
    for axis in (0, 1):
        share = torch.bincount(corners[:, axis], minlength=7) / len(corners)
        torch.testing.assert_close(share, torch.full((7,), 1 / 7), atol=0.04, rtol=0)


def test_noise_of_digits_has_a_tenth_of_the_strength_as_sd():
    views = digit_views(torch.zeros(4000, 1, 8, 8), strength=0.7, generator=seeded())
    noise = views[views != 0]
    assert noise.mean().abs() < 0.002
    assert noise.std() == pytest.approx(0.07, abs=0.001)


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        ((1, 0, 0, 0, 0), {"angle": 15}),
        ((-1, 0, 0, 0, 0), {"angle": -15}),
        ((0, 1, 0, 0, 0), {"scale": 1.12}),
        ((0, -1, 0, 0, 0), {"scale": 0.88}),
        ((0, 0, 1, 0, 0), {"shear": 0.12}),
        ((0, 0, 0, 1, 0), {"translate": (1, 0)}),
        ((0, 0, 0, 0, -1), {"translate": (0, -1)}),
        ((0.5, -0.7, 0.3, 1, -0.4), {"angle": 7.5, "scale": 0.916, "shear": 0.036, "translate": (1, -0.4)}),
    ],
)
def test_moves_are_the_inverse_of_rotation_times_shear(draw, expected):
    """Against the written-out matrices: x of the image goes to zoom * rotation * shear * x + shift."""
    angle = torch.deg2rad(torch.tensor(float(expected.get("angle", 0))))
    rotation = torch.tensor([[angle.cos(), -angle.sin()], [angle.sin(), angle.cos()]])
    shear = torch.tensor([[1.0, expected.get("shear", 0)], [0.0, 1.0]])
    forward = torch.eye(3)
    forward[:2, :2] = expected.get("scale", 1.0) * rotation @ shear
    forward[:2, 2] = torch.tensor(expected.get("translate", (0.0, 0.0))) * 2 / 8
    moves = affine_moves(torch.tensor([draw], dtype=torch.float32), strength=1.0)
    torch.testing.assert_close(moves[0], torch.linalg.inv(forward)[:2], atol=1e-6, rtol=0)


def test_moves_agree_with_torchvision():
    from torchvision.transforms.v2 import InterpolationMode, functional

    image = as_input(DIGITS[:1])
    grid = torch.nn.functional.affine_grid(
        affine_moves(torch.tensor([[0.8, 0.5, 0, 1, -0.5]]), strength=1.0),
        [1, 1, 8, 8],
        align_corners=False,
    )
    ours = torch.nn.functional.grid_sample(image, grid, align_corners=False)
    theirs = functional.affine(
        image, angle=12.0, translate=[1, -0.5], scale=1.06, shear=[0.0, 0.0],
        interpolation=InterpolationMode.BILINEAR,
    )  # fmt: skip
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=0)


def test_moves_stay_within_the_strength():
    uniform = 2 * torch.rand(5000, 5, generator=seeded()) - 1
    moves = affine_moves(uniform, strength=0.9)
    linear = torch.linalg.inv(moves[:, :, :2].double())
    shift = -(linear @ moves[:, :, 2:].double()).squeeze(2) * 4  # pixels
    assert shift.abs().amax() <= 0.9 + 1e-5
    assert shift.abs().amax() > 0.85
    angle = torch.rad2deg(torch.atan2(linear[:, 1, 0], linear[:, 0, 0]))
    assert angle.abs().amax() <= 13.5 + 1e-4
    assert angle.abs().amax() > 13
    zoom = linear[:, :, 0].norm(dim=1)
    assert zoom.amin() > 1 - 0.108 - 1e-6
    assert zoom.amax() < 1 + 0.108 + 1e-6


@KINDS
def test_both_views_are_of_their_own_sample(dataset, inputs):
    """Row i of both views comes from sample i: each sample is one value all over, and hardly changed."""
    values = torch.linspace(40, 250, 64)
    samples = values.view(-1, *[1] * (inputs.ndim - 1)).expand_as(inputs).to(inputs.dtype)
    for view in two_views(samples, config(dataset, 1e-5), seeded()):
        found = view.flatten(1).median(dim=1).values
        assert torch.equal(found.argsort(), torch.arange(64))
