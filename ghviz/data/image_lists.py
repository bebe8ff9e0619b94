"""Which image files there are, and of which class: from a folder, or from list files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SUFFIXES = frozenset([".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"])
"""Endings of the files of a folder that are taken for images."""
CLASS_NAMES = "classnames.txt"


@dataclass(frozen=True, kw_only=True)
class ImageList:
    """Files with labels.

    Attributes:
        paths: (n,) of the images; whether they exist is another question.
        labels: (n,) int64 from 0, in the data's own numbering.
    """

    paths: tuple[Path, ...]
    labels: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ImageLists:
    """All files of a data set.

    Attributes:
        train: to train on; with `test` None some of these are to be held out.
        test: the data set's own test split.
        class_names: (L,) by label; more may be named than there are.
    """

    train: ImageList
    test: ImageList | None
    class_names: tuple[str, ...]


def folder_lists(root: Path) -> ImageLists:
    """The images of a folder that has one sub-folder for each class.

    Classes are numbered in the natural order of their names (class 2 before class 10). If the folder has
    `train` and `test` (or `val`) with the classes in them, these are the splits.

    Raises:
        ValueError: no such folder, no classes in it, or a class without images.
    """
    if not root.is_dir():
        raise ValueError(
            f"{root} is not a folder: give data_path the folder that has one folder for each class"
        )
    train, test = root / "train", next((root / n for n in ("test", "val") if (root / n).is_dir()), None)
    if test is None or not train.is_dir():
        classes = _subfolders(root)
        return ImageLists(train=_folder(root, classes), test=None, class_names=classes)
    classes = _subfolders(train)
    extra = sorted(set(_subfolders(test)) - set(classes))
    if extra:
        raise ValueError(f"{test} has the class {extra[0]!r}, which {train} does not have")
    return ImageLists(train=_folder(train, classes), test=_folder(test, classes), class_names=classes)


def list_file(path: Path, root: Path) -> ImageList:
    """The images of a list file: a line for each, its path and its label, a number from 0.

    Args:
        path: text in UTF-8; paths may hold spaces, the label is the last word.
        root: folder that relative paths start from.

    Raises:
        ValueError: no such file, or a line of another form.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    except OSError as error:
        raise ValueError(
            f"{path} can't be read ({error.strerror}): give the list file of the images"
        ) from error
    paths, labels = [], []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        *name, label = line.rsplit(maxsplit=1)
        if not name or not re.fullmatch(r"\d{1,9}", label, re.ASCII):
            raise ValueError(
                f"{path}, line {number}: expected a path and a label such as 'images/cat 1.jpg 3', "
                f"got {line.strip()[:80]!r}"
            )
        paths.append(root / name[0].strip())
        labels.append(int(label))
    if not paths:
        raise ValueError(f"{path} lists no images")
    return ImageList(paths=tuple(paths), labels=np.asarray(labels, dtype=np.int64))


def names_beside(path: Path, num_classes: int) -> tuple[str, ...]:
    """The names in the `classnames.txt` beside a list file, one a line; without it the label numbers.

    Raises:
        ValueError: fewer names than classes.
    """
    file = path.with_name(CLASS_NAMES)
    if not file.is_file():
        return tuple(map(str, range(num_classes)))
    lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    names = tuple(line.strip() for line in lines if line.strip())
    if len(names) < num_classes:
        raise ValueError(
            f"{file} names {len(names)} classes, but the lists have {num_classes}: one name a line"
        )
    return names


def _subfolders(root: Path) -> tuple[str, ...]:
    names = [each.name for each in root.iterdir() if each.is_dir() and not each.name.startswith(".")]
    if not names:
        raise ValueError(f"{root} has no sub-folders: it needs one for each class")
    return tuple(sorted(names, key=_natural))


def _natural(name: str) -> tuple[Sequence[str | int], str]:
    """Sorts numbers in names by their value; names that differ in case alone by the case."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [int(part) if i % 2 else part for i, part in enumerate(parts)], name


def _folder(root: Path, classes: Sequence[str]) -> ImageList:
    """All images below the folders of the classes, class by class."""
    paths, labels = [], []
    for label, name in enumerate(classes):
        found = [p for p in (root / name).rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()]
        found = sorted((p for p in found if not p.name.startswith(".")), key=lambda p: _natural(str(p)))
        if not found:
            raise ValueError(f"{root / name} has no images: add some or move the folder away")
        paths += found
        labels += [label] * len(found)
    return ImageList(paths=tuple(paths), labels=np.asarray(labels, dtype=np.int64))
