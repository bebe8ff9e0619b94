"""Ctrl-C while libraries load: some of them swallow the exception, and the command would go on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_pressed = False


def note(_number: int, _frame: FrameType | None) -> None:
    """Signal handler: remember that it was pressed.

    Raises:
        KeyboardInterrupt: always.
    """
    global _pressed
    _pressed = True
    raise KeyboardInterrupt


@contextmanager
def remembered() -> Iterator[None]:
    """While inside, Ctrl-C raises KeyboardInterrupt as ever, and is remembered should that get lost."""
    global _pressed
    _pressed = False
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    previous = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def raise_if_lost() -> None:
    """End a command whose Ctrl-C got lost.

    Raises:
        KeyboardInterrupt: it was pressed.
    """
    if _pressed:
        raise KeyboardInterrupt
