"""Processes side by side, one a run: whatever becomes of one of them, the others go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from ghviz.store.errors import RunFolderError, writing

LOOK_EVERY = 0.1
"""Seconds between two looks at the processes."""
_LOG_END = 4096
"""Bytes of a log in which its last line is looked for."""
_STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One command to run.

    Attributes:
        name: what to call it.
        words: after `python -m ghviz`.
        log: file for all that it prints; made anew.
    """

    name: str
    words: Sequence[str]
    log: Path


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A process that ended, or could not be started.

    Attributes:
        job: what it was to do.
        code: its exit code; negative: the signal that killed it.
        seconds: how long it took.
        said: the last line that it printed; why it could not be started.
        begun: whether it was started at all.
    """

    job: Job
    code: int
    seconds: float
    said: str
    begun: bool = True


@dataclass
class _Alive:
    job: Job
    process: subprocess.Popen[bytes]
    begun: float


def run_jobs(jobs: Sequence[Job], *, at_once: int, wanted: Callable[[Job], bool]) -> Iterator[Ended]:
    """Run all jobs, at most `at_once` of them at a time, and yield each as it ends.

    Ctrl-C, SIGTERM or SIGHUP ask the running ones to save and stop, and no other is started; a second one
    kills them. A job whose log can't be written, or that the system does not start, is one that failed.

    Args:
        jobs: in this order.
        at_once: at least 1.
        wanted: asked just before a job is started; False: it is left out.
    """
    waiting, alive = list(jobs), list[_Alive]()
    with _asked_to_stop(alive) as asked:
        try:
            while alive or (waiting and not asked):
                while waiting and len(alive) < at_once and not asked:
                    job = waiting.pop(0)
                    if not wanted(job):
                        continue
                    try:
                        alive.append(_start(job))
                    except RunFolderError as error:
                        yield Ended(job=job, code=1, seconds=0.0, said=str(error), begun=False)
                yield from _ended(alive)
                if alive:
                    time.sleep(LOOK_EVERY)
        finally:
            for each in alive:
                each.process.terminate()


def was_stopped(code: int) -> bool:
    """Whether a process ended because somebody asked it to."""
    return code == 130 or (code < 0 and -code in _STOPPING)


@contextmanager
def _asked_to_stop(alive: list[_Alive]) -> Iterator[list[int]]:
    """While inside, wishes to stop are passed on to the processes and noted in the list that is given."""
    asked: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        asked.append(number)
        for each in alive:
            each.process.terminate()  # the trainer saves at the first, and dies of the second

    previous = {number: signal.signal(number, pass_on) for number in _STOPPING}
    try:
        yield asked
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _start(job: Job) -> _Alive:
    with writing(job.log):
        job.log.parent.mkdir(parents=True, exist_ok=True)
        log = job.log.open("wb")
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "ghviz", *job.words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches it through us, once
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    except OSError as error:
        raise RunFolderError(f"{job.name} can't be started: {error.strerror or error}.") from error
    finally:
        log.close()
    return _Alive(job, process, time.monotonic())


def _ended(alive: list[_Alive]) -> Iterator[Ended]:
    for each in list(alive):
        code = each.process.poll()
        if code is not None:
            alive.remove(each)
            seconds = time.monotonic() - each.begun
            yield Ended(job=each.job, code=code, seconds=seconds, said=_last_line(each.job.log))


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_END))
            lines = file.read().decode("utf-8", "replace").replace("\r", "\n").splitlines()
    except OSError:
        return ""
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return said.removeprefix("ghviz: ")
