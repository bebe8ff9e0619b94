"""Starting trainers: processes of their own that outlive the page, the browser and the app."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ghviz.app.pairs import runs_root
from ghviz.store import RunFolderError, is_pair
from ghviz.store.layout import TRAINER_LOG, is_run
from ghviz.types import RunConfig

_LOG_END = 4096
"""Bytes of a log in which its last line is looked for."""

_started: dict[Path, subprocess.Popen[bytes]] = {}
"""Trainers that this process has started; the others are known by their run folders alone."""


def flags(config: RunConfig, preset: RunConfig) -> list[str]:
    """The command-line flags that make `config` out of a preset.

    >>> flags(RunConfig(num_classes=4, batch_norm=True, gh_refresh_every=None), RunConfig())
    ['--num-classes', '4', '--batch-norm', '--gh-refresh-every', 'None']
    """
    words: list[str] = []
    wanted, given = asdict(config), asdict(preset)
    for name, value in wanted.items():
        if value != given[name] and name not in ("preset", "gh", "seed"):
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


def resume(folder: Path) -> None:
    """Start to go on with a stopped run or pair.

    Raises:
        RunFolderError: the process can't be started.
    """
    _start(["resume", str(folder)], folder)


def is_starting(folder: Path) -> bool:
    """Whether a trainer that was started here lives; it may not have written anything yet."""
    process = _started.get(folder)
    return process is not None and process.poll() is None


def failure(folder: Path) -> str:
    """What a trainer that was started here said when it failed, in one sentence; else nothing."""
    process = _started.get(folder)
    if process is None or process.poll() in (None, 0, 130):  # 130: it was stopped
        return ""
    said = _last_line(folder / TRAINER_LOG).removeprefix("ghviz: ")
    return said or f"Training ended with exit code {process.returncode} and said nothing."


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
            _started[folder] = subprocess.Popen(
                [sys.executable, "-m", "ghviz", *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
            )
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
