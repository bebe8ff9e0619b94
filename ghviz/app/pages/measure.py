"""Measure: every number of a pair, per class, with intervals, and whether it is noise."""

from __future__ import annotations

from typing import cast

import streamlit as st

from ghviz.app.chosen import chosen_pair
from ghviz.app.errors import one_sentence
from ghviz.app.ledger import ledger_block
from ghviz.app.measure.class_section import class_section
from ghviz.app.measure.findings import Embeddings, Findings, at_once, findings
from ghviz.app.measure.lead import lead
from ghviz.app.measure.numbers_table import WORDS, numbers_table, remarks
from ghviz.app.measure.pictures import matrices_section, share_section
from ghviz.app.measure.seeds import REORDERED, YARDSTICK, seeds_section
from ghviz.app.measure.single_run import single_run
from ghviz.app.measure.steps import steps_section
from ghviz.app.opened import read
from ghviz.app.pairs import Comparison, folder_of
from ghviz.app.sentences import moment
from ghviz.app.theme import note

NAMES: dict[str, str] = {
    "train": "Training, long-tailed",
    "test": "Test, balanced",
}


def page() -> None:
    """Open what the page's address names, or the first pair there is."""
    choice = chosen_pair("measure")
    if choice is None:
        return
    with one_sentence("Choose another pair above, or see the Runs page."):
        comparison = read(folder_of(choice.key))
        if comparison.is_pair:
            _measure(comparison, choice.key)
        else:
            _measure_alone(comparison, choice.key)


@st.fragment
def _measure(comparison: Comparison, key: str) -> None:
    """Everything that follows the chosen step and embeddings."""
    with one_sentence():
        step, embeddings = _asked(comparison, key)
        dimension = comparison.any_side.points.targets.shape[1]
        numbers, classes = st.container(), st.container()
        first = numbers.empty()
        seen = st.session_state.setdefault("measured", set())
        if (key, step, embeddings) not in seen:
            with first.container():
                _at_once(comparison, step, embeddings, dimension)
        share_section(comparison, step, embeddings)  # already, so that the browser fetches its charts
        found = findings(comparison, step, embeddings)
        first.empty()
        seen.add((key, step, embeddings))
        with numbers:
            _numbers(comparison, found, step, dimension)
        with classes:
            class_section(
                found,
                dimension=dimension,
                name=f"{comparison.folder.name}-step-{step}",
                data_set=comparison.any_side.run.config.dataset,
            )
        matrices_section(comparison, step, embeddings)
        ledger_block(comparison, step=step, when=moment(step, comparison.last_step))
        steps_section(comparison, embeddings)


@st.fragment
def _measure_alone(comparison: Comparison, key: str) -> None:
    """The numbers of a single run: there is nothing to compare them with."""
    with one_sentence():
        step, embeddings = _asked(comparison, key)
        single_run(comparison, step, embeddings)


def _numbers(comparison: Comparison, found: Findings, step: int, dimension: int) -> None:
    """The lead, all metrics with one value, and how to read them."""
    starts = comparison.sides["gh"].gh_starts_at
    said = lead(found, moment(step, comparison.last_step), acts=starts is None or step > starts)
    st.html(f'<p class="gz-lead">{said}</p>')
    if found.noise is None:
        seeds_section(comparison)
    st.html(numbers_table(found, list(found.base.summary), dimension=dimension))
    note(
        "A name opens its formula and source. Small numbers: 95 % intervals, from resampling the samples "
        "of each class; those of differences resample both sides alike. They say what other samples of "
        "the same trained encoders would give; two seeds say what other trainings would."
    )
    note(WORDS)
    seeds = [] if found.noise is None else [YARDSTICK, *[REORDERED] * found.noise.reordered]
    for remark in [*remarks(found), *seeds]:
        note(remark)


def _at_once(comparison: Comparison, step: int, embeddings: Embeddings, dimension: int) -> None:
    """Show what is known already while intervals are computed, which takes seconds with many classes."""
    known = at_once(comparison, step, embeddings)
    note("Intervals are being computed; until then, metrics of class centres are not corrected.")
    st.html(numbers_table(known, list(known.base.summary), dimension=dimension))


def _asked(comparison: Comparison, key: str) -> tuple[int, Embeddings]:
    """The step and the embeddings that the visitor wants."""
    steps = sorted({step for record in comparison.shown.values() for step in record.steps})
    step = steps[-1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        tested = all(len(record.points.test_labels) for record in comparison.shown.values())
        names = ["train", "test"] if tested else ["train"]
        embeddings = st.segmented_control(
            "Embeddings",
            names,
            format_func=lambda each: NAMES[each],
            default="train",
            required=True,
            key=f"embeddings-{key}",
        )
        if len(steps) > 1:
            step = st.select_slider(
                "Step",
                steps,
                value=steps[-1],
                format_func=lambda each: f"{each:,}",
                key=f"step-{key}",
                width=360,
            )
    return int(step), cast(Embeddings, embeddings)


if __name__ == "__main__":
    page()
