"""The table of a metric of every class, head to tail: for the page, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ghviz.app.measure.findings import Findings, Found
from ghviz.evaluate.groups import groups_by_rank
from ghviz.metrics.catalog import METRICS, MetricInfo

GROUPS: Final = ("Many", "Medium", "Few")
"""Names of the groups, from head to tail."""
_LATEX: Final = str.maketrans(
    {
        **{char: f"\\{char}" for char in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "−": "$-$",
        "°": r"\textdegree{}",
        "–": "--",
    }
)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A class in the table.

    Attributes:
        name: of the class.
        count: its training samples.
        measured: its samples in the snapshot that the metric is measured on.
        group: "Many", "Medium" or "Few"; empty where there are fewer than three classes.
        found: its numbers.
    """

    name: str
    count: int
    measured: int
    group: str
    found: Found


def class_lines(found: Findings, key: str) -> list[Line]:
    """The classes from head to tail."""
    classes = found.classes
    groups = [""] * len(classes.names)
    if len(classes.names) >= 3:
        groups = [GROUPS[g] for g in groups_by_rank(np.asarray(classes.counts))]
    on = "test" if METRICS[key].embeddings == ("test",) else found.base.embeddings
    samples = found.base.samples[on]
    return [
        Line(
            name=name,
            count=classes.counts[c],
            measured=int(samples[c]),
            group=groups[c],
            found=found.of_class(key, c),
        )
        for c, name in enumerate(classes.names)
    ]


def as_csv(found: Findings, keys: Sequence[str]) -> str:
    """Every metric of every class, and those with one value, a line each, numbers in full."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("metric", "class", "training_samples", "measured_samples", "group", "base", "base_low"),
            *("base_high", "gh", "gh_low", "gh_high", "difference", "difference_low", "difference_high"),
            *("seed_noise", "verdict", "embeddings", "reason"),
        ]
    )
    for key in keys:
        if key in found.base.per_class:
            for line in class_lines(found, key):
                about = [key, line.name, line.count, line.measured, line.group]
                writer.writerow([*about, *_numbers(line.found), found.base.embeddings, line.found.reason])
        if key in found.base.summary:
            number = found.number(key)
            writer.writerow([key, "", "", "", "", *_numbers(number), found.base.embeddings, ""])
    return text.getvalue()


def as_latex(lines: Sequence[Line], info: MetricInfo, *, seeds: bool) -> str:
    """The table of one metric, with booktabs; differences that may be chance are grey.

    Args:
        lines: of the table.
        info: the metric.
        seeds: whether there is a column for the distance of two seeds.
    """
    head = ["Class", "$n$", "Without GH", "With GH", "Difference", "95\\,\\%"]
    head += ["Two seeds"] if seeds else []
    rows = [" & ".join(_latex_cells(line, info, seeds=seeds)) + r" \\" for line in lines]
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,xcolor,textcomp}; grey: may be chance",
            rf"\begin{{tabular}}{{lr{'r' * (len(head) - 2)}}}",
            r"\toprule",
            rf"\multicolumn{{{len(head)}}}{{l}}{{{_escaped(info.title)}}} \\",
            " & ".join(head) + r" \\",
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _latex_cells(line: Line, info: MetricInfo, *, seeds: bool) -> list[str]:
    found = line.found
    change = _escaped(info.format(found.difference, signed=True))
    interval = ""
    if all(map(math.isfinite, found.interval)):
        interval = "[" + ", ".join(_escaped(info.format(end, signed=True)) for end in found.interval) + "]"
    if found.verdict in ("uncertain", "within seed noise"):
        change, interval = (rf"\textcolor{{gray}}{{{text}}}" for text in (change, interval))
    cells = [_escaped(line.name), f"{line.count:,}".replace(",", r"\,")]
    cells += [_escaped(info.format(found.base)), _escaped(info.format(found.gh)), change, interval]
    if seeds:
        cells.append(_escaped(info.format(found.noise, signed=True).lstrip("+")))
    return cells


def _escaped(text: str) -> str:
    return text.translate(_LATEX)


def _numbers(found: Found) -> list[str]:
    values = [
        *(found.base, *found.base_interval, found.gh, *found.gh_interval),
        *(found.difference, *found.interval, found.noise),
    ]
    return [*("" if math.isnan(value) else repr(value) for value in values), found.verdict]
