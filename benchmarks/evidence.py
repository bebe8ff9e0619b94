"""Paired runs of presets over seeds: what GH changes, with the spread; the numbers of docs/evidence.md.

    python benchmarks/evidence.py toy-circle --seeds 2000-2011 --out evidence.jsonl [--set epochs=200]
    python benchmarks/evidence.py --report evidence.jsonl

Each line of the file is one pair: preset, changed fields, seed, the summary of both sides at the last step,
and wall time. Runs go one after the other in this process; the wall time leaves out the imports.
"""

from __future__ import annotations

import argparse
import ast
import json
import math
import statistics
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ghviz.data.dataset import load
from ghviz.metrics.table import measure
from ghviz.train import fit
from ghviz.train.presets import preset_named
from ghviz.types import DataReady, PriorTaken, RunConfig, SnapshotReady

BETTER = {"frequency_slope": -1, "tail_gap": 1, "tail_territory": 1, "evenness": 1, "tail_accuracy": 1}
TIE = {key: 0.05 if key == "tail_gap" else 0.0005 for key in BETTER}
"""Differences no larger than what the tables show count as none."""


def last_summary(config: RunConfig) -> dict[str, float]:
    """Summary of a run's last snapshot, with the number of vertices that live."""
    ready, snapshot, live = None, None, float("nan")
    for event in fit(config, data=load(config)):
        if isinstance(event, DataReady):
            ready = event
        elif isinstance(event, SnapshotReady):
            snapshot = event.snapshot
        elif isinstance(event, PriorTaken):
            live = event.live_vertices
    table = measure(snapshot, ready.points, ready.classes)
    return {**table.summary, "live_vertices": live}


def run_pairs(preset: str, seeds: list[int], changes: dict[str, Any], out: Path) -> None:
    """Append one line a seed to `out`."""
    for seed in seeds:
        config = replace(preset_named(preset).config, seed=seed, snapshots=1, **changes)
        begun = time.perf_counter()
        sides = {side: last_summary(replace(config, gh=gh)) for side, gh in (("base", "off"), ("gh", "on"))}
        line = {"preset": preset, "changes": changes, "seed": seed, **sides}
        line["seconds"] = time.perf_counter() - begun
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")


def report(path: Path) -> str:
    """Markdown tables: mean and sample sd of both sides, paired difference with sd, seeds better."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for line in map(json.loads, path.read_text().splitlines()):
        groups[line["preset"], json.dumps(line["changes"])].append(line)
    parts = []
    for (preset, changes), lines in groups.items():
        seeds = sorted(line["seed"] for line in lines)
        wall = statistics.median(line["seconds"] for line in lines)
        live = np.mean([line["gh"]["live_vertices"] for line in lines])
        note = "" if changes == "{}" else f" with `{changes}`"
        parts.append(
            f"`{preset}`{note}: {len(lines)} seeds ({seeds[0]} to {seeds[-1]}), median {wall:.1f} s a pair, "
            f"{live:.1f} vertices alive with GH.\n\n"
            "| metric | base | GH | difference | better |\n|---|---|---|---|---|\n"
            + "\n".join(_row(key, sign, lines) for key, sign in BETTER.items())
        )
    return "\n\n".join(parts)


def _row(key: str, sign: int, lines: list[dict[str, Any]]) -> str:
    base = np.array([line["base"][key] for line in lines], dtype=float)
    gh = np.array([line["gh"][key] for line in lines], dtype=float)
    difference = gh - base
    better = int((sign * difference > TIE[key]).sum())
    digits = 1 if key == "tail_gap" else 3

    def spread(values: np.ndarray) -> str:
        sd = values.std(ddof=1) if len(values) > 1 else math.nan
        return f"{values.mean():.{digits}f} ± {sd:.{digits}f}"

    return f"| {key} | {spread(base)} | {spread(gh)} | {spread(difference)} | {better}/{len(lines)} |"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("preset", nargs="?")
    parser.add_argument("--seeds", help="FIRST-LAST")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--set", nargs="*", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    if asked.report:
        print(report(asked.report))
        return
    first, last = map(int, asked.seeds.split("-"))
    changes = {name: ast.literal_eval(value) for name, value in (pair.split("=") for pair in asked.set)}
    run_pairs(asked.preset, list(range(first, last + 1)), changes, asked.out)


if __name__ == "__main__":
    main()
