"""Text within a LaTeX table: what LaTeX would take for a command, and letters that its fonts may lack."""

from __future__ import annotations

from typing import Final

_ESCAPES: Final = str.maketrans(
    {
        **{letter: f"\\{letter}" for letter in "&%$#_{}"},
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": "$<$",
        ">": "$>$",
        "|": "$|$",
        "*": "$^*$",
        "±": r"$\pm$",
        "−": "$-$",
        "–": "--",
        "°": r"$^\circ$",
        "κ": r"$\kappa$",
    }
)


def escaped(text: str) -> str:
    """Return a text as LaTeX sets it in any font encoding, with no package.

    Letters of other scripts, as names of classes may have them, stay as they are: LaTeX has read UTF-8 since
    2018, and needs a font that has them.

    Args:
        text: as the screen shows it.

    Example:
        >>> print(escaped("κ of cats_1 & <dogs>: −0.2 ± 0.1"))
        $\\kappa$ of cats\\_1 \\& $<$dogs$>$: $-$0.2 $\\pm$ 0.1
    """
    found = text.translate(_ESCAPES)
    # at the beginning of a row a bracket would be an option of the line before
    return "{[}" + found[1:] if found.startswith("[") else found
