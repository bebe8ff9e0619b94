"""Projection or reality on the Train page: measured at the snapshot looked at, if that does not take long."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from ghviz.app.globe import GlobeState, twin_globe
from ghviz.app.honest import CENTRES, Colour, colour_choice, measured, scene_of, waiting
from ghviz.app.ledger import placement_block
from ghviz.app.live import Live
from ghviz.app.numbers import numbers_html
from ghviz.app.reality import AT_ONCE, pairs_of
from ghviz.app.theme import note

LIVE_AT_ONCE: Final = 2_500_000
"""Pairs of points, in both sides together, that are measured whenever a picture comes: half a second. A
trainer may have the other core."""


def live_globe(live: Live, below: DeltaGenerator, *, key: str, height: int, running: bool) -> GlobeState:
    """Show both sides and, where they are projections, the choice of their colours.

    Args:
        live: a pair that has a scene.
        below: where that choice goes.
        key: of the globe.
        height: of the globe in pixels.
        running: it goes on growing.
    """
    assert live.scene is not None
    scene, looked_at = live.scene, live.newest
    colour: Colour = "class"
    if live.dimension > 3:
        with below:
            colour = colour_choice("live-colour")
    if colour != "class":
        at = st.session_state.get(f"{key}-at")
        looked_at = live.newest if at is None else at
        at_once = LIVE_AT_ONCE if running else AT_ONCE
        scene = scene_of(live.scene, live.drawings(), colour, step=looked_at, at_once=at_once)
    state = twin_globe(scene, key=key, height=height, live=running, camera=live.camera, autoplay=False)
    st.session_state[f"{key}-at"] = None if state.following else state.step
    if colour != "class" and state.step != looked_at:
        st.rerun()
    return state


def trust_block(live: Live, *, step: int, running: bool) -> None:
    """How far the picture of a step can be trusted, and the headline numbers as drawn; of projections only.

    The same places are taken in any case, if need be by nothing.

    Args:
        live: a pair that has a scene.
        step: looked at.
        running: it goes on growing; then a picture of many points is measured when the visitor asks for it.
    """
    if live.dimension <= 3:
        return
    sides = live.drawings()
    wished = f"measure:{live.folder}"
    pairs = sum(map(pairs_of, sides.values()))
    honest, words, numbers, table = st.empty(), st.empty(), st.empty(), st.container()
    if running and pairs > LIVE_AT_ONCE and st.session_state.get(wished) != step:
        honest.button(
            f"Measure how far the picture of step {step:,} can be trusted",
            key=f"ask-{wished}",
            on_click=st.session_state.__setitem__,
            args=(wished, step),
            help="It takes a few seconds, and each new picture is another one: not done by itself while it "
            "trains.",
        )
        return
    waiting(honest)
    found = measured(honest, sides, step=step)
    classes = next(iter(sides.values())).classes
    tables = {side: each.tables.get(sides[side].step_at(step)) for side, each in live.sides.items()}
    if not found or not any(tables.values()):
        return
    when = f"step {step:,}"
    with words:
        note(f"Numbers at {when}.{CENTRES}")
    drawn = {side: each.headlines for side, each in found.items()}
    shown = numbers_html(tables.get("base"), tables.get("gh"), dimension=live.dimension, drawn=drawn)
    numbers.html(shown)
    qualities = {side: each.quality for side, each in found.items()}
    with table:
        placement_block(qualities, classes, dimension=live.dimension, when=when, key="live-trust")
