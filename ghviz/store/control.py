"""control.json: what a person wants of a running trainer."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import msgspec

from ghviz.store.atomic import read_bytes, write_json
from ghviz.store.errors import BROKEN, RunFolderError, reading
from ghviz.store.layout import CONTROL_FILE, CONTROL_LOCK_FILE, is_pair, is_run, pair_sides
from ghviz.store.lock import FolderLock
from ghviz.types import Control


def _read(path: Path) -> Control:
    with reading(path):
        return msgspec.json.decode(read_bytes(path), type=Control)


def read_control(folder: Path) -> Control:
    """What is wished of a run, or of a pair's GH side; nothing where the file is missing or broken."""
    folder = Path(folder)
    try:
        return _read((folder / "gh" if is_pair(folder) else folder) / CONTROL_FILE)
    except RunFolderError:
        return Control()


def write_control(folder: Path, control: Control) -> None:
    """Replace all wishes for the run in `folder`.

    Raises:
        ValueError: a weight or pace below 0, or no finite number.
        RunFolderError: `folder` is no run, or cannot be written.
    """
    folder = Path(folder)
    if not is_run(folder):
        raise RunFolderError(f"{folder} is not a run folder.")
    write_json(folder / CONTROL_FILE, _checked(msgspec.structs.asdict(control)))


def update_control(folder: Path, **changes: Any) -> Control:
    """Change some wishes for a run or pair and leave the others; two at the same time both take effect.

    Args:
        folder: a run folder, or a pair folder: then the weight goes to its GH side, the rest to all sides.
        changes: fields of `Control` by name.

    Returns:
        All wishes after the change; of a pair those for its GH side.

    Raises:
        ValueError: an unknown field, or a value out of its range.
        RunFolderError: `folder` is no run, or cannot be written.
    """
    folder = Path(folder)
    _checked(changes)
    if is_pair(folder):
        shared = {name: value for name, value in changes.items() if name != "gh_weight"}
        for side, run in pair_sides(folder).items():
            if shared and side != "gh":
                _update(run, shared)
        return _update(folder / "gh", changes)
    return _update(folder, changes)


def _update(folder: Path, changes: dict[str, Any]) -> Control:
    if not is_run(folder):
        raise RunFolderError(f"{folder} is not a run folder.")
    lock = FolderLock(folder / CONTROL_LOCK_FILE)
    lock.acquire(wait=5.0)
    try:
        control = _checked({**msgspec.structs.asdict(read_control(folder)), **changes})
        write_control(folder, control)
    finally:
        lock.release()
    return control


def _checked(fields: dict[str, Any]) -> Control:
    """A Control by way of JSON, which checks ranges and turns no number into null unnoticed."""
    try:
        control = msgspec.convert(fields, Control)
        if msgspec.json.decode(msgspec.json.encode(control), type=Control) != control:
            raise ValueError(f"control wants finite numbers, got {fields}")
    except BROKEN as error:
        raise ValueError(f"control cannot be {fields}: {error}") from error
    return control


class ControlWatcher:
    """Looks for new wishes, so cheaply that a trainer can ask before every step."""

    def __init__(self, folder: Path) -> None:
        """Watch the run in `folder`; nothing is read before the first `poll`."""
        self._path = Path(folder) / CONTROL_FILE
        self._name = os.fspath(self._path)
        self._seen: tuple[int, int, int] | None = None
        self._control = Control()

    def poll(self) -> Control:
        """What is wished now; a missing or broken file leaves the last wishes as they were. Never raises."""
        try:
            status = os.stat(self._name)  # noqa: PTH116  (no Path: 1 microsecond instead of 4)
        except OSError:
            return self._control
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if seen != self._seen:
            with contextlib.suppress(RunFolderError):
                self._control = _read(self._path)
            self._seen = seen
        return self._control
