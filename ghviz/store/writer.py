"""Writing a run folder, so that a trainer killed at any instant leaves one that opens and resumes."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray

from ghviz.store.atomic import remove_leftovers, write_bytes, write_json, write_tensors
from ghviz.store.control import read_control, update_control
from ghviz.store.errors import RunFolderError, write_error, writing
from ghviz.store.folder import Latest, Replay, newest_state, open_run, read_latest
from ghviz.store.layout import (
    CHECKPOINT_FOLDER,
    CLASSES_FILE,
    CONFIG_FILE,
    CONTROL_FILE,
    ENVIRONMENT_FILE,
    EVENTS_FILE,
    FORMAT,
    FORMAT_FILE,
    LATEST_FILE,
    LOCK_FILE,
    POINTS_FILE,
    REPLAY_FILE,
    SNAPSHOT_FOLDER,
    FormatStamp,
    check_format,
    checkpoint_file,
    is_run,
    snapshot_file,
    steps_in,
)
from ghviz.store.lock import FolderLock
from ghviz.store.tail import decode_head, whole_lines
from ghviz.types import ClassTable, LoggedEvent, Points, RunConfig, Snapshot, Step

SYNC_EVERY = 1.0
"""Seconds at most until a step's line is on the disk itself (other events are at once)."""
KEPT_CHECKPOINTS = 2
_CLOSING = {"stopped", "failed", "finished"}
_BETWEEN_STEPS = {"gh-switch", "prior"}
"""What happens after a step's checkpoint and before the next step."""

_encoder = msgspec.json.Encoder()


