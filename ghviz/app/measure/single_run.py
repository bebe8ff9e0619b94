"""Measure for a single run: its numbers and those of its classes, with intervals, compared with nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import streamlit as st

from ghviz.app.chosen import left_open
from ghviz.app.measure.borders import Borders
from ghviz.app.measure.class_section import (
    EVERY,
    ROW_PX,
    asked,
    class_columns,
    no_class,
    reasons,
    table_height,
)
from ghviz.app.measure.class_table import CORRECTED
from ghviz.app.measure.findings import Embeddings, alone
from ghviz.app.measure.lead import HEADLINES
from ghviz.app.measure.numbers_table import corrected_remarks, values_table
from ghviz.app.measure.single_table import Row, rows_of, run_csv, run_latex
from ghviz.app.pairs import Comparison
from ghviz.app.sentences import moment
from ghviz.app.theme import note
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.types import MetricTable

COMPARE = "ghviz/app/pages/compare.py"


def single_run(comparison: Comparison, step: int, embeddings: Embeddings) -> None:
    """Show every number of a run at a step, and every class of a metric.

    Args:
        comparison: with one side.
        step: of the snapshot, or of one after it.
        embeddings: that are measured.
    """
    ((side, record),) = comparison.shown.items()
    dimension = record.points.targets.shape[1]
    with st.spinner("Measuring, with intervals …"):
        table = alone(record, step, embeddings)
    told = [
        f"{METRICS[key].inside} {METRICS[key].format(table.summary[key])}"
        for key in HEADLINES[embeddings]
        if math.isfinite(table.summary.get(key, math.nan))
    ]
    said = f"At {moment(step, comparison.last_step)}: {', '.join(told) or 'nothing can be measured here'}."
    st.html(f'<p class="gz-lead">{said} This is a single run: differences and seed noise take a pair.</p>')
    st.html(values_table(table, dimension=dimension, side=side))
    intervals = (
        " Small numbers: 95 % intervals, from resampling the samples of each class: what other samples of "
        "the same trained encoder would give, not what another training would."
    )
    known = any(math.isfinite(each.low) for each in table.summary_certainty.values())
    note(f"A name opens its formula and source.{intervals if known else ''}")
    for remark in corrected_remarks(table):
        note(remark)
    name = f"{comparison.folder.name}-step-{step}"
    _classes(table, dimension=dimension, name=name, data_set=record.run.config.dataset)
    run = {"pair": left_open() or str(comparison.folder)}
    st.page_link(COMPARE, label="See it in Compare", icon=":material/compare:", query_params=run)


def _classes(table: MetricTable, *, dimension: int, name: str, data_set: str) -> None:
    """Choose a metric, see it class by class, and copy it."""
    st.subheader("Class by class, head to tail", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom", key="class-controls"):
        key, group, borders = asked(table, dimension=dimension, data_set=data_set)
        every = rows_of(table, key, borders)
        rows = [row for row in every if group in (EVERY, row.group)]
        _copies(table, rows, METRICS[key], borders=borders, name=name)
    if rows:
        _table(rows, METRICS[key])
    else:
        note(no_class(borders, grouped=any(row.group for row in every)))
    remarks = reasons([row.reason for row in rows], table, key)
    if rows and not any(math.isfinite(end) for row in every for end in row.interval):
        remarks.append("There is no interval for this metric.")
    if remarks:
        note(" ".join(remarks))


def _table(rows: Sequence[Row], info: MetricInfo) -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "Class": [row.name for row in rows],
            "n": [row.count for row in rows],
            "Measured": [row.measured for row in rows],
            "Group": [row.group for row in rows],
            "Value": [row.value for row in rows],
            "95 % from": [row.interval[0] for row in rows],
            "95 % to": [row.interval[1] for row in rows],
            "Why none": [row.reason for row in rows],
        }
    )
    known = {
        "Measured": (frame["Measured"] != frame["n"]).any(),
        "95 % from": frame["95 % from"].notna().any(),
        "95 % to": frame["95 % to"].notna().any(),
        **{column: any(frame[column]) for column in ("Group", "Why none")},
    }
    frame = frame.drop(columns=[column for column, there in known.items() if not there])
    numbers = [column for column in ("Value", "95 % from", "95 % to") if column in frame.columns]
    st.dataframe(
        frame.style.format(info.format, subset=numbers, na_rep="–"),
        hide_index=True,
        height=table_height(len(rows)),
        row_height=ROW_PX,
        placeholder="–",
        column_config=class_columns(),
        key="class-table",
    )


def _copies(
    table: MetricTable, rows: Sequence[Row], info: MetricInfo, *, borders: Borders, name: str
) -> None:
    remarks = [CORRECTED] if info.key in table.corrected else []
    with st.popover("Copy", icon=":material/content_copy:", key="copy"):
        st.caption("This table as LaTeX (booktabs)")
        st.code(run_latex(rows, info, remarks=remarks), language=None, height=220, width=480)
        st.caption("This metric of every class as CSV")
        st.code(run_csv(table, [info.key], borders), language=None, height=160, width=480)
        st.download_button(
            "CSV of every metric",
            partial(run_csv, table, list(dict.fromkeys([*table.per_class, *table.summary])), borders),
            file_name=f"{name}-metrics.csv",
            mime="text/csv",
            on_click="ignore",
            key="csv",
        )
