"""Pairs that come trained with ghviz: a list of them with the SHA-256 of every file."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from ghviz.store.atomic import read_bytes, write_json
from ghviz.store.errors import RunFolderError, reading
from ghviz.store.layout import CONTROL_FILE, CONTROL_LOCK_FILE, LOCK_FILE, TRAINER_LOG, pair_sides

ENVIRONMENT_VARIABLE = "GHVIZ_PRETRAINED"
"""Names another folder of pretrained pairs."""
MANIFEST_FILE = "manifest.json"

_LEFT_OUT = {LOCK_FILE, CONTROL_FILE, CONTROL_LOCK_FILE, TRAINER_LOG}
_verified: dict[tuple[Path, str], tuple[int, int]] = {}


@dataclass(frozen=True, kw_only=True)
class PretrainedPair:
    """A pair that comes with ghviz.

    Attributes:
        name: its folder inside the folder of pretrained pairs.
        title: what to call it.
        text: what it shows, in a sentence or two.
        preset: preset that it was trained with.
        seed: seed that it was trained with.
        command: command that makes it again.
        files: SHA-256 of each file by its path inside the pair folder; `write_manifest` fills it in.
    """

    name: str
    title: str
    text: str
    preset: str
    seed: int
    command: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Its pair folder."""
        return pretrained_folder() / self.name


def pretrained_folder() -> Path:
    """Where pretrained pairs lie: `GHVIZ_PRETRAINED`, or `pretrained/` beside the package."""
    return Path(os.environ.get(ENVIRONMENT_VARIABLE) or Path(__file__).resolve().parents[1] / "pretrained")


def pairs() -> list[PretrainedPair]:
    """The pretrained pairs in the order of the list; none where there is no list.

    Raises:
        RunFolderError: the list is broken.
    """
    path = pretrained_folder() / MANIFEST_FILE
    if not path.is_file():
        return []
    with reading(path):
        content = msgspec.json.decode(read_bytes(path), type=dict[str, dict[str, dict[str, Any]]])
        found = [
            msgspec.convert({**fields, "name": name}, PretrainedPair)
            for name, fields in content.get("pairs", {}).items()
        ]
    for pair in found:
        for name in [pair.name, *pair.files]:
            if not _stays_inside(name) or "/" in pair.name:
                raise RunFolderError(f"{path} is broken: {name[:100]!r} leads out of its folder.")
    return found


def open_pair(name: str) -> Path:
    """The folder of a pretrained pair, its files checked by their SHA-256.

    A file is hashed once in a process, and again only when its size or time has changed.

    Raises:
        RunFolderError: no such pair, or a file is missing or not the one that was published.
    """
    known = {pair.name: pair for pair in pairs()}
    if name not in known:
        listed = ", ".join(known) or "none"
        raise RunFolderError(f"There is no pretrained pair {name[:60]!r}; there are: {listed}.")
    pair = known[name]
    folder = pair.folder
    for relative, expected in pair.files.items():
        _verify(folder / relative, expected)
    pair_sides(folder)
    return folder


def write_manifest(described: Iterable[PretrainedPair]) -> Path:
    """Write the list of pretrained pairs anew, with the SHA-256 of all files in their folders.

    Args:
        described: the pairs, in the order to list them; their `files` are looked up.

    Returns:
        The list's path.

    Raises:
        RunFolderError: a pair's folder is missing or no pair, or the list cannot be written.
    """
    entries = {}
    for pair in described:
        fields = msgspec.to_builtins(pair)
        entries[fields.pop("name")] = {**fields, "files": _hashes(pair.folder)}
    path = pretrained_folder() / MANIFEST_FILE
    write_json(path, {"pairs": entries})
    return path


def _hashes(folder: Path) -> dict[str, str]:
    pair_sides(folder)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): _sha256(path)
        for path in paths
        if path.name not in _LEFT_OUT and not path.name.startswith(".")
    }


def _sha256(path: Path) -> str:
    with reading(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _verify(path: Path, expected: str) -> None:
    with reading(path):
        status = path.stat()
    stamp = (status.st_mtime_ns, status.st_size)
    if _verified.get((path, expected)) == stamp:
        return
    if _sha256(path) != expected:
        raise RunFolderError(
            f"{path} is not the file that was published (its SHA-256 differs): get it again, "
            "for example by `git checkout -- pretrained`."
        )
    _verified[path, expected] = stamp


def _stays_inside(name: str) -> bool:
    """Whether a relative path from the list cannot lead anywhere else, on any system."""
    path = PurePosixPath(name)
    return (
        bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not set(name) & set("\\:")
    )
