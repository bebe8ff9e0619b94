"""The part of the form that says which data: how many classes, of which sizes, and where the images are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

from ghviz.train.other_data import MOST_CLASSES, UNEVEN
from ghviz.types import DataSet, RunConfig

DATA_SETS: Final[dict[DataSet, str]] = {
    "toy-circle": "Toy: points on the circle",
    "toy-sphere": "Toy: points on the sphere",
    "digits": "Handwritten digits",
    "mnist5k": "MNIST, 5,000 digits",
    "glyphs": "Letters in many typefaces",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "imagenet-lt": "ImageNet-LT",
    "places-lt": "Places-LT",
    "elpv": "Solar cells",
    "folder": "Own images (a folder for each class)",
    "list": "Own images (list file)",
    "npz": "Own images (.npz)",
}
DATA_LABELS: Final = {
    "num_classes": "Classes",
    "seed": "Seed",
    "classes": "Labels taken",
    "profile": "Class sizes",
    "ratio": "Ratio of the largest to the smallest class",
    "n_max": "Samples of the largest class",
    "data_path": "Place of the data",
    "image_root": "Folder of the images",
    "test_list": "The test list",
    "cache_path": "Where decoded images are kept",
    "image_size": "Image size (pixels)",
    "test_per_class": "Test images per class",
    "skip_broken": "Leave out broken images",
}
"""What the form calls a setting of the data; the place of the data has a name for each data set."""
_PUBLISHED: Final = ("imagenet-lt", "places-lt")
"""Long-tailed as they are, and not otherwise."""
_FILES: Final = (*_PUBLISHED, "elpv", "folder", "list")
_PROFILES: Final = {"exp": "falling", "step": "two sizes", "given": "as they are"}
MADE_TEST_SETS: Final = ("digits", "mnist5k", "glyphs", "npz")
"""Data sets, but for those of image files, whose test images can be more or fewer."""


@dataclass(frozen=True)
class _Text:
    """A path to fill in, what holds while it is empty, and what must be there: "" for nothing yet."""

    field: str
    label: str
    empty: str
    kind: Literal["folder", "file", "folder or file", ""] = ""

    def absence(self, value: str | None) -> str:
        """What is to be said where nothing of the kind is there; empty where it is, or none is named."""
        if value is None or not self.kind:
            return ""
        try:
            path = Path(value).expanduser()
            found = {"folder": path.is_dir(), "file": path.is_file()}
        except (OSError, RuntimeError, ValueError):  # too long a name, an unknown user, a null
            found = {}
        if any(is_one and kind in self.kind for kind, is_one in found.items()):
            return ""
        return f"There is no {self.kind} “{value[:200]}”."


_NEEDED: Final = "needed"
_DOWNLOAD: Final = _Text(
    "data_path", "Folder or .npz of the data", "empty: it is downloaded", "folder or file"
)
_LISTS: Final = _Text("data_path", "Folder of the list files", _NEEDED, "folder")
_ROOT: Final = _Text("image_root", DATA_LABELS["image_root"], "empty: beside the list", "folder")
_CACHE: Final = _Text("cache_path", DATA_LABELS["cache_path"], "empty: ~/.cache/ghviz")
_TEXTS: Final[dict[str, tuple[_Text, ...]]] = {
    "cifar10": (_DOWNLOAD,),
    "cifar100": (_DOWNLOAD,),
    "imagenet-lt": (_LISTS, _ROOT, _CACHE),
    "places-lt": (_LISTS, _ROOT, _CACHE),
    "elpv": (_CACHE,),
    "folder": (_Text("data_path", "The folder", _NEEDED, "folder"), _CACHE),
    "list": (
        _Text("data_path", "The training list", _NEEDED, "file"),
        _Text("test_list", DATA_LABELS["test_list"], "empty: the one named alike", "file"),
        _ROOT,
        _CACHE,
    ),
    "npz": (_Text("data_path", "The .npz file", _NEEDED, "file"),),
}


def data_settings(start: RunConfig, dataset: str) -> dict[str, Any]:
    """Show the settings of the data.

    Args:
        start: what they show first.
        dataset: which data set it is.

    Returns:
        What the visitor wants of the data, by field of `RunConfig`.
    """
    key = f"{start.preset}-{dataset}"
    changes = _sizes(start, dataset, key=key)
    changes |= _texts(start, dataset, key=key)
    return changes | _files(start, dataset, key=key)


def data_bounds(dataset: str) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of each number, by field."""
    return {
        "num_classes": (2, MOST_CLASSES[dataset]),
        "ratio": (1, 100_000),
        "seed": (0, 2**31),
        "image_size": (8, 1024),
        "test_per_class": (1, 100_000),
    }


