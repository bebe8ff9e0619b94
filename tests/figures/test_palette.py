"""Class colours are ordered, apart for every kind of colour vision, and visible on their background."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from ghviz.figures.palette import (
    BASE_COLOR,
    GH_COLOR,
    channels,
    class_colors,
    contrast,
    inks,
    mix,
    relative_luminance,
)

# [0] Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision Deficiency,
#     2009, https://doi.org/10.1109/TVCG.2009.113; severity 1.0, for linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}

# Smallest distance in OKLab that is asked of any two classes. Okabe and Ito's well-tried eight reach 0.076 in
# their worst kind of vision, Petroff's ten 0.061.
APART = 0.062


def oklab(linear):
    """[0] B. Ottosson, A perceptual color space for image processing, 2020, https://bottosson.github.io/posts/oklab/"""
    cones = np.array(
        [
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ]
    )
    opponents = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return np.cbrt(linear @ cones.T) @ opponents.T


def seen(colors, vision):
    encoded = np.array([channels(color) for color in colors]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return oklab(np.clip(linear @ VISION[vision].T, 0, 1))


def smallest_distance(colors, vision):
    places = seen(colors, vision)
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)
    return distances[~np.eye(len(colors), dtype=bool)].min()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("count", range(2, 11))
def test_any_two_of_up_to_ten_classes_are_apart(count, vision, dark):
    assert smallest_distance(class_colors(count, dark=dark), vision) > APART


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("count", [1, 3, 6, 10, 11, 37, 100])
def test_contrast_against_the_background_is_three_to_one(count, dark):
    background = inks(dark=dark).background
    assert min(contrast(color, background) for color in class_colors(count, dark=dark)) >= 3


@pytest.mark.parametrize("dark", [False, True])
def test_many_classes_are_ordered_by_lightness_for_every_vision(dark):
    colors = class_colors(100, dark=dark)
    for vision in VISION:
        lightness = seen(colors, vision)[:, 0]
        assert (np.diff(lightness) > -0.004).all()
        assert lightness[-1] - lightness[0] > 0.2


@pytest.mark.parametrize("dark", [False, True])
def test_few_classes_go_from_cool_to_warm(dark):
    for count in range(2, 11):
        lab = seen(class_colors(count, dark=dark), "full")
        assert lab[0, 2] < 0 < lab[-1, 1], "head blue, tail red to purple"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_two_sides_are_apart_and_readable(theme):
    pair = [BASE_COLOR[theme], GH_COLOR[theme]]
    assert min(smallest_distance(pair, vision) for vision in VISION) > 0.1
    assert min(contrast(color, inks(dark=theme == "dark").background) for color in pair) > 4


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_readable(dark):
    ink = inks(dark=dark)
    assert contrast(ink.text, ink.background) > 12
    assert contrast(ink.muted, ink.background) > 4.5


def test_no_class_is_an_error():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        class_colors(0)


def test_mix_and_luminance_at_their_ends():
    assert mix("#123456", "#abcdef", 0) == "#123456"
    assert mix("#123456", "#abcdef", 1) == "#abcdef"
    assert relative_luminance("#ffffff") == pytest.approx(1)


def test_palette_loads_no_plotting_library():
    heavy = "('matplotlib', 'plotly', 'numpy')"
    code = f"import sys, ghviz.figures.palette; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
