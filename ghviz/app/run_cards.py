"""A run as a card on the Runs page: what it is, and what can be done with it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from ghviz.app import launch
from ghviz.app.chosen import leave_moved
from ghviz.app.errors import one_sentence, sentence
from ghviz.app.plain import plain
from ghviz.app.run_lines import run_html
from ghviz.store import RunFolderError, RunSummary, delete_run, rename_run, size_text

COMPARE: Final = "ghviz/app/pages/compare.py"
TRAIN: Final = "ghviz/app/pages/train.py"


def say_what_was_done() -> None:
    """Tell how the last renaming or deletion went; once."""
    done = st.session_state.pop("runs-done", "")
    if done:
        st.success(done, icon=":material/check:")
    failed = st.session_state.pop("runs-failed", "")
    if failed:
        st.error(failed, icon=":material/error:")


def card(summary: RunSummary) -> None:
    """A run with its buttons."""
    name = str(summary.path)
    with st.container(border=True, key=f"card-{name}"), one_sentence():
        st.html(run_html(summary))
        with st.container(horizontal=True, vertical_alignment="center"):
            status = summary.state.status
            if status == "running" and st.button("Watch", icon=":material/visibility:", key=f"watch-{name}"):
                st.switch_page(TRAIN, query_params={"run": name})
            if summary.config and st.button("Open", icon=":material/compare:", key=f"open-{name}"):
                st.switch_page(COMPARE, query_params={"pair": name})
            if summary.can_resume() and st.button(
                "Resume", icon=":material/play_arrow:", key=f"resume-{name}"
            ):
                launch.resume(summary.path)
                st.switch_page(TRAIN, query_params={"run": name})
            _rename(summary)
            if st.button(
                "Delete", icon=":material/delete:", key=f"delete-{name}", disabled=status == "running"
            ):
                st.dialog(f"Delete this {summary.kind}?")(_confirm)(summary)


def _rename(summary: RunSummary) -> None:
    name = str(summary.path)
    busy = summary.state.status == "running"
    field = f"new-name-{name}"
    st.session_state.setdefault(field, summary.name)

    def afresh() -> None:
        """Opened or closed: what was typed before, and what was said of it, is gone."""
        st.session_state[field] = summary.name

    with (
        st.popover("Rename", icon=":material/edit:", disabled=busy, key=f"rename-{name}", on_change=afresh),
        st.form(f"rename-form-{name}", border=False),
    ):
        wanted = st.text_input("New name", key=field)
        if st.form_submit_button("Rename"):
            with one_sentence():
                renamed = rename_run(summary.path, wanted)
                leave_moved(name, str(renamed))
                st.session_state["runs-done"] = f"{plain(summary.name)} is now {plain(renamed.name)}."
                st.rerun()  # and say it on the page as it looks afterwards


def _confirm(summary: RunSummary) -> None:
    st.write(f"**{plain(summary.name)}** ({size_text(summary.size_bytes)}) will be gone for good.")
    with st.container(horizontal=True):
        clicked = st.button("Delete it", type="primary", key="delete-now", on_click=_delete, args=(summary,))
        if st.button("Keep it", key="keep") or clicked:
            st.rerun()


def _delete(summary: RunSummary) -> None:
    try:
        left = delete_run(summary.path)
    except RunFolderError as error:
        st.session_state["runs-failed"] = plain(sentence(error))
        return
    leave_moved(str(summary.path), None)
    names = ", ".join(plain(path.name) for path in left)
    kept = f" Kept, as ghviz did not make it: {names}." if left else ""
    st.session_state["runs-done"] = f"{plain(summary.name)} is deleted.{kept}"
