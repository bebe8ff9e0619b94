"""Reading a run folder: whole or killed, finished or still being written; the lock is never needed."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ghviz.store.atomic import read_bytes, read_tensors
from ghviz.store.errors import BROKEN, RunFolderError, reading
from ghviz.store.layout import (
    CHECKPOINT_FOLDER,
    CLASSES_FILE,
    CONFIG_FILE,
    LATEST_FILE,
    POINTS_FILE,
    REPLAY_FILE,
    SNAPSHOT_FOLDER,
    check_format,
    checkpoint_file,
    snapshot_file,
    steps_in,
)
from ghviz.store.state import RunState, last_recorded_step, read_state
from ghviz.store.tail import EventTail, switches_in
from ghviz.types import ClassTable, GHSwitch, LoggedEvent, Points, RunConfig, Snapshot

Checkpoint = tuple[int, dict[str, NDArray[Any]], dict[str, Any]]
"""Step, tensors by name, and the rest of a state."""


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """Content of checkpoint/replay.json: what a rewind took out of the log, to be lived through again.

    Attributes:
        frontier: the furthest step that was ever recorded.
        switches: GH switches from the checkpoint on. They stay here when passed again.
    """

    frontier: int = -1
    switches: list[GHSwitch] = msgspec.field(default_factory=list)


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """Content of checkpoint/latest.json; its rename is what makes a checkpoint valid."""

    step: int
    file: str
    meta: msgspec.Raw


class Run:
    """A run folder, open for reading. Everything is read anew when asked for, except what never changes.

    Attributes:
        folder: where it is.
        config: its configuration.
    """

    def __init__(self, folder: Path, config: RunConfig) -> None:
        """Made by `open_run`."""
        self.folder = folder
        self.config = config
        self._classes: ClassTable | None = None
        self._points: Points | None = None

    @property
    def classes(self) -> ClassTable | None:
        """Names and counts, head to tail; None until the trainer has written them.

        Raises:
            RunFolderError: broken.
        """
        path = self.folder / CLASSES_FILE
        if self._classes is None and path.is_file():
            with reading(path):
                self._classes = msgspec.json.decode(read_bytes(path), type=ClassTable)
        return self._classes

    @property
    def points(self) -> Points | None:
        """The fixed points of all snapshots; None until the trainer has written them.

        Raises:
            RunFolderError: broken.
        """
        path = self.folder / POINTS_FILE
        if self._points is None and path.is_file():
            self._points = _points(path)
        return self._points

    def events(self, after: int = 0) -> list[LoggedEvent]:
        """All events, or those behind the first `after` of them; lines of garbage are passed over."""
        return EventTail(self.folder).read()[after:]

    def snapshot_steps(self) -> list[int]:
        """Steps at which a snapshot was written, ascending."""
        return steps_in(self.folder / SNAPSHOT_FOLDER)

    def snapshot(self, step: int) -> Snapshot:
        """The snapshot of one of `snapshot_steps`.

        Raises:
            RunFolderError: there is none at that step, or it is broken.
        """
        path = self.folder / snapshot_file(step)
        tensors, metadata = read_tensors(path)
        train, test = (_array(path, tensors, name, ("float32", 2)) for name in ("train", "test"))
        if train.shape[1] != test.shape[1]:
            raise RunFolderError(f"{path} is broken: train and test have different dimensions.")
        try:
            epoch = int(metadata["epoch"])
        except (KeyError, ValueError):
            raise RunFolderError(f"{path} is broken: it does not say its epoch.") from None
        return Snapshot(step=step, epoch=epoch, train=train, test=test)

    def checkpoint(self) -> Checkpoint | None:
        """The state from which the run can go on: the last one that is whole, or None.

        Every state carries its own meta, so that the one before the last can stand in for a damaged last one.
        """
        if not self.has_checkpoint():
            return None
        latest = read_latest(self.folder)
        return newest_state(self.folder, limit=latest.step if latest else sys.maxsize)

    def has_checkpoint(self) -> bool:
        """Whether it ever had a state to go on from, be it damaged by now."""
        return (self.folder / CHECKPOINT_FOLDER / LATEST_FILE).is_file()

    def replay(self) -> Replay:
        """What the last rewind kept for the run to live through again."""
        return read_replay(self.folder)

    def switches(self) -> list[GHSwitch]:
        """Every GH switch ever recorded by step, be it in the log or kept by a rewind, without duplicates.

        A resuming trainer applies those from its checkpoint on at their steps and ignores wishes up to
        `frontier()`.
        """
        return read_switches(self.folder)

    def frontier(self) -> int:
        """The furthest step ever recorded, -1 for none: up to there a resumed run repeats itself."""
        return max(self.replay().frontier, last_recorded_step(self.folder))

    def state(self) -> RunState:
        """What the run is doing now; quick, whatever its length."""
        return read_state(self.folder)

    def size_bytes(self) -> int:
        """Bytes of all files; those that vanish meanwhile don't count."""
        return folder_size(self.folder)


