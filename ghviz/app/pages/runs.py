"""Runs: everything that was trained here, and a way to open what lies elsewhere."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import streamlit as st

from ghviz import pretrained
from ghviz.app import launch
from ghviz.app.errors import one_sentence, sentence
from ghviz.app.pairs import runs_root
from ghviz.app.run_lines import run_html, size_text
from ghviz.app.theme import note
from ghviz.store import RunFolderError, RunSummary, delete_run, find_runs, is_pair, open_run, rename_run

COMPARE = "ghviz/app/pages/compare.py"
TRAIN = "ghviz/app/pages/train.py"


def page() -> None:
    """List the runs, the pretrained pairs, and offer to load another folder."""
    done = st.session_state.pop("runs-done", "")
    if done:
        st.success(done, icon=":material/check:")
    failed = st.session_state.pop("runs-failed", "")
    if failed:
        st.error(failed, icon=":material/error:")
    st.subheader("Your runs", anchor=False)
    root = runs_root()
    with one_sentence():
        summaries = find_runs(root)
        total = size_text(sum(summary.size_bytes for summary in summaries))
        note(f"In <code>{escape(str(root))}</code>" + (f" · {total} in all" if summaries else ""))
        for summary in summaries:
            _card(summary)
        if not summaries:
            st.info("Nothing was trained here yet.", icon=":material/info:")
            st.page_link(TRAIN, label="Train a pair", icon=":material/play_circle:")
    st.subheader("Load another folder", anchor=False)
    _load()
    _pretrained()


def _card(summary: RunSummary) -> None:
    name = str(summary.path)
    with st.container(border=True, key=f"card-{name}"), one_sentence():
        st.html(run_html(summary))
        with st.container(horizontal=True, vertical_alignment="center"):
            status = summary.state.status
            if status == "running" and st.button("Watch", icon=":material/visibility:", key=f"watch-{name}"):
                st.switch_page(TRAIN, query_params={"run": name})
            if summary.config and st.button("Open", icon=":material/compare:", key=f"open-{name}"):
                st.switch_page(COMPARE, query_params={"pair": name})
            if status == "stopped" and st.button(
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
                _done(f"{summary.name} is now {renamed.name}.")


def _confirm(summary: RunSummary) -> None:
    st.write(f"**{summary.name}** ({size_text(summary.size_bytes)}) will be gone for good.")
    with st.container(horizontal=True):
        clicked = st.button("Delete it", type="primary", key="delete-now", on_click=_delete, args=(summary,))
        if st.button("Keep it", key="keep") or clicked:
            st.rerun()


def _delete(summary: RunSummary) -> None:
    try:
        left = delete_run(summary.path)
    except RunFolderError as error:
        st.session_state["runs-failed"] = sentence(error)
        return
    kept = f" Kept, as ghviz did not make it: {', '.join(path.name for path in left)}." if left else ""
    st.session_state["runs-done"] = f"{summary.name} is deleted.{kept}"


def _done(said: str) -> None:
    """Say it on the page as it looks afterwards."""
    st.session_state["runs-done"] = said
    st.rerun()


def _load() -> None:
    with (
        st.form("load", border=False),
        one_sentence(),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        path = st.text_input(
            "Folder of a run or pair on this machine", placeholder="/home/me/runs/digits-7", key="load-path"
        )
        if st.form_submit_button("Open", icon=":material/folder_open:"):
            folder = Path(path.strip()).expanduser().absolute()
            if not path.strip():
                raise ValueError("type the path of a run or pair folder first")
            if not is_pair(folder):
                open_run(folder)
            st.switch_page(COMPARE, query_params={"pair": str(folder)})


def _pretrained() -> None:
    with one_sentence():
        pairs = pretrained.pairs()
        if pairs:
            st.subheader("Pretrained pairs", anchor=False)
        for pair in pairs:
            with st.container(border=True, key=f"card-pretrained-{pair.name}"):
                st.html(
                    f'<div class="gz-run"><b>{escape(pair.title)}</b><span>preset {escape(pair.preset)}, '
                    f"seed {pair.seed}</span></div>"
                )
                note(escape(_first_sentence(pair.text)))  # the page that opens says the rest
                if st.button("Open", icon=":material/compare:", key=f"open-pretrained-{pair.name}"):
                    st.switch_page(COMPARE, query_params={"pair": pair.name})


def _first_sentence(text: str) -> str:
    """What a text begins with; a full stop ends a sentence only before a capital letter."""
    return re.split(r"(?<=[.!?]) +(?=[A-Z])", text, maxsplit=1)[0]


if __name__ == "__main__":
    page()
