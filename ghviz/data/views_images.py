"""Augmentation of photographs: random resized crop, flip, colour jitter, grayscale, blur, all in batch."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import conv2d, grid_sample, pad

SCALE = (0.1, 1.0)  # share of the image's area that a crop keeps
ASPECT = (3 / 4, 4 / 3)  # width / height of a crop
TRIES = 10  # for a crop that fits; then the whole image
FLIP = 0.5
JITTER = 0.8  # probability
BRIGHTNESS, CONTRAST, SATURATION, HUE = 0.4, 0.4, 0.4, 0.1
GRAYSCALE = 0.2
BLUR = 0.5
BLUR_SIGMA = (0.1, 2.0)  # pixels
BLUR_FROM = 64  # pixels of the view's shorter side: smaller images are not blurred
LUMA = (0.2989, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


def image_views(
    images: Tensor, *, strength: float, generator: torch.Generator, size: int | None = None
) -> Tensor:
    """One random view of each image: crop, flip, colour jitter, grayscale, each sample with its own draws.

    The recipe of SimCLR for small images [0]; views of 64 pixels and more are also blurred, half of them, by
    a Gaussian of 0.1 to 2 pixels. Deviation: brightness, contrast, saturation and hue are changed
    in this order in every sample, where the usual recipe draws the order anew for each image. Images of one
    channel get crop, flip, brightness, contrast and blur.

    Source: [0] Chen et al., "A simple framework for contrastive learning of visual representations", 2020,
    https://arxiv.org/abs/2002.05709, App. A and B.9.

    Args:
        images: (n, C, H, W) float32 in [0, 1], C = 1 or 3.
        strength: scales the colour jitter; 1 is the recipe (0.4, 0.4, 0.4, 0.1).
        generator: on the images' device.
        size: side of the views, where the images are larger; None: the images' own height and width.

    Returns:
        (n, C, H, W) float32 in [0, 1]; H and W are `size` where it is given.
    """
    n, channels, height, width = images.shape
    view = (height, width) if size is None else (min(size, height), min(size, width))
    draws = torch.empty(n, 7, device=images.device).uniform_(generator=generator)
    boxes = crop_boxes(n, (height, width), generator=generator)
    images = cropped(images, boxes, flip=draws[:, 0] < FLIP, size=view)
    jittered = draws[:, 1] < JITTER
    brightness, contrast, saturation, hue = _jitter(draws[:, 2:6], jittered, strength)
    images = color_jittered(images, brightness, contrast, saturation=saturation, hue=hue)
    if channels == 3:
        images = torch.where(_each(draws[:, 6] < GRAYSCALE), grayscale(images), images)
    return images if min(view) < BLUR_FROM else _some_blurred(images, generator)


def crop_boxes(n: int, size: tuple[int, int], *, generator: torch.Generator) -> Tensor:
    """Random crops (n, 4): left, top, width and height in whole pixels.

    Area and aspect are drawn (the aspect's logarithm uniformly) until the crop fits into the image, 10 times
    at most; then the whole image is taken.

    Args:
        n: how many.
        size: height and width of the image.
        generator: its device is the result's.
    """
    height, width = size
    draws = torch.empty(4, n, TRIES, device=generator.device).uniform_(generator=generator)
    area = height * width * (SCALE[0] + (SCALE[1] - SCALE[0]) * draws[0])
    low, high = math.log(ASPECT[0]), math.log(ASPECT[1])
    aspect = torch.exp(low + (high - low) * draws[1])
    widths, heights = (area * aspect).sqrt().round(), (area / aspect).sqrt().round()
    fits = (widths <= width) & (heights <= height) & (widths >= 1) & (heights >= 1)
    first = fits.int().argmax(dim=1, keepdim=True)  # the first that fits; 0 where none does
    none = ~fits.gather(1, first).squeeze(1)
    crop_width = torch.where(none, width, widths.gather(1, first).squeeze(1))
    crop_height = torch.where(none, height, heights.gather(1, first).squeeze(1))
    left = (draws[2, :, 0] * (width - crop_width + 1)).floor()
    top = (draws[3, :, 0] * (height - crop_height + 1)).floor()
    return torch.stack([left, top, crop_width, crop_height], dim=1)


def cropped(images: Tensor, boxes: Tensor, *, flip: Tensor, size: tuple[int, int] | None = None) -> Tensor:
    """Each image's crop, brought bilinearly to one size; mirrored where `flip`.

    Args:
        images: (n, C, H, W).
        boxes: (n, 4) left, top, width and height in pixels.
        flip: (n,) bool.
        size: height and width to bring them to; None: those of the images.
    """
    height, width = size or images.shape[2:]
    left, top, crop_width, crop_height = boxes.unbind(1)
    x = _sources(left, crop_width, places=width, size=images.shape[3])
    x = torch.where(flip[:, None], x.flip(1), x)
    y = _sources(top, crop_height, places=height, size=images.shape[2])
    grid = torch.stack(
        [x[:, None, :].expand(-1, height, -1), y[:, :, None].expand(-1, -1, width)], dim=3
    )  # (n, H, W, 2)
    return grid_sample(images, grid, align_corners=True, padding_mode="border")


def _sources(start: Tensor, length: Tensor, *, places: int, size: int) -> Tensor:
    """Where each of `places` pixels looks, (n, places): -1 to 1 between the centres of the outer of `size`.

    A pixel never looks beyond the centres of the crop's outer pixels, as if the crop had been cut out first.
    """
    middle = (torch.arange(places, device=start.device) + 0.5) / places
    source = (middle * length[:, None] - 0.5).clamp_min(0)
    source = torch.minimum(source, length[:, None] - 1) + start[:, None]
    return 2 * source / max(size - 1, 1) - 1


def _jitter(uniform: Tensor, jittered: Tensor, strength: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Factors of brightness, contrast, saturation, and the hue's turn, (n,) each; neutral if not jittered."""
    factors = []
    for column, reach in enumerate((BRIGHTNESS, CONTRAST, SATURATION)):
        low, high = max(0.0, 1 - strength * reach), 1 + strength * reach
        factors.append(torch.where(jittered, low + (high - low) * uniform[:, column], 1.0))
    turn = min(strength * HUE, 0.5) * (2 * uniform[:, 3] - 1)
    return factors[0], factors[1], factors[2], torch.where(jittered, turn, 0.0)


def color_jittered(
    images: Tensor, brightness: Tensor, contrast: Tensor, *, saturation: Tensor, hue: Tensor
) -> Tensor:
    """Brightness, contrast, saturation and hue changed, in this order, each sample by its own amount.

    Args:
        images: (n, C, H, W) in [0, 1]; with C = 1 there is no saturation and no hue.
        brightness: (n,) factor.
        contrast: (n,) factor, away from the mean luma of the image.
        saturation: (n,) factor, away from the luma of the pixel.
        hue: (n,) turn in [-0.5, 0.5] of the colour circle.
    """
    images = (images * _each(brightness)).clamp_(0, 1)
    mean = _luma(images).mean(dim=(1, 2, 3), keepdim=True)
    images = torch.lerp(mean, images, _each(contrast)).clamp_(0, 1)
    if images.shape[1] == 1:
        return images
    images = torch.lerp(_luma(images), images, _each(saturation)).clamp_(0, 1)
    return hue_turned(images, hue)


def grayscale(images: Tensor) -> Tensor:
    """(n, 3, H, W) with the luma in all three channels."""
    return _luma(images).expand_as(images)


def hue_turned(images: Tensor, turn: Tensor) -> Tensor:
    """Colours moved around the colour circle; lightness and saturation (of HSV) stay.

    Args:
        images: (n, 3, H, W) in [0, 1].
        turn: (n,) in turns, 1 = all around.
    """
    red, green, blue = images.unbind(1)
    value = images.amax(dim=1)
    chroma = value - images.amin(dim=1)
    safe = torch.where(chroma == 0, 1, chroma)
    sextant = torch.where(
        value == red,
        (green - blue) / safe,
        torch.where(value == green, 2 + (blue - red) / safe, 4 + (red - green) / safe),
    )
    sextant = sextant + 6 * turn[:, None, None]
    channels = []
    for offset in (5, 3, 1):  # red, green, blue
        k = (sextant + offset) % 6
        channels.append(value - chroma * torch.minimum(k, 4 - k).clamp_(0, 1))
    return torch.stack(channels, dim=1)


def _some_blurred(images: Tensor, generator: torch.Generator) -> Tensor:
    """A random half of the images blurred, each by its own sigma."""
    draws = torch.empty(len(images), 2, device=images.device).uniform_(generator=generator)
    chosen = (draws[:, 0] < BLUR).nonzero().squeeze(1)
    low, high = BLUR_SIGMA
    sigma = low + (high - low) * draws[chosen, 1]
    return images.index_copy(0, chosen, blurred(images[chosen], sigma))


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """Each image blurred by its own Gaussian, whose window is a tenth of the image's shorter side.

    Args:
        images: (n, C, H, W); the border is mirrored.
        sigma: (n,) standard deviation in pixels, > 0.
    """
    n, channels, height, width = images.shape
    reach = max(1, min(height, width) // 20)
    offsets = torch.arange(-reach, reach + 1, device=images.device)
    weights = torch.softmax(-0.5 * (offsets / sigma[:, None]) ** 2, dim=1)  # (n, window)
    weights = weights.repeat_interleave(channels, dim=0)[:, None, None, :].to(images.dtype)
    rows = pad(images, (reach, reach, reach, reach), mode="reflect").flatten(0, 1)[None]  # one group each
    rows = conv2d(rows, weights, groups=n * channels)
    rows = conv2d(rows, weights.transpose(2, 3), groups=n * channels)
    return rows.view(n, channels, height, width)


def _luma(images: Tensor) -> Tensor:
    """(n, 1, H, W); an image of one channel is its own luma."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue).unsqueeze(1)


def _each(values: Tensor) -> Tensor:
    return values[:, None, None, None]
