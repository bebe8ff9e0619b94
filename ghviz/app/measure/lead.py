"""The first sentences of the page: the numbers that tell, and how many of all get better or worse."""

from __future__ import annotations

from typing import Final

from ghviz.app.measure.findings import Findings, Found
from ghviz.app.measure.rounding import rounded
from ghviz.metrics.catalog import METRICS

HEADLINES: Final = {
    "train": ("frequency_slope", "tail_gap", "tail_territory"),
    "test": ("tail_gap", "tail_accuracy"),
}
"""What is told first, on either embeddings: a slope can look good while rare classes merge."""

_WORDS: Final = ("better", "worse", "changed", "within seed noise", "uncertain")


def lead(found: Findings, when: str, *, acts: bool = True) -> str:
    """Say what the numbers that tell are, and how many of all get better, get worse or may be chance; HTML.

    Args:
        found: all numbers.
        when: the step, in words.
        acts: whether GH has acted by then.
    """
    numbers = {key: found.number(key) for key in found.base.summary}
    known = {key: number for key, number in numbers.items() if number.verdict != "unknown"}
    if not known:
        return f"At {when}, nothing can be measured on these embeddings."
    if all(number.difference == 0 for number in known.values()):
        return f"At {when}, both sides are the same{'' if acts else ': GH has not acted yet'}."
    headlines = [_headline(key, known[key]) for key in HEADLINES[found.base.embeddings] if key in known]
    return (
        f"At {when}: {', '.join(headlines)}. {_counted(found, known)}"
        if headlines
        else _counted(found, known)
    )


def _headline(key: str, number: Found) -> str:
    info = rounded(METRICS[key], [number])
    said = number.word(key)
    said = '<span class="but">worse</span>' if said == "worse" else said
    return (
        f'{info.inside} <span class="base">{info.format(number.base)}</span> → '
        f'<span class="gh">{info.format(number.gh)}</span> ({said})'
    )


def _counted(found: Findings, known: dict[str, Found]) -> str:
    words = [number.word(key) for key, number in known.items()]
    counts = {way: words.count(way) for way in _WORDS}
    said = [
        f"{'<b>' * (way == 'better')}{count} {way}{'</b>' * (way == 'better')}"
        for way, count in counts.items()
        if count or way == "better"
    ]
    of = f"Of all {len(known)} numbers, which overlap: {', '.join(said)}."
    if found.noise is None:
        of += " What other seeds would give is not known yet."
    return of
