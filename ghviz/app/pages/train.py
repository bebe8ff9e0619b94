"""Train: start a pair, watch it, and flip GH while it runs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ghviz.app import launch
from ghviz.app.errors import one_sentence, sentence
from ghviz.app.live_view import gh_controls, is_whole, live_pair, pictures, say_what_gh_does, status_line
from ghviz.app.pairs import runs_root
from ghviz.app.settings import settings
from ghviz.app.theme import note
from ghviz.store import RunFolderError, RunState, RunSummary, find_runs, update_control

COMPARE = "ghviz/app/pages/compare.py"
NEW = "new"
TICKS = {"starting": 0.4, "running": 1.0, "resting": None}  # seconds between two looks at a pair


def page() -> None:
    """Show the run that the page's address names, else one that is running, else the form."""
    folder = _watched()
    if folder is None:
        with one_sentence():
            _form()
        return
    with one_sentence("Start another one, or see the Runs page."):
        phase = _phase(folder)
        st.fragment(_watch, run_every=TICKS[phase])(folder, phase)


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
    note("SimCLR twice, from the same weights, on the same batches: once alone, once with GH.")
    for summary in _running():
        if st.button(f"{summary.name} is running: watch it", type="tertiary", icon=":material/visibility:"):
            _show(summary.path)
    wanted = settings()
    if st.button("Start", type="primary", icon=":material/play_arrow:", disabled=wanted is None) and wanted:
        _show(launch.start_pair(*wanted))


def _show(folder: Path | None) -> None:
    st.query_params["run"] = NEW if folder is None else str(folder)
    st.rerun()


def _state(folder: Path) -> RunState:
    """That of the pair: of the side that wants most attention."""
    found = find_runs(folder)
    if not found:
        raise RunFolderError(f"{folder} is gone: it was renamed, moved or deleted.")
    return found[0].state


def _phase(folder: Path) -> str:
    if is_whole(folder) and _state(folder).status == "running":
        return "running"
    return "starting" if launch.is_starting(folder) else "resting"


def _watch(folder: Path, phase: str) -> None:
    """One look at the pair; a fragment, so that nothing else runs again."""
    with one_sentence("Start another one, or see the Runs page."):
        if phase != _phase(folder):
            st.rerun()  # the page itself, which then looks more or less often
        if not is_whole(folder):
            _wait(folder)
            return
        state = _state(folder)
        live = live_pair(folder)
        live.refresh()
        status_line(live, state)
        failed = launch.failure(folder) if state.status == "broken" else ""
        if failed:
            st.error(sentence(ValueError(failed)), icon=":material/error:")
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            if state.status == "running":
                gh_controls(live)
            _buttons(folder, state)
        if state.status == "running":
            say_what_gh_does(live)
        pictures(live, following=state.status == "running")


def _wait(folder: Path) -> None:
    """Before the first file: the process is loading, or it has failed."""
    failed = launch.failure(folder)
    if failed:
        st.error(f"Training did not start. {sentence(ValueError(failed))}", icon=":material/error:")
        if st.button("Back to the settings", icon=":material/arrow_back:"):
            launch.forget(folder)
            _show(None)
    else:
        st.progress(0.0, f"**{folder.name}** · starting; the first picture takes a few seconds …")
        st.skeleton(height=420)


def _buttons(folder: Path, state: RunState) -> None:
    with st.container(horizontal=True, width="content"):
        if state.status == "running":
            stopping = st.session_state.get("stopping") == str(folder)
            label = "Stopping …" if stopping else "Stop"
            st.button(
                label, icon=":material/stop:", on_click=_stop, args=(folder,), disabled=stopping, key="stop"
            )
        else:
            st.session_state.pop("stopping", None)
        if state.status == "stopped":
            st.button(
                "Resume", icon=":material/play_arrow:", on_click=_resume, args=(folder,), type="primary"
            )
        if st.button("Open in Compare", icon=":material/compare:"):
            st.switch_page(COMPARE, query_params={"pair": str(folder)})
        if st.button("New pair", icon=":material/add:"):
            _show(None)


def _stop(folder: Path) -> None:
    with one_sentence():
        update_control(folder, stop=True)
        st.session_state["stopping"] = str(folder)


def _resume(folder: Path) -> None:
    with one_sentence():
        launch.resume(folder)
        st.session_state["resumed"] = st.session_state.get("resumed", 0) + 1


if __name__ == "__main__":
    page()
