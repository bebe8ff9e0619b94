"""Many runs in one place: pairs, a list of all of them, renaming and deleting."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from ghviz.store.atomic import TEMPORARY_SUFFIX
from ghviz.store.errors import RunFolderError, writing
from ghviz.store.folder import folder_size, open_run, read_switches
from ghviz.store.layout import (
    CHECKPOINT_FOLDER,
    CLASSES_FILE,
    CONFIG_FILE,
    CONTROL_FILE,
    CONTROL_LOCK_FILE,
    ENVIRONMENT_FILE,
    EVALUATION_FILE,
    EVENTS_FILE,
    FORMAT_FILE,
    LAYOUTS_FILE,
    LOCK_FILE,
    POINTS_FILE,
    SNAPSHOT_FOLDER,
    TRAINER_LOG,
    is_pair,
    is_run,
    pair_sides,
    steps_in,
)
from ghviz.store.lock import FolderLock
from ghviz.store.state import RunState, Status
from ghviz.types import GHSwitch, RunConfig

MAX_DEPTH = 3
"""Folders below the root that are searched for runs."""
MAX_NAME = 100
"""Characters of the longest name that a run can be given."""

# In this order, so that a folder whose deletion is interrupted is a run to the last and can be deleted again.
_OURS = (
    SNAPSHOT_FOLDER,
    CHECKPOINT_FOLDER,
    EVENTS_FILE,
    POINTS_FILE,
    CLASSES_FILE,
    EVALUATION_FILE,
    CONTROL_FILE,
    CONTROL_LOCK_FILE,
    ENVIRONMENT_FILE,
    TRAINER_LOG,
    CONFIG_FILE,
    FORMAT_FILE,
    LOCK_FILE,
)
_WORST_FIRST: tuple[Status, ...] = ("running", "broken", "stopped", "empty", "finished")


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One line of a list of runs.

    Attributes:
        path: the run or pair folder.
        kind: "run" or "pair".
        state: what it is doing; of a pair: running if a side is, else broken if a side is, ...
        config: configuration (of a pair: of its GH side); None where it cannot be read.
        sides: run folders of a pair by side; empty for a run.
        modified: time of the last event, or of the folder's making; seconds since 1970.
    """

    path: Path
    kind: Literal["run", "pair"]
    state: RunState
    config: RunConfig | None
    sides: dict[str, Path] = field(default_factory=dict)
    modified: float = 0.0

    @property
    def name(self) -> str:
        """The folder's own name."""
        return self.path.name

    @cached_property
    def size_bytes(self) -> int:
        """Bytes on disk; measured when first asked for, as it looks at every file."""
        return folder_size(self.path)

    def can_resume(self) -> bool:
        """Whether training can go on: it was stopped, or failed after a checkpoint; looks when asked for."""
        if self.state.status != "broken":
            return self.state.status == "stopped"
        looks = [(path, *_look(path)) for path in (self.sides or {"": self.path}).values()]
        return all(
            config is not None and (state.status != "broken" or steps_in(path / CHECKPOINT_FOLDER))
            for path, state, config in looks
        )

    def switches(self) -> list[GHSwitch]:
        """When GH was switched while the run, or the pair's GH side, was training; read when asked for."""
        return read_switches(self.sides.get("gh", self.path))


def find_runs(root: Path) -> list[RunSummary]:
    """All runs and pairs at or below `root`, newest first; broken ones are among them and say why.

    Args:
        root: where to look, `MAX_DEPTH` folders deep; missing: no runs. Hidden folders are passed over.
    """
    summaries = [summary for folder in _run_folders(Path(root), MAX_DEPTH) if (summary := _summary(folder))]
    return sorted(summaries, key=lambda summary: (-summary.modified, str(summary.path)))


def _run_folders(folder: Path, depth: int) -> Iterator[Path]:
    if is_run(folder) or is_pair(folder):
        yield folder
        return
    if depth == 0:
        return
    try:
        children = sorted(child for child in folder.iterdir() if child.is_dir() and child.name[0] != ".")
    except OSError:
        return
    for child in children:
        yield from _run_folders(child, depth - 1)


def _summary(folder: Path) -> RunSummary | None:
    """None where the folder has vanished meanwhile."""
    try:
        sides = {} if is_run(folder) else pair_sides(folder)
    except RunFolderError:
        return None
    if sides and not {"base", "gh"} <= sides.keys():  # one went between two looks at the disk
        return None
    looks = {side: _look(path) for side, path in (sides or {"": folder}).items()}
    config = looks["gh" if sides else ""][1]
    state = _joint_state({side: look[0] for side, look in looks.items()})
    try:
        modified = state.updated or folder.stat().st_mtime
    except OSError:
        return None
    return RunSummary(
        path=folder,
        kind="pair" if sides else "run",
        state=state,
        config=config,
        sides=sides,
        modified=modified,
    )


