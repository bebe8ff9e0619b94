"""Files that are there whole or not at all: temporary file beside, fsync, rename, fsync of the folder."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save

from ghviz.store.errors import RunFolderError, reading, writing

JSON_LIMIT = 64 * 2**20
"""Bytes of the largest JSON file that is read whole; ours are thousands of times smaller."""
TEMPORARY_SUFFIX = ".tmp"
FOREIGN_GRACE = 60.0
"""Seconds after which a temporary file of another process counts as left behind."""

_numbers = itertools.count()


def sync_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power cut (POSIX; Windows has no such call)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _replace(temporary: Path, path: Path) -> None:
    """Rename over `path`; Windows refuses while somebody reads the old one, so try for a while there."""
    for _ in range(50 if os.name == "nt" else 0):
        try:
            temporary.replace(path)
        except PermissionError:
            time.sleep(0.01)
        else:
            return
    temporary.replace(path)


def write_bytes(path: Path, content: bytes) -> None:
    """Replace `path` by `content`, atomically and durably.

    Raises:
        RunFolderError: the disk is full, the place read-only, ...; the old content is untouched then.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{next(_numbers)}{TEMPORARY_SUFFIX}")
    with writing(path):
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_json(path: Path, value: object) -> None:
    """Replace `path` by indented JSON of `value` (dataclass, Struct, dict, ...), atomically.

    Raises:
        RunFolderError: it could not be written.
    """
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def write_tensors(path: Path, tensors: Mapping[str, NDArray[Any]], metadata: Mapping[str, str]) -> None:
    """Replace `path` by a safetensors file, atomically.

    safetensors 0.8 scrambles arrays that are not C-contiguous (huggingface/safetensors#825), so they are all
    made so here, in the one place that writes them; `np.ascontiguousarray` would turn a scalar into a vector.

    Raises:
        RunFolderError: it could not be written.
    """
    contiguous = {name: np.asarray(array, order="C") for name, array in tensors.items()}
    write_bytes(path, save(contiguous, metadata=dict(metadata)))


def read_bytes(path: Path) -> bytes:
    """Whole content of a small file.

    Raises:
        RunFolderError: missing, unreadable, or far too large to be ours.
    """
    with reading(path), path.open("rb") as file:
        content = file.read(JSON_LIMIT + 1)
    if len(content) > JSON_LIMIT:
        raise RunFolderError(f"{path} is broken: it is larger than {JSON_LIMIT // 2**20} MiB.")
    return content


def read_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays and metadata of a safetensors file.

    Raises:
        RunFolderError: missing, unreadable, truncated or no safetensors file.
    """
    with reading(path), safe_open(path, framework="numpy") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
        return tensors, dict(file.metadata() or {})


def remove_leftovers(folder: Path, *, shared: str | None = None) -> None:
    """Delete temporary files that a killed writer left behind.

    Args:
        folder: where to look, not below it.
        shared: name of a file that other processes write too: young ones of it may be theirs and stay.
    """
    if not folder.is_dir():
        return
    with writing(folder):
        for path in folder.glob(f".*{TEMPORARY_SUFFIX}"):
            try:
                foreign = shared is not None and path.name.startswith(f".{shared}.")
                if not foreign or time.time() - path.stat().st_mtime > FOREIGN_GRACE:
                    path.unlink(missing_ok=True)
            except FileNotFoundError:  # its owner has just renamed it
                continue
