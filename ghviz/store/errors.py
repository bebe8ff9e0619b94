"""What the store says when it cannot do its work: always one sentence for a person."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from safetensors import SafetensorError

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, SafetensorError)
"""What decoders raise for content that is not what it should be (deeply nested JSON: RecursionError)."""

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_THE_WAY = {errno.ENOTDIR, errno.EEXIST, errno.EISDIR}


class RunFolderError(Exception):
    """A run folder cannot be read or written; `str()` is one sentence for a person."""


class RunLockedError(RunFolderError):
    """Another trainer is at work in the run folder."""


def _why(error: OSError) -> str:
    """The cause of a failed write, with what to do about it."""
    if error.errno in _FULL:
        return "the disk is full; what was recorded before is safe, so free some space and resume"
    if error.errno == errno.EFBIG:
        return "a limit on file sizes is reached; what was recorded before is safe, so raise it and resume"
    if error.errno in _FORBIDDEN:
        return (
            "the place is read-only for this user; what was recorded before is safe, so choose another place"
        )
    if error.errno in _IN_THE_WAY:
        return "something else stands in its place; choose another folder"
    if error.errno == errno.ENOENT:
        return "the folder has vanished; choose another folder or put it back"
    return f"{(error.strerror or str(error)).lower()}; what was recorded before is safe"


def write_error(path: Path, error: OSError) -> RunFolderError:
    """The sentence for a failed write.

    Args:
        path: what should have been written.
        error: what the operating system said.
    """
    return RunFolderError(f"{path} could not be written: {_why(error)}.")


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
