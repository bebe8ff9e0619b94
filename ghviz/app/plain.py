"""Names and paths in Markdown, shown as they are."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_WORD_JOINER = "\u2060"


def plain(text: str) -> str:
    r"""Text that Markdown shows as it is: no formula between dollars, no list, no link, no emoji.

    >>> plain("$1 vs *$2*")
    '\\$1 vs \\*\\$2\\*'
    """
    escaped = _PUNCTUATION.sub(r"\\\g<0>", " ".join(text.split()))
    # Streamlit looks for :smile: and :material/home: after Markdown has taken the backslashes away
    return re.sub(r"(?<=\\:)(?=[\w\\])", _WORD_JOINER, escaped)