def missing_path(data: dict[str, Any], dataset: str) -> str:
    """What the form calls the path that is needed and not filled in; empty where nothing is missing."""
    needed = (text for text in _TEXTS.get(dataset, ()) if text.empty == _NEEDED)
    return next((text.label for text in needed if data[text.field] is None), "")


def has_all_paths(data: dict[str, Any], dataset: str) -> bool:
    """Whether every path that is filled in leads somewhere; the form says beside it where one does not."""
    return not any(text.absence(data[text.field]) for text in _TEXTS.get(dataset, ()))


def _sizes(start: RunConfig, dataset: str, *, key: str) -> dict[str, Any]:
    """Classes, how their sizes fall, ratio and seed; no ratio where the sizes are as they are."""
    profiles = _profiles(dataset)
    profile = st.session_state.get(f"profile-{key}", start.profile) if len(profiles) > 1 else profiles[0]
    columns = iter(st.columns(2 + (len(profiles) > 1) + (profile != "given")))
    changes: dict[str, Any] = {
        "num_classes": next(columns).number_input(
            DATA_LABELS["num_classes"], value=start.num_classes, key=f"classes-{key}"
        ),
        "profile": profile,
    }
    if len(profiles) > 1:
        changes["profile"] = next(columns).selectbox(
            DATA_LABELS["profile"],
            profiles,
            profiles.index(start.profile),
            format_func=_PROFILES.__getitem__,
            key=f"profile-{key}",
        )
    if profile != "given":
        changes["ratio"] = next(columns).number_input(
            DATA_LABELS["ratio"],
            value=float(start.ratio),
            step=1.0,
            format="%g",
            key=f"ratio-{key}",
        )
    changes["seed"] = next(columns).number_input(DATA_LABELS["seed"], value=7, key="seed")
    return changes


def _profiles(dataset: str) -> list[str]:
    """The ways in which the sizes of a data set's classes can fall."""
    if dataset in _PUBLISHED:
        return ["given"]
    return list(_PROFILES) if dataset in UNEVEN else ["exp", "step"]


def _texts(start: RunConfig, dataset: str, *, key: str) -> dict[str, Any]:
    """Paths; an empty one is None."""
    texts = _TEXTS.get(dataset, ())
    changes: dict[str, Any] = {}
    in_a_row = 2 if len(texts) == 4 else max(1, len(texts))
    for first in range(0, len(texts), in_a_row):
        row = texts[first : first + in_a_row]
        for column, text in zip(st.columns(len(row)), row, strict=True):
            name = "path" if text.field == "data_path" else text.field
            value = column.text_input(
                text.label, getattr(start, text.field) or "", placeholder=text.empty, key=f"{name}-{key}"
            )
            changes[text.field] = value.strip() or None
            if absence := text.absence(changes[text.field]):
                column.error(absence)
    return changes


def _files(start: RunConfig, dataset: str, *, key: str) -> dict[str, Any]:
    """How image files are read, and how many are held out where there may be no test split."""
    if dataset not in _FILES:
        return {}
    columns = iter(st.columns(4, vertical_alignment="bottom"))
    changes: dict[str, Any] = {
        "image_size": next(columns).number_input(
            DATA_LABELS["image_size"], value=start.image_size, step=8, key=f"image_size-{key}"
        )
    }
    if dataset in UNEVEN:
        changes["test_per_class"] = next(columns).number_input(
            DATA_LABELS["test_per_class"],
            value=start.test_per_class,
            key=f"test_per_class-{key}",
            help="Held out where there is no test split.",
        )
    if dataset != "elpv":
        changes["skip_broken"] = next(columns).checkbox(
            DATA_LABELS["skip_broken"], start.skip_broken, key=f"skip_broken-{key}"
        )
    return changes
