"""Sweep: what many runs say together, with intervals, seed noise and the table for a paper."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app.errors import one_sentence
from ghviz.app.pairs import Stamp, runs_root
from ghviz.app.plain import plain
from ghviz.app.sweep_view import clear_html, files, lead_html, picture, tables, what_happened
from ghviz.app.sweeps import Opened, opened, stamp, sweep_folders
from ghviz.app.theme import note
from ghviz.sweep.collect import Collected
from ghviz.sweep.words import why_nothing

GLANCE = 4.0  # seconds between two looks whether a run of the sweep has ended
MOST_NAMED = 12
"""Runs that are left out, named at once."""


def page() -> None:
    """Open what the page's address names, or the newest sweep there is."""
    with one_sentence("Choose another sweep."):
        folder = _chosen()
        if folder is None:
            _none_yet()
            return
        found = opened(folder)
        if found.collection.running:
            st.fragment(_keep_up, run_every=GLANCE)(folder, stamp(folder))
        _show(found)


def _chosen() -> Path | None:
    """The sweep to show: the address names it, a list and a field change that."""
    wanted = st.query_params.get("sweep", "")
    folders = {str(folder): folder for folder in sweep_folders(runs_root())}
    if wanted:
        folders.setdefault(wanted, Path(wanted))
    if not folders:
        return None
    key = wanted or next(iter(folders))
    st.session_state["sweep"] = key  # every time: the browser may have missed an interrupted run

    def remember() -> None:
        st.query_params["sweep"] = st.session_state["sweep"]

    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Sweep",
            list(folders),
            format_func=lambda each: _label(folders.get(each, Path(each))),
            key="sweep",
            on_change=remember,
            label_visibility="collapsed",
            width=460,
        )
        with st.popover("Another folder", icon=":material/folder_open:"):
            _another()
    return folders[key]


def _label(folder: Path) -> str:
    root = runs_root()
    if folder == root:
        return root.name
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)


def _another() -> None:
    with st.form("another-sweep", border=False):
        path = st.text_input("Folder with runs on this machine", placeholder="/home/me/runs/sweep")
        if st.form_submit_button("Open") and path.strip():
            # unlike Path.expanduser it leaves the home of a user who is not there as it is
            st.query_params["sweep"] = str(Path(os.path.expanduser(path.strip())).absolute())  # noqa: PTH111
            st.rerun()


def _none_yet() -> None:
    st.info(
        "There is no sweep yet: one command trains every combination of methods, GH off and on, and seeds.",
        icon=":material/info:",
    )
    out = runs_root() / "circle"
    st.code(
        f"python -m ghviz sweep --preset toy-circle --methods simclr,focal --seeds 0-4 --out {out}",
        language=None,
        wrap_lines=True,
    )
    _another()


def _keep_up(folder: Path, seen: Stamp) -> None:
    """Show the sweep anew when one of its runs has ended or begun."""
    with one_sentence():
        if [path for path, *_ in stamp(folder)] != [path for path, *_ in seen]:
            st.rerun()


def _show(found: Opened) -> None:
    collection = found.collection
    if not found.reports:
        _nothing_to_show(collection)
    for i, report in enumerate(found.reports):
        if len(found.reports) > 1:
            st.header(report.title, anchor=False)
        st.html(f'<p class="gz-lead">{lead_html(report)}</p>')
        still = f" {collection.running} more still training." if collection.running else ""
        note(f"{clear_html(report)} {escape(report.size)}.{still} {escape(' '.join(report.notes))}")
        picture(report, key=str(i))
        tables(report, key=str(i))
        what_happened(found, i, key=str(i))
    if found.reports:
        files(found)
        if any("not evaluated" in each for report in found.reports for each in report.notes):
            note(
                "The command that evaluates what is not evaluated yet: "
                f"<code>python -m ghviz report {escape(str(collection.folder))}</code>"
            )
    _left_out(collection.left_out)


def _nothing_to_show(collection: Collected) -> None:
    text = plain(why_nothing(collection))
    if collection.running:
        st.info(text, icon=":material/info:")
    else:
        st.warning(text, icon=":material/error:")


def _left_out(left_out: dict[str, str]) -> None:
    if not left_out:
        return
    with st.expander(f"Left out: {len(left_out)}", icon=":material/block:"):
        for name, why in list(left_out.items())[:MOST_NAMED]:
            note(f"<b>{escape(name)}</b>: {escape(why)}")
        if len(left_out) > MOST_NAMED:
            note(f"and {len(left_out) - MOST_NAMED} more")


if __name__ == "__main__":
    page()
