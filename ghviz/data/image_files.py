"""Data sets of image files: any folder, any list file, ImageNet-LT and Places-LT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.data.image_cache import UnreadableImagesError, cached_images, stored_bytes
from ghviz.data.image_lists import ImageList, ImageLists, folder_lists, list_file, names_beside
from ghviz.data.pool import (
    CACHE,
    TEST,
    TRAIN,
    Pool,
    class_sizes,
    hold_out,
    long_tailed_rows,
    places,
    stream,
    taken_labels,
    wanted_counts,
)
from ghviz.types import RunConfig


@dataclass(frozen=True, kw_only=True)
class Published:
    """A long-tailed data set that is published as list files over another data set's images."""

    train: str
    test: str
    images: str


LISTS_FROM = "https://github.com/facebookresearch/classifier-balancing/tree/main/data"
PUBLISHED = {
    "imagenet-lt": Published(
        train="ImageNet_LT_train.txt",
        test="ImageNet_LT_test.txt",
        images="the ImageNet (ILSVRC 2012) images from https://image-net.org",
    ),
    "places-lt": Published(
        train="Places_LT_train.txt",
        test="Places_LT_test.txt",
        images="the Places365-Standard images (256 x 256) from http://places2.csail.mit.edu",
    ),
}
SPLITS = ("test", "val")
WHOLE_BYTES = 2 << 30
"""Decoded images of all samples that may lie in memory: seeds and ratios then share one file of the cache."""


@dataclass(frozen=True, kw_only=True)
class _Subset:
    """Which rows of the taken classes' images to train and to test on."""

    source: ImageList
    test_source: ImageList | None  # None: the test images are held out of `source`
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    names: tuple[str, ...]

    @property
    def sources(self) -> list[ImageList]:
        return [self.source] if self.test_source is None else [self.source, self.test_source]

    @property
    def parts(self) -> tuple[ImageList, ImageList]:
        return _rows(self.sources[0], self.train), _rows(self.sources[-1], self.test)


def folder_pool(config: RunConfig) -> Pool:
    """A folder with a sub-folder of images for each class, made long-tailed or taken as it is.

    Classes are ordered by size. Where there are no `train` and `test` (or `val`) folders, `test_per_class`
    images of each class are held out.

    Args:
        config: uses data_path, cache_path, image_size, skip_broken and what says which subset to take.

    Returns:
        uint8 images (n, 3, S, S), S = 8/7 of image_size; memory maps where the images are large.

    Raises:
        ValueError: missing folders, missing or broken images, too few of them; one sentence.
    """
    root = _needed_path(config, "the folder that has one folder for each class")
    return _pool(config, folder_lists(root))


def list_pool(config: RunConfig) -> Pool:
    """Images from list files of the form `path label`, made long-tailed or taken as they are.

    The test list is `test_list`, else the file named like the training list with "test" or "val" in place of
    "train"; where there is none, `test_per_class` images of each class are held out.

    Args:
        config: uses data_path (the training list), test_list, image_root, and what `folder_pool` uses.

    Returns:
        As `folder_pool`.

    Raises:
        ValueError: missing lists or lines of another form, and what `folder_pool` raises.
    """
    train = _needed_path(config, "the list file of the training images")
    test = _test_list(train) if config.test_list is None else Path(config.test_list).expanduser()
    return _pool(config, _listed(config, train, test))


def published_pool(config: RunConfig) -> Pool:
    """ImageNet-LT or Places-LT from their published list files: long-tailed as they are.

    Source: [0] Liu et al., "Large-scale long-tailed recognition in an open world", 2019,
    https://arxiv.org/abs/1904.05160 (Zhou et al. use these lists).

    Args:
        config: uses data_path (the folder of the lists), image_root, and what `folder_pool` uses. The profile
            must be "given".

    Returns:
        As `folder_pool`.

    Raises:
        ValueError: the lists are not there (it says where to get them), and what `folder_pool` raises.
    """
    published = PUBLISHED[config.dataset]
    folder = _needed_path(config, f"the folder of {published.train} and {published.test}")
    if config.profile != "given":
        raise ValueError(f"{config.dataset} is long-tailed as it is: set profile to 'given'")
    absent = [name for name in (published.train, published.test) if not (folder / name).is_file()]
    if absent:
        raise ValueError(
            f"{folder} has no {' and no '.join(absent)}: download the lists from {LISTS_FROM} and "
            f"{published.images}, and set image_root to the folder that the lists' paths start from"
        )
    return _pool(config, _listed(config, folder / published.train, folder / published.test))


def _needed_path(config: RunConfig, what: str) -> Path:
    if not config.data_path:
        raise ValueError(f"dataset {config.dataset!r} needs data_path: {what}")
    return Path(config.data_path).expanduser()


def _test_list(train: Path) -> Path | None:
    head, found, tail = train.name.rpartition("train")
    beside = [train.with_name(f"{head}{split}{tail}") for split in SPLITS] if found else []
    return next((path for path in beside if path.is_file()), None)


