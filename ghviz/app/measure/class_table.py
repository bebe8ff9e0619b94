"""The table of a metric of every class, head to tail: for the page, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ghviz.app.measure.borders import Borders
from ghviz.app.measure.findings import Findings, Found
from ghviz.app.measure.rounding import in_full, rounded
from ghviz.figures.latex import escaped
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.types import MetricTable

CORRECTED: Final = "corrected for the scatter of the centres of small classes"
"""What is said of metrics that are."""


@dataclass(frozen=True, kw_only=True)
class ClassFacts:
    """What a table of classes says of a class, whatever is measured.

    Attributes:
        name: of the class.
        count: its training samples.
        measured: its samples in the snapshot that the metric is measured on.
        group: "Many", "Medium" or "Few"; empty where there are none.
    """

    name: str
    count: int
    measured: int
    group: str

    @property
    def in_csv(self) -> tuple[str, int, int, str]:
        """Class, training samples, measured samples and group, as columns of a CSV."""
        return self.name, self.count, self.measured, self.group

    @property
    def in_latex(self) -> tuple[str, str]:
        """Class and training samples, as cells of a LaTeX table."""
        return escaped(self.name), f"{self.count:,}".replace(",", r"\,")


@dataclass(frozen=True, kw_only=True)
class Line(ClassFacts):
    """A class in the table of a pair.

    Attributes:
        found: its numbers.
    """

    found: Found


def class_facts(table: MetricTable, key: str, borders: Borders | None = None) -> list[dict[str, Any]]:
    """What `ClassFacts` holds of the classes from head to tail, grouped by rank unless borders are given."""
    classes = table.classes
    groups = (borders or Borders()).groups(classes.counts)
    samples = table.samples[embeddings_of(key, table)]
    return [
        {"name": name, "count": classes.counts[c], "measured": int(samples[c]), "group": groups[c]}
        for c, name in enumerate(classes.names)
    ]


def class_lines(found: Findings, key: str, borders: Borders | None = None) -> list[Line]:
    """The classes from head to tail, grouped by rank unless other borders are given."""
    return [
        Line(**facts, found=found.of_class(key, c))
        for c, facts in enumerate(class_facts(found.base, key, borders))
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
        on = [embeddings_of(key, found.base), "yes" if key in found.base.corrected else "no"]
        if key in found.base.per_class:
            for line in class_lines(found, key, borders):
                writer.writerow([key, *line.in_csv, *_numbers(line.found), *on, "", line.found.reason])
        if key in found.base.summary:
            number = found.number(key)
            writer.writerow([key, "", "", "", "", *_numbers(number), *on, number.left_out, ""])
    return text.getvalue()


def embeddings_of(key: str, table: MetricTable) -> str:
    """On which embeddings a metric of a table is measured: accuracies on the test embeddings in any case."""
    return "test" if METRICS[key].embeddings == ("test",) else table.embeddings


def as_latex(lines: Sequence[Line], info: MetricInfo, *, seeds: bool, remarks: Sequence[str] = ()) -> str:
    """The table of one metric, with booktabs; differences that may be chance are grey.

    Args:
        lines: of the table.
        info: the metric.
        seeds: whether there is a column for the distance of two seeds.
        remarks: what must be said of all its numbers.
    """
    info = rounded(info, [line.found for line in lines], most=1)
    head = ["Without GH", "With GH", "Difference", "95\\,\\%"]
    head += ["Two seeds"] if seeds else []
    rows = [_latex_cells(line, info, seeds=seeds) for line in lines]
    remarks = [*remarks, "grey: may be chance"] if any(map(_may_be_chance, lines)) else remarks
    return booktabs(info, head, rows, remarks=remarks, needs=("booktabs", "xcolor"))


def booktabs(
    info: MetricInfo,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    remarks: Sequence[str],
    needs: Sequence[str],
) -> str:
    """A LaTeX table of a metric of every class; class and number of samples are its first columns.

    Args:
        info: the metric.
        head: of the other columns, as LaTeX.
        rows: the cells of each class, as LaTeX.
        remarks: what must be said of all numbers.
        needs: names of packages, for the comment on top.
    """
    head = ["Class", "$n$", *head]
    said = [f"({', '.join(remarks)})"] if remarks else []
    return "\n".join(
        [
            rf"% needs \usepackage{{{','.join(needs)}}}",
            rf"\begin{{tabular}}{{lr{'r' * (len(head) - 2)}}}",
            r"\toprule",
            rf"\multicolumn{{{len(head)}}}{{l}}{{{escaped(' '.join([info.title, *said]))}}} \\",
            " & ".join(head) + r" \\",
            r"\midrule",
            *(" & ".join(row) + r" \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _latex_cells(line: Line, info: MetricInfo, *, seeds: bool) -> list[str]:
    found = line.found
    change = escaped(info.format(found.difference, signed=True))
    interval = ""
    if all(map(math.isfinite, found.interval)):
        interval = "[" + ", ".join(escaped(info.format(end, signed=True)) for end in found.interval) + "]"
    if _may_be_chance(line):
        change, interval = (rf"\textcolor{{gray}}{{{text}}}" for text in (change, interval))
    cells = [*line.in_latex]
    cells += [escaped(info.format(found.base)), escaped(info.format(found.gh)), change, interval]
    if seeds:
        noise = info.format(found.noise, signed=True).lstrip("+")
        cells.append(escaped(f"±{noise}" if math.isfinite(found.noise) else noise))
    return cells


def _may_be_chance(line: Line) -> bool:
    return line.found.verdict in ("uncertain", "within seed noise")


def _numbers(found: Found) -> list[str]:
    values = [
        *(found.base, *found.base_interval, found.gh, *found.gh_interval),
        *(found.difference, *found.interval, found.noise),
    ]
    return [*in_full(*values), found.verdict]
