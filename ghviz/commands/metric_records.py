"""The numbers of runs for programs: JSON and CSV."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ghviz.commands.measured import Number, Shown
from ghviz.metrics.differences import Differences
from ghviz.types import MetricTable

PLAIN = ("run", "step", "class", "count", "metric", "value")
"""Columns of a CSV without intervals."""
WITH_INTERVALS = (*PLAIN, "low", "high", "kind", "seed_noise", "verdict", "embeddings", "corrected")
"""Columns with intervals; `kind` is value or difference, which has the pair's folder as its run."""


def write_json(shown: Sequence[Shown], *, intervals: bool) -> None:
    """Print a list of records, one a run, and with intervals one a pair with the differences."""
    records = [_record(each, name, of, intervals) for each in shown for name, of in _columns(each, intervals)]
    print(json.dumps(records, indent=1, allow_nan=False))


def write_csv(shown: Sequence[Shown], *, intervals: bool) -> None:
    """Print one line a number."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(WITH_INTERVALS if intervals else PLAIN)
    for each in shown:
        classes, step = each.table.classes, each.table.step
        for name, of in _columns(each, intervals):
            for key in of.per_class:
                for c, (label, count) in enumerate(zip(classes.names, classes.counts, strict=True)):
                    number = each.number(of, key, c)
                    writer.writerow([name, step, label, count, *_cells(each, key, number, intervals)])
            for key in of.summary:
                writer.writerow([name, step, "", "", *_cells(each, key, each.number(of, key), intervals)])


def _columns(shown: Shown, intervals: bool) -> Iterator[tuple[str, MetricTable | Differences]]:
    yield from (shown.columns if intervals else shown.tables).items()


def _cells(shown: Shown, key: str, number: Number, intervals: bool) -> list[str]:
    if not intervals:
        return [key, repr(number.value)]
    return [
        *(key, repr(number.value), repr(number.low), repr(number.high)),
        *("difference" if number.verdict else "value", repr(number.noise) if number.verdict else ""),
        *(number.verdict, shown.table.embeddings, "yes" if key in shown.table.corrected else "no"),
    ]


def _record(shown: Shown, name: str, of: MetricTable | Differences, intervals: bool) -> dict[str, Any]:
    table, by_class = shown.table, list(of.per_class)
    classes = []
    for c, (label, count) in enumerate(zip(table.classes.names, table.classes.counts, strict=True)):
        numbers = {key: shown.number(of, key, c) for key in by_class}
        values = {key: _json(number.value) for key, number in numbers.items()}
        known = _certain(numbers) if intervals else {}
        classes.append({"name": label, "count": count, **values, **known})
    numbers = {key: shown.number(of, key) for key in of.summary}
    record: dict[str, Any] = {
        "run": name,
        "step": table.step,
        "classes": classes,
        "summary": {key: _json(number.value) for key, number in numbers.items()},
    }
    if intervals:
        about = {"embeddings": table.embeddings, "corrected": list(table.corrected)}
        kind = "difference" if isinstance(of, Differences) else "value"
        record |= {"kind": kind, **about, **_certain(numbers)}
    return record


def _certain(numbers: dict[str, Number]) -> dict[str, Any]:
    """Intervals by metric, and of differences seed noise and verdict."""
    found: dict[str, Any] = {
        "intervals": {key: [_json(number.low), _json(number.high)] for key, number in numbers.items()}
    }
    if any(number.verdict for number in numbers.values()):
        found["seed_noise"] = {key: _json(number.noise) for key, number in numbers.items()}
        found["verdict"] = {key: number.verdict for key, number in numbers.items()}
    return found


def _json(value: float) -> float | None:
    return value if math.isfinite(value) else None
