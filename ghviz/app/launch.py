"""Starting trainers: processes of their own that outlive the page, the browser and the app."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ghviz.app.pairs import runs_root
from ghviz.store import RunFolderError, is_pair
from ghviz.store.layout import LOCK_FILE, SIDES, TRAINER_LOG, is_run
from ghviz.store.lock import is_locked
from ghviz.train.other_data import OWN
from ghviz.train.recipes import scaled
from ghviz.types import RunConfig

ENDING_PATIENCE = 15.0
"""Seconds in which a trainer that has let go of its run ends."""
_LOG_END = 4096
"""Bytes of a log in which its last line is looked for."""


@dataclass(frozen=True)
class _Trainer:
    """A process that trains.

    Attributes:
        process: it.
        since: when it was started, seconds since 1970, by the clock of the folder's file system.
    """

    process: subprocess.Popen[bytes]
    since: float


_started: dict[Path, _Trainer] = {}
"""Trainers that this process has started; the others are known by their run folders alone."""


def flags(config: RunConfig, preset: RunConfig) -> list[str]:
    """The command-line flags that make `config` out of a preset.

    >>> flags(RunConfig(num_classes=4, batch_norm=True, gh_refresh_every=None), RunConfig())
    ['--num-classes', '4', '--batch-norm', '--gh-refresh-every', 'None']
    """
    words: list[str] = []
    fitting = scaled(preset, config.epochs)  # what the command makes of the preset for this length
    wanted, given = asdict(config), {**asdict(fitting), "epochs": preset.epochs}
    for name, value in wanted.items():
        is_counted = name == "num_classes" and config.dataset in OWN  # by the command, where it is not told
        if (value != given[name] or is_counted) and name not in ("preset", "gh", "seed"):
            words += _flag(name.replace("_", "-"), value)
    return words


def _flag(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    if isinstance(value, list | tuple):
        return [f"--{name}", *map(str, value)]
    return [f"--{name}", str(value)]


def start_pair(config: RunConfig, preset: RunConfig) -> Path:
    """Start to train a pair; returns its folder, which fills within seconds.

    Args:
        config: what to train.
        preset: the preset it was made from.

    Raises:
        RunFolderError: the folder for runs can't be written, or the process can't be started.
    """
    folder = _free_folder(f"{preset.preset}-{config.seed}")
    words = ["pair", "--preset", preset.preset, "--seed", str(config.seed), "--out", str(folder)]
    _start([*words, *flags(config, preset)], folder)
    return folder


def start_second_baseline(folder: Path) -> None:
    """Start to train a pair's second baseline, unless a trainer of ours is at work there.

    Raises:
        RunFolderError: the folder can't be written, or the process can't be started.
    """
    if not is_alive(folder):
        _start(["baseline", str(folder)], folder)


def resume(folder: Path) -> None:
    """Start to go on with a stopped run or pair; nothing happens where that was asked for already.

    Raises:
        RunFolderError: the process can't be started, or the one before it does not end.
    """
    if is_alive(folder):
        if is_starting(folder) or any(is_locked(lock) for lock in _locks(folder)):
            return
        try:
            _started[folder].process.wait(ENDING_PATIENCE)  # it has saved and let go, and is about to end
        except subprocess.TimeoutExpired as error:
            raise RunFolderError(f"The trainer of {folder.name} does not end: try again later.") from error
    _start(["resume", str(folder)], folder)


def is_alive(folder: Path) -> bool:
    """Whether a trainer that was started here lives."""
    trainer = _started.get(folder)
    return trainer is not None and trainer.process.poll() is None


def is_starting(folder: Path) -> bool:
    """Whether a trainer that was started here lives and has not come to its run yet: it loads libraries."""
    if not is_alive(folder):
        return False
    return not any(_changed(lock) >= _started[folder].since for lock in _locks(folder))


def _locks(folder: Path) -> list[Path]:
    """Where the locks of a run, or of the sides of a pair, lie."""
    return [folder / LOCK_FILE, *(folder / side / LOCK_FILE for side in SIDES)]


def _changed(path: Path) -> float:
    """When a file was last written; 0 where there is none."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def failure(folder: Path) -> str:
    """What a trainer that was started here said when it failed, in one sentence; else nothing."""
    trainer = _started.get(folder)
    if trainer is None or trainer.process.poll() in (None, 0, 130):  # 130: it was stopped
        return ""
    said = _last_line(folder / TRAINER_LOG).removeprefix("ghviz: ")
    return said or f"Training ended with exit code {trainer.process.returncode} and said nothing."


def cancel(folder: Path) -> None:
    """End a trainer that is still starting, and clear away what it left."""
    trainer = _started.get(folder)
    if trainer is not None:
        trainer.process.kill()  # it has written nothing yet; and if it just did: a killed run can be resumed
        trainer.process.wait()
    forget(folder)


def forget(folder: Path) -> None:
    """Clear away what a trainer left that failed before there was a run."""
    _started.pop(folder, None)
    if not (is_pair(folder) or is_run(folder)):
        with suppress(OSError):
            (folder / TRAINER_LOG).unlink(missing_ok=True)
            folder.rmdir()


def _free_folder(name: str) -> Path:
    root = runs_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        for number in range(1, 10_000):
            folder = root / (name if number == 1 else f"{name}-{number}")
            with suppress(FileExistsError):
                folder.mkdir()
                return folder
    except OSError as error:
        raise RunFolderError(f"{root} can't be written: {error.strerror or error}.") from error
    raise RunFolderError(f"{root} has ten thousand runs of that name: delete some.")


def _start(words: list[str], folder: Path) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    try:
        with (folder / TRAINER_LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "ghviz", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )
        _started[folder] = _Trainer(process, _changed(folder / TRAINER_LOG) or time.time())
    except OSError as error:
        forget(folder)
        raise RunFolderError(f"Training can't be started: {error.strerror or error}.") from error


def _last_line(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _LOG_END))
            lines = file.read().decode("utf-8", "replace").replace("\r", "\n").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
