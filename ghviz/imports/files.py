"""Files of embeddings and labels: .npz, .npy, .parquet and .csv, read without unpickling anything."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ghviz.imports.tables import CsvTable, ParquetTable

SUFFIXES = (".npz", ".npy", ".parquet", ".csv", ".txt")
_LABELS = ("labels", "label")
_NPY_BEGINS = b"\x93NUMPY"
_OBJECTS = "it holds Python objects, which are never loaded: save plain numbers or text"
_PLAIN = {
    "allow_pickle": _OBJECTS,
    "Python objects": _OBJECTS,
    "not a zip file": "it is cut off, or no .npz file",
    "mmap length": "it is cut off",
    "codec can't decode": "it is no text in UTF-8",
}
"""What is said in plain words, by what the readers say."""
_LISTED = 8
"""Names that are listed at most in a sentence."""


class Source(Protocol):
    """A file from which columns and a matrix can be taken by name."""

    def names(self) -> list[str]:
        """What it holds."""

    def size(self) -> int:
        """Bytes that it takes in memory, about."""

    def column(self, name: str) -> NDArray[Any]:
        """(N,) values of one of `names`."""

    def matrix(self, wanted: Sequence[str], without: Sequence[str]) -> NDArray[Any]:
        """(N, d) numbers: those of the names wanted, else all that can be meant but some."""


class _Npy:
    """A single array; it stays on the disk until it is used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            if file.read(len(_NPY_BEGINS)) != _NPY_BEGINS:
                raise ValueError("it is no .npy file")

    def names(self) -> list[str]:
        return [""]

    def size(self) -> int:
        return 0

    def column(self, name: str) -> NDArray[Any]:
        array: NDArray[Any] = np.load(self._path, mmap_mode="r", allow_pickle=False)
        return array

    def matrix(self, wanted: Sequence[str], without: Sequence[str]) -> NDArray[Any]:
        return self.column("")


class _Npz:
    """Arrays by name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with zipfile.ZipFile(path) as archive:
            self._names = [name.removesuffix(".npy") for name in archive.namelist()]
            self._size = sum(each.file_size for each in archive.infolist())

    def names(self) -> list[str]:
        return self._names

    def size(self) -> int:
        return self._size

    def column(self, name: str) -> NDArray[Any]:
        with np.load(self._path, allow_pickle=False) as arrays:
            array: NDArray[Any] = arrays[name]
        return array

    def matrix(self, wanted: Sequence[str], without: Sequence[str]) -> NDArray[Any]:
        if len(wanted) > 1:
            raise ValueError(f"--embeddings names one array of a .npz, got {len(wanted)}")
        candidates = list(wanted) or [name for name in self._names if name == "embeddings"]
        candidates = candidates or [name for name in self._names if name not in without]
        if not candidates:
            raise ValueError("it holds no embeddings")
        if len(candidates) != 1:
            raise ValueError(f"say which array holds the embeddings by --embeddings: {listed(self._names)}")
        return self.column(candidates[0])


def open_source(path: Path) -> Source:
    """A file, by its ending.

    Raises:
        ValueError: no such file, another kind, broken, or larger than the memory.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    kinds: dict[str, Any] = {".npz": _Npz, ".npy": _Npy, ".parquet": ParquetTable}
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"{path} must end with {', '.join(SUFFIXES)}: convert it to one of them")
    with said_of(path):
        source: Source = kinds.get(suffix, CsvTable)(path)
        size, memory = source.size(), _memory()
    if memory and size > memory:
        raise ValueError(
            f"{path} takes about {size / 1e9:,.0f} GB, more than the {memory / 1e9:,.0f} GB of memory here: "
            "save fewer rows, or a .npy file, which is read in pieces"
        )
    return source


def labels_in(path: Path) -> NDArray[Any]:
    """The labels in a file of their own: its one column, or the one called labels or label.

    Raises:
        ValueError: there is none, or it can't be told which.
    """
    source = open_source(path)
    names = source.names()
    named = [name for name in _LABELS if name in names] or names
    if named[0] not in _LABELS and len(names) > 1:
        raise ValueError(f"{path} must have one column or one called labels, got {listed(names)}")
    with said_of(path):
        return source.column(named[0])


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    shown = ", ".join(map(repr, names[:_LISTED]))
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown


@contextmanager
def said_of(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong while a file is read into a sentence that names it."""
    try:
        yield
    except MemoryError as error:
        raise ValueError(f"{path} does not fit into the memory: save fewer rows") from error
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        why = str(error).strip().split("\n")[0].split(";")[0] or type(error).__name__
        why = next((plain for sign, plain in _PLAIN.items() if sign in why), why)
        raise ValueError(f"{path} can't be read: {why}") from error


def _memory() -> int:
    """Bytes of this machine's memory; 0 where it is not known (Windows)."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
