"""The second view of a pair: UMAP of the same snapshots, side by side."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.errors import one_sentence, sentence
from ghviz.app.export import save_links, save_menu
from ghviz.app.honest import colour_choice
from ghviz.app.layouts import Layouts, layout_job, stored_layouts
from ghviz.app.ledger import placement_block
from ghviz.app.numbers import numbers_html
from ghviz.app.pairs import Comparison, Record
from ghviz.app.reality import FLAT, flat_numbers, quality_of
from ghviz.app.reality_words import trust_sentence
from ghviz.app.sentences import moment
from ghviz.app.theme import is_dark, note
from ghviz.figures.captions import umap_caption
from ghviz.projections.quality import PictureQuality
from ghviz.store import SECOND_BASELINE, RunFolderError
from ghviz.types import MetricTable

ONLY_THESE: Final = (
    "A plane has no territory and no angles between directions, so slope, tail territory, evenness and tail "
    "gap can't be measured as drawn, and held-out points, which 1-NN accuracy needs, are not in the layout. "
    "Distances as drawn are squared, as cosine distance goes with the square of a small angle."
)
"""Why the headline numbers do not stand below a layout."""

if TYPE_CHECKING:
    import plotly.graph_objects as go
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
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        colour = colour_choice("umap-colour")
        with save_menu("umap"):
            if len(steps) > 1:
                key = f"umap-{comparison.folder}-{step}"
                step = st.select_slider("Step", steps, value=step, key=key, format_func="{:,}".format)
            draw = partial(_paper, comparison, (layouts["base"][step], layouts["gh"][step]), step)
            save_links(draw, name=f"{name}{step}", key="umap", caption=umap_caption(step))
    from ghviz.figures.screen import CONFIG

    qualities = _qualities(comparison, layouts, step) if colour == "placement" else {}
    placements = tuple(each.placement for each in qualities.values())
    figure = _figure(comparison, layouts, step, placements, stacked=stacked)
    st.plotly_chart(figure, theme=None, config=CONFIG, key=f"umap-chart-{colour}")
    qualities = qualities or _qualities(comparison, layouts, step)
    if qualities:
        st.html(f'<p class="gz-lead gz-honest">Step {step:,}. {trust_sentence(qualities)}</p>')
        _numbers(comparison, layouts, step, qualities)
    note(
        "UMAP keeps neighbourhoods, not distances, sizes or densities; at every step both sides are drawn at "
        "one scale. Each layout starts at the one before it, and both sides start alike. Without a mouse, "
        "choose the step under Save."
    )


def _qualities(comparison: Comparison, layouts: Layouts, step: int) -> dict[str, PictureQuality]:
    """How far the layouts of a step can be trusted, by side; {} and a note where that is not known."""
    try:
        return {
            side: quality_of(
                record.run.snapshot(step).train,
                layouts[side][step],
                record.points.train_labels,
                num_classes=len(record.classes.names),
            )
            for side, record in comparison.shown.items()
        }
    except (RunFolderError, ValueError, MemoryError) as error:
        note(f"How far this picture can be trusted can't be measured: {escape(sentence(error))}")
        return {}


def _numbers(
    comparison: Comparison, layouts: Layouts, step: int, qualities: dict[str, PictureQuality]
) -> None:
    """What can be measured on a plane as well, in all dimensions and as drawn; the trust class by class."""
    dimension = comparison.any_side.points.targets.shape[1]
    when = moment(step, comparison.last_step)
    with one_sentence():
        with st.spinner("Measuring the layout …"):
            tables = {side: _in_all_dimensions(record, step) for side, record in comparison.sides.items()}
            planes = {
                side: _as_drawn(record, layouts, side, step) for side, record in comparison.shown.items()
            }
        note(f"Numbers at {when}. {ONLY_THESE}")
        drawn = {side: table.summary for side, table in planes.items()}
        base, gh, second = (tables.get(side) for side in ("base", "gh", SECOND_BASELINE))
        st.html(numbers_html(base, gh, dimension=dimension, second=second, drawn=drawn, keys=FLAT))
        classes = comparison.any_side.classes
        placement_block(qualities, classes, dimension=dimension, when=when, key="umap-trust")


def _in_all_dimensions(record: Record, step: int) -> MetricTable:
    rows = record.run.snapshot(record.steps[record.index_at(step)]).train
    return flat_numbers(rows, record.points.train_labels, record.classes, step=step)


def _as_drawn(record: Record, layouts: Layouts, side: str, step: int) -> MetricTable:
    labels = record.points.train_labels
    return flat_numbers(layouts[side][step], labels, record.classes, step=step, plane=True)


def _figure(
    comparison: Comparison,
    layouts: Layouts,
    step: int,
    placements: tuple[NDArray[np.float64], ...],
    *,
    stacked: bool,
) -> go.Figure:
    """All steps, to be played, by class; or one step by placement."""
    if len(placements) == 2:
        from ghviz.figures.placement import placement_twin

        planes = layouts["base"][step], layouts["gh"][step]
        return placement_twin(planes, placements, dark=is_dark(), stacked=stacked)
    from ghviz.figures.planes import umap_twin

    record = comparison.any_side
    return umap_twin(
        layouts["base"],
        layouts["gh"],
        record.points.train_labels,
        record.classes,
        step=step,
        dark=is_dark(),
        stacked=stacked,
    )


def _paper(comparison: Comparison, planes: tuple[object, object], step: int, *, width: Width) -> Figure:
    from ghviz.figures.plates import umap_figure

    record = comparison.any_side
    labels = record.points.train_labels
    return umap_figure(*planes, labels, record.classes, step=step, width=width)  # type: ignore[arg-type]
