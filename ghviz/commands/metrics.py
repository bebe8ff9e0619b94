"""`metrics`: the numbers of runs, for people and for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import tyro

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.table import measure
from ghviz.store import Run, RunFolderError, is_pair, open_run, pair_sides
from ghviz.types import MetricTable


@dataclass(frozen=True)
class MetricsArguments:
    """Metrics of the last snapshot (or of a step) of runs and pairs."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Run or pair folders."""
    format: Literal["table", "json", "csv"] = "table"
    """How to print them."""
    step: int | None = None
    """The snapshot at or before this step; None: the last."""


def metrics(arguments: list[str]) -> int:
    """Print the metrics of runs."""
    asked = parse(
        MetricsArguments,
        arguments,
        command="metrics",
        example="python -m ghviz metrics runs/digits-7 --format json",
    )
    if not asked.folders:
        raise BadArgumentsError("metrics needs at least one run or pair folder")
    tables = {str(folder): table_at(open_run(folder), asked.step) for folder in _runs(asked.folders)}
    if asked.format == "json":
        print(json.dumps([_record(name, table) for name, table in tables.items()], indent=1, allow_nan=False))
    elif asked.format == "csv":
        _write_csv(tables)
    else:
        for name, table in tables.items():
            print(_text(name, table))
    return 0


def snapshot_step(run: Run, step: int | None) -> int:
    """The step of the last snapshot at or before `step`; None: of the last there is.

    Raises:
        RunFolderError: there is none.
    """
    steps = [s for s in run.snapshot_steps() if step is None or s <= step]
    if not steps:
        where = "yet" if step is None else f"at or before step {step}"
        raise RunFolderError(f"{run.folder} has no snapshot {where}.")
    return steps[-1]


def table_at(run: Run, step: int | None) -> MetricTable:
    """Metrics of a run at the last snapshot at or before `step`.

    Raises:
        RunFolderError: there is none.
    """
    chosen = snapshot_step(run, step)
    points, classes = run.points, run.classes
    if points is None or classes is None:
        raise RunFolderError(f"{run.folder} has no data yet.")
    return measure(run.snapshot(chosen), points, classes)


def _runs(folders: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        found.extend(pair_sides(folder).values() if is_pair(folder) else [folder])
    return found


def _record(name: str, table: MetricTable) -> dict[str, Any]:
    classes = [
        {"name": label, "count": count, **{key: _json(values[i]) for key, values in table.per_class.items()}}
        for i, (label, count) in enumerate(zip(table.classes.names, table.classes.counts, strict=True))
    ]
    summary = {key: _json(value) for key, value in table.summary.items()}
    return {"run": name, "step": table.step, "classes": classes, "summary": summary}


def _json(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _write_csv(tables: dict[str, MetricTable]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["run", "step", "class", "count", "metric", "value"])
    for name, table in tables.items():
        for key, values in table.per_class.items():
            for label, count, value in zip(table.classes.names, table.classes.counts, values, strict=True):
                writer.writerow([name, table.step, label, count, key, repr(float(value))])
        for key, value in table.summary.items():
            writer.writerow([name, table.step, "", "", key, repr(float(value))])


def _text(name: str, table: MetricTable) -> str:
    keys = list(table.per_class)
    titles = [METRICS[key].title for key in keys]
    rows = [["class", "count", *titles]]
    for i, (label, count) in enumerate(zip(table.classes.names, table.classes.counts, strict=True)):
        rows.append([label, str(count), *(METRICS[key].format(table.per_class[key][i]) for key in keys)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    numbers = ", ".join(
        f"{METRICS[k].title.lower()} {METRICS[k].format(v)}" for k, v in table.summary.items()
    )
    return "\n".join([f"{name}, step {table.step}", *lines, numbers, ""])
