"""The second view of a pair: UMAP of the same snapshots, side by side."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from ghviz.app.errors import sentence
from ghviz.app.export import save_links, save_menu
from ghviz.app.layouts import Layouts, layout_job, stored_layouts
from ghviz.app.pairs import Comparison
from ghviz.app.theme import is_dark, note
from ghviz.figures.captions import umap_caption
from ghviz.store import RunFolderError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ghviz.figures.style import Width


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
    step = min(steps, key=lambda each: abs(each - step))
    name = f"{comparison.folder.name}-umap-step-"
    with save_menu("umap"):
        if len(steps) > 1:
            key = f"umap-{comparison.folder}-{step}"
            step = st.select_slider("Step", steps, value=step, key=key, format_func="{:,}".format)
        draw = partial(_paper, comparison, (layouts["base"][step], layouts["gh"][step]), step)
        save_links(draw, name=f"{name}{step}", key="umap", caption=umap_caption(step))
    from ghviz.figures.planes import umap_twin
    from ghviz.figures.screen import CONFIG

    record = comparison.any_side
    figure = umap_twin(
        layouts["base"],
        layouts["gh"],
        record.points.train_labels,
        record.classes,
        step=step,
        dark=is_dark(),
        stacked=stacked,
    )
    st.plotly_chart(figure, theme=None, config=CONFIG, key="umap-chart")
    note(
        "UMAP keeps neighbourhoods, not distances, sizes or densities; at every step both sides are drawn at "
        "one scale. Each layout starts at the one before it, and both sides start alike. Without a mouse, "
        "choose the step under Save."
    )


def _paper(comparison: Comparison, planes: tuple[object, object], step: int, *, width: Width) -> Figure:
    from ghviz.figures.plates import umap_figure

    record = comparison.any_side
    labels = record.points.train_labels
    return umap_figure(*planes, labels, record.classes, step=step, width=width)  # type: ignore[arg-type]
