"""The live part of the Train page: spheres, curves and GH's switch of a running pair."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app import charted
from ghviz.app.charts import curves_block
from ghviz.app.errors import one_sentence
from ghviz.app.export import save_buttons, twin_picture, twin_text
from ghviz.app.globe import twin_globe
from ghviz.app.live import Live, LiveSide
from ghviz.app.settings import PACES, pace_text
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
        st.html(f'<p class="gz-lead"><b>{escape(live.folder.name)}</b> · {escape(state.message)}</p>')
        return
    speed = leader.speed()
    left = f" · {speed:,.0f} steps/s · {(total - step) / speed:,.0f} s left" if speed and total else ""
    text = f"**{live.folder.name}** · step {step:,} of {total:,}{left}" if total else "Starting …"
    st.progress(min(1.0, step / total) if total else 0.0, text)


def wanted_weight(side: LiveSide) -> float:
    """The weight that GH is to have in a run: the last wish, else what it is configured with."""
    config, wish = side.run.config, read_control(side.run.folder).gh_weight
    return (config.gh_weight if config.gh == "on" else 0.0) if wish is None else wish


def gh_controls(live: Live) -> None:
    """GH's switch and its weight: shown as the run has them, written only when the visitor changes them."""
    side = live.sides.get("gh")
    if side is None:
        no_controls()
        return
    weight, configured = wanted_weight(side), side.run.config.gh_weight
    wish = read_control(side.run.folder).pace
    pace = side.run.config.pace if wish is None else wish
    name = str(live.folder)

    def flip() -> None:
        on = st.session_state[f"gh:{name}"]
        with one_sentence():
            update_control(live.folder, gh_weight=st.session_state[f"weight:{name}"] if on else 0.0)

    def change_pace() -> None:
        with one_sentence():
            update_control(live.folder, pace=st.session_state[f"pace:{name}"])

    _follow(f"gh:{name}", weight > 0)
    st.toggle(
        "**GH**", key=f"gh:{name}", on_change=flip, help="Geometric Harmonization, in the side on the right"
    )
    if weight > 0 or f"weight:{name}" not in st.session_state:
        _follow(f"weight:{name}", max(LEAST_WEIGHT, weight or configured or 1.0))
    st.slider(
        "Weight of GH",
        LEAST_WEIGHT,
        max(MOST_WEIGHT, st.session_state[f"weight:{name}"]),
        step=0.1,
        key=f"weight:{name}",
        on_change=flip,
        disabled=weight == 0,
        width=200,
    )
    _follow(f"pace:{name}", pace)
    st.select_slider(
        "Pace",
        [*sorted({*map(float, PACES), pace} - {0.0}), 0.0],
        key=f"pace:{name}",
        on_change=change_pace,
        format_func=pace_text,
        width=200,
    )


def no_controls() -> None:
    """Hold the places of `gh_controls` with nothing in them."""
    for _ in range(3):
        st.empty()


def _follow(key: str, value: float) -> None:
    """Move a control to where the run is, but leave one alone that stands there.

    One that is told its own value at every look slips out of the hand that drags it, and takes back a click
    that came while the page was being drawn.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value


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
        when = "the end of its warm-up" if side.gh_starts_at is None else f"step {side.gh_starts_at:,}"
        note(f"GH is armed: it starts at {when} (warm-up). Until then both sides are the same.")
    else:
        now = side.losses[-1].gh_weight if side.losses else 0.0
        note(f"GH is on, with weight {now:.2g} now.")


def pictures(live: Live, *, following: bool) -> None:
    """Spheres and curves, each with its save button."""
    if live.scene is None:
        st.skeleton(height=420)
        return
    key = f"live-{live.folder}"
    state = twin_globe(live.scene, key=key, height=470, live=following, camera=live.camera, autoplay=False)
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
        save_buttons(draw, name=f"{live.folder.name}-step-{state.step}", key="live", caption=said)
    tables = [tuple(side.tables[step] for step in sorted(side.tables)) if side else () for side in (base, gh)]
    curves = loss_tracks(base.losses if base else [], gh.losses if gh else [], points=150)
    curves += [charted.curve(key, *tables) for key in ("tail_territory", "tail_gap")]
    curves_block("Curves", curves, _marks(gh), name=f"{live.folder.name}-curves")


def _marks(gh: LiveSide | None) -> list[Mark]:
    if gh is None:
        return []
    return switch_marks(gh.switches, warm_up_step=charted.reached(gh.gh_starts_at, gh.step))


def is_whole(folder: Path) -> bool:
    """Whether both sides of a pair (or the run) are there to be read."""
    return is_pair(folder) or is_run(folder)
