"""`control`: act on a running trainer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import RunFolderError, is_pair, open_run, pair_sides, update_control


@dataclass(frozen=True)
class ControlArguments:
    """Switch GH on or off, change its weight or the pace, or stop: between two steps of a running trainer."""

    folder: tyro.conf.Positional[Path]
    """The folder of a run or of a pair (GH then is that of its gh side)."""
    gh: str | None = None
    """on, off, or a weight."""
    pace: float | None = None
    """Steps per second at most; 0: as fast as possible."""
    stop: bool = False
    """Save and stop."""


def control(arguments: list[str]) -> int:
    """Write a wish into the folder's control.json; the trainer sees it before its next step."""
    asked = parse(
        ControlArguments,
        arguments,
        command="control",
        example="python -m ghviz control runs/digits-7 --gh off",
    )
    run = pair_sides(asked.folder)["gh"] if is_pair(asked.folder) else asked.folder
    weight_of_on = open_run(run).config.weight_of_on
    changes: dict[str, Any] = {}
    if asked.gh is not None:
        changes["gh_weight"] = gh_weight(asked.gh, weight_of_on=weight_of_on)
    if asked.pace is not None:
        changes["pace"] = _non_negative(asked.pace, "--pace")
    if asked.stop:
        changes["stop"] = True
    if not changes:
        raise BadArgumentsError("control needs at least one of --gh, --pace and --stop")
    sides = pair_sides(asked.folder).values() if is_pair(asked.folder) else [asked.folder]
    states = {open_run(side).state().status for side in sides}
    if states == {"finished"}:
        raise RunFolderError(f"{asked.folder} is finished: there is nothing to control any more.")
    is_running = "running" in states
    if not is_running and changes.pop("stop", False):
        print(f"{asked.folder} is not running: there is nothing to stop.")
    if changes:
        update_control(asked.folder, **changes)
    if is_running and asked.stop:
        print(f"It saves and stops. Go on with: python -m ghviz resume {asked.folder}")
    elif changes and not is_running:
        print(f"Noted, but {asked.folder} is not running: it counts when training goes on.")
    return 0


def gh_weight(word: str, *, weight_of_on: float) -> float:
    """The weight that "on", "off" or a number stands for.

    Raises:
        BadArgumentsError: it is none of these.
    """
    if word in ("on", "off"):
        return weight_of_on if word == "on" else 0.0
    try:
        return _non_negative(float(word), "--gh")
    except ValueError:
        raise BadArgumentsError(f"--gh must be on, off or a weight of at least 0, got {word!r}") from None


def _non_negative(value: float, name: str) -> float:
    if not (math.isfinite(value) and value >= 0):
        raise BadArgumentsError(f"{name} must be a finite number of at least 0, got {value}")
    return value
