"""Controls that show what a run wants and write only what a person does."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

T = TypeVar("T", bool, float)


def steady(name: str, truth: T) -> tuple[str, T]:
    """Key and initial value for a control that shows `truth`, as long as the run has it so.

    Where the run differs from what the control shows (somebody else changed it), the control gets a new key:
    to the browser it is another control, which begins with the run's value. It is never *told* a value. The
    browser may answer a value that it was told, or a first one that it was not given, by sending its old or
    lowest one, which nobody could tell from a person's wish; and a told value takes back a click that came
    meanwhile.

    Args:
        name: of the control, one for each run.
        truth: what the run has.

    Returns:
        The key for Streamlit, and the value to begin with.
    """
    controls: dict[str, tuple[int, T]] = st.session_state.setdefault("steady", {})
    version, initial = controls.get(name, (0, truth))
    if st.session_state.get(f"{name}:{version}") != truth:  # None: it was not on the page lately
        version, initial = version + 1, truth
    controls[name] = (version, initial)
    return f"{name}:{version}", initial
