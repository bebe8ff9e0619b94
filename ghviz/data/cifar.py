"""CIFAR-10 and CIFAR-100, from a prepared .npz or from the publisher's binary archive."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.data.download import cached_file
from ghviz.data.npz import class_names, image_array, label_array, read_arrays
from ghviz.data.pool import CACHE, TRAIN, Pool, long_tailed_rows, stream, wanted_counts
from ghviz.types import RunConfig

PIXELS = (3, 32, 32)


@dataclass(frozen=True, kw_only=True)
class BinaryArchive:
    """Where a CIFAR archive is published and what is inside.

    A record is `label_bytes` bytes, the last of them the label, and then 3,072 bytes of pixels: the red,
    green and blue planes, row by row.
    """

    url: str
    md5: str
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int


ARCHIVES = {
    "cifar10": BinaryArchive(
        url="https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        md5="c32a1d4ab5d03f1284b67883e8d87530",
        train=tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6)),
        test="cifar-10-batches-bin/test_batch.bin",
        names="cifar-10-batches-bin/batches.meta.txt",
        label_bytes=1,
    ),
    "cifar100": BinaryArchive(
        url="https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
        md5="03b5dce01913d631647c71ecec9e9cb8",
        train=("cifar-100-binary/train.bin",),
        test="cifar-100-binary/test.bin",
        names="cifar-100-binary/fine_label_names.txt",
        label_bytes=2,
    ),
}


def cifar_pool(config: RunConfig) -> Pool:
    """A long-tailed subset of CIFAR's training images, and its whole test split.

    The head class is the data set's class 0, or the first of `config.classes`; which images of a class are
    taken comes from the seed. `config.data_path` is a prepared `..._train.npz` with its `..._test.npz` beside
    it (`images` (n, 32, 32, 3) uint8, `labels`, `class_names`), a folder that holds the two, or the folder
    where the binary archive is (or will be downloaded to); None: ~/.cache/ghviz.

    Source: [0] Krizhevsky, "Learning multiple layers of features from tiny images", 2009,
    https://www.cs.toronto.edu/~kriz/cifar.html; the order of the classes as in [1] Cui et al.,
    "Class-balanced loss based on effective number of samples", 2019, https://arxiv.org/abs/1901.05555.

    Args:
        config: uses dataset, data_path, num_classes, classes, n_max, ratio, profile and seed.

    Returns:
        uint8 images (n, 3, 32, 32).

    Raises:
        ValueError: no such file, no connection, fewer images than asked for; one sentence.
    """
    whole = _read(config)
    taken = np.arange(config.num_classes) if config.classes is None else np.asarray(config.classes)
    if taken.min() < 0 or taken.max() >= len(whole.class_names):
        raise ValueError(
            f"{config.dataset} has the classes 0 to {len(whole.class_names) - 1}, "
            f"asked for {', '.join(map(str, taken))}"
        )
    names = tuple(whole.class_names[label] for label in taken)
    place = np.full(len(whole.class_names), -1, dtype=np.int64)
    place[taken] = np.arange(len(taken))
    train_labels, test_labels = place[whole.train_labels], place[whole.test_labels]
    rows = long_tailed_rows(train_labels, wanted_counts(config), names=names, rng=stream(config, TRAIN))
    return Pool(
        train_inputs=whole.train_inputs[rows],
        train_labels=train_labels[rows],
        test_inputs=whole.test_inputs[test_labels >= 0],
        test_labels=test_labels[test_labels >= 0],
        class_names=names,
    )


def archive_pool(archive: BinaryArchive, folder: Path) -> Pool:
    """All images of a binary archive in a folder, downloaded there if it is missing.

    Raises:
        ValueError: the archive can't be had or is not what it should be.
    """
    path = cached_file(archive.url, folder, md5=archive.md5)
    try:
        with tarfile.open(path, "r:gz") as tar:
            names = tuple(_member(tar, archive.names).decode("ascii").split())
            train = [_records(_member(tar, name), archive) for name in archive.train]
            test_images, test_labels = _records(_member(tar, archive.test), archive)
    except (tarfile.TarError, KeyError, EOFError, OSError) as error:
        raise ValueError(f"{path} can't be read ({error}): delete it, and it is downloaded again") from error
    return Pool(
        train_inputs=np.concatenate([images for images, _ in train]),
        train_labels=np.concatenate([labels for _, labels in train]),
        test_inputs=test_images,
        test_labels=test_labels,
        class_names=names,
    )


def _read(config: RunConfig) -> Pool:
    """Everything there is, in the data set's own numbering."""
    path = (CACHE if config.data_path is None else Path(config.data_path)).expanduser()
    if path.suffix == ".npz":
        stem = path.stem.removesuffix("_train")
        return _prepared_pool(path, path.with_name(f"{stem}_test.npz"))
    prepared = path / f"{config.dataset}_train.npz"
    if prepared.exists():
        return _prepared_pool(prepared, path / f"{config.dataset}_test.npz")
    return archive_pool(ARCHIVES[config.dataset], path)


def _prepared_pool(train: Path, test: Path) -> Pool:
    train_images, train_labels, names = _prepared(train)
    test_images, test_labels, test_names = _prepared(test)
    if test_names != names:
        raise ValueError(f"{train} and {test} name different classes: they don't belong together")
    return Pool(
        train_inputs=train_images,
        train_labels=train_labels,
        test_inputs=test_images,
        test_labels=test_labels,
        class_names=names,
    )


def _prepared(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64], tuple[str, ...]]:
    arrays = read_arrays(path)
    missing = {"images", "labels", "class_names"} - set(arrays)
    if missing:
        raise ValueError(
            f"{path} must hold images, labels and class_names, {' and '.join(sorted(missing))} missing"
        )
    try:
        images = image_array(arrays["images"])
        labels = label_array(arrays["labels"], samples=len(images))
        names = class_names(arrays, len(arrays["class_names"]))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if images.shape[1:] != PIXELS or labels.max() >= len(names):
        raise ValueError(
            f"{path} is not CIFAR: expected images of 32 x 32 x 3 and labels below {len(names)}, "
            f"got {images.shape[2]} x {images.shape[3]} x {images.shape[1]} and labels up to {labels.max()}"
        )
    return images, labels, names


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    file = tar.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is not a file")
    return file.read()


def _records(raw: bytes, archive: BinaryArchive) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Images (n, 3, 32, 32) and labels (n,) of one binary file."""
    size = archive.label_bytes + int(np.prod(PIXELS))
    if len(raw) % size:
        raise ValueError(f"expected records of {size} bytes in {archive.url}, got {len(raw)} bytes")
    records = np.frombuffer(raw, dtype=np.uint8).reshape(-1, size)
    labels = records[:, archive.label_bytes - 1].astype(np.int64)
    return records[:, archive.label_bytes :].reshape(-1, *PIXELS), labels
