"""What a page says about its own picture: whether to believe it, and where not."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ghviz.app.errors import sentence
from ghviz.app.reality import AT_ONCE, Drawing, Reality, placed_scene, reality_at
from ghviz.app.reality_words import closeness_sentence, trust_sentence
from ghviz.store import RunFolderError

Colour = Literal["class", "placement"]
COLOURS: Final[dict[Colour, str]] = {"class": "Colour by class", "placement": "by placement"}
CENTRES: Final = (
    " The tail gap and other numbers of class centres are corrected for the scatter of few samples, in all "
    "dimensions and as drawn, within bounds that depend on the dimension: where classes point nowhere the "
    "two can differ though nothing is lost. A class of one or two samples counts for nothing in them."
)
"""What is said of numbers that stand beside those of a projection."""
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


def scene_of(
    scene: bytes, sides: Mapping[str, Drawing], colour: Colour, *, step: int, at_once: int = AT_ONCE
) -> bytes:
    """The scene in the chosen colours; by class where the placement can't be measured.

    Args:
        scene: of these sides, by class.
        sides: as they are drawn.
        colour: chosen.
        step: looked at.
        at_once: pairs of points beyond which only the snapshots looked at are measured.
    """
    if colour == "class":
        return scene
    try:
        with st.spinner("Measuring how every point is placed …"):
            return placed_scene(scene, sides, step=step, at_once=at_once)
    except (RunFolderError, ValueError, MemoryError) as error:
        st.warning(f"{sentence(error)} The colours are those of the classes.")
        return scene


def measured(spot: DeltaGenerator, sides: Mapping[str, Drawing], *, step: int) -> dict[str, Reality]:
    """Write into a place what can be believed of a projection; return what was measured, {} if nothing."""
    try:
        found = reality_at(sides, step=step)
    except (RunFolderError, ValueError, MemoryError) as error:
        spot.html(
            _paragraph(f"How far this projection can be trusted can't be measured: {escape(sentence(error))}")
        )
        return {}
    dimension = next(iter(sides.values())).points.targets.shape[1]
    qualities = {side: each.quality for side, each in found.items()}
    said = filter(None, [closeness_sentence(found, dimension), trust_sentence(qualities)])
    spot.html("".join(map(_paragraph, said)))
    return found


def waiting(spot: DeltaGenerator) -> None:
    """Hold the place for the sentence."""
    spot.html(_paragraph(MEASURING))


def _paragraph(words: str) -> str:
    return f'<p class="gz-lead gz-honest">{words}</p>'
