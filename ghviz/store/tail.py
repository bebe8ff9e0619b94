"""Reading events.jsonl while a trainer appends to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from ghviz.store.errors import BROKEN
from ghviz.store.layout import EVENTS_FILE
from ghviz.types import GHSwitch, LoggedEvent

HEAD_BYTES = 2**16
TAIL_BYTES = 2**16
"""Bytes read at the ends of a log to learn a run's state."""
_MARK = 256
"""Bytes before the read position, times among them, that must still be there or the log was rewritten."""

_SWITCH = b'"gh-switch"'
"""What stands in the line of a GH switch."""

_decoder = msgspec.json.Decoder(LoggedEvent)


class LineHead(msgspec.Struct, frozen=True):
    """What every line has, read without the rest of it."""

    kind: str
    step: int
    time: float = 0.0


_head_decoder = msgspec.json.Decoder(LineHead)


def decode_line(line: bytes) -> LoggedEvent | None:
    """The event of a line, or None for garbage.

    JSON has no NaN: msgspec writes null for it, which comes back as NaN where a step's number should be.
    """
    try:
        event: LoggedEvent = _decoder.decode(line)
    except BROKEN:
        return _decode_with_nan(line)
    return event


def _decode_with_nan(line: bytes) -> LoggedEvent | None:
    try:
        fields: Any = msgspec.json.decode(line)
        if not isinstance(fields, dict) or fields.get("kind") != "step":
            return None
        whole = {key: float("nan") if value is None else value for key, value in fields.items()}
        event: LoggedEvent = msgspec.convert(whole, LoggedEvent)
    except BROKEN:
        return None
    return event


def decode_head(line: bytes) -> LineHead | None:
    """Kind, step and time of a line, or None for garbage."""
    try:
        return _head_decoder.decode(line)
    except BROKEN:
        return None


def whole_lines(content: bytes) -> list[bytes]:
    """The finished lines; a torn last one is left out."""
    return content[: content.rfind(b"\n") + 1].split(b"\n")[:-1]


class EventTail:
    """The events of a run as they come; needs no lock.

    Attributes:
        restarted: the last `read` found the log rewritten (a resumed run was taken back to its checkpoint):
            what it returned replaces everything returned before.
        skipped: lines so far that were garbage.
    """

    def __init__(self, folder: Path) -> None:
        """Watch the run in `folder`, from its first event on."""
        self._path = Path(folder) / EVENTS_FILE
        self._offset = 0
        self._mark = b""
        self.restarted = False
        self.skipped = 0

    def read(self) -> list[LoggedEvent]:
        """The events since the last call; none where there is no log (yet)."""
        self.restarted = False
        try:
            with self._path.open("rb", buffering=0) as file:
                return self._read(file.fileno())
        except OSError:
            return []

    def _read(self, descriptor: int) -> list[LoggedEvent]:
        if self._was_rewritten(descriptor):
            self._offset, self._mark, self.restarted, self.skipped = 0, b"", True, 0
        os.lseek(descriptor, self._offset, os.SEEK_SET)
        with os.fdopen(os.dup(descriptor), "rb") as file:
            content = file.read()
        content = content[: content.rfind(b"\n") + 1]
        self._offset += len(content)
        self._mark = (self._mark + content)[-_MARK:]
        events = [decode_line(line) for line in whole_lines(content)]
        self.skipped += sum(event is None for event in events)
        return [event for event in events if event is not None]

    def _was_rewritten(self, descriptor: int) -> bool:
        """By what stands before the read position; size and inode number tell less, as both come again."""
        os.lseek(descriptor, self._offset - len(self._mark), os.SEEK_SET)
        return os.read(descriptor, len(self._mark)) != self._mark


def switches_in(folder: Path) -> list[GHSwitch]:
    """The GH switches in a run's log; all other lines are passed over undecoded, so that it takes no time."""
    try:
        content = (Path(folder) / EVENTS_FILE).read_bytes()
    except OSError:
        return []
    found: list[GHSwitch] = []
    at = content.find(_SWITCH)
    while at >= 0 and (end := content.find(b"\n", at)) >= 0:
        event = decode_line(content[content.rfind(b"\n", 0, at) + 1 : end])
        if isinstance(event, GHSwitch):
            found.append(event)
        at = content.find(_SWITCH, end)
    return found


def last_lines(path: Path, *, size: int = TAIL_BYTES) -> list[bytes]:
    """The last whole lines of a log, oldest first: at least one if there is any, all of a short log."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            while True:
                start = max(0, end - size)
                file.seek(start)
                lines = whole_lines(file.read(end - start))
                complete = lines if start == 0 else lines[1:]  # the first one is cut
                if complete or start == 0:
                    return complete
                size *= 16
    except OSError:
        return []


def first_lines(path: Path, *, size: int = HEAD_BYTES) -> list[bytes]:
    """The whole lines among the first `size` bytes of a log."""
    try:
        with path.open("rb") as file:
            return whole_lines(file.read(size))
    except OSError:
        return []
