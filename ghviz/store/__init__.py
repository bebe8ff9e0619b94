"""A run is a folder, the single truth about it: one trainer writes, all read, any kill is survived."""

from __future__ import annotations

from ghviz.store.control import ControlWatcher, read_control, update_control, write_control
from ghviz.store.errors import RunFolderError, RunLockedError
from ghviz.store.folder import Run, open_run
from ghviz.store.state import RunState
from ghviz.store.tail import EventTail
from ghviz.store.writer import RunWriter, create_run

__all__ = [
    "ControlWatcher",
    "EventTail",
    "Run",
    "RunFolderError",
    "RunLockedError",
    "RunState",
    "RunWriter",
    "create_run",
    "open_run",
    "read_control",
    "update_control",
    "write_control",
]
