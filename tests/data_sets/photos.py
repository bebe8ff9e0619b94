"""Image trees for tests: real JPEG files cut out of scikit-learn's two photographs, and its digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits, load_sample_images

COUNTS = {"class 1": 80, "class 2": 20, "class 3": 40, "class 10": 60, "digit 0": 30, "digit 1": 15}
"""Training images of each class, in the natural order of the names."""
TEST = 10
"""Test images of each class."""
WINDOWS = {"class 1": (0, 0, 0), "class 2": (0, 200, 300), "class 3": (1, 0, 0), "class 10": (1, 200, 300)}
"""Photograph, top and left of the part from which a class is cut."""


def write_tree(root: Path) -> Path:
    """Write `root/train/CLASS/*.jpg` and `root/test/CLASS/*.jpg`, 305 files."""
    pictures = Pictures()
    for name, count in COUNTS.items():
        for split, number in (("train", count), ("test", TEST)):
            folder = root / split / name
            folder.mkdir(parents=True)
            for i in range(number):
                pictures.draw(name).save(folder / f"{name[0]} {i + 1}.jpg", quality=90)
    return root


def write_lists(root: Path, *, train: str = "mine_train.txt", test: str = "mine_test.txt") -> Path:
    """Write list files of a tree's images in the public format: `path label` a line."""
    for split, name in (("train", train), ("test", test)):
        lines = [
            f"{path.relative_to(root).as_posix()} {label}"
            for label, each in enumerate(COUNTS)
            for path in sorted((root / split / each).iterdir())
        ]
        (root / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root / train


class Pictures:
    """Draws images of a class, one after the other, always the same."""

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)
        self.photographs = load_sample_images().images  # two of 427 x 640
        self.digits, self.targets = load_digits(return_X_y=True)

    def draw(self, name: str) -> Image.Image:
        if name.startswith("digit"):
            images = self.digits[self.targets == int(name[-1])]
            levels = images[self.rng.integers(len(images))].reshape(8, 8) / 16 * 255
            return Image.fromarray(levels.astype(np.uint8)).resize((40, 48))  # grey, upright
        photograph, top, left = WINDOWS[name]
        height, width = self.rng.integers(40, 120, 2)
        top, left = top + self.rng.integers(0, 100), left + self.rng.integers(0, 200)
        return Image.fromarray(self.photographs[photograph][top : top + height, left : left + width])


def cut_off(path: Path) -> None:
    """Leave half of a file."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
