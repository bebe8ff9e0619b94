"""UMAP layouts beside the runs of a pair."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ghviz.store.atomic import read_tensors, write_tensors
from ghviz.store.layout import LAYOUTS_FILE, pair_sides


def write_layouts(folder: Path, layouts: Mapping[str, NDArray[Any]]) -> None:
    """Write the layouts of a pair: (n, 2) arrays by "side/step".

    Raises:
        RunFolderError: no pair, or not writable.
    """
    pair_sides(folder)
    write_tensors(folder / LAYOUTS_FILE, layouts, {})


def read_layouts(folder: Path) -> dict[str, NDArray[Any]] | None:
    """The layouts of a pair as `write_layouts` was given them; None where there are none.

    Raises:
        RunFolderError: the file is broken.
    """
    path = folder / LAYOUTS_FILE
    return read_tensors(path)[0] if path.is_file() else None
