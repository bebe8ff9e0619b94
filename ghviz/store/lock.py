"""One trainer a folder: a lock that the operating system releases when its process dies, however it dies."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
import weakref
from pathlib import Path

import msgspec

from ghviz.store.errors import RunLockedError, writing

RETRY = 0.01
"""Seconds between two tries."""


class _Owner(msgspec.Struct):
    """Content of the lock file; only for messages."""

    pid: int
    host: str
    since: float


if sys.platform == "win32":
    import msvcrt

    _FAR = 2**30  # locked bytes cannot be read by others, so lock one far behind the content

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Closing does it, as no child inherits the descriptor."""
else:
    import fcntl

    def _try_lock(descriptor: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _unlock(descriptor: int) -> None:
        """Unlock for all who share the open file, which closing one descriptor of it does not.

        A child that is just being started (vfork, then exec) goes on beside its parent before the system
        has closed what it inherited, and would hold the lock for that moment.
        """
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_UN)


class FolderLock:
    """An exclusive lock on a file; context manager.

    flock belongs to the open file, so a child process would hold it on after our death: the descriptor is
    closed on exec (Python's default) and after a fork.
    """

    def __init__(self, path: Path) -> None:
        """Prepare a lock on `path`; the file is made when needed and stays."""
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, wait: float = 0.5) -> None:
        """Take the lock; short waiting outlasts those who only look whether it is held.

        Args:
            wait: seconds to keep trying.

        Raises:
            RunLockedError: somebody else holds it.
            RunFolderError: the lock file cannot be made.
        """
        deadline = time.monotonic() + wait
        while not self._try_once():
            if time.monotonic() > deadline:
                raise RunLockedError(
                    f"{self.path.parent} is in use by another process{_owner(self.path)}: "
                    "wait for it or stop it, or choose another folder."
                )
            time.sleep(RETRY)
        _held.add(self)

    def _try_once(self) -> bool:
        with writing(self.path):
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
            taken = False
            try:
                # the file may have been deleted, with its run, between our opening and our locking it
                taken = _try_lock(descriptor, shared=False) and _same_file(descriptor, self.path)
                if taken:
                    _sign(descriptor)
                    self._descriptor = descriptor
            finally:
                if not taken:
                    os.close(descriptor)
        return taken

    def release(self) -> None:
        """Give the lock back; twice does no harm."""
        descriptor = self._forget()
        if descriptor is not None:
            _unlock(descriptor)
            os.close(descriptor)

    def _forget(self) -> int | None:
        """Hold nothing from now on; return the descriptor that was held."""
        _held.discard(self)
        descriptor, self._descriptor = self._descriptor, None
        return descriptor

    def __enter__(self) -> FolderLock:
        """Take the lock."""
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        """Give it back."""
        self.release()


def is_locked(path: Path) -> bool:
    """Whether some process, ours included, holds the lock; never makes a file, never disturbs for long."""
    try:
        descriptor = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try_lock(descriptor, shared=True)
    except OSError:  # a file system without locks: nobody can hold one
        return False
    finally:
        os.close(descriptor)


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    """Write who holds the lock; a full disk is no reason not to hold it."""
    content = msgspec.json.encode(_Owner(os.getpid(), socket.gethostname(), time.time()))
    try:
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, content)
    except OSError:
        return


def _owner(path: Path) -> str:
    try:
        owner = msgspec.json.decode(path.read_bytes()[:1000], type=_Owner)
    except (OSError, msgspec.MsgspecError):
        return ""
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(owner.since))
    return f" (process {owner.pid} on {owner.host[:60]}, since {since})"


_held: weakref.WeakSet[FolderLock] = weakref.WeakSet()


def _close_in_child() -> None:
    """Close our copies; to unlock would take the lock from the parent."""
    for lock in list(_held):
        descriptor = lock._forget()
        if descriptor is not None:
            os.close(descriptor)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
