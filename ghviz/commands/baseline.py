"""`baseline`: the second baseline of a pair, which says what chance alone does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.commands.training import SECOND_SEED_OFFSET, follow, interruptible, refuse_ranks
from ghviz.store import SECOND_BASELINE, RunFolderError, is_pair, open_run
from ghviz.types import IMPORTED


@dataclass(frozen=True)
class Baseline:
    """Train the second baseline of a pair: as the first but for the seed. What lies between is chance."""

    folder: tyro.conf.Positional[Path]
    """The folder of a pair; gets base-b/."""


def baseline(arguments: list[str]) -> int:
    """Train a pair's baseline once more, with another seed."""
    folder = parse(
        Baseline, arguments, command="baseline", example="python -m ghviz baseline runs/digits-7"
    ).folder
    if not is_pair(folder):
        raise BadArgumentsError(f"{folder} is not a pair: it has no runs 'base' and 'gh' in it.")
    first, second = open_run(folder / "base").config, folder / SECOND_BASELINE
    if first.preset == IMPORTED:
        raise BadArgumentsError(
            f"{folder} was imported and can't be trained: import a second baseline as {second}"
        )
    if second.exists():
        raise RunFolderError(
            f"{folder} has a second baseline already; if it is not finished, go on with: "
            f"python -m ghviz resume {folder}"
        )
    refuse_ranks(f"train it by itself: train --gh off --seed N --out {second}")
    from ghviz.data.dataset import load
    from ghviz.runner import train_run

    config = replace(first, gh="off", seed=first.seed + SECOND_SEED_OFFSET, pace=0.0)
    data = load(config)
    with interruptible() as interruption:
        events = train_run(second, config, data, interruption=interruption)
        return follow(events, folder, "", interruption)
