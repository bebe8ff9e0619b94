"""The headline numbers: without GH, with it, and whether two seeds differ as much."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ghviz.app.sentences import Change, apart, as_shown, change, fine, told
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.metrics.table import CORRECTED
from ghviz.twin import HEADLINES
from ghviz.types import MetricTable

_MISSING: Final = "can't be measured"
_OF_WHICH: Final = {
    "tail_gap": "of the rarer half",
    "tail_territory": "of the rarer half",
    "tail_accuracy": "of the rarest third",
}
"""What "tail" means in a title."""
_GOOD: Final = {
    "higher": " Higher is better.",
    "lower": " Lower is better.",
    "zero": " Nearer to 0 is better.",
    "neither": "",
}
SEEDS_ONLY: Final = (
    "Intervals stand on Measure: by them a difference beyond seed noise may still be uncertain. Green and "
    "red say which way is good."
)
"""What is said below differences that stand beside seed noise."""
NO_SEEDS: Final = "Intervals stand on Measure. Nothing is coloured while seed noise is not known."
"""The same where it is not known."""
PLAIN: Final = (
    "Numbers of class centres, such as the tail gap, are plain here; on Measure they are corrected for the "
    "scatter of few samples, and are others."
)
"""Said up to three dimensions; in more they are corrected on both pages."""


def numbers_html(  # noqa: PLR0913 (what a grid of numbers is made of)
    base: MetricTable | None,
    gh: MetricTable | None,
    *,
    dimension: int,
    second: MetricTable | None = None,
    drawn: Mapping[str, Mapping[str, float]] | None = None,
    keys: Sequence[str] = HEADLINES,
) -> str:
    """Numbers as a grid that wraps, and what is to be known to read them.

    A difference is judged by seed noise alone, and no more is said of it: "beyond" or "within".

    Args:
        base: table without GH; None for a single run with GH.
        gh: table with GH; None for a single run without.
        dimension: of the embedding.
        second: table of a baseline with another seed: its distance is the seed noise.
        drawn: side -> the same numbers as drawn, where the picture is a projection.
        keys: which numbers.
    """
    drawn = drawn or {}
    if base is not None and gh is not None:
        cards = [_card(change(key, base, gh, second=second), dimension, as_drawn(key, drawn)) for key in keys]
    else:
        table, side = (gh, "gh") if base is None else (base, "base")
        assert table is not None
        cards = [
            _single(METRICS[key], table.summary.get(key), side, dimension, as_drawn(key, drawn))
            for key in keys
        ]
    said = _below(base, gh, second, dimension, keys)
    below = f'<p class="gz-note">{said}</p>' if said else ""
    return f'<div class="gz-numbers">{"".join(cards)}</div>{below}'


def _below(
    base: MetricTable | None,
    gh: MetricTable | None,
    second: MetricTable | None,
    dimension: int,
    keys: Sequence[str],
) -> str:
    said = []
    if base is not None and gh is not None:
        said.append(NO_SEEDS if second is None else SEEDS_ONLY)
    if dimension <= 3 and any(key in CORRECTED for key in keys):
        said.append(PLAIN)
    return " ".join(said)


def as_drawn(key: str, drawn: Mapping[str, Mapping[str, float]]) -> str:
    """A metric of the picture itself, a line; empty where the picture is the embedding.

    >>> as_drawn("tail_gap", {"base": {"tail_gap": 7.61}, "gh": {"tail_gap": 15.0}})
    'as drawn 7.6° → 15.0°'
    """
    values = " → ".join(fine(METRICS[key]).format(numbers.get(key)) for numbers in drawn.values())
    return f"as drawn {values}" if values else ""


def _card(number: Change, dimension: int, drawn: str) -> str:
    info = as_shown(number)
    values = (
        f'<span class="base">{info.format(number.base)}</span>'
        f'<span class="arrow">→</span><span class="gh">{info.format(number.gh)}</span>'
    )
    if not math.isfinite(number.base) and not math.isfinite(number.gh):
        values = '<span class="base">–</span>'
    return _frame(info, dimension, values, lines=(_difference(info, number), _noise(info, number), drawn))


def _difference(info: MetricInfo, number: Change) -> str:
    verdict = number.verdict
    if verdict == "unknown":
        return _MISSING + number.missing
    if number.difference == 0:
        return "no difference"
    judged = verdict in ("better", "worse") and number.noise is not None  # else it may all be the seed
    css = verdict if judged else ""
    arrow = "▲" if number.difference > 0 else "▼"
    return f'<span class="{css}">{arrow} {info.format(number.difference, signed=True)}</span>'


def _noise(info: MetricInfo, number: Change) -> str:
    """How the difference stands beside that of two seeds."""
    if number.noise is None:
        return "" if number.verdict == "unknown" else "seed noise not known"
    distance = f"±{apart(info, number.noise)}"
    if number.verdict == "unknown":
        return f"seed noise {distance}"
    return f"{'within' if number.within_noise else 'beyond'} seed noise ({distance})"


def _single(info: MetricInfo, value: float | None, side: str, dimension: int, drawn: str) -> str:
    missing = value is None or not math.isfinite(value)
    values = f'<span class="{side}">{fine(info).format(value)}</span>'
    return _frame(info, dimension, values, lines=(_MISSING if missing else "", drawn))


def _frame(info: MetricInfo, dimension: int, values: str, *, lines: tuple[str, ...]) -> str:
    below = "".join(f'<div class="change">{line}</div>' for line in lines if line)
    title = info.title + (f", {_OF_WHICH[info.key]}" if info.key in _OF_WHICH else "")
    return (
        f'<div class="gz-number" title="{escape(told(info, dimension) + _GOOD[info.better])}">'
        f'<div class="title">{escape(title)}</div><div class="values">{values}</div>{below}</div>'
    )
