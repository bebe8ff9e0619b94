"""The live part of the Train page: spheres, curves and GH's switch of a running pair."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app import charted
from ghviz.app.charts import curves_block
from ghviz.app.diagnosis import panel
from ghviz.app.errors import one_sentence
from ghviz.app.export import save_buttons, twin_picture, twin_text
from ghviz.app.live import Live, LiveSide
from ghviz.app.live_reality import live_globe, trust_block
from ghviz.app.settings import PACES, pace_text
from ghviz.app.steady import steady
from ghviz.app.theme import note
from ghviz.figures.series import Mark, loss_tracks, switch_marks
from ghviz.store import RunState, is_pair, read_control, update_control
from ghviz.store.layout import is_run

LEAST_WEIGHT, MOST_WEIGHT = 0.1, 4.0
"""Of the slider; other weights can be had from the command line."""


def live_pair(folder: Path) -> Live:
    """What this visitor's page has read of a pair so far."""
    held = st.session_state.get("live")
    if not isinstance(held, Live) or held.folder != folder:
        held = st.session_state["live"] = Live(folder)
    return held


def status_line(live: Live, state: RunState, *, starting: bool = False) -> None:
    """Where the training stands.

    Args:
        live: the pair.
        state: what it is doing.
        starting: whether a trainer is on its way to it.
    """
    total = state.total_steps or 0
    leader = live.sides.get("gh") or live.sides["base"]
    step = min(side.step for side in live.sides.values())
    if starting:
        text = f"**{live.folder.name}** · resuming; the next step takes a few seconds …"
        st.progress(min(1.0, step / total) if total else 0.0, text)
        return
    if state.status != "running":
        last = max((max(side.drawn) for side in live.sides.values() if side.drawn), default=state.step)
        shown = f" The last picture is of step {last:,}." if last < state.step else ""
        st.html(f'<p class="gz-lead"><b>{escape(live.folder.name)}</b> · {escape(state.message + shown)}</p>')
        return
    speed = leader.speed()
    left = f" · {speed:,.0f} steps/s · {(total - step) / speed:,.0f} s left" if speed and total else ""
    text = f"**{live.folder.name}** · step {step:,} of {total:,}{left}" if total else "Starting …"
    st.progress(min(1.0, step / total) if total else 0.0, text)


def wanted_weight(side: LiveSide) -> float:
    """The weight that GH is to have in a run: the last wish, else what it is configured with."""
    wish = read_control(side.run.folder).gh_weight
    return side.run.config.initial_gh_weight if wish is None else wish


def gh_controls(live: Live) -> None:
    """GH's switch and its weight: shown as the run has them, written only when the visitor changes them."""
    side = live.sides.get("gh")
    if side is None:
        no_controls()
        return
    weight = wanted_weight(side)
    wish = read_control(side.run.folder).pace
    pace = side.run.config.pace if wish is None else wish
    known: dict[Path, float] = st.session_state.setdefault("weights", {})  # what switching on goes back to
    if weight > 0:
        known[live.folder] = weight
    _switch(live, weight > 0, known.get(live.folder, side.run.config.weight_of_on))
    _weight(live, known.get(live.folder, side.run.config.weight_of_on), is_on=weight > 0)
    _pace(live, pace)


def _switch(live: Live, on: bool, weight: float) -> None:
    key, initial = steady(f"gh:{live.folder}", on)

    def flip() -> None:
        with one_sentence():
            update_control(live.folder, gh_weight=weight if st.session_state[key] else 0.0)

    told = "Geometric Harmonization, in the side on the right"
    st.toggle("**GH**", initial, key=key, on_change=flip, help=told)


def _weight(live: Live, weight: float, *, is_on: bool) -> None:
    key, initial = steady(f"weight:{live.folder}", max(LEAST_WEIGHT, weight))

    def change() -> None:
        with one_sentence():
            update_control(live.folder, gh_weight=st.session_state[key])

    st.slider(
        "Weight of GH",
        LEAST_WEIGHT,
        max(MOST_WEIGHT, initial),
        initial,
        0.1,
        key=key,
        on_change=change,
        disabled=not is_on,
        width=200,
    )


def _pace(live: Live, pace: float) -> None:
    key, initial = steady(f"pace:{live.folder}", pace)

    def change() -> None:
        with one_sentence():
            update_control(live.folder, pace=st.session_state[key])

    st.select_slider(
        "Pace",
        [*sorted({*map(float, PACES), initial} - {0.0}), 0.0],
        initial,
        key=key,
        on_change=change,
        format_func=pace_text,
        width=200,
    )


def no_controls() -> None:
    """Hold the places of `gh_controls` with nothing in them."""
    for _ in range(3):
        st.empty()


def say_what_gh_does(live: Live) -> None:
    """Whether GH is off, armed or acting."""
    side = live.sides.get("gh")
    if side is None:
        st.empty()
        return
    weight = wanted_weight(side)
    if weight == 0:
        note("GH is off: it only watches. Both sides train by the same loss now.")
    elif side.gh_starts_at is None or side.step < side.gh_starts_at:
        when = "" if side.gh_starts_at is None else f", at step {side.gh_starts_at:,}"
        note(f"GH is armed: it starts when its warm-up ends{when}. Until then both sides are the same.")
    else:
        now = side.losses[-1].gh_weight if side.losses else 0.0
        note(f"GH is on, with weight {now:.2g} now.")


def pictures(live: Live, *, following: bool) -> None:
    """Spheres and curves, each with its save button."""
    if live.scene is None:
        st.skeleton(height=420)
        return
    key = f"live-{live.folder}"
    above = st.container()
    below = st.container(horizontal=True, vertical_alignment="center", gap="medium")
    with above:
        state = live_globe(live, below, key=key, height=470, running=following)
    if live.note:
        note(escape(live.note))
    else:
        st.empty()
    base, gh = live.sides.get("base"), live.sides.get("gh")
    classes = None if base is None else base.run.classes
    if gh is not None and classes is not None:
        sides = {name: live.paper_side(name, state.step) for name in live.sides}
        draw = partial(twin_picture, sides, classes, step=state.step, rotation=state.camera.rotation)
        said = twin_text(sides, step=state.step)
        with below:
            save_buttons(draw, name=f"{live.folder.name}-step-{state.step}", key="live", caption=said)
    trust_block(live, step=state.step, running=following)
    tables = [tuple(side.tables[step] for step in sorted(side.tables)) if side else () for side in (base, gh)]
    curves = loss_tracks(base.losses if base else [], gh.losses if gh else [], points=150)
    curves += [charted.curve(key, *tables) for key in ("tail_territory", "tail_gap")]
    curves_block("Curves", curves, _marks(gh), name=f"{live.folder.name}-curves")
    panel(live, _marks(gh))


def _marks(gh: LiveSide | None) -> list[Mark]:
    if gh is None:
        return []
    return switch_marks(gh.switches, warm_up_step=charted.reached(gh.gh_starts_at, gh.step))


def is_whole(folder: Path) -> bool:
    """Whether both sides of a pair (or the run) are there to be read."""
    return is_pair(folder) or is_run(folder)
