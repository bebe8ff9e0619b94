"""The second view of a pair: UMAP of the same snapshots, side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ghviz.app.errors import sentence
from ghviz.app.export import save_buttons
from ghviz.app.layouts import Layouts, layout_job, stored_layouts
from ghviz.app.pairs import Comparison
from ghviz.app.theme import is_dark, note
from ghviz.store import RunFolderError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def umap_tab(comparison: Comparison, *, step: int, stacked: bool) -> None:
    """Show the layouts of a pair, or how far their computation has come.

    Args:
        comparison: the pair.
        step: where the time slider stands at first.
        stacked: one side above the other, for a narrow screen.
    """
    if not comparison.is_pair:
        st.info("UMAP is drawn for pairs only.")
        return
    try:
        layouts = stored_layouts(comparison)
    except (RunFolderError, ValueError) as error:
        st.warning(f"{sentence(error)} Other layouts are computed instead.")
        layouts = None
    if layouts is None:
        layouts = layout_job(comparison).layouts
    if layouts is None:
        _progress(comparison)
    else:
        _layouts(comparison, layouts, step, stacked=stacked)


@st.fragment(run_every=1.0)
def _progress(comparison: Comparison) -> None:
    job = layout_job(comparison)
    if job.error:
        st.error(f"UMAP could not be computed: {sentence(ValueError(job.error))}")
    elif job.layouts is not None:
        st.rerun()
    elif job.done == 0:
        st.progress(0.0, "Computing UMAP in the background; the first one takes up to a minute …")
    else:
        st.progress(job.done / job.total, f"Computing UMAP in the background: {job.done} of {job.total} …")


def _layouts(comparison: Comparison, layouts: Layouts, step: int, *, stacked: bool) -> None:
    steps = sorted(set(layouts["base"]) & set(layouts["gh"]))
    nearest = min(steps, key=lambda each: abs(each - step))
    if len(steps) > 1:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            nearest = st.select_slider(
                "Step",
                steps,
                value=nearest,
                key=f"umap-{comparison.folder}-{step}",
                format_func="{:,}".format,
            )
            planes = layouts["base"][nearest], layouts["gh"][nearest]
            draw = partial(_paper, comparison, planes, nearest)
            save_buttons(draw, name=f"{comparison.folder.name}-umap-step-{nearest}", key="umap")
    from ghviz.figures.charts import CONFIG, umap_twin

    record = comparison.any_side
    figure = umap_twin(
        layouts["base"][nearest],
        layouts["gh"][nearest],
        record.points.train_labels,
        record.classes,
        step=nearest,
        dark=is_dark(),
        stacked=stacked,
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key="umap-chart")
    note(
        "UMAP keeps neighbourhoods, not distances, sizes or densities. Each layout starts at the one before "
        "it, and both sides start alike."
    )


def _paper(comparison: Comparison, planes: tuple[object, object], step: int) -> Figure:
    from ghviz.figures.plates import umap_figure

    record = comparison.any_side
    return umap_figure(*planes, record.points.train_labels, record.classes, step=step)  # type: ignore[arg-type]
