"""Which pair a page shows, and whether it plays."""

from __future__ import annotations

import streamlit as st

from ghviz.app.errors import one_sentence
from ghviz.app.pairs import Choice, own_choices, pretrained_choices

TRAIN = "ghviz/app/pages/train.py"


def plays(key: str) -> bool:
    """Whether a pair plays by itself: once a session, the first time that it is chosen.

    It stays so until another is chosen: a page may run several times before the browser has drawn anything.
    """
    visits = st.session_state.setdefault("visits", {"key": "", "plays": True, "seen": set()})
    if visits["key"] != key:
        visits.update(key=key, plays=key not in visits["seen"])
        visits["seen"].add(key)
    return bool(visits["plays"])


def leave_open(key: str) -> None:
    """Make a pair the one that links to other pages lead to.

    Args:
        key: of the pair: the name of a pretrained one, or a folder.
    """
    st.session_state["pair-open"] = key


def left_open() -> str | None:
    """The pair that this page's address names, or that was last looked at; None before there is one."""
    named: str | None = st.query_params.get("pair")
    if named and named != st.session_state.get("pair-gone"):
        return named
    opened: str | None = st.session_state.get("pair-open")
    return opened


def leave_moved(key: str, new: str | None) -> None:
    """Follow a pair that was renamed, or forget one that was deleted (None)."""
    if st.session_state.get("pair-open") == key:
        st.session_state["pair-open"] = new


def chosen_pair(purpose: str) -> Choice | None:
    """The pair that the page's address names, or the first there is; None, said on the page, where none is.

    Args:
        purpose: what a person would do with a pair, such as "look at".
    """
    wanted = st.query_params.get("pair", "")
    found: list[Choice] = []
    with one_sentence("Your own pairs can be opened all the same."):
        found += pretrained_choices()
    with one_sentence():
        found += own_choices(also=wanted)
    if found:
        return _chosen(found, wanted)
    st.info(f"There is no pair to {purpose} yet: train one, it takes seconds.", icon=":material/info:")
    st.page_link(TRAIN, label="Train a pair", icon=":material/play_circle:")
    return None


def _chosen(found: list[Choice], wanted: str) -> Choice:
    """The choice that the address names; choosing another changes the address."""
    by_key = {choice.key: choice for choice in found}
    if wanted and wanted not in by_key:
        st.warning(f"There is no pair “{wanted[:80]}” here any more; this is another one.")
        st.session_state["pair-gone"] = wanted  # links lead to the one that is shown
    key = wanted if wanted in by_key else found[0].key
    if "pair" not in st.session_state:  # the visitor comes from another page: nothing plays a second time
        st.session_state.get("visits", {})["key"] = ""
    st.session_state["pair"] = key  # every time: the browser may have missed an interrupted run
    leave_open(key)

    def remember() -> None:
        st.query_params["pair"] = st.session_state["pair"]

    st.selectbox(
        "Pair",
        list(by_key),
        format_func=lambda each: by_key[each].label if each in by_key else each,
        key="pair",
        on_change=remember,
        label_visibility="collapsed",
        width=460,
    )
    return by_key[key]
