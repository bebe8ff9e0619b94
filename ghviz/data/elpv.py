"""Solar cells in electroluminescence: images of the package elpv-dataset, long-tailed as they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.data.image_cache import UnreadableImagesError, cached_images
from ghviz.data.pool import (
    CACHE,
    TEST,
    TRAIN,
    Pool,
    hold_out,
    long_tailed_rows,
    places,
    stream,
    taken_labels,
    wanted_counts,
)
from ghviz.types import RunConfig

INSTALL = "pip install elpv-dataset==1.0.0.post1"
TYPES = ("mono", "poly")
GRADES = ("0", "1/3", "2/3", "1")
CLASSES = tuple(f"{kind} {grade}" for kind in TYPES for grade in GRADES)
"""Type of the cell and probability of a defect: the classes by label."""
LICENCE = "its images are under CC BY-NC-SA 4.0: not for commercial use"


def elpv_pool(config: RunConfig) -> Pool:
    """2,624 grey images of solar cells in eight classes of 920 to 50, as they are or with a steeper tail.

    Classes are ordered by size. The held-out test images and, where the profile is not "given", the subset
    are drawn from the seed. The images are decoded once and kept where other image files are.

    Their licence is CC BY-NC-SA 4.0, other than that of this library: not for commercial use; a note says so.

    Source: [0] Deitsch et al., "Segmentation of photovoltaic module cells in uncalibrated electroluminescence
    images", 2021, https://doi.org/10.1007/s00138-021-01191-9; [1] https://pypi.org/project/elpv-dataset.

    Args:
        config: uses cache_path, image_size, num_classes, classes, n_max, ratio, profile, test_per_class and
            seed.

    Returns:
        uint8 images (n, 1, S, S), S = 8/7 of image_size.

    Raises:
        ValueError: the package isn't installed or is damaged, classes that don't exist, or more samples than
            there are; one sentence.
    """
    paths, all_labels = _listed(_folder())
    taken = taken_labels(config, all_labels)
    names = tuple(CLASSES[label] for label in taken)
    rows = np.flatnonzero(np.isin(all_labels, taken))
    labels = places(all_labels[rows], taken)
    test = hold_out(labels, per_class=config.test_per_class, names=names, rng=stream(config, TEST))
    train = np.flatnonzero(~test)
    if config.profile != "given":
        counts = wanted_counts(config)
        train = train[long_tailed_rows(labels[train], counts, names=names, rng=stream(config, TRAIN))]
    images = _images(config, paths)
    return Pool(
        train_inputs=images[rows[train]],
        train_labels=labels[train],
        test_inputs=images[rows[test]],
        test_labels=labels[test],
        class_names=names,
        image_size=config.image_size,
        notes=(LICENCE,),
    )


def _folder() -> Path:
    """Where the package keeps its data; it is found, not imported."""
    found = importlib.util.find_spec("elpv_dataset")
    for place in (found and found.submodule_search_locations) or ():
        folder = Path(place) / "data"
        if (folder / "labels.csv").is_file():
            return folder
    raise ValueError(f"dataset 'elpv' comes with the package elpv-dataset: {INSTALL} to use it")


def _listed(folder: Path) -> tuple[list[Path], NDArray[np.int64]]:
    """All images and their labels, from lines such as `images/cell0001.png  0.333  mono`."""
    paths, labels = [], []
    for number, line in enumerate((folder / "labels.csv").read_text(encoding="utf-8").splitlines(), start=1):
        try:
            name, probability, kind = line.split()
            label = TYPES.index(kind) * len(GRADES) + range(len(GRADES)).index(round(3 * float(probability)))
        except ValueError as error:
            raise ValueError(
                f"{folder / 'labels.csv'}, line {number}: expected an image, a probability and mono or poly, "
                f"got {line[:80]!r}: {INSTALL} --force-reinstall"
            ) from error
        paths.append(folder / name)
        labels.append(label)
    return paths, np.asarray(labels, dtype=np.int64)


def _images(config: RunConfig, paths: list[Path]) -> NDArray[np.uint8]:
    """All of them, (n, 1, S, S); the cache keeps three equal channels."""
    folder = (CACHE if config.cache_path is None else Path(config.cache_path)).expanduser() / "images"
    try:
        (images,) = cached_images([paths], image_size=config.image_size, folder=folder)
    except UnreadableImagesError as error:
        first = error.failures[0]
        raise ValueError(
            f"{len(error.failures):,} images of the package elpv-dataset are missing or broken, such as "
            f"{first.path} ({first.reason}): {INSTALL} --force-reinstall"
        ) from error
    return images[:, :1]
