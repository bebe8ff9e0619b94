"""What the Compare page says about its own picture: whether to believe it, and where not."""

from __future__ import annotations

from html import escape
from typing import Final, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ghviz.app.errors import sentence
from ghviz.app.pairs import Comparison
from ghviz.app.reality import Reality, placed_scene, reality_at
from ghviz.app.reality_words import closeness_sentence, trust_sentence
from ghviz.app.scenes import Stage
from ghviz.store import RunFolderError

Colour = Literal["class", "placement"]
COLOURS: Final[dict[Colour, str]] = {"class": "Colour by class", "placement": "by placement"}
MEASURING: Final = "Measuring how far this projection can be trusted …"


def colour_choice(key: str) -> Colour:
    """Let the visitor choose what the colours say.

    Args:
        key: of the choice, and its name in the page's address.
    """
    chosen: Colour | None = st.segmented_control(
        "Colour",
        tuple(COLOURS),
        default="class",
        format_func=COLOURS.__getitem__,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
    )
    return chosen or "class"


def scene_of(comparison: Comparison, drawn: Stage, colour: Colour, *, step: int) -> bytes:
    """The scene in the chosen colours; by class where the placement can't be measured."""
    if colour == "class":
        return drawn.scene
    try:
        with st.spinner("Measuring how every point is placed …"):
            return placed_scene(comparison, drawn, step=step)
    except (RunFolderError, ValueError, MemoryError) as error:
        st.warning(f"{sentence(error)} The colours are those of the classes.")
        return drawn.scene


def measured(spot: DeltaGenerator, comparison: Comparison, drawn: Stage, *, step: int) -> dict[str, Reality]:
    """Write into a place what can be believed of a projection; return what was measured, {} if nothing."""
    dimension = comparison.any_side.points.targets.shape[1]
    try:
        found = reality_at(comparison, drawn, step=step)
    except (RunFolderError, ValueError, MemoryError) as error:
        spot.html(
            _paragraph(f"How far this projection can be trusted can't be measured: {escape(sentence(error))}")
        )
        return {}
    qualities = {side: each.quality for side, each in found.items()}
    said = filter(None, [closeness_sentence(found, dimension), trust_sentence(qualities)])
    spot.html("".join(map(_paragraph, said)))
    return found


def waiting(spot: DeltaGenerator) -> None:
    """Hold the place for the sentence."""
    spot.html(_paragraph(MEASURING))


def _paragraph(words: str) -> str:
    return f'<p class="gz-lead gz-honest">{words}</p>'
