"""What the store says when it cannot do its work: always one sentence for a person."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from safetensors import SafetensorError

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, SafetensorError)
"""What decoders raise for content that is not what it should be (deeply nested JSON: RecursionError)."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP}


class RunFolderError(Exception):
    """A run folder cannot be read or written; `str()` is one sentence for a person."""


class RunLockedError(RunFolderError):
    """Another trainer is at work in the run folder."""


def _why(path: Path, error: OSError) -> str:
    """The cause of a failed write, with what to do about it."""
    safe = "what was recorded before is safe, so " if _has_record(path) else ""
    if error.errno in _FULL:
        return f"the disk is full; {safe}free some space and {'resume' if safe else 'try again'}"
    if error.errno == errno.EFBIG:
        return f"a limit on file sizes is reached; {safe}raise it and {'resume' if safe else 'try again'}"
    if error.errno in _FORBIDDEN:
        return f"the place is read-only for this user; {safe}choose another place"
    if error.errno == errno.ENAMETOOLONG:
        return "the name is too long; choose a shorter one"
    if error.errno in _IN_THE_WAY:
        return f"{_obstacle(path)}; choose another place or move it away"
    if error.errno == errno.ENOENT:
        if path.parent.is_dir():
            return f"nothing can be made in {path.parent}; choose another place"
        return f"the folder {path.parent} is gone; choose another place or put it back"
    said = (error.strerror or str(error)).lower()
    return f"{said}; what was recorded before is safe" if safe else said


def _has_record(path: Path) -> bool:
    """Whether a path is, or lies in, a run that has recorded something."""
    return any(os.path.lexists(folder / "events.jsonl") for folder in (path, *path.parents[:2]))


def _obstacle(path: Path) -> str:
    """What stands where a file or folder should come to lie, or where a folder on the way to it should be."""
    found = next((p for p in (path, *path.parents) if os.path.lexists(p)), path)
    if not found.exists():
        return f"{found} is a link that leads nowhere"
    kind = "a folder" if found.is_dir() else "a file"
    return f"{kind} stands in its place" if found == path else f"{found} is {kind}"


def write_error(path: Path, error: OSError) -> RunFolderError:
    """The sentence for a failed write.

    Args:
        path: what should have been written.
        error: what the operating system said.
    """
    return RunFolderError(f"{path} could not be written: {_why(path, error)}.")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn every OSError inside the block into a `RunFolderError` about `path`."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn unreadable or broken content inside the block into a `RunFolderError` about `path`."""
    try:
        yield
    except FileNotFoundError as error:
        raise RunFolderError(f"{path} is missing.") from error
    except OSError as error:
        raise RunFolderError(
            f"{path} could not be read: {(error.strerror or str(error)).lower()}."
        ) from error
    except BROKEN as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunFolderError(f"{path} is broken: {reason}.") from error
