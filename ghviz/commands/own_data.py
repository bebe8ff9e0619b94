"""What the command line reads of a person's own data before it starts: how many classes, and if images."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from ghviz.data.image_lists import folder_lists, list_file


def classes_in(dataset: str, place: str) -> int | None:
    """How many classes the data have; None where that can't be read, which loading them then says.

    Args:
        dataset: "folder", "list" or "npz".
        place: what --data-path says.
    """
    path = Path(place).expanduser()
    try:
        if dataset == "folder":
            count = len(folder_lists(path).class_names)
        elif dataset == "list":
            count = len(np.unique(list_file(path, path.parent).labels))
        else:
            with np.load(path, allow_pickle=False) as file:
                count = len(np.unique(file["labels"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, TypeError, AttributeError):
        return None
    return count if count >= 2 else None


def holds_points(place: str) -> bool:
    """Whether an .npz holds no images but points, for which no network or view of images is any good."""
    try:
        with zipfile.ZipFile(Path(place).expanduser()) as archive:
            return "images.npy" not in archive.namelist()
    except (OSError, zipfile.BadZipFile):
        return False
