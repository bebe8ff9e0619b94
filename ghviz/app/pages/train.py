"""Train: start a pair, watch it, and flip GH while it runs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ghviz.app import launch
from ghviz.app.chosen import leave_open
from ghviz.app.errors import one_sentence, sentence
from ghviz.app.live_view import (
    gh_controls,
    is_whole,
    live_pair,
    no_controls,
    pictures,
    say_what_gh_does,
    status_line,
)
from ghviz.app.pairs import runs_root
from ghviz.app.settings import settings
from ghviz.app.theme import note
from ghviz.app.trainer import NEW, buttons, show, wait
from ghviz.store import RunFolderError, RunState, RunSummary, find_runs, is_pair

TICKS = {"starting": 0.4, "running": 1.0, "resting": None}  # seconds between two looks at a pair
KNOCK = 2.0  # seconds between two looks whether a resting pair was resumed, by whomever


def page() -> None:
    """Show the run that the page's address names, else one that is running, else the form."""
    folder = _watched()
    if folder is None:
        with one_sentence():
            _form()
        return
    with one_sentence("Start another one, or see the Runs page."):
        if is_pair(folder):
            leave_open(str(folder))
        phase = _phase(folder)
        st.fragment(_watch, run_every=TICKS[phase])(folder, phase)
        if phase == "resting":
            st.fragment(_listen, run_every=KNOCK)(folder)


def _watched() -> Path | None:
    named = st.query_params.get("run", "")
    if named == NEW:
        return None
    if named:
        folder = Path(named)
        if is_whole(folder) or launch.is_starting(folder) or launch.failure(folder):
            return folder
        st.warning(f"There is no run “{folder.name[:80]}” any more.")
        return None
    running = _running()
    return running[0].path if running else None


def _running() -> list[RunSummary]:
    return [summary for summary in find_runs(runs_root()) if summary.state.status == "running"]


def _form() -> None:
    st.subheader("Train a pair", anchor=False)
    note("One method twice, from the same weights, on the same batches: once alone, once with GH.")
    for summary in _running():
        if st.button(f"{summary.name} is running: watch it", type="tertiary", icon=":material/visibility:"):
            show(summary.path)
    wanted = settings()
    # Kept until it is done: another rerun, such as of a setting changed just before, would lose the click.
    st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        disabled=wanted is None,
        on_click=st.session_state.__setitem__,
        args=("start", True),
    )
    if st.session_state.pop("start", False) and wanted:
        show(launch.start_pair(*wanted))


def _state(folder: Path) -> RunState:
    """That of the pair: of the side that wants most attention."""
    found = find_runs(folder)
    if not found:
        raise RunFolderError(f"{folder} is gone: it was renamed, moved or deleted.")
    return found[0].state


def _phase(folder: Path) -> str:
    return _phase_of(folder, _state(folder) if is_whole(folder) else None)


def _phase_of(folder: Path, state: RunState | None) -> str:
    if state is not None and state.status == "running":
        return "running"
    return "starting" if launch.is_starting(folder) else "resting"


def _listen(folder: Path) -> None:
    """Show a resting pair anew when a trainer takes it up."""
    with one_sentence():
        if _phase(folder) != "resting":
            st.rerun()


def _watch(folder: Path, phase: str) -> None:
    """One look at the pair; a fragment, so that nothing else runs again.

    Whatever the phase, the same things stand in the same order, if need be as empty places: what is left over
    from the look before stays on the screen until the end of this one, and would stand there twice.
    """
    with one_sentence("Start another one, or see the Runs page."):
        state = _state(folder) if is_whole(folder) else None
        if phase != _phase_of(folder, state):
            st.rerun()  # the page itself, which then looks more or less often
        if state is None:
            wait(folder)
            return
        live = live_pair(folder)
        live.refresh()
        status_line(live, state, starting=phase == "starting")
        failed = launch.failure(folder) if phase == "resting" else ""
        if failed:
            st.error(sentence(ValueError(failed)), icon=":material/error:")
        else:
            st.empty()
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if phase == "running":
                gh_controls(live)
            else:
                no_controls()
            buttons(folder, state, phase)
        if phase == "running":
            say_what_gh_does(live)
        else:
            st.empty()
        pictures(live, following=phase != "resting")


if __name__ == "__main__":
    page()
