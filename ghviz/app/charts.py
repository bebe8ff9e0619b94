"""Charts on a page, each with its title and its save button."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ghviz.app import charted
from ghviz.app.export import save_buttons
from ghviz.app.sentences import told
from ghviz.app.theme import is_dark, is_narrow, note
from ghviz.figures.captions import bars_caption, curves_caption
from ghviz.figures.series import Curve, Mark
from ghviz.metrics.catalog import METRICS
from ghviz.types import MetricTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ghviz.figures.style import Width


def per_class_block(base: MetricTable, gh: MetricTable, *, name: str, dimension: int, when: str) -> None:
    """Bars of a metric for every class, head to tail; the visitor chooses the metric.

    Args:
        base: table without GH.
        gh: table with GH.
        name: of the file when it is saved.
        dimension: of the embedding.
        when: the step shown, in words.
    """
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Per class, head to tail", anchor=False, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            key = st.selectbox(
                "Metric of the bars",
                charted.BARS,
                format_func=lambda each: METRICS[each].title,
                label_visibility="collapsed",
                key="bars",
                width=230,
                bind="query-params",
            )
            key = key if key in charted.BARS else charted.BARS[0]
            tables = charted.per_class(base, key), charted.per_class(gh, key)
            even = 100 / len(base.classes.names) if key == "territory_share" else None
            info = charted.label(METRICS[key])
            save_buttons(
                partial(_bars, *tables, key, even),
                name=f"{name}-{key}",
                key="bars",
                caption=bars_caption(info.title, step=base.step, even=even is not None),
            )
    from ghviz.figures.charts import class_bars
    from ghviz.figures.screen import CONFIG

    figure = class_bars(*tables, key, info, even=even, dark=is_dark())
    st.plotly_chart(figure, theme=None, config=CONFIG, key="bars-chart")
    note(f"At {when}. {told(METRICS[key], dimension)}")


def curves_block(title: str, curves: Sequence[Curve], marks: Sequence[Mark], *, name: str) -> None:
    """Numbers over training steps, both sides in each chart."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(title, anchor=False, width="content")
        save_buttons(
            partial(_curves, tuple(curves), tuple(marks)),
            name=name,
            key=f"curves-{name}",
            caption=curves_caption(curves, marks),
        )
    from ghviz.figures.charts import metric_curves
    from ghviz.figures.screen import CONFIG

    wide = 3 if len(curves) % 3 == 0 else 2
    figure = metric_curves(curves, marks, columns=1 if is_narrow() else wide, dark=is_dark())
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"curves-chart-{name}")


def _bars(base: MetricTable, gh: MetricTable, key: str, even: float | None, *, width: Width) -> Figure:
    from ghviz.figures.plates import bars_figure

    return bars_figure(base, gh, key, charted.label(METRICS[key]), even=even, width=width)


def _curves(curves: Sequence[Curve], marks: Sequence[Mark], *, width: Width) -> Figure:
    from ghviz.figures.plates import curves_figure

    return curves_figure(curves, marks, width=width)
