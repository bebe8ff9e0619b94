"""The part of the page that goes class by class: a sortable table, and dumbbells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st

from ghviz.app.charted import label
from ghviz.app.export import save_buttons
from ghviz.app.measure.borders import GROUPS, Borders, chosen_borders
from ghviz.app.measure.class_table import CORRECTED, Line, as_csv, as_latex, class_lines
from ghviz.app.measure.findings import Findings
from ghviz.app.measure.numbers_table import definition_html
from ghviz.app.measure.styled_table import styled
from ghviz.app.theme import is_dark, is_narrow, note
from ghviz.figures.measure_series import Dots, Dumbbells
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.types import MetricTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ghviz.figures.style import Width

EVERY: Final = "All"
ROW_PX: Final = 35
"""Height of a class in the table."""


def class_section(found: Findings, *, dimension: int, name: str, data_set: str) -> None:
    """Choose a metric, see it class by class, and copy it.

    Args:
        found: all numbers.
        dimension: of the embedding.
        name: of files.
        data_set: that the run is on: papers on some of them have other borders of the groups.
    """
    st.subheader("Class by class, head to tail", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="class-controls"):
        key, group, borders = asked(found.base, dimension=dimension, data_set=data_set)
        info = METRICS[key]
        every = class_lines(found, key, borders)
        lines = [line for line in every if group in (EVERY, line.group)]
        _copies(found, lines, info, borders=borders, name=name)
        shown = _dumbbells(lines, info, found.base.step)
        if lines:
            file = f"{name}-{key}-by-class"
            save_buttons(partial(_on_paper, shown), name=file, key="dumbbells", caption=shown.caption)
    if lines:
        _table(lines, info, seeds=found.noise is not None)
    else:
        note(no_class(borders, grouped=any(line.group for line in every)))
    remarks = reasons([line.found.reason for line in lines], found.base, key)
    if lines and not any(math.isfinite(end) for line in every for end in line.found.interval):
        remarks.append("There is no interval for this metric.")
    if remarks:
        note(" ".join(remarks))
    if lines:
        _chart(shown)


def asked(table: MetricTable, *, dimension: int, data_set: str) -> tuple[str, str, Borders]:
    """The metric, the group and the borders of the groups that the visitor wants."""
    key = st.selectbox(
        "Metric",
        list(table.per_class),
        format_func=lambda each: METRICS[each].title + ", corrected" * (each in table.corrected),
        key=f"metric-{table.embeddings}",
        width=260,
    )
    info = METRICS[key]
    with st.popover("What is this?", icon=":material/help:", key="metric-help"):
        meaning = definition_html(info, dimension, corrected=key in table.corrected)
        st.html(f"<b>{info.title}</b>{meaning}")
    group = st.segmented_control("Classes", [EVERY, *GROUPS], default=EVERY, required=True, key="group")
    return key, str(group), chosen_borders(data_set)


def no_class(borders: Borders, *, grouped: bool) -> str:
    """Why no class is shown."""
    if grouped:
        return f"No class is in this group. {borders.text}."
    return "Three groups by rank need at least three classes."


def _table(lines: Sequence[Line], info: MetricInfo, *, seeds: bool) -> None:
    number = st.column_config.Column
    st.dataframe(
        styled(lines, info, dark=is_dark(), seeds=seeds),
        hide_index=True,
        height=table_height(len(lines)),
        row_height=ROW_PX,
        placeholder="–",
        column_config={
            **class_columns(),
            "95 % from": number(help="Lower end of the 95 % interval of the difference"),
            "95 % to": number(help="Upper end of the 95 % interval of the difference"),
            "Two seeds": number(help="How far two seeds without GH lie apart"),
        },
        key="class-table",
    )


def table_height(rows: int) -> int:
    """Pixels of a table of so many classes; of many it scrolls."""
    return 38 + ROW_PX * min(rows, 12)


def class_columns() -> dict[str, Any]:
    """What the columns that tell of a class are."""
    column = st.column_config.Column
    return {
        "Class": column(pinned=True, width="small" if is_narrow() else "medium"),
        "n": column(help="Training samples of the class"),
        "Measured": column(help="Samples of the class that this is measured on"),
        "Group": column(help="Frequent, medium and rare classes; see Groups for the borders"),
    }


def reasons(given: Iterable[str], table: MetricTable, key: str) -> list[str]:
    """What must be said of the numbers of a metric.

    Args:
        given: why a class has no value; empty for one that has.
        table: that they are of.
        key: of the metric.
    """
    missing = sorted({each for each in given if each})
    remarks = []
    if missing:
        remarks.append("– : a class without a value " + "; or ".join(missing) + ".")
    if key in table.sampled:
        remarks.append("Measured on a sample of the embeddings or of directions.")
    if key in table.corrected:
        remarks.append(f"{METRICS[key].title} is {CORRECTED}.")
    return remarks


def _copies(found: Findings, lines: Sequence[Line], info: MetricInfo, *, borders: Borders, name: str) -> None:
    remarks = [CORRECTED] if info.key in found.base.corrected else []
    with st.popover("Copy", icon=":material/content_copy:", key="copy"):
        st.caption("This table as LaTeX (booktabs)")
        text = as_latex(lines, info, seeds=found.noise is not None, remarks=remarks)
        st.code(text, language=None, height=220, width=480)
        st.caption("This metric of every class as CSV")
        st.code(as_csv(found, [info.key], borders), language=None, height=160, width=480)
        keys = list(dict.fromkeys([*found.base.per_class, *found.base.summary]))
        st.download_button(
            "CSV of every metric",
            partial(as_csv, found, keys, borders),
            file_name=f"{name}-metrics.csv",
            mime="text/csv",
            on_click="ignore",
            key="csv",
        )


def _dumbbells(lines: Sequence[Line], info: MetricInfo, step: int) -> Dumbbells:
    factor = 100.0 if info.percent else 1.0

    def dots(side: str) -> Dots:
        values = [(getattr(line.found, side), *getattr(line.found, f"{side}_interval")) for line in lines]
        value, low, high = factor * np.array(values, dtype=np.float64).reshape(-1, 3).T
        return Dots(values=value, low=low, high=high)

    return Dumbbells(
        sides=(dots("base"), dots("gh")),
        certain=np.array([line.found.verdict == "clear" for line in lines], dtype=bool),
        text=label(info),
        names=tuple(line.name for line in lines),
        step=step,
    )


def _chart(shown: Dumbbells) -> None:
    from ghviz.figures.measure_charts import dumbbells
    from ghviz.figures.screen import CONFIG

    st.plotly_chart(dumbbells(shown, dark=is_dark()), theme=None, config=CONFIG, key="dumbbells")
    note("Pale: the difference may be chance. Whiskers: 95 % intervals.")


def _on_paper(shown: Dumbbells, *, width: Width) -> Figure:
    from ghviz.figures.measure_plates import dumbbells_figure

    return dumbbells_figure(shown, width=width)
