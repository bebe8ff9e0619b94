"""Runs: everything that was trained here, and a way to open what lies elsewhere."""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path

import streamlit as st

from ghviz import pretrained
from ghviz.app.errors import one_sentence
from ghviz.app.pairs import runs_root
from ghviz.app.run_cards import COMPARE, TRAIN, card, say_what_was_done
from ghviz.app.theme import note
from ghviz.store import find_runs, is_pair, open_run, size_text


def page() -> None:
    """List the runs, the pretrained pairs, and offer to load another folder."""
    news = st.container()
    st.subheader("Your runs", anchor=False)
    root = runs_root()
    with one_sentence():
        summaries = find_runs(root)
        total = size_text(sum(summary.size_bytes for summary in summaries))
        note(f"In <code>{escape(str(root))}</code>" + (f" · {total} in all" if summaries else ""))
        for summary in summaries:
            card(summary)
        if not summaries:
            st.info("Nothing was trained here yet.", icon=":material/info:")
            st.page_link(TRAIN, label="Train a pair", icon=":material/play_circle:")
    with news:  # only now: until the cards are new, a click goes to a button that is no longer there
        say_what_was_done()
    st.subheader("Load another folder", anchor=False)
    _load()
    _pretrained()


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
            # unlike Path.expanduser it leaves the home of a user who is not there as it is
            folder = Path(os.path.expanduser(path.strip())).absolute()  # noqa: PTH111
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