def open_run(folder: Path) -> Run:
    """Open a run folder for reading; works while a trainer writes.

    Raises:
        RunFolderError: not a run folder, broken, or of a newer format.
    """
    folder = Path(folder)
    check_format(folder)
    return Run(folder, read_config(folder))


def read_config(folder: Path) -> RunConfig:
    """The configuration of a run.

    Raises:
        RunFolderError: missing, broken, or with fields that this version does not know.
    """
    path = folder / CONFIG_FILE
    content = read_bytes(path)
    with reading(path):
        fields = msgspec.json.decode(content, type=dict[str, Any])
        # msgspec passes over unknown keys of dataclasses, and a misspelt key must not train another run
        unknown = sorted(set(fields) - set(RunConfig.__dataclass_fields__))
        if not unknown:
            return msgspec.json.decode(content, type=RunConfig)
    raise RunFolderError(f"{path} is broken: it has the unknown field '{unknown[0][:60]}'.")


def newest_state(folder: Path, *, limit: int) -> Checkpoint | None:
    """The newest whole state of a run at or before step `limit`, be it declared valid or not."""
    checkpoints = folder / CHECKPOINT_FOLDER
    for step in reversed(steps_in(checkpoints)):
        if step > limit:
            continue
        try:
            tensors, metadata = read_tensors(checkpoints / checkpoint_file(step))
            meta = json.loads(metadata["meta"])
        except (RunFolderError, KeyError, ValueError, RecursionError):
            continue
        if isinstance(meta, dict):
            return step, tensors, meta
    return None


def read_latest(folder: Path) -> Latest | None:
    """The declaration of the last checkpoint; None where it is missing or broken."""
    try:
        return msgspec.json.decode(read_bytes(folder / CHECKPOINT_FOLDER / LATEST_FILE), type=Latest)
    except (RunFolderError, *BROKEN):
        return None


def read_replay(folder: Path) -> Replay:
    """What is kept for a replay; nothing where the file is missing or broken."""
    try:
        return msgspec.json.decode(read_bytes(folder / CHECKPOINT_FOLDER / REPLAY_FILE), type=Replay)
    except (RunFolderError, *BROKEN):
        return Replay()


def read_switches(folder: Path) -> list[GHSwitch]:
    """Every GH switch of a run by step: those in the log and those kept by a rewind, without duplicates."""
    switches: dict[tuple[int, float, bool], GHSwitch] = {}
    for event in [*switches_in(folder), *read_replay(folder).switches]:
        switches.setdefault((event.step, event.weight, event.on), event)
    return sorted(switches.values(), key=lambda event: event.step)


def folder_size(folder: Path) -> int:
    """Bytes of all files below `folder`; links are not followed."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(parent, name).lstat().st_size
            except OSError:
                continue
    return total


def size_text(size: int) -> str:
    """Bytes as a person reads them.

    >>> size_text(900), size_text(1_240_000)
    ('1 kB', '1.2 MB')
    """
    if size < 999_500:
        return f"{max(1, round(size / 1e3))} kB"
    return f"{size / 1e6:.1f} MB" if size < 999_500_000 else f"{size / 1e9:.1f} GB"


def _array(path: Path, tensors: dict[str, NDArray[Any]], name: str, kind: tuple[str, int]) -> NDArray[Any]:
    """One array of a file, checked for its type and number of axes."""
    array = tensors.get(name)
    if array is None or array.dtype != np.dtype(kind[0]) or array.ndim != kind[1]:
        raise RunFolderError(f"{path} is broken: it has no {kind[0]} array '{name}' with {kind[1]} axes.")
    return array


def _points(path: Path) -> Points:
    tensors, _ = read_tensors(path)
    train_labels, train_indices, test_labels = (
        _array(path, tensors, name, ("int64", 1)) for name in ("train_labels", "train_indices", "test_labels")
    )
    thumbnails = tensors.get("thumbnails")
    if thumbnails is not None and (thumbnails.dtype != np.uint8 or thumbnails.ndim not in (3, 4)):
        raise RunFolderError(f"{path} is broken: its thumbnails are no uint8 pictures.")
    return Points(
        train_labels=train_labels,
        train_indices=train_indices,
        test_labels=test_labels,
        targets=_array(path, tensors, "targets", ("float32", 2)),
        thumbnails=thumbnails,
    )
