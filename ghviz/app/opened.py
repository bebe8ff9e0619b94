"""What is open stays in memory: a page that runs again takes milliseconds, until the folder changes."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ghviz.app.corrected import corrected_comparison
from ghviz.app.pairs import Comparison, Stamp, read_comparison, stamp
from ghviz.app.scenes import Stage, stage


def opened(folder: Path) -> tuple[Comparison, Stage]:
    """A pair or run and its drawing, read anew only when its files have changed.

    Where the drawing is a projection, numbers made of class centres are corrected for those of few samples,
    so that they can stand beside the same numbers as drawn.

    Raises:
        RunFolderError: not a run folder, broken, or without anything to draw yet.
    """
    return _opened(str(folder), stamp(folder))


def read(folder: Path) -> Comparison:
    """A pair or run without its drawing, for pages that have none.

    Raises:
        RunFolderError: not a run folder, broken, or without anything to draw yet.
    """
    return _read(str(folder), stamp(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(folder: str, seen: Stamp) -> Comparison:
    return read_comparison(Path(folder))


@st.cache_resource(max_entries=8, show_spinner=False)
def _opened(folder: str, seen: Stamp) -> tuple[Comparison, Stage]:
    comparison = _read(folder, seen)
    if comparison.any_side.points.targets.shape[1] > 3:
        comparison = corrected_comparison(comparison)
    return comparison, stage(comparison)
