"""Is it noise? What a second baseline says, and a button that trains one."""

from __future__ import annotations

from html import escape
from pathlib import Path

import streamlit as st

from ghviz.app.pairs import Comparison
from ghviz.app.theme import note
from ghviz.store import SECOND_BASELINE, RunFolderError, open_run
from ghviz.store.layout import is_run
from ghviz.types import IMPORTED

YARDSTICK = (
    "“Two seeds” is how far two runs without GH lie apart that differ in their seed alone. A difference no "
    "larger is grey: within seed noise. One such distance is a rough yardstick; a sweep over more seeds is a "
    "better one."
)
"""What the column of distances between seeds means."""
REORDERED = (
    "The second baseline's seed made other classes frequent and rare. Class by class, “Two seeds” is "
    "therefore the distance between different classes of the same rank, which is more than the seed alone "
    "would give."
)
"""What is said where classes of the baselines are in another order."""
LOOK = 2.0
"""Seconds between two looks at a second baseline that trains."""


def noise_note(comparison: Comparison) -> str:
    """What the seed noise beside Compare's numbers is, or how to come to know it; HTML."""
    if not comparison.is_pair:
        return ""
    if SECOND_BASELINE in comparison.sides:
        return " The seed noise is how far two seeds without GH lie apart."
    if comparison.any_side.run.config.preset == IMPORTED:
        return " Whether two seeds differ as much is not known: there is no second baseline."
    return (
        " Whether two seeds differ as much is not known yet: Measure trains a second baseline, and so does "
        f"<code>python -m ghviz baseline {escape(str(comparison.folder))}</code>."
    )


def seeds_section(comparison: Comparison) -> None:
    """Offer to train a second baseline, or say how far it is."""
    folder = comparison.folder
    second = folder / SECOND_BASELINE
    if comparison.sides["base"].run.config.preset == IMPORTED:
        note(
            "Whether seeds differ as much is not known: put a second baseline of yours beside these runs, as "
            f"<code>{escape(SECOND_BASELINE)}</code>."
        )
    elif is_run(second) or st.session_state.get(f"second-{folder}"):
        st.fragment(_watch, run_every=LOOK)(folder)
    else:
        _offer(folder)


def _offer(folder: Path) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="offer"):
        note(
            "These differences stand beside no seed noise yet: there is one baseline only. The command is "
            f"<code>python -m ghviz baseline {escape(str(folder))}</code>"
        )
        if st.button("Train a second baseline", icon=":material/play_arrow:", key="train-second"):
            from ghviz.app import launch

            launch.start_second_baseline(folder)
            st.session_state[f"second-{folder}"] = True
            st.rerun()


def _watch(folder: Path) -> None:
    """How far the second baseline is; once it is there, the whole page shows it."""
    from ghviz.app import launch

    failed = launch.failure(folder)
    if failed and not is_run(folder / SECOND_BASELINE):
        st.session_state.pop(f"second-{folder}", None)
        st.error(f"The second baseline could not be trained: {failed}", icon=":material/error:")
        return
    try:
        state = open_run(folder / SECOND_BASELINE).state()
    except RunFolderError:
        note("The second baseline is starting.")
        return
    if state.status == "finished":
        st.session_state.pop(f"second-{folder}", None)
        if st.session_state.get(f"second-shown-{folder}") != state.step:
            st.session_state[f"second-shown-{folder}"] = state.step
            st.rerun(scope="app")
        note("The second baseline can't be read or is shorter than the first.")
        return
    if state.status == "running":
        of = f" of {state.total_steps:,}" if state.total_steps else ""
        note(f"The second baseline is training: step {state.step:,}{of}.")
        return
    note(
        f"The second baseline is {state.status} at step {state.step:,}; go on with "
        f"<code>python -m ghviz resume {escape(str(folder))}</code>"
    )
