"""Which pair the Compare page shows, and whether it plays."""

from __future__ import annotations

import streamlit as st

from ghviz.app.pairs import Choice


def plays(key: str) -> bool:
    """Whether a pair plays by itself: once a session, the first time that it is chosen.

    It stays so until another is chosen: a page may run several times before the browser has drawn anything.
    """
    visits = st.session_state.setdefault("visits", {"key": "", "plays": True, "seen": set()})
    if visits["key"] != key:
        visits.update(key=key, plays=key not in visits["seen"])
        visits["seen"].add(key)
    return bool(visits["plays"])


def chosen(found: list[Choice], wanted: str) -> Choice:
    """The choice that the address names; choosing another changes the address."""
    by_key = {choice.key: choice for choice in found}
    if wanted and wanted not in by_key:
        st.warning(f"There is no pair “{wanted[:80]}” here any more; this is another one.")
    key = wanted if wanted in by_key else found[0].key
    if "pair" not in st.session_state:  # the visitor comes from another page: nothing plays a second time
        st.session_state.get("visits", {})["key"] = ""
    st.session_state["pair"] = key  # every time: the browser may have missed an interrupted run

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
