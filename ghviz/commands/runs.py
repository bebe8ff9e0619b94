"""`runs`: what lies below a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.store import RunSummary, find_runs, size_text
from ghviz.types import IMPORTED

DEFAULT = Path("runs")


@dataclass(frozen=True)
class RunsArguments:
    """List runs and pairs with their state."""

    folder: tyro.conf.Positional[Path] = DEFAULT
    """Where to look."""


def runs(arguments: list[str]) -> int:
    """Print one line a run: its way from the folder, kind, state, step, size, preset, message."""
    folder = parse(RunsArguments, arguments, command="runs", example="python -m ghviz runs runs").folder
    if not folder.is_dir() and folder != DEFAULT:  # which is only made by the first run
        raise BadArgumentsError(f"there is no folder {folder}")
    found = find_runs(folder)
    if not found:
        start = f"python -m ghviz pair --preset toy-circle --out {folder / 'first'}"
        print(f"No runs yet in {folder}/: start one with {start}")
    width = max([28, *(len(_name(each, folder)) for each in found)])
    for summary in found:
        state = summary.state
        steps = f"{state.step}/{state.total_steps}" if state.total_steps else str(state.step)
        preset = summary.config.preset if summary.config else "-"
        size = size_text(summary.size_bytes)
        name = f"{_name(summary, folder):<{width}}"
        line = f"{name} {summary.kind:<5} {state.status:<9} step {steps:<12} {size:>9}"
        print(f"{line}  {preset:<14} {_message(summary)}")
    return 0


def _message(summary: RunSummary) -> str:
    """What it is doing; an import that is whole was never trained here, so it did not finish after steps."""
    is_import = summary.config is not None and summary.config.preset == IMPORTED
    return "Imported." if is_import and summary.state.status == "finished" else summary.state.message


def _name(summary: RunSummary, folder: Path) -> str:
    """Its way from the folder, as several may be called alike; its own name where it is the folder itself."""
    return summary.path.absolute().name if summary.path == folder else str(summary.path.relative_to(folder))
