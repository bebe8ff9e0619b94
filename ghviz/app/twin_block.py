"""The twin spheres of the Compare page, and what stands below them."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from ghviz.app import globe
from ghviz.app.export import save_buttons, sides_of, twin_picture, twin_text
from ghviz.app.globe import GlobeState
from ghviz.app.happenings import marks, wanted_step
from ghviz.app.honest import colour_choice, scene_of
from ghviz.app.pairs import Comparison
from ghviz.app.reality import drawings
from ghviz.app.scenes import Stage
from ghviz.app.theme import note


def twin_block(comparison: Comparison, drawn: Stage, *, key: str, plays: bool) -> GlobeState:
    """Show both sides, the choice of their colours, and what can be saved of them.

    Args:
        comparison: a pair or a run.
        drawn: its drawing.
        key: of the globe.
        plays: whether it plays by itself.
    """
    above = st.container()
    below = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with below:  # first, for the picture follows it
        is_projection = comparison.any_side.points.targets.shape[1] > 3
        colour = colour_choice("colour") if is_projection else "class"
        at = st.session_state.get(f"{key}-at", comparison.last_step)
        scene = scene_of(drawn.scene, drawings(comparison, drawn), colour, step=at)
    with above:
        state = globe.twin_globe(
            scene,
            key=key,
            height=560,
            camera=drawn.camera,
            autoplay=plays,
            seek=wanted_step(key),
            moments=marks(key),
        )
    if colour != "class" and state.step != at:
        st.session_state[f"{key}-at"] = state.step
        st.rerun()
    with below:
        if comparison.is_pair:
            sides = sides_of(comparison, drawn, state.step)
            draw = partial(
                twin_picture,
                sides,
                comparison.any_side.classes,
                step=state.step,
                rotation=state.camera.rotation,
                note=drawn.remark,
            )
            save_buttons(
                draw,
                name=f"{comparison.folder.name}-step-{state.step}",
                key="twin",
                caption=twin_text(sides, step=state.step, note=drawn.remark),
            )
        note(escape(drawn.note))
    return state
