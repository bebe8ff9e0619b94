"""`runs`: what lies below a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import find_runs


@dataclass(frozen=True)
class RunsArguments:
    """List runs and pairs with their state."""

    folder: tyro.conf.Positional[Path] = Path("runs")
    """Where to look."""


def runs(arguments: list[str]) -> int:
    """Print one line a run: name, kind, state, step, size, preset, message."""
    folder = parse(RunsArguments, arguments, command="runs", example="python -m ghviz runs runs").folder
    if not folder.is_dir():
        raise BadArgumentsError(f"there is no folder {folder}")
    found = find_runs(folder)
    if not found:
        print(f"no runs in {folder}; make one: python -m ghviz pair --preset toy-circle --out {folder}/first")
    for summary in found:
        total = f"/{summary.state.total_steps}" if summary.state.total_steps else ""
        preset = summary.config.preset if summary.config else "-"
        print(
            f"{summary.name:<28} {summary.kind:<5} {summary.state.status:<9} step {summary.state.step}{total:<7} "
            f"{summary.size_bytes / 1e6:7.1f} MB  {preset:<14} {summary.state.message}".rstrip()
        )
    return 0
