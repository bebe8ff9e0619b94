"""A report as text: Markdown, CSV, LaTeX, every run's own numbers, and every single moment."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.figures.latex import escaped
from ghviz.metrics import Moment
from ghviz.sweep.collect import Block, Collected, RunNumbers
from ghviz.sweep.grids import GREY, LEGEND, Cell, Grid, grids
from ghviz.sweep.paired import Spread
from ghviz.sweep.report import COLUMNS, HEADLINES, MEASURES, BlockReport, Difference, per_class, run_values
from ghviz.sweep.words import counted, unlike_settings

MOST_NAMED = 12
"""Runs that are left out, named in each line of a CSV; of more the number."""
_RUN = ("run", "preset", "settings", "method", "gh", "seed")
"""Columns that say which run a line is of."""


def markdown(reports: Sequence[BlockReport], left_out: Mapping[str, str]) -> str:
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


def latex(reports: Sequence[BlockReport], left_out: Mapping[str, str]) -> str:
    """All tables for a paper, with booktabs; uncertain differences are grey, notes stand under the tables,
    and after the last what all have in common."""
    parts = [r"% needs \usepackage{booktabs} and \usepackage{xcolor}"]
    note = [f"Left out: {counted(len(left_out), 'run')} of this folder."] if left_out else []
    tables = [(grid, [*report.notes, *note]) for report in reports for grid in grids(report)]
    parts += [_latex_table(grid, notes) for grid, notes in tables]
    if any(cell.uncertain is not None for grid, _ in tables for row in grid.rows for cell in row):
        parts.append(rf"\noindent{{\footnotesize {escaped(f'{LEGEND} {GREY}')}\par}}")
    if left_out:
        lines = [f"% {' '.join(f'{name}: {why}'.split())}" for name, why in left_out.items()]
        parts.append("\n".join(["% Left out:", *lines]))
    return "\n\n".join(parts) + "\n"


def summary_csv(reports: Sequence[BlockReport], left_out: Mapping[str, str]) -> str:
    """Every mean, spread and difference, one a line; what a reader must know in the last column of each."""
    header = ["runs", "settings", "table", "method", "gh", "quantity", "mean", "sd", "seeds"]
    header += ["low", "high", "p", "p_holm", "seed_noise", "verdict", "star", "notes"]
    rows: list[list[str]] = []
    for report in reports:
        first, name = len(rows), [report.title, report.settings]
        for table in report.papers:
            for row in table.rows:
                method, gh = row.title.removesuffix(" + GH"), "on" if row.title.endswith(" + GH") else "off"
                start = [*name, table.measure, method, gh]
                rows += [[*start, column, *_spread(row.cells[column])] for column in COLUMNS]
                if row.gain is not None:
                    rows.append([*name, table.measure, method, "gain", "average", *_change(row.gain)])
        for each in report.metrics:
            start = [*name, "embedding", each.method]
            rows.append([*start, "off", each.key, *_spread(each.base)])
            rows.append([*start, "on", each.key, *_spread(each.gh)])
            rows.append([*start, "gain", each.key, *_change(each.difference)])
        for row_of_block in rows[first:]:
            row_of_block.append(_notes(report, left_out))
    return _csv(header, rows)


def moments_csv(collection: Collected, moments: Mapping[Path, list[Moment]]) -> str:
    """Every moment of every run, one a line; its classes pair by pair, of many the most telling.

    Args:
        collection: the runs.
        moments: of its runs by folder.
    """
    header = [*_RUN, "step", "moment", "value", "count", "classes", "text"]
    rows = [
        [
            *_run_words(run, collection.folder, unlike),
            str(moment.step),
            moment.kind,
            _number(moment.value),
            str(moment.count),
            "; ".join(f"{a} {b}" for a, b in zip(moment.classes[::2], moment.classes[1::2], strict=True)),
            moment.text,
        ]
        for block, unlike in zip(collection.blocks, _settings(collection), strict=True)
        for run in block.numbers
        for moment in moments.get(run.folder, [])
    ]
    return _csv(header, rows)


def runs_csv(collection: Collected, *, by_rank: Sequence[bool]) -> str:
    """Every finished run, one a line: what it is, its metrics, and its accuracies by group and class.

    Runs that are left out follow by name alone, with the reason in the last column.

    Args:
        collection: the runs.
        by_rank: of each block, whether its groups go by rank.
    """
    header = [*_RUN, *HEADLINES]
    header += [f"{measure}_{column}" for measure in MEASURES for column in COLUMNS]
    header += [*(f"{measure}_per_class" for measure in MEASURES), "left_out"]
    rows = [
        row
        for block, rank, unlike in zip(collection.blocks, by_rank, _settings(collection), strict=True)
        for row in _run_rows(block, collection.folder, rank, unlike)
    ]
    empty = [""] * (len(header) - 2)
    rows += [[name, *empty, why] for name, why in collection.left_out.items()]
    return _csv(header, rows)


def _settings(collection: Collected) -> list[str]:
    """Of each block, the settings in which it differs from others of its preset."""
    return [", ".join(unlike) for unlike in unlike_settings([block.config for block in collection.blocks])]


def _run_rows(block: Block, folder: Path, by_rank: bool, unlike: str) -> Iterable[list[str]]:
    for run in block.numbers:
        values = [
            run_values(run, measure, by_rank=by_rank)[column] for measure in MEASURES for column in COLUMNS
        ]
        yield [
            *_run_words(run, folder, unlike),
            *(_number(run.summary.get(key, math.nan)) for key in HEADLINES),
            *map(_number, values),
            *(_list(per_class(run, measure)) for measure in MEASURES),
            "",
        ]


def _run_words(run: RunNumbers, folder: Path, unlike: str) -> list[str]:
    config = run.config
    name = run.folder.relative_to(folder).as_posix()
    return [name, config.preset, unlike, config.method, config.gh, str(config.seed)]


def _notes(report: BlockReport, left_out: Mapping[str, str]) -> str:
    """All that a reader of a single line must know."""
    parts = list(report.notes)
    if left_out:
        named = [f"{name} ({why.rstrip('.')})" for name, why in list(left_out.items())[:MOST_NAMED]]
        more = [f"{len(left_out) - MOST_NAMED} more"] if len(left_out) > MOST_NAMED else []
        parts.append(f"Left out: {'; '.join([*named, *more])}.")
    return " ".join(parts)


def _markdown_table(grid: Grid) -> str:
    lines = [grid.header, ["---"] * len(grid.header)]
    lines += [[_markdown_text(cell.text) for cell in row] for row in grid.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _markdown_text(text: str) -> str:
    return text.replace("*", r"\*").replace("|", r"\|")


def _latex_table(grid: Grid, notes: Sequence[str]) -> str:
    under = " ".join([grid.caption, *notes])
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escaped(grid.title)}}}",
        rf"\begin{{tabular}}{{l{'c' * (len(grid.header) - 1)}}}",
        r"\toprule",
        " & ".join(map(escaped, grid.header)) + r" \\",
        r"\midrule",
    ]
    for i, row in enumerate(grid.rows):
        if i in grid.breaks:
            lines.append(r"\midrule")
        lines.append(" & ".join(map(_latex_cell, row)) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", "", r"\smallskip"]
    return "\n".join([*lines, rf"\parbox{{\linewidth}}{{\footnotesize {escaped(under)}}}", r"\end{table}"])


def _latex_cell(cell: Cell) -> str:
    text = escaped(cell.text)
    return rf"\textcolor{{gray}}{{{text}}}" if cell.uncertain else text


def _spread(found: Spread) -> list[str]:
    return [_number(found.mean), _number(found.sd), str(found.seeds), *[""] * 7]


def _change(difference: Difference) -> list[str]:
    paired = difference.paired
    return [
        _number(paired.mean),
        _number(paired.sd),
        str(paired.seeds),
        *map(_number, (paired.low, paired.high, paired.p, difference.p, paired.noise)),
        difference.verdict,
        "yes" if difference.starred else "no",
    ]


def _number(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _list(values: NDArray[np.float64] | None) -> str:
    return "" if values is None else " ".join(f"{value:.6g}" for value in values)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
