"""Text for LaTeX: nothing is left that LaTeX would take for something else, or whose letters it may lack."""

from __future__ import annotations

import pytest

from ghviz.figures.latex import escaped
from ghviz.metrics.catalog import METRICS


@pytest.mark.parametrize("key", list(METRICS))
def test_titles_and_numbers_of_the_catalogue_are_plain_ascii(key: str) -> None:
    info = METRICS[key]
    numbers = [info.format(-0.5, signed=True), info.format(0.5), info.format(None)]
    for text in (info.title, info.unit, *numbers, f"±{numbers[0]}"):
        assert escaped(text).isascii(), text


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("a_b & 5 %", r"a\_b \& 5 \%"),
        ("κ", r"$\kappa$"),
        ("<b>|x|", "$<$b$>$$|$x$|$"),
        ("−1.5° ± 2", r"$-$1.5$^\circ$ $\pm$ 2"),
        ("1–2", "1--2"),
        ("[UNK]", "{[}UNK]"),
        ("\\~^{}$#", r"\textbackslash{}\textasciitilde{}\textasciicircum{}\{\}\$\#"),
    ],
)
def test_what_means_something_to_latex_is_escaped(text: str, latex: str) -> None:
    assert escaped(text) == latex
