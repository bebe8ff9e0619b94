"""What goes wrong on a page becomes one sentence and a way on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ghviz.store import RunFolderError


@contextmanager
def one_sentence(way_on: str = "") -> Iterator[None]:
    """Show an expected error as one sentence in place of the rest of the block.

    Args:
        way_on: what the visitor can do now.
    """
    try:
        yield
    except (RunFolderError, ValueError, OSError) as error:
        st.error(" ".join(filter(None, [sentence(error), way_on])), icon=":material/error:")


def sentence(error: BaseException) -> str:
    """An error as a sentence: the first line, with a capital letter and a full stop."""
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
