"""What the number of vertices K changes: a preset's baseline against GH with several K, seed by seed.

    python benchmarks/num_targets.py digits --seeds 3000-3011 --targets 6 12 24 48 --out num_targets.jsonl
    python benchmarks/num_targets.py --report num_targets.jsonl

Each line of the file is one seed: the summary of the baseline and of GH with each K at the last step. All
else is as in the preset; the tables of docs/plug-in.md come from --report.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from evidence import BETTER, last_summary

from ghviz.train.presets import preset_named

SHOWN = {"frequency_slope": 2, "tail_gap": 1, "tail_territory": 2, "tail_accuracy": 2}
"""Metrics of the table, with their digits."""


def run(preset: str, seeds: Sequence[int], targets: Sequence[int], out: Path) -> None:
    """Append one line a seed to `out`."""
    for seed in seeds:
        config = replace(preset_named(preset).config, seed=seed, snapshots=1)
        line: dict[str, Any] = {
            "preset": preset,
            "seed": seed,
            "base": last_summary(replace(config, gh="off")),
        }
        for count in targets:
            line[str(count)] = last_summary(replace(config, gh="on", num_targets=count))
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")


def report(path: Path) -> str:
    """Markdown tables: mean and sample sd over seeds, and on how many GH is better than the baseline."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in map(json.loads, path.read_text().splitlines()):
        groups.setdefault(line["preset"], []).append(line)
    return "\n\n".join(map(_table, groups.values()))


def _table(lines: list[dict[str, Any]]) -> str:
    targets = [key for key in lines[0] if key.isdigit()]
    seeds = sorted(line["seed"] for line in lines)
    titles = [key.replace("_", " ") for key in SHOWN]
    rows = [
        f"`{lines[0]['preset']}`, {len(seeds)} seeds ({seeds[0]} to {seeds[-1]}).",
        "",
        f"| K | vertices alive | {' | '.join(titles)} |",
        "|---" * (len(SHOWN) + 2) + "|",
        f"| no GH | | {' | '.join(_cell(lines, 'base', key) for key in SHOWN)} |",
    ]
    for count in targets:
        alive = np.mean([line[count]["live_vertices"] for line in lines])
        rows.append(f"| {count} | {alive:.1f} | {' | '.join(_cell(lines, count, key) for key in SHOWN)} |")
    return "\n".join(rows)


def _cell(lines: list[dict[str, Any]], side: str, key: str) -> str:
    values = np.array([line[side][key] for line in lines])
    text = f"{values.mean():.{SHOWN[key]}f} ± {values.std(ddof=1):.{SHOWN[key]}f}"
    if side == "base":
        return text
    better = sum(BETTER[key] * (line[side][key] - line["base"][key]) > 0 for line in lines)
    return f"{text} ({better}/{len(lines)})"


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("preset", nargs="?")
    parser.add_argument("--seeds", help="FIRST-LAST")
    parser.add_argument("--targets", type=int, nargs="+", default=[6, 12, 24, 48])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    if asked.report:
        print(report(asked.report))
        return
    first, last = map(int, asked.seeds.split("-"))
    run(asked.preset, range(first, last + 1), asked.targets, asked.out)


if __name__ == "__main__":
    main()
