"""The user's own data: images or points with labels in one .npz file."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.data.pool import (
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

MOST_BYTES = 4 << 30
"""Largest file, unpacked, that is read: everything is kept in memory."""

Arrays = dict[str, NDArray[Any]]


def npz_pool(config: RunConfig) -> Pool:
    """A long-tailed subset of the user's own data.

    The file holds `images` (n, H, W) or (n, H, W, 1, 3 or 4), uint8 or uint16 (scaled to uint8; what an alpha
    channel makes transparent lies over white, as in image files), or `points` (also called `embeddings`)
    (n, D) of any float type; `labels` (n,) of integers from 0 without gaps; perhaps `class_names` (L,)
    strings; perhaps `test_images` or `test_points` with `test_labels`. Without a test split, `test_per_class`
    samples of each class are held out.

    Classes are ordered by size, so that label 0 is the largest. The profile "given" takes them as they are,
    `ratio` 1 too but at most `n_max` of each; otherwise the subset has exactly the sizes asked for.

    Args:
        config: uses data_path, num_classes, classes, n_max, ratio, profile, test_per_class and seed.

    Returns:
        uint8 images or float32 points.

    Raises:
        ValueError: the file is missing, broken or holds something else; one sentence.
    """
    path = Path(str(config.data_path)).expanduser()
    arrays = read_arrays(path)
    try:
        whole = _whole(arrays, config)
        rows = long_tailed_rows(
            whole.train_labels, _counts(whole, config), names=whole.class_names, rng=stream(config, TRAIN)
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    return replace(whole, train_inputs=whole.train_inputs[rows], train_labels=whole.train_labels[rows])


def read_arrays(path: Path) -> Arrays:
    """All arrays of an .npz file; nothing in it is ever unpickled.

    Raises:
        ValueError: missing, too large, not an .npz, broken, or with Python objects inside; one sentence.
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist: give data_path the .npz file to read")
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MOST_BYTES:
            raise ValueError(
                f"{path} holds {size / 2**30:.1f} GiB unpacked, at most {MOST_BYTES / 2**30:g} GiB fit: "
                "take fewer or smaller images"
            )
        with np.load(path, allow_pickle=False) as file:
            return {name: _array(file, name, path) for name in file.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        why = "cut off, or something else" if "not a zip file" in str(error) else error
        raise ValueError(
            f"{path} can't be read as an .npz file ({why}): write it with numpy.savez"
        ) from error


def _array(file: Any, name: str, path: Path) -> NDArray[Any]:
    try:
        array = file[name]
    except MemoryError as error:
        raise ValueError(f"{path}: array {name!r} doesn't fit into memory: take fewer samples") from error
    except ValueError as error:
        raise ValueError(
            f"{path}: array {name!r} is broken or holds Python objects, which are never loaded: "
            "save plain numbers or strings"
        ) from error
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{path}: {name!r} is not an array: write the file with numpy.savez")
    return array


def image_array(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Images as (n, C, H, W) uint8 with C = 1 or 3.

    Args:
        images: (n, H, W) or (n, H, W, 1, 3 or 4), uint8 or uint16; the fourth channel is alpha: what is
            transparent lies over white.

    Raises:
        ValueError: another shape or type.
    """
    if images.ndim == 3:
        images = images[..., None]
    if images.ndim != 4 or images.shape[3] not in (1, 3, 4) or min(images.shape) < 1:
        raise ValueError(f"images must have shape (n, H, W) or (n, H, W, 1, 3 or 4), got {images.shape}")
    if images.dtype == np.uint16:
        images = np.rint(images / 257).astype(np.uint8)
    if images.dtype != np.uint8:
        raise ValueError(f"images must be uint8 or uint16, got {images.dtype}")
    if images.shape[3] == 4:
        images = np.stack([_over_white(image) for image in images])
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))


def _over_white(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image (H, W, 4) with alpha as (H, W, 3) without."""
    colour, alpha = image[..., :3].astype(np.uint16), image[..., 3:].astype(np.uint16)
    return ((colour * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)  # at most 65,152


def point_array(points: NDArray[Any]) -> NDArray[np.float32]:
    """Points as (n, D) float32.

    Raises:
        ValueError: another shape or type, or a value that is not finite.
    """
    if points.ndim != 2 or min(points.shape) < 1 or not np.issubdtype(points.dtype, np.floating):
        raise ValueError(f"points must be floats of shape (n, D), got {points.dtype} of shape {points.shape}")
    with np.errstate(over="ignore"):
        narrow = points.astype(np.float32)
    bad = ~np.isfinite(narrow).all(axis=1)
    if bad.any():
        raise ValueError(
            f"{int(bad.sum())} of {len(points)} points hold NaN or infinity: remove or fill them"
        )
    return narrow


def label_array(labels: NDArray[Any], *, samples: int) -> NDArray[np.int64]:
    """Labels as (n,) int64.

    Raises:
        ValueError: another shape or type, a negative label, or another length than `samples`.
    """
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels must be integers of shape (n,), got {labels.dtype} of shape {labels.shape}")
    if len(labels) != samples:
        raise ValueError(f"there are {samples} samples and {len(labels)} labels: there must be one for each")
    if labels.min() < 0 or labels.max() > np.iinfo(np.int64).max:
        raise ValueError(f"labels must count from 0, got {labels.min()} to {labels.max()}")
    return labels.astype(np.int64)


def class_names(arrays: Arrays, num_classes: int) -> tuple[str, ...]:
    """The file's class names, or "class 0", "class 1", ... where it has none.

    Raises:
        ValueError: not one string for each class.
    """
    if "class_names" not in arrays:
        return tuple(f"class {label}" for label in range(num_classes))
    names = arrays["class_names"]
    if names.ndim != 1 or names.dtype.kind not in "US" or len(names) < num_classes:
        raise ValueError(
            f"class_names must be {num_classes} strings, one for each class, "
            f"got {names.dtype} of shape {names.shape}"
        )
    if names.dtype.kind == "S":
        names = np.char.decode(names, "utf-8", "replace")
    return tuple(str(name) for name in names[:num_classes])


def _whole(arrays: Arrays, config: RunConfig) -> Pool:
    """Everything of the taken classes, largest class first, with a test split."""
    inputs, labels = _split(arrays, "")
    taken = taken_labels(config, labels)
    names = class_names(arrays, int(labels.max()) + 1)
    named = tuple(names[label] for label in taken)
    inputs, labels = _relabelled(inputs, labels, taken)
    if any(name.startswith("test_") for name in arrays):
        test_inputs, test_labels = _test_split(arrays, taken, like=inputs)
    else:
        held = hold_out(labels, per_class=config.test_per_class, names=named, rng=stream(config, TEST))
        test_inputs, test_labels, inputs, labels = inputs[held], labels[held], inputs[~held], labels[~held]
    return Pool(
        train_inputs=inputs,
        train_labels=labels,
        test_inputs=test_inputs,
        test_labels=test_labels,
        class_names=named,
    )


def _test_split(
    arrays: Arrays, taken: NDArray[np.int64], *, like: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The file's own test samples of the taken classes."""
    inputs, labels = _split(arrays, "test_")
    if inputs.shape[1:] != like.shape[1:]:
        raise ValueError(
            f"training and test samples must have the same shape, got {like.shape[1:]} and {inputs.shape[1:]}"
        )
    missing = np.setdiff1d(taken, labels)
    if len(missing):
        raise ValueError(f"test_labels has no sample of class {missing[0]}: add some or leave the class out")
    kept = np.isin(labels, taken)
    return _relabelled(inputs[kept], labels[kept], taken)


def _split(arrays: Arrays, prefix: str) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Inputs and labels of the training ("") or test ("test_") samples."""
    found = [name for name in ("images", "points", "embeddings") if prefix + name in arrays]
    if len(found) != 1 or prefix + "labels" not in arrays:
        raise ValueError(
            f"expected {prefix}images or {prefix}points, and {prefix}labels, "
            f"got {', '.join(arrays) or 'no arrays'}"
        )
    values = arrays[prefix + found[0]]
    inputs = image_array(values) if found[0] == "images" else point_array(values)
    return inputs, label_array(arrays[prefix + "labels"], samples=len(inputs))


def _relabelled(
    inputs: NDArray[Any], labels: NDArray[np.int64], taken: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Samples of the taken classes only, numbered by their place in `taken`."""
    new = places(labels, taken)
    return inputs[new >= 0], new[new >= 0]


def _counts(pool: Pool, config: RunConfig) -> list[int]:
    available = np.bincount(pool.train_labels, minlength=config.num_classes)
    if config.profile == "given":
        return [int(count) for count in available]
    if config.ratio == 1:
        return [int(count) for count in np.minimum(available, config.n_max)]
    return wanted_counts(config)
