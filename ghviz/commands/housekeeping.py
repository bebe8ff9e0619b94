"""`rename` and `delete`: what the Runs page does with a folder."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import delete_run, find_runs, rename_run


@dataclass(frozen=True)
class RenameArguments:
    """Give a run or a pair another name in the same place."""

    folder: tyro.conf.Positional[Path]
    """The folder of a run or of a pair that is not being trained."""
    name: tyro.conf.Positional[str]
    """Its new name."""


def rename(arguments: list[str]) -> int:
    """Rename a run or pair."""
    example = "python -m ghviz rename runs/digits-7 digits-first-try"
    asked = parse(RenameArguments, arguments, command="rename", example=example)
    print(rename_run(asked.folder, asked.name))
    return 0


@dataclass(frozen=True)
class DeleteArguments:
    """Delete a run or a pair: all that ghviz wrote there, for good."""

    folder: tyro.conf.Positional[Path]
    """The folder of a run or of a pair that is not being trained."""
    yes: bool = False
    """Do not ask."""


def delete(arguments: list[str]) -> int:
    """Delete a run or pair, after asking."""
    example = "python -m ghviz delete runs/digits-7 --yes"
    asked = parse(DeleteArguments, arguments, command="delete", example=example)
    if not asked.yes and find_runs(asked.folder) and not _agreed(asked.folder):
        print("Nothing was deleted.")
        return 0
    for path in delete_run(asked.folder):
        print(f"{path} was left: ghviz did not make it.")
    return 0


def _agreed(folder: Path) -> bool:
    """Ask a person; without one nobody agrees.

    Raises:
        BadArgumentsError: nobody is there to be asked.
    """
    if not sys.stdin.isatty():
        raise BadArgumentsError("delete asks first, and nobody is there to answer: add --yes")
    return input(f"Delete {folder} for good? [y/N] ").strip().lower() in ("y", "yes")
