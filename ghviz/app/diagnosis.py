"""The panel "What GH is doing" of the Train page: closed, it costs nothing."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from ghviz.app.charts import curves_block
from ghviz.app.live import Live, LiveSide
from ghviz.app.theme import is_dark, note
from ghviz.figures.series import Mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ghviz.types import ClassTable, Diagnosed

TITLE: Final = "What GH is doing"
MISSING: Final = (
    "This run does not say what GH was doing: it was made elsewhere, or by a ghviz that did not record it "
    "yet. Runs that are trained now do."
)
NOT_YET: Final = "The first look at GH comes with the first picture after the start."
_ACROSS: Final = 0.1  # cosine up to which two pulls have nothing to do with each other


def panel(live: Live, marks: Sequence[Mark]) -> None:
    """Show what GH is doing in the side with GH, and over time in both; only while it is open.

    Args:
        live: the pair.
        marks: steps to point out.
    """
    place = st.expander(TITLE, key="doing", icon=":material/monitoring:", bind="query-params")
    if not place.open:
        return
    with place:
        side = live.sides.get("gh") or live.sides["base"]
        if not side.diagnoses or side.run.classes is None:
            note(MISSING if any(side.snapshots) else NOT_YET)
            return
        _show(live, side, side.run.classes, marks)


def _show(live: Live, side: LiveSide, classes: ClassTable, marks: Sequence[Mark]) -> None:
    from ghviz.figures.diagnosis import MAX_BARS, diagnosis_curves
    from ghviz.figures.screen import CONFIG

    last = side.diagnoses[-1]
    note(escape(told(last)))
    mark = "segment: one vertex" if len(classes.names) <= MAX_BARS else "dot: all vertices"
    headings = (
        (
            "Prior against the classes",
            f"Each {mark} of that class; the line: its share of the samples.",
        ),
        ("Vertices over time", "How many samples are nearest to each vertex; blank: none, it is dead."),
        (
            f"Transport plan of {_rows(last)}",
            "Where each sample goes; the strips are the colours of the classes.",
        ),
    )
    for column, figure, (title, text), name in zip(
        st.columns(3), _figures(side, classes), headings, ("prior", "mass", "plan"), strict=True
    ):
        with column:
            st.markdown(f"**{title}**")
            note(text)
            st.plotly_chart(figure, theme=None, config=CONFIG, key=f"doing-{name}")
    base = live.sides.get("base")
    curves = diagnosis_curves(base.diagnoses if base else [], side.diagnoses if side is not base else [])
    curves_block("Over training", curves, marks, name=f"{live.folder.name}-gh")
    note(
        "Measured in the batches of the pictures' steps. Pull: the gradient at the embeddings. Agreement: of "
        "each sample's nearest vertex with its class, which training never sees; NMI also grows with the "
        "number of live vertices, the adjusted Rand index does not. The side without GH only watches."
    )


def _rows(event: Diagnosed) -> str:
    """Which samples the plan shows."""
    shown = len(event.plan)
    return f"a batch of {shown:,}" if shown == event.batch else f"{shown:,} of a batch of {event.batch:,}"


def _figures(side: LiveSide, classes: ClassTable) -> tuple[Any, ...]:
    """The charts of the last look; drawn once, not at each look of the page."""
    from ghviz.figures.diagnosis import mass_over_time, plan_map, prior_bars

    drawn_for = (side.run.folder, len(side.diagnoses), side.diagnoses[-1].time, is_dark())
    held = st.session_state.get("doing-figures")
    if held is None or held[0] != drawn_for:
        last, dark = side.diagnoses[-1], is_dark()
        figures = (
            prior_bars(last, classes, dark=dark),
            mass_over_time(side.diagnoses, classes, dark=dark),
            plan_map(last, classes, dark=dark),
        )
        held = st.session_state["doing-figures"] = (drawn_for, figures)
    return held[1]


def told(event: Diagnosed) -> str:
    """What GH was doing, in plain sentences."""
    known = {name: value for name, value in event.numbers.items() if value is not None}
    owned = len({owner for owner in event.owners if owner >= 0})
    said = [
        f"At step {event.step:,}, {known.get('live_vertices', 0):.0f} of {len(event.prior):,} vertices are "
        f"live and {owned:,} {'class has' if owned == 1 else 'classes have'} a vertex of their own.",
        _pull(known),
    ]
    if {"moved", "iterations", "residual"} <= known.keys():
        said.append(
            f"Transport takes {100 * known['moved']:.0f} % of the batch to another vertex than the nearest "
            f"(Sinkhorn: {known['iterations']:.0f} iterations, {known['residual']:.0e} off the prior)."
        )
    return " ".join(filter(None, said))


def _pull(known: dict[str, float]) -> str:
    share, cosine = known.get("gradient_share"), known.get("gradient_cosine")
    if share is None or cosine is None:
        return ""
    way = "with" if cosine > _ACROSS else "against" if cosine < -_ACROSS else "across"
    if share == 0:
        return f"GH does not act; it would pull {way} the base loss (cosine {cosine:.2f})."
    part = f"{100 * share:.0f} % of the pull on the embeddings is GH's"
    return f"{part}, {way} the base loss (cosine {cosine:.2f})."
