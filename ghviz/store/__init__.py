"""A run is a folder, the single truth about it: one trainer writes, all read, any kill is survived."""

from __future__ import annotations

from ghviz.store.control import ControlWatcher, read_control, update_control, write_control
from ghviz.store.environment import changes_since_start, environment
from ghviz.store.errors import RunFolderError, RunLockedError
from ghviz.store.folder import Run, open_run, size_text
from ghviz.store.layout import SECOND_BASELINE, is_pair, pair_sides
from ghviz.store.layouts import read_layouts, write_layouts
from ghviz.store.library import RunSummary, delete_run, find_runs, rename_run
from ghviz.store.state import RunState
from ghviz.store.tail import EventTail
from ghviz.store.writer import RunWriter, check_free, create_run

__all__ = [
    "SECOND_BASELINE",
    "ControlWatcher",
    "EventTail",
    "Run",
    "RunFolderError",
    "RunLockedError",
    "RunState",
    "RunSummary",
    "RunWriter",
    "changes_since_start",
    "check_free",
    "create_run",
    "delete_run",
    "environment",
    "find_runs",
    "is_pair",
    "open_run",
    "pair_sides",
    "read_control",
    "read_layouts",
    "rename_run",
    "size_text",
    "update_control",
    "write_control",
    "write_layouts",
]
