"""The table of a metric of every class, head to tail: for the page, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ghviz.app.measure.borders import Borders
from ghviz.app.measure.findings import Findings, Found
from ghviz.app.measure.rounding import rounded
from ghviz.metrics.catalog import METRICS, MetricInfo

CORRECTED: Final = "corrected for the scatter of the centres of small classes"
"""What is said of metrics that are."""
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
        group: "Many", "Medium" or "Few"; empty where there are none.
        found: its numbers.
    """

    name: str
    count: int
    measured: int
    group: str
    found: Found


def class_lines(found: Findings, key: str, borders: Borders | None = None) -> list[Line]:
    """The classes from head to tail, grouped by rank unless other borders are given."""
    classes = found.classes
    groups = (borders or Borders()).groups(classes.counts)
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


def as_csv(found: Findings, keys: Sequence[str], borders: Borders | None = None) -> str:
    """Metrics of every class, and those with one value, a line each, numbers in full.

    Args:
        found: all numbers.
        keys: names of metrics.
        borders: of the groups; None: by rank.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("metric", "class", "training_samples", "measured_samples", "group", "base", "base_low"),
            *("base_high", "gh", "gh_low", "gh_high", "difference", "difference_low", "difference_high"),
            *("seed_noise", "verdict", "embeddings", "corrected", "classes_left_out", "reason"),
        ]
    )
    for key in keys:
        on = [found.base.embeddings, "yes" if key in found.base.corrected else "no"]
        if key in found.base.per_class:
            for line in class_lines(found, key, borders):
                about = [key, line.name, line.count, line.measured, line.group]
                writer.writerow([*about, *_numbers(line.found), *on, "", line.found.reason])
        if key in found.base.summary:
            number = found.number(key)
            writer.writerow([key, "", "", "", "", *_numbers(number), *on, number.left_out, ""])
    return text.getvalue()


def as_latex(lines: Sequence[Line], info: MetricInfo, *, seeds: bool, remarks: Sequence[str] = ()) -> str:
    """The table of one metric, with booktabs; differences that may be chance are grey.

    Args:
        lines: of the table.
        info: the metric.
        seeds: whether there is a column for the distance of two seeds.
        remarks: what must be said of all its numbers.
    """
    info = rounded(info, [line.found for line in lines], most=1)
    head = ["Class", "$n$", "Without GH", "With GH", "Difference", "95\\,\\%"]
    head += ["Two seeds"] if seeds else []
    rows = [" & ".join(_latex_cells(line, info, seeds=seeds)) + r" \\" for line in lines]
    said = [f"({', '.join(remarks)})"] if remarks else []
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,xcolor,textcomp}; grey: may be chance",
            rf"\begin{{tabular}}{{lr{'r' * (len(head) - 2)}}}",
            r"\toprule",
            rf"\multicolumn{{{len(head)}}}{{l}}{{{_escaped(' '.join([info.title, *said]))}}} \\",
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