def _look(folder: Path) -> tuple[RunState, RunConfig | None]:
    try:
        run = open_run(folder)
    except RunFolderError as error:
        return RunState(status="broken", step=0, total_steps=None, message=str(error)), None
    return run.state(), run.config


def _joint_state(states: dict[str, RunState]) -> RunState:
    """The state of a pair: that of the side that most wants attention, at the step that all have reached."""
    side, worst = min(states.items(), key=lambda item: (_WORST_FIRST.index(item[1].status), item[1].step))
    if len({state.status for state in states.values()}) > 1 and worst.status == "broken":
        message = f"Side {side}: {worst.message}"
    else:
        message = worst.message
    return RunState(
        status=worst.status,
        step=min(state.step for state in states.values()),
        total_steps=worst.total_steps,
        message=message,
        updated=max(state.updated for state in states.values()),
    )


@contextmanager
def _all_locked(folder: Path) -> Iterator[dict[str, Path]]:
    """Hold the locks of a run or of all runs of a pair, so that no trainer can be at work or start."""
    if folder.is_symlink():
        raise RunFolderError(f"{folder} is a link: rename or delete what it points to.")
    if not (is_run(folder) or is_pair(folder)):
        raise RunFolderError(f"{folder} is neither a run nor a pair folder.")
    runs = pair_sides(folder) if is_pair(folder) else {"": folder}
    for run in runs.values():
        if run.is_symlink():
            raise RunFolderError(f"{folder} holds a link, {run.name}: replace it by what it points to first.")
    with ExitStack() as locks:
        for run in runs.values():
            locks.enter_context(FolderLock(run / LOCK_FILE))
        if (
            os.name == "nt"
        ):  # Windows renames and deletes no open file: there we only know that nobody was at work
            locks.close()
        yield runs


def rename_run(folder: Path, name: str) -> Path:
    """Give a run or pair another name in the same place.

    Args:
        folder: a run or pair folder that no trainer is working on.
        name: a plain name without slashes, at most `MAX_NAME` characters.

    Returns:
        The new folder.

    Raises:
        ValueError: not a plain name.
        RunFolderError: not a run or pair, in use (`RunLockedError`), the name is taken, or not writable.
    """
    folder = Path(folder).absolute()
    target = folder.with_name(_plain(name))
    if target.exists() or target.is_symlink():
        raise RunFolderError(f"{target} exists already: choose another name.")
    with _all_locked(folder), writing(target):
        folder.rename(target)
    return target


def _plain(name: str) -> str:
    """A name that stays inside its folder on every system."""
    plain = name.strip()
    forbidden = set('/\\:*?"<>|')
    bad = not plain or plain[0] in ".-" or plain[-1] == "." or len(plain.encode()) > MAX_NAME
    if bad or any(letter in forbidden or not letter.isprintable() for letter in plain):
        raise ValueError(
            f"a run's name has 1 to {MAX_NAME} letters, no slash and no leading dot, got {name[:MAX_NAME]!r}"
        )
    return plain


def delete_run(folder: Path) -> list[Path]:
    """Delete what ghviz has written in a run or pair folder, and the folder if nothing else is in it.

    The folders snapshots/ and checkpoint/ are ghviz's own and go with everything that lies in them; what the
    links in them lead to stays.

    Returns:
        What was left because ghviz did not make it.

    Raises:
        RunFolderError: not a run or pair, in use (`RunLockedError`), or not writable.
    """
    folder = Path(folder).absolute()
    with _all_locked(folder) as runs:
        if "" not in runs:
            for name in (LAYOUTS_FILE, TRAINER_LOG):
                with writing(folder / name):
                    (folder / name).unlink(missing_ok=True)
        for run in runs.values():
            _delete_ours(run)
    return _remove_if_empty(folder)


def _delete_ours(run: Path) -> None:
    temporary = [path.name for path in run.glob(f".*{TEMPORARY_SUFFIX}")]
    for name in (*temporary, *_OURS):
        path = run / name
        with writing(path):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    _remove_if_empty(run)


def _remove_if_empty(folder: Path) -> list[Path]:
    with writing(folder):
        if not folder.exists():
            return []
        left = sorted(folder.iterdir())
        if not left:
            folder.rmdir()
    return left
