"""A report as text: Markdown, CSV, LaTeX, and every run's own numbers."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from ghviz.sweep.collect import Block, Collected
from ghviz.sweep.grids import LEGEND, Cell, Grid, grids
from ghviz.sweep.paired import Spread
from ghviz.sweep.report import COLUMNS, HEADLINES, MEASURES, BlockReport, Difference, run_values

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "$": r"\$",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "°": r"$^\circ$",
    "<": "$<$",
    ">": "$>$",
    "*": "$^*$",
}


def markdown(reports: Sequence[BlockReport], left_out: dict[str, str]) -> str:
    """All tables with their captions."""
    parts = []
    for report in reports:
        parts += [f"## {report.title}", f"{report.size}. {' '.join(report.notes)}".strip()]
        for grid in grids(report):
            parts += [f"### {grid.title}", _markdown_table(grid), grid.caption]
    if reports:
        parts += ["## How to read this", _markdown_text(LEGEND)]
    if left_out:
        parts += ["## Left out", "\n".join(f"- {name}: {why}" for name, why in left_out.items())]
    return "\n\n".join(parts) + "\n"


def latex(reports: Sequence[BlockReport]) -> str:
    """All tables for a paper, with booktabs; uncertain differences are grey."""
    parts = [r"% needs \usepackage{booktabs} and \usepackage{xcolor}"]
    parts += [_latex_table(grid) for report in reports for grid in grids(report)]
    return "\n\n".join(parts) + "\n"


def summary_csv(reports: Sequence[BlockReport]) -> str:
    """Every mean, spread and difference, one a line."""
    header = ["runs", "table", "method", "gh", "quantity", "mean", "sd", "seeds"]
    header += ["low", "high", "p", "p_holm", "seed_noise"]
    rows: list[list[str]] = []
    for report in reports:
        for table in report.papers:
            for row in table.rows:
                method, gh = row.title.removesuffix(" + GH"), "on" if row.title.endswith(" + GH") else "off"
                start = [report.title, table.measure, method, gh]
                rows += [[*start, column, *_spread(row.cells[column])] for column in COLUMNS]
                if row.gain is not None:
                    rows.append([report.title, table.measure, method, "gain", "average", *_change(row.gain)])
        for each in report.metrics:
            start = [report.title, "embedding", each.method]
            rows.append([*start, "off", each.key, *_spread(each.base)])
            rows.append([*start, "on", each.key, *_spread(each.gh)])
            rows.append([*start, "gain", each.key, *_change(each.difference)])
    return _csv(header, rows)


def runs_csv(collection: Collected, *, by_rank: Sequence[bool]) -> str:
    """Every finished run, one a line: what it is, its metrics, and its accuracies by group and class.

    Args:
        collection: the runs.
        by_rank: of each block, whether its groups go by rank.
    """
    header = ["run", "preset", "method", "gh", "seed", *HEADLINES]
    header += [f"{measure}_{column}" for measure in MEASURES for column in COLUMNS]
    header += ["linear_probe_per_class", "knn_per_class", "nearest_per_class"]
    rows = [
        row
        for block, rank in zip(collection.blocks, by_rank, strict=True)
        for row in _run_rows(block, collection.folder, rank)
    ]
    return _csv(header, rows)


def _run_rows(block: Block, folder: Path, by_rank: bool) -> Iterable[list[str]]:
    for run in block.numbers:
        config, evaluation = run.config, run.evaluation
        values = [
            run_values(run, measure, by_rank=by_rank)[column] for measure in MEASURES for column in COLUMNS
        ]
        yield [
            run.folder.relative_to(folder).as_posix(),
            config.preset,
            config.method,
            config.gh,
            str(config.seed),
            *(_number(run.summary.get(key, math.nan)) for key in HEADLINES),
            *map(_number, values),
            _list([] if evaluation is None else evaluation.linear_probe),
            _list([] if evaluation is None else evaluation.knn),
            _list(run.nearest.tolist()),
        ]


def _markdown_table(grid: Grid) -> str:
    lines = [grid.header, ["---"] * len(grid.header)]
    lines += [[_markdown_text(cell.text) for cell in row] for row in grid.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _markdown_text(text: str) -> str:
    return text.replace("*", r"\*").replace("|", r"\|")


def _latex_table(grid: Grid) -> str:
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{_escaped(f'{grid.title}. {grid.caption} {LEGEND}')}}}",
        rf"\begin{{tabular}}{{l{'c' * (len(grid.header) - 1)}}}",
        r"\toprule",
        " & ".join(map(_escaped, grid.header)) + r" \\",
        r"\midrule",
    ]
    for i, row in enumerate(grid.rows):
        if i in grid.breaks:
            lines.append(r"\midrule")
        lines.append(" & ".join(map(_latex_cell, row)) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"])


def _latex_cell(cell: Cell) -> str:
    text = _escaped(cell.text)
    return rf"\textcolor{{gray}}{{{text}}}" if cell.uncertain else text


def _escaped(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def _spread(found: Spread) -> list[str]:
    return [_number(found.mean), _number(found.sd), str(found.seeds), *[""] * 5]


def _change(difference: Difference) -> list[str]:
    paired = difference.paired
    return [
        _number(paired.mean),
        _number(paired.sd),
        str(paired.seeds),
        *map(_number, (paired.low, paired.high, paired.p, difference.p, paired.noise)),
    ]


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _list(values: Sequence[float | None]) -> str:
    return " ".join("nan" if value is None else f"{value:.6g}" for value in values)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
