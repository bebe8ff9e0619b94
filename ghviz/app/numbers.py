"""The headline numbers: without GH, with it, and whether the difference is good."""

from __future__ import annotations

from html import escape

from ghviz.app.sentences import Change, change
from ghviz.metrics.catalog import METRICS, MetricInfo
from ghviz.twin import HEADLINES
from ghviz.types import MetricTable

_VERDICTS = {
    "better": ("better", "better"),
    "worse": ("worse", "worse"),
    "same": ("", "no difference"),
    "noise": ("", "within seed noise"),
    "neither": ("", ""),
    "unknown": ("", "not measurable"),
}


def numbers_html(
    base: MetricTable | None, gh: MetricTable | None, *, second: MetricTable | None = None
) -> str:
    """The headline numbers as a grid that wraps.

    Args:
        base: table without GH; None for a single run with GH.
        gh: table with GH; None for a single run without.
        second: table of a baseline with another seed: differences within its distance are greyed.
    """
    if base is not None and gh is not None:
        cards = [_card(change(key, base, gh, second=second)) for key in HEADLINES]
    else:
        table, side = (gh, "gh") if base is None else (base, "base")
        assert table is not None
        cards = [_single(METRICS[key], table.summary.get(key), side) for key in HEADLINES]
    return f'<div class="gz-numbers">{"".join(cards)}</div>'


def _card(number: Change) -> str:
    info = METRICS[number.key]
    css, word = _VERDICTS[number.verdict]
    arrow = "" if number.verdict in ("same", "unknown") else "▲ " if number.difference > 0 else "▼ "
    difference = "" if number.verdict in ("same", "unknown") else info.format(number.difference, signed=True)
    noise = ""
    if number.noise is not None:
        apart = info.format(number.noise, signed=True).lstrip("+")
        noise = f" Two seeds without GH lie {apart} apart."
    return (
        f'<div class="gz-number" title="{escape(info.text + noise)}">'
        f'<div class="title">{escape(info.title)}</div>'
        f'<div class="values"><span class="base">{info.format(number.base)}</span>'
        f'<span class="arrow">→</span><span class="gh">{info.format(number.gh)}</span></div>'
        f'<div class="change"><span class="{css}">{arrow}{difference} {word}</span></div></div>'
    )


def _single(info: MetricInfo, value: float | None, side: str) -> str:
    return (
        f'<div class="gz-number" title="{escape(info.text)}"><div class="title">{escape(info.title)}</div>'
        f'<div class="values"><span class="{side}">{info.format(value)}</span></div></div>'
    )