class RunWriter:
    """The one writer of a run folder; context manager that gives the lock back.

    Made by `create_run` or `RunWriter.resume`. Whatever the disk does, a call raises `RunFolderError` with
    one sentence at worst and leaves what was recorded before intact.
    """

    def __init__(self, folder: Path, lock: FolderLock) -> None:
        """Open the log for appending; `lock` is held already."""
        self.folder = folder
        self._lock = lock
        self._path = folder / EVENTS_FILE
        self._descriptor = -1
        self._synced = time.monotonic()
        self._open_log()

    @classmethod
    def resume(cls, folder: Path) -> RunWriter:
        """Take the lock of a stopped or killed run, cut a torn last line and withdraw the wish to stop.

        Raises:
            RunLockedError: another trainer is at work there.
            RunFolderError: not a run, broken, newer, or not writable.
        """
        folder = Path(folder).absolute()
        open_run(folder)
        lock = FolderLock(folder / LOCK_FILE)
        lock.acquire()
        try:
            for part in (SNAPSHOT_FOLDER, CHECKPOINT_FOLDER):
                remove_leftovers(folder / part)
            remove_leftovers(folder, shared=CONTROL_FILE)
            if read_control(folder).stop:
                update_control(folder, stop=False)
            return cls(folder, lock)
        except BaseException:
            lock.release()
            raise

    # --- events ---

    def append(self, event: LoggedEvent) -> None:
        """Record an event; its time is now unless it has one.

        Raises:
            RunFolderError: it could not be written, or not brought onto the disk; no part of it stays in the
                log then.
        """
        if not event.time:
            event = msgspec.structs.replace(event, time=time.time())
        before = self._end
        self._write_line(_encoder.encode(event) + b"\n")
        now = time.monotonic()
        if not isinstance(event, Step) or now - self._synced >= SYNC_EVERY:
            try:
                os.fsync(self._descriptor)
            except OSError as error:
                self._cut_log(before)
                raise write_error(self._path, error) from error
            self._synced = now

    def _write_line(self, line: bytes) -> None:
        written = 0
        try:
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError as error:
            self._cut_log(self._end)
            raise write_error(self._path, error) from error
        self._end += written

    def _cut_log(self, end: int) -> None:
        with writing(self._path):
            os.ftruncate(self._descriptor, end)
            os.lseek(self._descriptor, end, os.SEEK_SET)
        self._end = end

    def _close_log(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor < 0:
            return
        with writing(self._path):
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _open_log(self) -> None:
        """Open the log at the end of its last whole line."""
        with writing(self._path):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._descriptor = os.open(self._path, flags, 0o644)
            self._end = _end_of_last_line(self._descriptor)
        self._cut_log(self._end)

    # --- what a run is made of ---

    def write_data(self, classes: ClassTable, points: Points) -> None:
        """Record what the run trains on; the classes last, so that where they are the points are too.

        Raises:
            RunFolderError: it could not be written.
        """
        arrays: dict[str, NDArray[Any]] = {
            "train_labels": points.train_labels,
            "train_indices": points.train_indices,
            "test_labels": points.test_labels,
            "targets": points.targets,
        }
        if points.thumbnails is not None:
            arrays["thumbnails"] = points.thumbnails
        write_tensors(self.folder / POINTS_FILE, arrays, {})
        write_json(self.folder / CLASSES_FILE, classes)

    def write_environment(self, environment: Mapping[str, Any]) -> None:
        """Record where the run is trained: see `ghviz.store.environment`.

        Raises:
            RunFolderError: it could not be written.
        """
        write_json(self.folder / ENVIRONMENT_FILE, dict(environment))

    def add_resumption(self, environment: Mapping[str, Any]) -> None:
        """Record where the run goes on, beside where it began.

        Raises:
            RunFolderError: it could not be written.
        """
        path = self.folder / ENVIRONMENT_FILE
        try:
            begun: dict[str, Any] = json.loads(path.read_bytes())
        except (OSError, ValueError):  # killed before it was written, or broken: not worth the run
            begun = {}
        write_json(path, {**begun, "resumed": [*begun.get("resumed", []), dict(environment)]})

    def write_snapshot(self, snapshot: Snapshot) -> str:
        """Write a snapshot's file.

        Returns:
            Its name relative to the run folder, for the event that announces it.

        Raises:
            RunFolderError: it could not be written.
        """
        name = snapshot_file(snapshot.step)
        metadata = {"step": str(snapshot.step), "epoch": str(snapshot.epoch)}
        self._folder(SNAPSHOT_FOLDER)
        write_tensors(self.folder / name, {"train": snapshot.train, "test": snapshot.test}, metadata)
        return name

    def write_checkpoint(
        self, step: int, tensors: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]
    ) -> None:
        """Make `step` the one from which the run resumes; the one before stays, older ones go.

        All events so far reach the disk first, so that a checkpoint never claims more than the log tells.

        Args:
            step: optimisation steps finished.
            tensors: arrays by name.
            meta: everything else of the state, as JSON has it.

        Raises:
            ValueError: NaN or infinity in `meta`, which JSON has not.
            RunFolderError: it could not be written; the checkpoint before is still valid then.
        """
        with writing(self._path):
            os.fsync(self._descriptor)
        folder = self._folder(CHECKPOINT_FOLDER)
        name = checkpoint_file(step)
        text = json.dumps(dict(meta), allow_nan=False)
        write_tensors(folder / name, tensors, {"step": str(step), "meta": text})
        self._declare(step, text)
        with writing(folder):
            for old in steps_in(folder)[:-KEPT_CHECKPOINTS]:
                (folder / checkpoint_file(old)).unlink(missing_ok=True)

    def _declare(self, step: int, meta: str) -> None:
        latest = Latest(step=step, file=checkpoint_file(step), meta=msgspec.Raw(meta.encode()))
        write_bytes(self.folder / CHECKPOINT_FOLDER / LATEST_FILE, _encoder.encode(latest) + b"\n")

    # --- going back ---

    def rewind(self, step: int) -> None:
        """Take the run back to its state at `step`, from where the caller repeats it; -1: to nothing.

        Keeps the events up to `step` except those that closed the run and GH switches right after the
        checkpoint, and removes newer snapshots and checkpoints. Switches from `step` on were a person's doing
        and cannot be computed again: they go to checkpoint/replay.json first, so that no kill can lose them
        (`Run.switches`, `Run.frontier`).

        Raises:
            RunFolderError: it could not be written; calling it again is safe.
        """
        run = open_run(self.folder)
        switches = [event for event in run.switches() if event.step >= step]
        replay = Replay(frontier=run.frontier(), switches=switches)
        write_json(self._folder(CHECKPOINT_FOLDER) / REPLAY_FILE, replay)
        self._withdraw_checkpoints(step)
        with writing(self._path):
            lines = whole_lines(self._path.read_bytes())
        self._close_log()  # Windows replaces no open file
        try:
            write_bytes(self._path, b"".join(_kept_lines(lines, step)))
        finally:
            self._open_log()
        folder = self.folder / SNAPSHOT_FOLDER
        with writing(folder):
            for newer in steps_in(folder):
                if newer > step:
                    (self.folder / snapshot_file(newer)).unlink(missing_ok=True)

    def _withdraw_checkpoints(self, step: int) -> None:
        """A checkpoint beyond `step` would let a later resume leap over what is missing from the log."""
        folder = self.folder / CHECKPOINT_FOLDER
        latest = read_latest(self.folder)
        if latest is None or latest.step > step:
            state = newest_state(self.folder, limit=step)
            if state is not None:
                self._declare(state[0], json.dumps(state[2]))
            else:
                with writing(folder / LATEST_FILE):
                    (folder / LATEST_FILE).unlink(missing_ok=True)
        with writing(folder):
            for newer in steps_in(folder):
                if newer > step:
                    (folder / checkpoint_file(newer)).unlink(missing_ok=True)

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        if not folder.is_dir():
            with writing(folder):
                folder.mkdir(exist_ok=True)
        return folder

    # --- the end ---

    def close(self) -> None:
        """Give the lock back; twice does no harm."""
        try:
            self._close_log()
        finally:
            self._lock.release()

    def __enter__(self) -> RunWriter:
        """The writer itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()


def _kept_lines(lines: list[bytes], step: int) -> list[bytes]:
    """The lines that a rewind to `step` leaves.

    A switch at `step` itself may have come before its checkpoint, which then knows it, or after: then it is
    still to be lived through. So it is with a prior.
    """
    heads = [decode_head(line) for line in lines]
    here = [(i, head.kind) for i, head in enumerate(heads) if head and head.step == step]
    saved = [i for i, kind in here if kind == "checkpoint"]
    # a kill may have left the checkpoint unsaid
    reached = [i for i, kind in here if kind not in _BETWEEN_STEPS | _CLOSING]
    first_unknown = saved[0] if saved else max(reached, default=len(lines))
    return [
        line + b"\n"
        for i, (line, head) in enumerate(zip(lines, heads, strict=True))
        if head
        and head.step <= step
        and head.kind not in _CLOSING
        and not (head.kind in _BETWEEN_STEPS and head.step == step and i > first_unknown)
    ]


def _end_of_last_line(descriptor: int) -> int:
    """Offset just behind the last newline."""
    end = os.lseek(descriptor, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 2**16)
        os.lseek(descriptor, start, os.SEEK_SET)
        newline = os.read(descriptor, end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def check_free(folder: Path) -> None:
    """Check that a folder holds no run that has recorded anything.

    Raises:
        RunFolderError: it does.
    """
    folder = Path(folder).absolute()
    if not is_run(folder):
        return
    check_format(folder)
    if _has_content(folder / EVENTS_FILE):
        raise RunFolderError(
            f"{folder} holds a run already: choose another folder or go on with `python -m ghviz resume`."
        )


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def create_run(folder: Path, config: RunConfig) -> RunWriter:
    """Make a run folder, parents included, and become its writer.

    format.json is written last: before it is there, the folder is no run yet and can be made again. A run
    that was killed before it recorded anything is made again too.

    Raises:
        RunLockedError: another trainer is at work there.
        RunFolderError: it holds a run already, or cannot be written.
    """
    folder = Path(folder).absolute()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder / LOCK_FILE)
    lock.acquire()
    try:
        check_free(folder)
        with writing(folder / CONTROL_FILE):  # wishes for a run that never began
            (folder / CONTROL_FILE).unlink(missing_ok=True)
        for name in (SNAPSHOT_FOLDER, CHECKPOINT_FOLDER):
            with writing(folder / name):
                (folder / name).mkdir(exist_ok=True)
        write_json(folder / CONFIG_FILE, config)
        writer = RunWriter(folder, lock)
        write_json(folder / FORMAT_FILE, FormatStamp(format=FORMAT))
    except BaseException:
        lock.release()
        raise
    return writer
