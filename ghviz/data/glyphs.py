"""Letters and digits in sixteen faces: images that come with matplotlib's fonts, as many as one likes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ghviz.data.pool import ORDER, TEST, TRAIN, Pool, stream, wanted_counts
from ghviz.types import RunConfig

CHARACTERS = (
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    "ΓΔΘΛΞΠΣΦΨΩαβγδεζηθικλμνξπρστυφχψωБДЖЗИЛУЦЧШЩЪЫЬЭЮЯбвджюя"
)
"""The 118 classes: all letters of three alphabets that no other of them looks like, and the digits."""
TRAIN_FACES = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-BoldOblique",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "DejaVuSerif-BoldItalic",
    "STIXGeneral",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
)
TEST_FACES = ("DejaVuSans-BoldOblique", "DejaVuSansMono-Oblique", "DejaVuSerif", "STIXGeneralBol")
"""One of each family, one of each style: no image of them is ever trained on."""
SIDE = 32
FINE = 2 * SIDE  # side of the canvas that is rendered, moved and then halved
SIZE = 46  # of the type, on that canvas
BASELINE = 46
ZOOM, ROTATION, SHIFT = 0.1, 10.0, 2.0  # at most: share of the size, degrees, pixels of the final image


def glyphs_pool(config: RunConfig) -> Pool:
    """Grey images of characters, exactly as many of each class as asked for, and a balanced test set.

    A sample is a character in one of its split's faces, moved by a variation of its own: size within 10 %,
    rotation within 10 degrees, shift within 2 pixels each way. Training draws from 12 of the 16 faces; the
    test split from the other four, one of each family and of each style. So no test image shares its face
    with any training image, hence never face and variation; its variations come from an independent stream.
    What the splits do share is the design of the four families.

    Which class is the head is drawn from the seed, as are the variations; with the same seed a smaller subset
    lies in a larger one.

    Args:
        config: uses num_classes, classes, n_max, ratio, profile, test_per_class and seed.

    Returns:
        uint8 images (n, 1, 32, 32), light on dark.

    Raises:
        ValueError: matplotlib isn't installed, or classes that don't exist; one sentence.
    """
    taken = np.asarray(range(config.num_classes) if config.classes is None else config.classes)
    if taken.min() < 0 or taken.max() >= len(CHARACTERS):
        raise ValueError(
            f"glyphs has the classes 0 to {len(CHARACTERS) - 1}, asked for {taken.min()} to {taken.max()}"
        )
    order = stream(config, ORDER).permutation(taken)
    names = tuple(CHARACTERS[label] for label in order)
    train_counts = wanted_counts(config)
    test_counts = [config.test_per_class] * len(names)
    folder = font_folder()
    return Pool(
        train_inputs=_images(
            names, train_counts, faces=_fonts(folder, TRAIN_FACES), seeds=(config.seed, TRAIN)
        ),
        train_labels=np.repeat(np.arange(len(names)), train_counts),
        test_inputs=_images(names, test_counts, faces=_fonts(folder, TEST_FACES), seeds=(config.seed, TEST)),
        test_labels=np.repeat(np.arange(len(names)), test_counts),
        class_names=names,
    )


def font_folder() -> Path:
    """Where matplotlib keeps its fonts; matplotlib itself is not imported.

    Raises:
        ValueError: it isn't installed.
    """
    found = importlib.util.find_spec("matplotlib")
    for place in (found and found.submodule_search_locations) or ():
        folder = Path(place) / "mpl-data" / "fonts" / "ttf"
        if folder.is_dir():
            return folder
    raise ValueError("dataset 'glyphs' draws with matplotlib's fonts: install matplotlib to use it")


def _fonts(folder: Path, faces: tuple[str, ...]) -> list[ImageFont.FreeTypeFont]:
    # the plain layout engine, so that the picture doesn't depend on whether libraqm is installed
    return [
        ImageFont.truetype(folder / f"{face}.ttf", SIZE, layout_engine=ImageFont.Layout.BASIC)
        for face in faces
    ]


def _images(
    names: tuple[str, ...],
    counts: list[int],
    *,
    faces: list[ImageFont.FreeTypeFont],
    seeds: tuple[int, int],
) -> NDArray[np.uint8]:
    """(sum of counts, 1, 32, 32), class by class."""
    images = np.empty((sum(counts), 1, SIDE, SIDE), dtype=np.uint8)
    row = 0
    for name, count in zip(names, counts, strict=True):
        plain = [_plain(name, face) for face in faces]
        draws = np.random.default_rng([*seeds, ord(name)]).random((count, 5))
        for draw in draws:
            images[row, 0] = _varied(plain[int(draw[0] * len(plain))], 2 * draw[1:] - 1)
            row += 1
    return images


def _plain(name: str, face: ImageFont.FreeTypeFont) -> Image.Image:
    """A character in the middle of its canvas, on the line."""
    canvas = Image.new("L", (FINE, FINE))
    ImageDraw.Draw(canvas).text((FINE / 2, BASELINE), name, font=face, fill=255, anchor="ms")
    return canvas


def _varied(canvas: Image.Image, uniform: NDArray[np.float64]) -> NDArray[np.uint8]:
    """The image of one sample, (32, 32).

    Args:
        canvas: what `_plain` gives.
        uniform: (4,) in [-1, 1]: zoom, rotation, shift right and down.
    """
    zoom, turn = 1 + ZOOM * uniform[0], np.radians(ROTATION * uniform[1])
    middle = FINE / 2
    right, down = middle + 2 * SHIFT * uniform[2:]
    cos, sin = np.cos(turn) / zoom, np.sin(turn) / zoom  # PIL asks where each output pixel comes from
    moves = (cos, sin, middle - cos * right - sin * down, -sin, cos, middle + sin * right - cos * down)
    moved = canvas.transform((FINE, FINE), Image.Transform.AFFINE, moves, Image.Resampling.BILINEAR)
    return np.asarray(moved.reduce(2))
