"""The numbers of the whole run as a table, each name opening what it means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from ghviz.app.measure.class_table import CORRECTED
from ghviz.app.measure.findings import Findings, Found
from ghviz.app.measure.rounding import rounded
from ghviz.app.sentences import told
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.types import Certainty, MetricTable

WAYS: Final = {
    "higher": "higher is better",
    "lower": "lower is better",
    "zero": "nearer to 0 is better",
    "neither": "neither way is better by itself",
}
"""Which way is good, in words."""
EMBEDDINGS: Final = {
    ("train",): "long-tailed training embeddings only",
    ("test",): "balanced test embeddings, each asked for its nearest training embedding",
    ("train", "test"): "either embeddings",
}
"""Where a metric means something, in words."""
_ELSEWHERE: Final = (
    "which lie apart by chance alone; Sweep, the numbers over training, and Compare and Train in two or "
    "three dimensions show it plain"
)
WORDS: Final = (
    "Better, worse: the interval of the difference leaves 0 out, and two seeds, where known, lie less far "
    "apart. Changed: the same, where that is neither good nor bad by itself, or not surely either. The CSV "
    "and the command call all three clear. Uncertain: the interval holds 0, or there is none."
)
"""What the words at a difference mean."""


def definition_html(info: MetricInfo, dimension: int, *, corrected: bool = False) -> str:
    """Formula, range, which way is good, where it means something, and source of a metric.

    Args:
        info: the metric.
        dimension: of the embedding.
        corrected: whether its numbers here are corrected for the centres of small classes.
    """
    facts = [
        ("Formula", info.formula),
        ("Range", info.values),
        ("Good", WAYS[info.better]),
        ("Measured on", EMBEDDINGS[info.embeddings]),
        ("Interval", info.interval),
        ("Source", info.source),
    ]
    if corrected:
        facts.insert(1, ("Here", f"{CORRECTED}, {_ELSEWHERE}"))
    lines = "".join(f"<div><b>{name}</b> {escape(text)}</div>" for name, text in facts)
    return f'<div class="gz-definition"><p>{escape(told(info, dimension))}</p>{lines}</div>'


def numbers_table(found: Findings, keys: Sequence[str], *, dimension: int) -> str:
    """The table as HTML; differences that may be chance are grey.

    Args:
        found: all numbers.
        keys: metrics with one value, a line each.
        dimension: of the embedding.
    """
    two = "" if found.noise is None else "<th>Two seeds</th>"
    head = f"<tr><th>Number</th><th>Without GH</th><th>With GH</th><th>Difference</th>{two}</tr>"
    lines = "".join(_line(key, found, dimension, seeds=bool(two)) for key in keys)
    return f'<div class="gz-table"><table><thead>{head}</thead><tbody>{lines}</tbody></table></div>'


def values_table(table: MetricTable, *, dimension: int, side: str) -> str:
    """The numbers of a single run as HTML, each with its interval.

    Args:
        table: of the run.
        dimension: of the embedding.
        side: "base" or "gh", in whose colour they are.
    """
    lines = ""
    for key, value in table.summary.items():
        info, certainty = METRICS[key], table.summary_certainty.get(key)
        cell = _cell(info.format(value), _interval(info, certainty), side)
        lines += f"<tr><td>{_name(key, table, dimension)}</td>{cell}</tr>"
    head = "<tr><th>Number</th><th>Value</th></tr>"
    return f'<div class="gz-table gz-alone"><table><thead>{head}</thead><tbody>{lines}</tbody></table></div>'


def remarks(found: Findings) -> list[str]:
    """What must be said of some of the numbers: which are corrected, and which leave classes out."""
    said = corrected_remarks(found.base)
    if found.changed.classes_left_out:
        said.append(
            "Classes left out: only one side has a value of them. The difference and its interval are over "
            "the classes that both sides have, so it is not what the two numbers differ by."
        )
    return said


def corrected_remarks(table: MetricTable) -> list[str]:
    """Which numbers of a table are corrected, and what that means; empty where none is."""
    titles = [METRICS[key].title for key in table.summary if key in table.corrected]
    if not titles:
        return []
    return [
        f"{', '.join(titles)}: {CORRECTED}, {_ELSEWHERE.replace('show it', 'show them')}. With few "
        "samples the two can lie far apart."
    ]


def range_text(info: MetricInfo, ends: tuple[float, float], *, signed: bool = False) -> str:
    """An interval as text, without units; empty where there is none.

    >>> range_text(METRICS["tail_territory"], (0.121, 0.16)), range_text(METRICS["evenness"], (math.nan, 1.0))
    ('12 to 16', '')
    """
    if not all(map(math.isfinite, ends)):
        return ""
    low, high = (info.format(each, signed=signed) for each in ends)
    for unit in (" pts", " %", "°"):
        low, high = low.removesuffix(unit), high.removesuffix(unit)
    return f"{low} to {high}"


def _line(key: str, found: Findings, dimension: int, *, seeds: bool) -> str:
    number = found.number(key)
    info = rounded(METRICS[key], [number])
    cells = [
        _cell(info.format(number.base), range_text(info, number.base_interval), "base"),
        _cell(info.format(number.gh), range_text(info, number.gh_interval), "gh"),
        _difference(info, number),
    ]
    if seeds:
        noise = info.format(number.noise, signed=True).lstrip("+")
        cells.append(_cell(f"±{noise}" if math.isfinite(number.noise) else "–", "", "muted"))
    return f"<tr><td>{_name(key, found.base, dimension)}</td>{''.join(cells)}</tr>"


def _name(key: str, table: MetricTable, dimension: int) -> str:
    """The title of a metric, which opens what it means."""
    info, corrected = METRICS[key], key in table.corrected
    meaning = definition_html(info, dimension, corrected=corrected)
    small = " <small>corrected</small>" if corrected else ""
    return f"<details><summary>{escape(info.title)}{small}</summary>{meaning}</details>"


def _interval(info: MetricInfo, certainty: Certainty | None) -> str:
    return "" if certainty is None else range_text(info, (float(certainty.low), float(certainty.high)))


def _difference(info: MetricInfo, number: Found) -> str:
    way = number.goes(info.key) if number.verdict == "clear" else "muted"
    interval = range_text(info, number.interval, signed=True)
    left = f"{number.left_out} {'class' if number.left_out == 1 else 'classes'} left out"
    below = " · ".join(filter(None, [interval, number.word(info.key), left if number.left_out else ""]))
    return _cell(info.format(number.difference, signed=True), below, way or "ink")


def _cell(value: str, below: str, css: str) -> str:
    small = f"<small>{below}</small>" if below else ""
    return f'<td class="{css}"><span>{value}</span>{small}</td>'
