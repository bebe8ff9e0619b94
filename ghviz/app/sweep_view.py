"""A sweep on the page: its lead, its picture, its tables, and the files to take away."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from ghviz.app.sweeps import Opened, lead, moments_of, verdict, with_moments
from ghviz.app.theme import is_dark, is_narrow, note
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.sweep.grids import (
    GREY,
    LEGEND,
    MEASURE_TITLES,
    MOMENTS_TITLE,
    NO_INTERVAL,
    TOO_FEW,
    Cell,
    Grid,
    difference_text,
    digits_and_scale,
    metric_grid,
    moments_grid,
    paper_grid,
)
from ghviz.sweep.happened import happened
from ghviz.sweep.paired import NEEDED
from ghviz.sweep.render import latex, markdown, runs_csv, summary_csv
from ghviz.sweep.report import BlockReport, Difference, Measure, MetricRow, goes_by_rank

if TYPE_CHECKING:
    from ghviz.figures.gain_chart import GainPanel, GainRow

_BETTER = {
    "higher": "more is better",
    "lower": "less is better",
    "zero": "nearer to 0 is better",
    "neither": "",
}
_WORDS = ("Method", "Metric", "Moment")
"""Columns of words; the others hold numbers."""


def lead_html(report: BlockReport) -> str:
    """What GH gains in accuracy, in a sentence; with nothing to compare, what there is."""
    gains = lead(report)
    if not gains:
        return f"{escape(report.title)}: {escape(report.size)}. There is nothing to compare yet."
    what = MEASURE_TITLES[report.papers[0].measure].lower()
    said = []
    for method, gain in gains:
        css = "base" if gain.uncertain else "gh"
        doubt = f" ({verdict(gain)})" if gain.uncertain else ""
        number = f'<span class="{css}">{escape(difference_text(gain, 1))} points</span>'
        said.append(f"{number} with {escape(method)}{doubt}")
    return f"GH changes the average accuracy ({what}) by {', '.join(said)}."


def clear_html(report: BlockReport) -> str:
    """The metrics of the embedding whose change is clear, method by method."""
    rows: dict[str, list[MetricRow]] = {}
    for row in report.metrics:
        rows.setdefault(row.method, []).append(row)
    said = []
    for method, own in rows.items():
        titles = [METRICS[row.key].inside for row in own if not row.difference.uncertain]
        said.append(f"{escape(method)}: {escape(', '.join(titles) or _why_none_is_clear(own))}")
    return f"Clear in the embedding, beyond seed noise: {'; '.join(said)}." if said else ""


def _why_none_is_clear(rows: list[MetricRow]) -> str:
    """What is said where no change is clear: that there is none, or that too few seeds can't show one."""
    words = {verdict(row.difference) for row in rows}
    if NO_INTERVAL in words:  # beyond seed noise, so that seeds are all that is missing
        return NO_INTERVAL
    return TOO_FEW if words <= {TOO_FEW, "unknown"} else "nothing"


def picture(report: BlockReport, *, key: str) -> None:
    """Every difference as a small chart."""
    from ghviz.figures.gain_chart import gain_chart
    from ghviz.figures.screen import CONFIG

    panels = _panels(report)
    if not panels:
        return
    st.subheader("What GH changes, seed by seed", anchor=False)
    figure = gain_chart(panels, columns=1 if is_narrow() else 2, dark=is_dark())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"gains-{key}")
    note(_how_to_read(panels))


def tables(report: BlockReport, *, key: str) -> None:
    """The table for a paper, measured as the visitor chooses, and the metrics of the embedding."""
    st.subheader("Accuracy by frequency of the classes", anchor=False)
    by_measure = {table.measure: table for table in report.papers}
    if by_measure:
        names = list(by_measure)
        chosen: Measure | None = st.segmented_control(
            "Measured by",
            names,
            default=names[0],
            required=True,
            format_func=lambda each: MEASURE_TITLES[each],
            label_visibility="collapsed",
            key=f"measure-{key}",
        )
        grid = paper_grid(by_measure[chosen or names[0]], report.groups)
        st.html(grid_html(grid))
        note(escape(grid.caption))
    if report.metrics:
        grid = metric_grid(report.metrics)
        st.subheader(grid.title, anchor=False)
        st.html(grid_html(grid))
        note(escape(grid.caption))
    note(escape(f"{LEGEND} {GREY}"))


