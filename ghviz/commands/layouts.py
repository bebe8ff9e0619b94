"""`layouts`: UMAP layouts of a pair, written into its folder where the app finds them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tyro
from numpy.typing import NDArray
from tqdm import tqdm

from ghviz.commands.parsing import parse
from ghviz.store import RunFolderError, open_run, pair_sides, write_layouts

TWINS = ("base", "gh")


@dataclass(frozen=True)
class LayoutsArguments:
    """Lay out the snapshots of a pair by UMAP, as a chain in which each starts at the one before it."""

    folder: tyro.conf.Positional[Path]
    """The folder of a pair."""
    seed: int = 0
    """Seed of UMAP."""


def layouts(arguments: list[str]) -> int:
    """Compute and write the layouts of both sides."""
    asked = parse(
        LayoutsArguments, arguments, command="layouts", example="python -m ghviz layouts runs/digits-7"
    )
    sides = pair_sides(asked.folder)
    snapshots = {side: _snapshots(sides[side]) for side in TWINS}
    from ghviz.projections.umap import layout_arrays, umap_layouts

    found, previous = {}, None
    for side, series in snapshots.items():
        with tqdm(total=len(series), desc=side, disable=None) as bar:
            drawn = umap_layouts(
                list(series.values()),
                seed=asked.seed,
                previous=previous,
                progress=lambda _done, _total, bar=bar: bar.update(),  # type: ignore[misc]
            )
        found[side] = dict(zip(series, drawn, strict=True))
        previous = drawn[0] if previous is None else previous  # both sides share their beginning
    write_layouts(asked.folder, layout_arrays(found))
    print(f"{asked.folder}: {sum(map(len, found.values()))} layouts")
    return 0


def _snapshots(folder: Path) -> dict[int, NDArray[np.float32]]:
    run = open_run(folder)
    steps = run.snapshot_steps()
    if not steps:
        raise RunFolderError(f"{folder} has no snapshot yet.")
    return {step: run.snapshot(step).train for step in steps}
