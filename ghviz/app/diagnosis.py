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
    from ghviz.figures.diagnosis import MAX_BARS, MAX_VERTICES, diagnosis_curves
    from ghviz.figures.screen import CONFIG

    last = side.diagnoses[-1]
    note(escape(told(last, num_classes=len(classes.names))))
    headings = (
        ("Prior against the classes", prior_words(many=len(classes.names) > MAX_BARS)),
        ("Vertices over time", mass_words(last, most=MAX_VERTICES)),
        (f"Transport plan of {_batch(last)}", plan_words(last)),
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
        "Looked at where the pictures are taken. Vertices and agreement are of all samples seen so far, "
        "transport and pull of that step's batch. Pull: the gradient at the embeddings. Agreement: of each "
        "sample's nearest vertex with its class, which training never sees; NMI also grows with the number "
        "of live vertices, the adjusted Rand index does not. Residual: how far the plans of both views are "
        "off the prior. The side without GH only watches."
    )


def prior_words(*, many: bool) -> str:
    """How to read the prior against the classes.

    Args:
        many: whether there are so many classes that the vertices of each are one dot.
    """
    mark = "Each dot: all vertices" if many else "Each segment: a vertex"
    return f"{mark} at which that class has the most samples; the line: the class's share of the samples."


def mass_words(event: Diagnosed, *, most: int) -> str:
    """How to read the mass of the vertices over time.

    Args:
        event: the last look.
        most: rows that the picture has at most.
    """
    vertices = len(event.prior)
    which = "each vertex" if vertices <= most else f"each of the {most:,} heaviest of {vertices:,} vertices"
    return f"The share of the samples seen so far that is nearest to {which}; blank: none, it is dead."


def plan_words(event: Diagnosed) -> str:
    """How to read the transport plan, and what of it is left out."""
    said = [
        "Which share of each sample goes to which vertex. Strips: the class of the sample, of the vertex."
    ]
    if len(event.plan) < event.batch:
        said.append("As many of each class are shown as can be, so the rare ones are more than their share.")
    if len(event.plan_vertices) < len(event.prior):
        said.append(f"Only the {len(event.plan_vertices):,} vertices with most of the batch are shown.")
    return " ".join(said)


def _batch(event: Diagnosed) -> str:
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


def told(event: Diagnosed, *, num_classes: int) -> str:
    """What GH was doing, in plain sentences.

    Args:
        event: as stored.
        num_classes: L.
    """
    known = {name: value for name, value in event.numbers.items() if value is not None}
    said = [_vertices(event, num_classes), _pull(event, known)]
    if {"moved", "iterations", "residual"} <= known.keys():
        said.append(
            f"Of {100 * known['moved']:.0f} % of the batch, transport takes the largest share to another "
            f"vertex than the nearest (Sinkhorn: {known['iterations']:.0f} iterations, "
            f"{known['residual']:.0e} off the prior)."
        )
    return " ".join(filter(None, said))


def _vertices(event: Diagnosed, num_classes: int) -> str:
    """How many vertices have samples, and whose they are; the most samples may be less than half of them."""
    vertices = len(event.prior)
    live = sum(owner >= 0 for owner in event.owners)
    owning = len({owner for owner in event.owners if owner >= 0})
    said = f"At step {event.step:,}, {live:,} of {vertices:,} vertices {'is' if live == 1 else 'are'} live"
    if not live:
        return f"{said}: none is nearest to a sample."
    if num_classes == 1:
        return f"{said}; there is one class only, so they are its."
    most = f" ({vertices:,} at most could)" if vertices < num_classes else ""
    has = "has" if owning == 1 else "have"
    whose = "Each belongs to the class with the most samples there, of equals to the rarer"
    return f"{said}. {whose}: {owning:,} of {num_classes:,} classes {has} one or more{most}."


def _pull(event: Diagnosed, known: dict[str, float]) -> str:
    """GH's part of the pull; of a run that did not record it nothing."""
    if "gradient_share" not in event.numbers:
        return ""
    share, cosine = known.get("gradient_share"), known.get("gradient_cosine")
    if share is None:
        return "GH's part of the pull on the embeddings is not known."
    acts = f"{100 * share:.0f} % of the pull on the embeddings is GH's" if share else "GH does not act"
    if cosine is None:
        return f"{acts}."
    way = "with" if cosine > _ACROSS else "against" if cosine < -_ACROSS else "across"
    how = f"{way} the base loss (cosine {cosine:.2f})"
    return f"{acts}, {how}." if share else f"{acts}; it would pull {how}."
