"""The headline numbers: without GH, with it, and whether the difference is good."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from ghviz.app.sentences import Change, change, told
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.twin import HEADLINES
from ghviz.types import MetricTable

_WORDS: Final = {
    "better": "better",
    "worse": "worse",
    "same": "no difference",
    "noise": "within",
    "neither": "",
}
"""After the difference; "within" goes on in the line below, which gives the seed noise."""
_MISSING: Final = "can't be measured"


def numbers_html(  # noqa: PLR0913 (what a grid of numbers is made of)
    base: MetricTable | None,
    gh: MetricTable | None,
    *,
    dimension: int,
    second: MetricTable | None = None,
    drawn: Mapping[str, Mapping[str, float]] | None = None,
    keys: Sequence[str] = HEADLINES,
) -> str:
    """Numbers as a grid that wraps.

    Args:
        base: table without GH; None for a single run with GH.
        gh: table with GH; None for a single run without.
        dimension: of the embedding.
        second: table of a baseline with another seed: differences within its distance are greyed.
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
    return f'<div class="gz-numbers">{"".join(cards)}</div>'


def as_drawn(key: str, drawn: Mapping[str, Mapping[str, float]]) -> str:
    """A metric of the picture itself, a line; empty where the picture is the embedding.

    >>> as_drawn("tail_gap", {"base": {"tail_gap": 7.61}, "gh": {"tail_gap": 15.0}})
    'as drawn 7.6° → 15.0°'
    """
    values = " → ".join(METRICS[key].format(numbers.get(key)) for numbers in drawn.values())
    return f"as drawn {values}" if values else ""


def _card(number: Change, dimension: int, drawn: str) -> str:
    info = METRICS[number.key]
    values = (
        f'<span class="base">{info.format(number.base)}</span>'
        f'<span class="arrow">→</span><span class="gh">{info.format(number.gh)}</span>'
    )
    if not math.isfinite(number.base) and not math.isfinite(number.gh):
        values = '<span class="base">–</span>'
    noise = "" if number.noise is None else f"seed noise ±{_apart(info, number.noise)}"
    return _frame(info, dimension, values, lines=(_difference(info, number), noise, drawn))


def _difference(info: MetricInfo, number: Change) -> str:
    verdict = number.verdict
    if verdict == "unknown":
        return _MISSING + number.missing
    judged = verdict in ("better", "worse") and number.noise is not None  # else it may all be the seed
    css = verdict if judged else ""
    if verdict == "same":
        return _WORDS[verdict]
    arrow = "▲" if number.difference > 0 else "▼"
    return (
        f'<span class="{css}">{arrow} {info.format(number.difference, signed=True)} {_WORDS[verdict]}</span>'
    )


def _single(info: MetricInfo, value: float | None, side: str, dimension: int, drawn: str) -> str:
    missing = value is None or not math.isfinite(value)
    values = f'<span class="{side}">{info.format(value)}</span>'
    return _frame(info, dimension, values, lines=(_MISSING if missing else "", drawn))


def _frame(info: MetricInfo, dimension: int, values: str, *, lines: tuple[str, ...]) -> str:
    below = "".join(f'<div class="change">{line}</div>' for line in lines if line)
    return (
        f'<div class="gz-number" title="{escape(told(info, dimension))}">'
        f'<div class="title">{escape(info.title)}</div><div class="values">{values}</div>{below}</div>'
    )


def _apart(info: MetricInfo, distance: float) -> str:
    return info.format(distance, signed=True).lstrip("+")
