"""The part of the page that goes class by class: a sortable table, and dumbbells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from ghviz.app.charted import label
from ghviz.app.measure.class_table import GROUPS, Line, as_csv, as_latex, class_lines
from ghviz.app.measure.findings import Findings
from ghviz.app.measure.numbers_table import SAID, definition_html, range_text
from ghviz.app.theme import is_dark, note
from ghviz.figures.palette import inks
from ghviz.metrics.catalog import METRICS, MetricInfo

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

EVERY = "All"


def class_section(found: Findings, *, dimension: int, name: str) -> None:
    """Choose a metric, see it class by class, and copy it.

    Args:
        found: all numbers.
        dimension: of the embedding.
        name: of files.
    """
    st.subheader("Class by class, head to tail", anchor=False)
    keys = list(found.base.per_class)
    with st.container(horizontal=True, vertical_alignment="bottom", key="class-controls"):
        key = st.selectbox(
            "Metric",
            keys,
            format_func=lambda each: METRICS[each].title,
            key=f"metric-{found.base.embeddings}",
            width=260,
        )
        info = METRICS[key]
        with st.popover("What is this?", icon=":material/help:", key="metric-help"):
            st.html(f"<b>{info.title}</b>{definition_html(info, dimension)}")
        lines = class_lines(found, key)
        if any(line.group for line in lines):
            group = st.segmented_control(
                "Classes",
                [EVERY, *GROUPS],
                default=EVERY,
                required=True,
                key="group",
                label_visibility="visible",
            )
            lines = [line for line in lines if group in (EVERY, line.group)]
        _copies(found, lines, info, name)
    _table(lines, info, seeds=found.noise is not None)
    _reasons(lines, info, sampled=key in found.base.sampled)
    _dumbbells(lines, info)


def _table(lines: Sequence[Line], info: MetricInfo, *, seeds: bool) -> None:
    height = 38 + 35 * min(len(lines), 12)
    st.dataframe(
        styled(lines, info, dark=is_dark(), seeds=seeds),
        hide_index=True,
        height=height,
        row_height=35,
        column_config={
            "Class": st.column_config.Column(pinned=True),
            "n": st.column_config.Column(help="Samples of the class that this is measured on"),
            "Two seeds": st.column_config.Column(help="How far two seeds without GH lie apart"),
        },
        key="class-table",
    )


def styled(lines: Sequence[Line], info: MetricInfo, *, dark: bool, seeds: bool) -> Styler:
    """The table with numbers as a person reads them, and what may be chance in grey."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "Class": [line.name for line in lines],
            "n": [line.measured for line in lines],
            "Group": [line.group for line in lines],
            "Without GH": [line.found.base for line in lines],
            "With GH": [line.found.gh for line in lines],
            "Difference": [line.found.difference for line in lines],
            "95 % interval": [range_text(info, line.found.interval, signed=True) for line in lines],
            "Two seeds": [line.found.noise for line in lines],
            "Verdict": [said(line, info) for line in lines],
        }
    )
    if not seeds:
        frame = frame.drop(columns="Two seeds")
    muted, good, bad = (
        inks(dark=dark).muted,
        "#5fd39a" if dark else "#1a7f4b",
        "#ff8f86" if dark else "#b3261e",
    )

    def colours(row: pd.Series[object]) -> list[str]:
        found = lines[int(str(row.name))].found
        colour = {"better": good, "worse": bad}.get(found.goes(info.key), "")
        colour = colour if found.verdict == "clear" else muted
        changes = ("Difference", "95 % interval", "Verdict")
        return [
            f"color: {colour}"
            if colour and column in changes
            else f"color: {muted}"
            if column == "Two seeds"
            else ""
            for column in frame.columns
        ]

    style = frame.style.apply(colours, axis=1)
    style = style.format(info.format, subset=["Without GH", "With GH"], na_rep="–")
    style = style.format(lambda value: info.format(value, signed=True), subset=["Difference"], na_rep="–")
    if seeds:
        style = style.format(
            lambda v: "±" + info.format(v, signed=True).lstrip("+"), subset=["Two seeds"], na_rep="–"
        )
    return style


def said(line: Line, info: MetricInfo) -> str:
    """What the last column says of a class."""
    if line.found.verdict == "unknown":
        return line.found.reason or "no value"
    if line.found.verdict == "clear":
        return line.found.goes(info.key) or "changed"
    return SAID[line.found.verdict]


def _reasons(lines: Sequence[Line], info: MetricInfo, *, sampled: bool) -> None:
    missing = sorted({line.found.reason for line in lines if line.found.reason})
    remarks = []
    if missing:
        remarks.append("– : a class without a value " + "; or ".join(missing) + ".")
    if sampled:
        remarks.append("Measured on a sample of the embeddings or of directions.")
    if not any(math.isfinite(end) for line in lines for end in line.found.interval):
        remarks.append("There is no interval for this metric.")
    if remarks:
        note(" ".join(remarks))


def _copies(found: Findings, lines: Sequence[Line], info: MetricInfo, name: str) -> None:
    with st.popover("Copy", icon=":material/content_copy:", key="copy"):
        st.caption("This table as LaTeX (booktabs)")
        st.code(as_latex(lines, info, seeds=found.noise is not None), language="latex", height=220, width=480)
        st.caption("Every metric of every class as CSV")
        keys = list(dict.fromkeys([*found.base.per_class, *found.base.summary]))
        text = as_csv(found, keys)
        st.code(text, language=None, height=160, width=480)
        st.download_button(
            "CSV file", text, file_name=f"{name}-metrics.csv", mime="text/csv", on_click="ignore", key="csv"
        )


def _dumbbells(lines: Sequence[Line], info: MetricInfo) -> None:
    from ghviz.figures.measure_charts import Dots, dumbbells
    from ghviz.figures.screen import CONFIG

    factor = 100.0 if info.percent else 1.0

    def dots(side: str) -> Dots:
        values = [(getattr(line.found, side), *getattr(line.found, f"{side}_interval")) for line in lines]
        value, low, high = factor * np.array(values, dtype=np.float64).reshape(-1, 3).T
        return Dots(values=value, low=low, high=high)

    certain = np.array([line.found.verdict == "clear" for line in lines], dtype=bool)
    if lines:
        figure = dumbbells(
            (dots("base"), dots("gh")),
            certain,
            label(info),
            names=[line.name for line in lines],
            dark=is_dark(),
        )
        st.plotly_chart(figure, theme=None, config=CONFIG, key="dumbbells")
        note("Pale: the difference may be chance. Whiskers: 95 % intervals.")
