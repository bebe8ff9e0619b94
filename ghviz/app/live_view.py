"""The live part of the Train page: spheres, curves and GH's switch of a running pair."""

from __future__ import annotations

from functools import partial
from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app import charted
from ghviz.app.charts import curves_block
from ghviz.app.export import save_buttons, twin_picture
from ghviz.app.globe import twin_globe
from ghviz.app.live import Live, LiveSide
from ghviz.app.settings import pace_text
from ghviz.app.theme import note
from ghviz.figures.series import Mark, loss_tracks, switch_marks
from ghviz.store import RunState, is_pair, read_control, update_control

PACES = (10, 30, 60, 120, 300, 0)


def live_pair(folder: Path) -> Live:
    """What this visitor's page has read of a pair so far."""
    held = st.session_state.get("live")
    if not isinstance(held, Live) or held.folder != folder:
        held = st.session_state["live"] = Live(folder)
    return held


def status_line(live: Live, state: RunState) -> None:
    """Where the training stands."""
    total = state.total_steps or 0
    leader = live.sides.get("gh") or live.sides["base"]
    step = min(side.step for side in live.sides.values())
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
        return
    configured, weight = side.run.config.gh_weight, wanted_weight(side)
    name = str(live.folder)
    switch, slider, pace = f"gh:{name}", f"weight:{name}", f"pace:{name}"
    _show(switch, weight > 0)
    if weight > 0 or slider not in st.session_state:
        _show(slider, round(min(weight or configured or 1.0, _most(configured)), 2))
    wanted_pace = read_control(side.run.folder).pace
    _show(pace, int(side.run.config.pace if wanted_pace is None else wanted_pace))

    def flip() -> None:
        update_control(live.folder, gh_weight=st.session_state[slider] if st.session_state[switch] else 0.0)

    def change_pace() -> None:
        update_control(live.folder, pace=float(st.session_state[pace]))

    st.toggle("**GH**", key=switch, on_change=flip, help="Geometric Harmonization, on the right side")
    st.slider(
        "Weight of GH",
        0.1,
        _most(configured),
        step=0.1,
        key=slider,
        on_change=flip,
        disabled=weight == 0,
        width=200,
    )
    paces = [*sorted({*PACES[:-1], st.session_state[pace]} - {0}), 0]
    st.select_slider("Pace", paces, key=pace, on_change=change_pace, format_func=pace_text, width=200)


def _most(configured: float) -> float:
    return max(4.0, configured)


def _show(key: str, value: object) -> None:
    """Make a widget show what the run says; touched only if it differs, so that no drag is interrupted."""
    if st.session_state.get(key) != value:
        st.session_state[key] = value


def say_what_gh_does(live: Live) -> None:
    """Whether GH is off, armed or acting."""
    side = live.sides.get("gh")
    if side is None:
        return
    weight = wanted_weight(side)
    if weight == 0:
        note("GH is off: it only watches. Both sides train by the same loss now.")
    elif not side.gh_starts_at or side.step < side.gh_starts_at:
        when = f"step {side.gh_starts_at:,}" if side.gh_starts_at else "the end of its warm-up"
        note(f"GH is armed: it starts at {when} (warm-up). Until then both sides are the same.")
    else:
        now = side.losses[-1].gh_weight if side.losses else 0.0
        note(f"GH is on, with weight {now:.2g} now.")


def pictures(live: Live, *, following: bool) -> None:
    """Spheres and curves, each with its save button."""
    if live.scene is None:
        st.skeleton(height=420)
        return
    key = f"live-{live.folder}-{st.session_state.get('resumed', 0)}"  # a resumed run is followed anew
    state = twin_globe(live.scene, key=key, height=470, live=following, camera=live.camera)
    if live.note:
        note(escape(live.note))
    base, gh = live.sides.get("base"), live.sides.get("gh")
    classes = None if base is None else base.run.classes
    if gh is not None and classes is not None:
        sides = {name: live.paper_side(name, state.step) for name in live.sides}
        draw = partial(twin_picture, sides, classes, step=state.step, rotation=state.camera.rotation)
        save_buttons(draw, name=f"{live.folder.name}-step-{state.step}", key="live")
    tables = [tuple(side.tables[step] for step in sorted(side.tables)) if side else () for side in (base, gh)]
    curves = loss_tracks(base.losses if base else [], gh.losses if gh else [], points=150)
    curves += [charted.curve(key, *tables) for key in ("tail_territory", "tail_gap")]
    curves_block("Curves", curves, _marks(gh), name=f"{live.folder.name}-curves")


def _marks(gh: LiveSide | None) -> list[Mark]:
    if gh is None:
        return []
    reached = 0 < gh.gh_starts_at <= gh.step
    return switch_marks(gh.switches, warm_up_step=gh.gh_starts_at if reached else None)


def is_whole(folder: Path) -> bool:
    """Whether both sides of a pair (or the run) are there to be read."""
    return is_pair(folder) or (folder / "format.json").is_file()
