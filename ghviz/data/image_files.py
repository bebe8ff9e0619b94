"""Data sets of image files: any folder, any list file, ImageNet-LT and Places-LT."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.data.image_cache import Failure, UnreadableImagesError, cached_images
from ghviz.data.image_lists import ImageList, ImageLists, folder_lists, list_file, names_beside
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


def folder_pool(config: RunConfig) -> Pool:
    """A folder with a sub-folder of images for each class, made long-tailed or taken as it is.

    Classes are ordered by size. Where there are no `train` and `test` (or `val`) folders, `test_per_class`
    images of each class are held out.

    Args:
        config: uses data_path, cache_path, image_size, skip_broken and what says which subset to take.

    Returns:
        uint8 images (n, 3, S, S), S = 8/7 of image_size; memory maps.

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
        class_names=names_beside(train, int(training.labels.max()) + 1),
    )


def _pool(config: RunConfig, lists: ImageLists) -> Pool:
    """The images of the subset; with `skip_broken` drawn anew without the broken until all can be read."""
    folder = (CACHE if config.cache_path is None else Path(config.cache_path)).expanduser() / "images"
    broken: dict[str, str] = {}
    while True:
        train, test, names = _subset(config, lists, broken)
        try:
            images = cached_images([train.paths, test.paths], image_size=config.image_size, folder=folder)
            break
        except UnreadableImagesError as error:
            if not config.skip_broken:
                raise
            broken |= dict(error.failures)
    return Pool(
        train_inputs=images[0],
        train_labels=train.labels,
        test_inputs=images[1],
        test_labels=test.labels,
        class_names=names,
        image_size=config.image_size,
        notes=(_skipped(list(broken.items())),) if broken else (),
    )


def _subset(
    config: RunConfig, lists: ImageLists, broken: dict[str, str]
) -> tuple[ImageList, ImageList, tuple[str, ...]]:
    """Training and test images of the taken classes, numbered from the largest class, and their names.

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
    train = _relabelled(whole, taken)
    if lists.test is not None:
        test = _relabelled(_readable(lists.test, broken), taken)
        lacking = np.setdiff1d(np.arange(len(taken)), test.labels)
        if len(lacking):
            raise ValueError(
                f"class {names[lacking[0]]!r} has no test image: add some or leave the class out"
            )
    else:
        held = hold_out(train.labels, per_class=config.test_per_class, names=names, rng=stream(config, TEST))
        train, test = _rows(train, ~held), _rows(train, held)
    if config.profile != "given":
        drawn = long_tailed_rows(train.labels, wanted_counts(config), names=names, rng=stream(config, TRAIN))
        train = _rows(train, np.sort(drawn))
    return train, test, names


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


def _skipped(broken: list[Failure]) -> str:
    path, reason = broken[0]
    others = f" and {len(broken) - 1:,} more" if len(broken) > 1 else ""
    return f"left out {len(broken):,} missing or broken images: {path} ({reason}){others}"