def _listed(config: RunConfig, train: Path, test: Path | None) -> ImageLists:
    root = train.parent if config.image_root is None else Path(config.image_root).expanduser()
    if not root.is_dir():
        raise ValueError(
            f"{root} is not a folder: set image_root to the one that the lists' paths start from"
        )
    training = list_file(train, root)
    if not any(path.is_file() for path in training.paths):
        raise ValueError(
            f"none of the {len(training.paths):,} images of {train} is there, the first would be "
            f"{training.paths[0]}: set image_root to the folder that the list's paths start from"
        )
    return ImageLists(
        train=training,
        test=None if test is None else list_file(test, root),
        class_names=names_beside(train, len(class_sizes(training.labels))),
    )


def _pool(config: RunConfig, lists: ImageLists) -> Pool:
    """The images of the subset; with `skip_broken` drawn anew without the broken until all can be read."""
    broken: dict[str, str] = {}
    while True:
        subset = _subset(config, lists, broken)
        try:
            train_inputs, test_inputs = _images(config, subset)
            break
        except UnreadableImagesError as error:
            if not config.skip_broken:
                raise
            broken |= {each.path: each.reason for each in error.failures}
    train, test = subset.parts
    return Pool(
        train_inputs=train_inputs,
        train_labels=train.labels,
        test_inputs=test_inputs,
        test_labels=test.labels,
        class_names=subset.names,
        image_size=config.image_size,
        notes=(_skipped(broken),) if broken else (),
    )


def _images(config: RunConfig, subset: _Subset) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Training and test images.

    Where the images of the taken classes fit into memory, all of them are decoded, once for every seed and
    ratio, and the rows of the subset are taken from there; else the subset has files of its own.
    """
    folder = (CACHE if config.cache_path is None else Path(config.cache_path)).expanduser() / "images"
    total = sum(len(each.paths) for each in subset.sources)
    is_whole = stored_bytes(total, config.image_size) <= WHOLE_BYTES
    listed = [each.paths for each in (subset.sources if is_whole else subset.parts)]
    images = cached_images(listed, image_size=config.image_size, folder=folder)
    if not is_whole:
        return images[0], images[1]
    return _picked(images[0], subset.train), _picked(images[-1], subset.test)


def _picked(images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Rising rows of images; all of them stay mapped from their file."""
    return images if len(rows) == len(images) else images[rows]


def _subset(config: RunConfig, lists: ImageLists, broken: dict[str, str]) -> _Subset:
    """Which images of the taken classes to use, with labels numbered from the largest class.

    In the order of the lists, so that the same images make the same file of the cache under any seed.
    """
    whole = _readable(lists.train, broken)
    gone = np.setdiff1d(lists.train.labels, whole.labels)
    if len(gone):
        raise ValueError(
            f"class {lists.class_names[gone[0]]!r} has no training image that can be read, such as "
            f"{next(iter(broken))}: mend some or move the class away"
        )
    taken = taken_labels(config, whole.labels)
    names = tuple(lists.class_names[label] for label in taken)
    source, test_source = _relabelled(whole, taken), None
    if lists.test is not None:
        test_source = _relabelled(_readable(lists.test, broken), taken)
        lacking = np.setdiff1d(np.arange(len(taken)), test_source.labels)
        if len(lacking):
            raise ValueError(
                f"class {names[lacking[0]]!r} has no test image: add some or leave the class out"
            )
        train, test = np.arange(len(source.paths)), np.arange(len(test_source.paths))
    else:
        held = hold_out(source.labels, per_class=config.test_per_class, names=names, rng=stream(config, TEST))
        train, test = np.flatnonzero(~held), np.flatnonzero(held)
    if config.profile != "given":
        counts, rng = wanted_counts(config), stream(config, TRAIN)
        train = train[np.sort(long_tailed_rows(source.labels[train], counts, names=names, rng=rng))]
    return _Subset(source=source, test_source=test_source, train=train, test=test, names=names)


def _readable(images: ImageList, broken: dict[str, str]) -> ImageList:
    if not broken:
        return images
    return _rows(images, np.asarray([str(path.absolute()) not in broken for path in images.paths]))


def _relabelled(images: ImageList, taken: NDArray[np.int64]) -> ImageList:
    """Images of the taken classes only, numbered by their place in `taken`."""
    labels = places(images.labels, taken)
    return _rows(ImageList(paths=images.paths, labels=labels), labels >= 0)


def _rows(images: ImageList, rows: NDArray[np.bool_] | NDArray[np.int64]) -> ImageList:
    indices = np.arange(len(images.paths))[rows]
    return ImageList(paths=tuple(images.paths[i] for i in indices), labels=images.labels[indices])


def _skipped(broken: dict[str, str]) -> str:
    path, reason = next(iter(broken.items()))
    others = f" and {len(broken) - 1:,} more" if len(broken) > 1 else ""
    return f"left out {len(broken):,} missing or broken images: {path} ({reason}){others}"
