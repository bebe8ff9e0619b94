"""Names inside a run folder, and its format number."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from ghviz import __version__
from ghviz.store.atomic import read_bytes
from ghviz.store.errors import RunFolderError, reading

FORMAT = 1
"""Number of the format that this version writes; it reads this one and older ones."""

FORMAT_FILE = "format.json"
CONFIG_FILE = "config.json"
CLASSES_FILE = "classes.json"
POINTS_FILE = "points.safetensors"
EVENTS_FILE = "events.jsonl"
CONTROL_FILE = "control.json"
CONTROL_LOCK_FILE = "control.lock"
ENVIRONMENT_FILE = "environment.json"
LOCK_FILE = "lock"
TRAINER_LOG = "trainer.log"
"""What a trainer that was started by the app prints."""
EVALUATION_FILE = "evaluation.json"
"""Accuracies of classifiers on the features of a run's last checkpoint."""
LAYOUTS_FILE = "layouts.safetensors"
"""UMAP layouts of a pair."""
SNAPSHOT_FOLDER = "snapshots"
CHECKPOINT_FOLDER = "checkpoint"
LATEST_FILE = "latest.json"
REPLAY_FILE = "replay.json"

MOST_NAMES = 6
"""Runs that are named at most where a folder holds many."""

SECOND_BASELINE = "base-b"
"""Run folder of a pair's second baseline: as the first but for the seed."""
SIDES = ("base", "gh", SECOND_BASELINE)
"""Run folders inside a pair folder; the third is optional."""

_SNAPSHOT = re.compile(r"([0-9]{8,12})\.safetensors", re.ASCII)
_CHECKPOINT = re.compile(r"state-([0-9]{8,12})\.safetensors", re.ASCII)


class FormatStamp(msgspec.Struct, frozen=True):
    """Content of format.json."""

    format: int
    ghviz: str = __version__


def snapshot_file(step: int) -> str:
    """Name of a snapshot relative to the run folder."""
    return f"{SNAPSHOT_FOLDER}/{step:08d}.safetensors"


def checkpoint_file(step: int) -> str:
    """Name of a checkpoint's tensors inside the checkpoint folder."""
    return f"state-{step:08d}.safetensors"


def steps_in(folder: Path) -> list[int]:
    """Steps of the snapshots or checkpoints that lie in `folder`, ascending; other files are passed over."""
    pattern = _CHECKPOINT if folder.name == CHECKPOINT_FOLDER else _SNAPSHOT
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        return []
    return sorted(int(match[1]) for name in names if (match := pattern.fullmatch(name)))


def is_run(folder: Path) -> bool:
    """Whether `folder` holds a run, be it broken or newer; format.json is the last file of its creation."""
    try:
        return (folder / FORMAT_FILE).is_file()
    except OSError:
        return False


def is_pair(folder: Path) -> bool:
    """Whether `folder` holds two runs, base and gh, that differ in GH alone."""
    folder = Path(folder)
    return not is_run(folder) and is_run(folder / "base") and is_run(folder / "gh")


def pair_sides(folder: Path) -> dict[str, Path]:
    """The run folders of a pair: "base", "gh", and `SECOND_BASELINE` where there is one.

    Raises:
        RunFolderError: not a pair folder.
    """
    folder = Path(folder)
    if not is_pair(folder):
        raise RunFolderError(
            _choice(folder) or f"{folder} is not a pair: it has no runs 'base' and 'gh' in it."
        )
    return {side: folder / side for side in SIDES if is_run(folder / side)}


def _choice(folder: Path) -> str:
    """What to say where a folder of runs stands for one of them; empty where it holds none."""
    try:
        children = sorted(child for child in folder.iterdir() if child.name[0] != ".")
    except OSError:
        return ""
    pairs = {child.name for child in children if is_pair(child)}
    found = [child.name for child in children if is_run(child) or child.name in pairs]
    if is_run(folder) or not found:
        return ""
    if len(found) == 1:
        return f"{folder} holds a {'pair' if pairs else 'run'}: name that, {folder / found[0]}."
    kinds = "pairs" if len(pairs) == len(found) else "runs and pairs" if pairs else "runs"
    names = ", ".join(found[:MOST_NAMES])
    more = f" and {len(found) - MOST_NAMES} more" if len(found) > MOST_NAMES else ""
    return f"{folder} holds {len(found)} {kinds}: name one of them: {names}{more}."


def check_format(folder: Path) -> None:
    """Refuse what is not a run folder of a format that we know.

    Raises:
        RunFolderError: no folder, no run, broken, or newer.
    """
    try:
        exists = folder.is_dir()
    except OSError:
        exists = False
    if not exists:
        raise RunFolderError(f"{folder} is not a folder.")
    path = folder / FORMAT_FILE
    if not is_run(folder):
        raise RunFolderError(_choice(folder) or f"{folder} is not a run folder: it has no {FORMAT_FILE}.")
    with reading(path):
        stamp = msgspec.json.decode(read_bytes(path), type=FormatStamp)
    if stamp.format > FORMAT:
        raise RunFolderError(
            f"{folder} was written by a newer ghviz ({stamp.ghviz[:40]}, format {stamp.format}); "
            f"this one reads up to format {FORMAT}: upgrade ghviz to open it."
        )
