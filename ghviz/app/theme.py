"""The look of the pages beyond Streamlit's own theme, and what a page knows of the visitor's screen."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from ghviz.figures.palette import BASE_COLOR, GH_COLOR, Theme, inks

_COLORS: Final[dict[Theme, dict[str, str]]] = {
    "light": {"base": "#555c69", "gh": "#c2410c", "good": "#1a7f4b", "bad": "#b3261e", "line": "#dfe2e7"},
    "dark": {
        "base": BASE_COLOR["dark"],
        "gh": GH_COLOR["dark"],
        "good": "#5fd39a",
        "bad": "#ff8f86",
        "line": "#2b313c",
    },
}
"""Colours of text; on white those of the two sides are a little darker than in pictures."""

_WATCH_WIDTH: Final = """
export default function ({ setStateValue, parentElement }) {
  const narrow = window.matchMedia("(max-width: 640px)");
  const tell = () => setStateValue("narrow", narrow.matches);
  if (narrow.matches && !parentElement.told) tell();
  parentElement.told = true;
  narrow.onchange = tell;
}
"""


def is_dark() -> bool:
    """Whether the visitor's page is dark."""
    return st.context.theme.type == "dark"


def write_style() -> None:
    """Put our style sheet on the page, in the colours of the visitor's theme."""
    theme: Theme = "dark" if is_dark() else "light"
    ink = inks(dark=is_dark())
    colors = {**_COLORS[theme], "muted": ink.muted, "page": ink.background}
    variables = "".join(f"--gz-{name}:{color};" for name, color in colors.items())
    st.html(f"<style>:root{{{variables}}}{_style_sheet()}</style>")


def watch_width() -> None:
    """Let the browser say whether its screen is narrow; once a page."""
    result = _width_watcher()(key="width", on_narrow_change=_nothing, height="content")
    st.session_state["narrow"] = result.get("narrow") is True


def is_narrow() -> bool:
    """Whether the visitor's screen is as narrow as a phone's; False until the browser has said so."""
    return st.session_state.get("narrow") is True


def note(text: str) -> None:
    """Write a small, quiet line of HTML; the caller escapes what is not its own."""
    st.html(f'<p class="gz-note">{text}</p>')


@cache
def _style_sheet() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


@cache
def _width_watcher() -> Any:
    return st.components.v2.component("ghviz_width", js=_WATCH_WIDTH)


def _nothing() -> None:
    """Stand for a callback: a state value exists for Streamlit only if it has one."""
