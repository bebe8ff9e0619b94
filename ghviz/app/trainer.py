"""The Train page before its pair has begun, and the buttons beside a pair."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ghviz.app import launch
from ghviz.app.errors import one_sentence, sentence
from ghviz.app.settings import in_the_forms_words
from ghviz.store import RunState, update_control

COMPARE = "ghviz/app/pages/compare.py"
NEW = "new"
"""What the page's address has in place of a run for the empty form."""


def show(folder: Path | None) -> None:
    """Turn the page to a run; None: to the form for a new one."""
    st.query_params["run"] = NEW if folder is None else str(folder)
    st.rerun()


def wait(folder: Path) -> None:
    """Before the first file: the process is loading, or it has failed."""
    failed = launch.failure(folder)
    if failed:
        st.error(
            f"Training did not start. {sentence(ValueError(in_the_forms_words(failed)))}",
            icon=":material/error:",
        )
        if st.button("Back to the settings", icon=":material/arrow_back:"):
            launch.forget(folder)
            show(None)
    else:
        st.progress(0.0, f"**{folder.name}** · starting; the first picture takes a few seconds …")
        st.empty()
        if st.button("Cancel", icon=":material/close:"):
            launch.cancel(folder)
            show(None)
        st.empty()
        st.skeleton(height=420)


def buttons(folder: Path, state: RunState, phase: str) -> None:
    """Stop or resume, and the ways on."""
    with st.container(horizontal=True, width="content"):
        _main_button(folder, state, phase)
        if st.button("Open in Compare", icon=":material/compare:"):
            st.switch_page(COMPARE, query_params={"pair": str(folder)})
        if st.button("New pair", icon=":material/add:"):
            show(None)


def _main_button(folder: Path, state: RunState, phase: str) -> None:
    """Stop or resume, whichever there is to do."""
    stopping = phase == "running" and st.session_state.get("stopping") == str(folder)
    if not stopping:
        st.session_state.pop("stopping", None)
    if phase == "starting":
        st.button("Starting …", icon=":material/hourglass_empty:", disabled=True)
    elif phase == "running":
        label = "Stopping …" if stopping else "Stop"
        st.button(label, icon=":material/stop:", on_click=_stop, args=(folder,), disabled=stopping)
    elif state.status in ("stopped", "broken"):
        st.button("Resume", icon=":material/play_arrow:", on_click=_resume, args=(folder,), type="primary")
    else:
        st.empty()


def _stop(folder: Path) -> None:
    with one_sentence():
        update_control(folder, stop=True)
        st.session_state["stopping"] = str(folder)


def _resume(folder: Path) -> None:
    with one_sentence():
        launch.resume(folder)
