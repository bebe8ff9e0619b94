"""What a run is doing, told from the ends of its log: looking through a hundred runs takes no time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from ghviz.store.atomic import read_bytes
from ghviz.store.errors import BROKEN, RunFolderError
from ghviz.store.layout import CHECKPOINT_FOLDER, EVENTS_FILE, LATEST_FILE, LOCK_FILE
from ghviz.store.lock import is_locked
from ghviz.store.tail import LineHead, decode_head, decode_line, first_lines, last_lines
from ghviz.types import Failed, Started

Status = Literal["running", "stopped", "finished", "broken", "empty"]


@dataclass(frozen=True, kw_only=True)
class RunState:
    """What a run is doing.

    Attributes:
        status: "running": a trainer holds its lock; "stopped": it can be resumed; "finished"; "broken": it
            failed or cannot be read; "empty": nothing was recorded yet.
        step: the last step recorded.
        total_steps: length of the run; None until it has started.
        message: one sentence for a person.
        updated: time of the last event, seconds since 1970; 0 for none.
    """

    status: Status
    step: int
    total_steps: int | None
    message: str
    updated: float = 0.0


class _Step(msgspec.Struct):
    step: int


def _last(folder: Path) -> tuple[LineHead, bytes] | None:
    """The last line of the log that is not garbage."""
    for line in reversed(last_lines(folder / EVENTS_FILE)):
        head = decode_head(line)
        if head is not None:
            return head, line
    return None


def last_recorded_step(folder: Path) -> int:
    """Step of the last event; -1 where there is none."""
    last = _last(folder)
    return last[0].step if last else -1


def total_steps(folder: Path) -> int | None:
    """Length of the run as its first events tell it."""
    for line in first_lines(folder / EVENTS_FILE):
        head = decode_head(line)
        if head is not None and head.kind == "started":
            event = decode_line(line)
            return event.total_steps if isinstance(event, Started) else None
    return None


def _resume_hint(folder: Path, recorded: int) -> str:
    """Where a run whose log ends at a step would go on."""
    latest = folder / CHECKPOINT_FOLDER / LATEST_FILE
    if not latest.is_file():
        return "resume starts it anew, as it has no checkpoint yet"
    try:
        step = msgspec.json.decode(read_bytes(latest), type=_Step).step
    except (RunFolderError, *BROKEN):
        return "its last checkpoint is damaged, and resume looks for the one before"
    if step > recorded:
        return f"the end of its log is lost; resume goes on from its checkpoint of step {step}"
    return f"resume goes on from step {step}"


def read_state(folder: Path) -> RunState:
    """What the run in `folder` is doing."""
    running = is_locked(folder / LOCK_FILE)
    last = _last(folder)
    if last is None:
        status: Status = "running" if running else "empty"
        message = "Is starting." if running else "Has not recorded anything yet."
        return RunState(status=status, step=0, total_steps=None, message=message)
    head, line = last
    total = total_steps(folder)
    status, message = _judge(folder, head, line, running=running)
    return RunState(status=status, step=head.step, total_steps=total, message=message, updated=head.time)


def _judge(folder: Path, head: LineHead, line: bytes, *, running: bool) -> tuple[Status, str]:
    if running:
        return "running", f"Is training, at step {head.step}."
    if head.kind == "finished":
        return "finished", f"Finished after {head.step} steps."
    if head.kind == "failed":
        event = decode_line(line)
        return "broken", event.message if isinstance(event, Failed) else f"Failed at step {head.step}."
    if head.kind == "stopped":
        return "stopped", f"Was stopped at step {head.step}; {_resume_hint(folder, head.step)}."
    return "stopped", f"Was interrupted at step {head.step}; {_resume_hint(folder, head.step)}."
