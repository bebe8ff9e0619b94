"""Compare: a pair on twin spheres, its numbers, and how they came about."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app import charted
from ghviz.app.charts import curves_block, per_class_block
from ghviz.app.chosen import chosen_pair, plays
from ghviz.app.errors import one_sentence
from ghviz.app.happenings import happenings, happenings_block
from ghviz.app.honest import CENTRES, measured, waiting
from ghviz.app.ledger import ledger_block, placement_block
from ghviz.app.measure.seeds import noise_note
from ghviz.app.numbers import numbers_html
from ghviz.app.opened import opened
from ghviz.app.pairs import Choice, Comparison, Stamp, folder_of, stamp
from ghviz.app.reality import drawings
from ghviz.app.scenes import Stage
from ghviz.app.sentences import moment, summary_sentence
from ghviz.app.theme import is_narrow, note
from ghviz.app.twin_block import twin_block
from ghviz.app.umap_tab import umap_tab
from ghviz.store import SECOND_BASELINE
from ghviz.types import IMPORTED

GLANCE = 2.0  # seconds between two looks whether an imported run has grown


def page() -> None:
    """Open what the page's address names, or the first pair there is."""
    choice = chosen_pair("look at")
    if choice is None:
        return
    with one_sentence("Choose another pair above, or see the Runs page."):
        folder = folder_of(choice.key)
        seen = stamp(folder)
        comparison, drawn = opened(folder)
        if choice.text:
            note(escape(choice.text))
        _look(comparison, drawn, choice, plays=plays(choice.key))
        _history(comparison)
        if choice.command:
            note(f"Made by <code>{escape(choice.command)}</code>")
        if comparison.any_side.run.config.preset == IMPORTED:
            st.fragment(_keep_up, run_every=GLANCE)(folder, seen)


def _keep_up(folder: Path, seen: Stamp) -> None:
    """Show what somebody's own loop adds to a folder."""
    with one_sentence():
        if stamp(folder) != seen:
            st.rerun()


@st.fragment
def _look(comparison: Comparison, drawn: Stage, choice: Choice, *, plays: bool) -> None:
    """The drawing, and everything that follows its time and camera.

    What takes long to measure comes last, into places that were kept for it.
    """
    dimension = comparison.any_side.points.targets.shape[1]
    lead = st.empty()
    shape = "Circles" if drawn.views[next(iter(drawn.views))].kind == "circle" else "Spheres"
    spheres, umap = st.tabs([shape, "UMAP"], key="tab", on_change="rerun")
    with spheres:
        state = twin_block(comparison, drawn, key=f"globe-{choice.key}", plays=plays)
        honest, moments = st.empty(), st.container()
        if dimension > 3:
            waiting(honest)
    with umap:
        if umap.open:
            umap_tab(comparison, step=state.step, stacked=is_narrow())
    when = moment(state.step, comparison.last_step)
    lead.html(f'<p class="gz-lead">{_lead(comparison, dimension, state.step)}</p>')
    tables = {side: record.table_at(state.step) for side, record in comparison.sides.items()}
    note(f"Numbers at {when}.{noise_note(comparison)}{CENTRES if dimension > 3 else ''}")
    numbers = st.empty()
    show = partial(
        numbers_html,
        tables.get("base"),
        tables.get("gh"),
        dimension=dimension,
        second=tables.get(SECOND_BASELINE),
    )
    numbers.html(show())
    if comparison.is_pair:
        per_class_block(
            tables["base"], tables["gh"], name=comparison.folder.name, dimension=dimension, when=when
        )
        ledger_block(comparison, step=state.step, when=when)
    # Beside UMAP "as drawn" would be taken for its own, which the tab gives itself.
    seen = dimension > 3 and not umap.open
    if seen and (found := measured(honest, drawings(comparison, drawn), step=state.step)):
        numbers.html(show(drawn={side: each.headlines for side, each in found.items()}))
        qualities = {side: each.quality for side, each in found.items()}
        placement_block(qualities, comparison.any_side.classes, dimension=dimension, when=when)
    if _has_history(comparison):
        with moments, one_sentence():
            happenings_block(happenings(comparison), key=f"globe-{choice.key}")


def _lead(comparison: Comparison, dimension: int, step: int) -> str:
    if not comparison.is_pair:
        return f"One run, {escape(comparison.folder.name)}, without a twin to compare it with."
    base, gh = comparison.sides["base"], comparison.sides["gh"]
    second = comparison.sides.get(SECOND_BASELINE)
    return summary_sentence(
        base.table_at(step),
        gh.table_at(step),
        dimension=dimension,
        second=None if second is None else second.table_at(step),
        step=step,
        last_step=comparison.last_step,
        gh_starts_at=gh.gh_starts_at,
    )


def _has_history(comparison: Comparison) -> bool:
    """Whether there is more than one snapshot of a side."""
    return any(len(record.steps) > 1 for record in comparison.shown.values())


def _history(comparison: Comparison) -> None:
    if not _has_history(comparison):
        return
    base, gh = comparison.sides.get("base"), comparison.sides.get("gh")
    tables = (() if base is None else base.tables, () if gh is None else gh.tables)
    curves = [charted.curve(key, *tables) for key in charted.CURVES if charted.is_measured(key, *tables)]
    curves_block("Over training", curves, charted.marks(gh), name=f"{comparison.folder.name}-steps")


if __name__ == "__main__":
    page()