def what_happened(found: Opened, block: int, *, key: str) -> None:
    """What happened when in one group of runs; their snapshots are read once it is opened."""
    with st.expander(MOMENTS_TITLE, icon=":material/event:", key=f"happened-{key}", on_change="rerun") as box:
        if not box.open:
            return
        runs = found.collection.blocks[block]
        moments, unread = moments_of([runs])
        rows = happened(runs, moments)
        if rows:
            grid = moments_grid(rows)
            st.html(grid_html(grid))
            note(escape(grid.caption))
        elif moments:
            note("No two centres merged or split, no effective rank dropped, no class overtook another.")
        for sentence in unread:
            note(escape(sentence))


def files(found: Opened) -> None:
    """The tables to take away."""
    name, left_out = found.collection.folder.name, found.collection.left_out
    by_rank = [goes_by_rank(block, "auto") for block in found.collection.blocks]
    made: dict[str, tuple[str, Callable[[], str]]] = {
        "Markdown": ("md", lambda: markdown(with_moments(found), left_out)),
        "LaTeX": ("tex", lambda: latex(with_moments(found), left_out)),
        "CSV": ("csv", partial(summary_csv, found.reports, left_out)),
        "CSV of all runs": ("runs.csv", partial(runs_csv, found.collection, by_rank=by_rank)),
    }
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, (ending, make) in made.items():
            st.download_button(
                label,
                data=make,
                file_name=f"{name}.{ending}",
                on_click="ignore",
                icon=":material/download:",
                key=f"file-{ending}",
            )


def grid_html(grid: Grid) -> str:
    """A table; uncertain differences are grey."""
    words = [i for i, title in enumerate(grid.header) if title in _WORDS]

    def line(tag: str, cells: list[Cell], css: str = "") -> str:
        inside = [
            f'<{tag} class="{_css(cell)}{" left" if i in words else ""}">{escape(cell.text)}</{tag}>'
            for i, cell in enumerate(cells)
        ]
        return f'<tr class="{css}">{"".join(inside)}</tr>'

    head = line("th", [Cell(title) for title in grid.header])
    body = [line("td", row, "break" if i in grid.breaks else "") for i, row in enumerate(grid.rows)]
    table = f"<thead>{head}</thead><tbody>{''.join(body)}</tbody>"
    return f'<div class="gz-sheet"><table>{table}</table></div>'


def _how_to_read(panels: list[GainPanel]) -> str:
    mean = "their mean"
    if any(math.isfinite(row.low) for panel in panels for row in panel.rows):
        mean += f" with its 95 % interval{_where_drawn(panels)}"
    banded = any(math.isfinite(row.noise) for panel in panels for row in panel.rows)
    band = (
        "pale band: seed noise, how far the mean may lie from 0 if the seeds alone differ. Grey: within that "
        "band, or without an interval that excludes 0."
        if banded
        else f"seed noise: {TOO_FEW}. Grey: without an interval that excludes 0."
    )
    return f"Right of the line: more with GH. Circles: seeds; diamond: {mean}; {band}"


def _where_drawn(panels: list[GainPanel]) -> str:
    """Which diamonds have an interval, where not all of them do."""
    every = all(math.isfinite(row.low) for panel in panels for row in panel.rows)
    return "" if every else f" where there are {NEEDED} seeds or more"


def _css(cell: Cell) -> str:
    return {None: "", True: "unsure", False: "sure"}[cell.uncertain]


def _panels(report: BlockReport) -> list[GainPanel]:
    from ghviz.figures.gain_chart import GainPanel

    panels = [
        GainPanel(
            title=f"{MEASURE_TITLES[table.measure]}, %",
            better=_BETTER["higher"],
            digits=1,
            rows=[_row(row.title.removesuffix(" + GH"), row.gain, 1.0) for row in table.rows if row.gain],
        )
        for table in report.papers[:1]
        if any(row.gain for row in table.rows)
    ]
    for key in dict.fromkeys(row.key for row in report.metrics):
        info = METRICS[key]
        digits, scale = digits_and_scale(info)
        panels.append(
            GainPanel(
                title=info.title + _unit(info),
                better=_BETTER[info.better],
                digits=digits,
                rows=[_row(row.method, row.difference, scale) for row in report.metrics if row.key == key],
            )
        )
    return panels


def _unit(info: MetricInfo) -> str:
    return ", %" if info.percent else f", {info.unit}" if info.unit else ""


def _row(name: str, difference: Difference, scale: float) -> GainRow:
    from ghviz.figures.gain_chart import GainRow

    paired = difference.paired
    return GainRow(
        name=name,
        by_seed={seed: scale * value for seed, value in difference.by_seed.items()},
        mean=scale * paired.mean,
        low=scale * paired.low,
        high=scale * paired.high,
        noise=scale * paired.noise,
        uncertain=difference.uncertain,
    )
