"""The numbers of runs for people: one table a run, or with intervals one a metric."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from ghviz.commands.measured import Number, Shown
from ghviz.commands.missing import class_reasons, why_none
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.metrics.differences import Differences
from ghviz.types import MetricTable

EMBEDDINGS: Final = {
    "train": "measured on the long-tailed training embeddings",
    "test": "measured on the balanced test embeddings",
}
_UNITS = (" pts", " %", "°")
Row = list[str]


def plain_text(name: str, table: MetricTable) -> str:
    """A run's numbers without intervals: a line a class, then those with one value."""
    keys = list(table.per_class)
    rows = [["class", "count", *(METRICS[key].title for key in keys)]]
    for i, (label, count) in enumerate(zip(table.classes.names, table.classes.counts, strict=True)):
        rows.append([label, str(count), *(METRICS[key].format(table.per_class[key][i]) for key in keys)])
    numbers = ", ".join(f"{METRICS[k].inside} {METRICS[k].format(v)}" for k, v in table.summary.items())
    where = "" if table.embeddings == "train" else f", {EMBEDDINGS[table.embeddings]}"
    whys = why_none([table], per_class=True)
    return "\n".join([f"{name}, step {table.step}{where}", *_aligned(rows), numbers, *whys, ""])


def text_with_intervals(shown: Shown, level: float) -> str:
    """Numbers of a run, or of a pair with their difference, each with its interval.

    Args:
        shown: the numbers.
        level: of the intervals, 0 to 1.
    """
    table = shown.table
    lines = [f"{shown.name}, step {table.step}, {EMBEDDINGS[table.embeddings]}", ""]
    head = _head(shown, level)
    if table.summary:
        rows = [["", *head]]
        rows += [[_title(table, key), *_row(shown, _fine(shown, key, [None]), None)] for key in table.summary]
        lines += [*_aligned(rows), *why_none(list(shown.tables.values()), per_class=False), ""]
    for key in table.per_class:
        rows = [["class", "count", *head]]
        info = _fine(shown, key, range(len(table.classes.names)))
        for c, (label, count) in enumerate(zip(table.classes.names, table.classes.counts, strict=True)):
            rows.append([label, str(count), *_row(shown, info, c)])
        lines += [_title(table, key), *_aligned(rows), *_missing(shown, key), ""]
    return "\n".join([*lines, *_remarks(shown), ""])


def _title(table: MetricTable, key: str) -> str:
    return METRICS[key].title + ", corrected" * (key in table.corrected)


def _head(shown: Shown, level: float) -> Row:
    interval = f"{100 * level:g} % interval"
    if shown.changed is None:
        return ["value", interval]
    noise = [] if shown.noise is None else ["two seeds"]
    return ["without GH", interval, "with GH", interval, "difference", interval, *noise, "verdict"]


def _fine(shown: Shown, key: str, classes: Iterable[int | None]) -> MetricInfo:
    """The metric with digits enough that no clear difference looks like none, or like that of two seeds."""
    if shown.changed is None:
        return METRICS[key]
    numbers = [shown.number(shown.changed, key, c) for c in classes]
    ends = [end for n in numbers if n.verdict == "clear" for end in (n.value, n.low, n.high)]
    return METRICS[key].fine_enough(ends, apart=[(abs(n.value), n.noise) for n in numbers])


def _row(shown: Shown, info: MetricInfo, c: int | None) -> Row:
    row = []
    for of in shown.columns.values():
        number, signed = shown.number(of, info.key, c), isinstance(of, Differences)
        row += [info.format(number.value, signed=signed), _interval(info, number, signed=signed)]
        if signed:
            noise = [] if shown.noise is None else [_noise(info, number)]
            row += [*noise, "–" if number.verdict == "unknown" else number.verdict]
    return row


def _interval(info: MetricInfo, number: Number, *, signed: bool) -> str:
    """An interval without units; "–" where there is none."""
    if not (math.isfinite(number.low) and math.isfinite(number.high)):
        return "–"
    low, high = (_bare(info.format(end, signed=signed)) for end in (number.low, number.high))
    return f"{low} to {high}"


def _noise(info: MetricInfo, number: Number) -> str:
    return f"±{info.format(number.noise, signed=True).lstrip('+')}" if math.isfinite(number.noise) else "–"


def _bare(text: str) -> str:
    for unit in _UNITS:
        text = text.removesuffix(unit)
    return text


def _missing(shown: Shown, key: str) -> Row:
    """Why some class has no value."""
    found = dict.fromkeys(reason for table in shown.tables.values() for reason in class_reasons(table, key))
    return [f"–: {'; '.join(found)}"] if found else []


def _remarks(shown: Shown) -> list[str]:
    """What must be said of some of the numbers."""
    table, said = shown.table, []
    corrected = _titles([key for key in table.corrected if key in {*table.per_class, *table.summary}])
    if corrected:
        said.append(
            f"Corrected for the scatter of the centres of small classes: {corrected}. Without --intervals "
            "these are the plain ones; where classes have few samples the two can lie far apart."
        )
    unsure = _titles([key for key in table.per_class if key not in table.certainty])
    if unsure:
        said.append(f"Without an interval for single classes: {unsure}.")
    sampled = _titles([key for each in shown.tables.values() for key in each.sampled])
    if sampled:
        said.append(f"Estimated from a sample of directions, pairs or embeddings: {sampled}.")
    if shown.changed is None:
        return said
    if shown.changed.classes_left_out:
        said.append(
            "Only one side has a value of some classes; over the classes that both have, so not what the two "
            f"numbers differ by: the difference of {_titles(list(shown.changed.classes_left_out))}."
        )
    said.append(
        "“Clear” is beyond what other samples would give; what other seeds would give is not known, as no "
        f"second baseline has come to this step: {shown.to_know_seeds}"
        if shown.noise is None
        else "Two seeds: how far two runs without GH lie apart that differ in their seed alone, a rough "
        "yardstick; a difference no larger is within seed noise."
    )
    if shown.noise is not None and shown.noise.reordered:
        said.append(
            "The second baseline's seed made other classes frequent and rare: class by class, two seeds are "
            "compared by rank, so that other classes add to the distance."
        )
    return said


def _titles(keys: Sequence[str]) -> str:
    """Names of metrics, each once, in the middle of a sentence."""
    return ", ".join(dict.fromkeys(METRICS[key].title for key in keys))


def _aligned(rows: list[Row]) -> list[str]:
    """Lines with columns under each other: names begin together, numbers end together."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([name.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])]) for name, *numbers in rows
    ]
