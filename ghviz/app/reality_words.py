"""How far a picture can be trusted, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.app.reality import Reality
from ghviz.projections.quality import PictureQuality, Quality

REAL_WITHIN: Final = 0.1
"""Cosines as drawn and in all dimensions that differ by no more say the same."""
GOOD, FAIR = 0.95, 0.85
"""Trustworthiness and continuity from which on a picture is called faithful, and roughly so."""


def closeness_sentence(sides: Mapping[str, Reality], dimension: int) -> str:
    """Say whether tail classes are as close together as they look; empty where there is only one of them.

    Args:
        sides: "base", "gh" or both.
        dimension: of the embedding.

    Returns:
        HTML with the classes "base", "gh" and "but".
    """
    pairs = {side: each.closeness for side, each in sides.items()}
    pairs = {side: pair for side, pair in pairs.items() if all(map(math.isfinite, pair))}
    if not pairs:
        return ""
    verdicts = {side: _verdict(*pair) for side, pair in pairs.items()}
    if len(set(verdicts.values())) == 1:
        verdict = next(iter(verdicts.values()))
        numbers = "; ".join(
            _numbers(side, pair, dimension if i == 0 else None, alone=len(pairs) == 1)
            for i, (side, pair) in enumerate(pairs.items())
        )
        return f"{_said(verdict)}: {numbers} (mean cosine of their centres)."
    parts = [
        f"{_upper(_with(side))} {_lower(_said(verdicts[side]))}: "
        f"{_numbers(side, pair, dimension, alone=True)}"
        for side, pair in pairs.items()
    ]
    return "; ".join([parts[0], *map(_lower, parts[1:])]) + " (mean cosine of their centres)."


def trust_sentence(sides: Mapping[str, PictureQuality]) -> str:
    """Say how much of a picture's neighbourhoods is so, overall and in the tail half, in HTML."""
    trust = {side: each.trustworthiness for side, each in sides.items()}
    keeps = {side: each.continuity for side, each in sides.items()}
    said = _judged(min(each.overall for each in [*trust.values(), *keeps.values()]))
    return f"{said}: trustworthiness {_row(trust)}, continuity {_row(keeps)}."


def _judged(worst: float) -> str:
    if worst >= GOOD:
        return "The neighbourhoods drawn are those of the embedding"
    if worst >= FAIR:
        return "The neighbourhoods drawn are roughly those of the embedding"
    said = "Many neighbours in this picture are none in the embedding, or are missing"
    return f'<span class="but">{said}</span>'


def _row(values: Mapping[str, Quality]) -> str:
    whole = {side: each.overall for side, each in values.items()}
    tail = {side: _tail_mean(each.per_class) for side, each in values.items()}
    all_, rare = (
        " → ".join(f'<span class="{side}">{_two(value)}</span>' for side, value in numbers.items())
        for numbers in (whole, tail)
    )
    return f"{all_} (tail half {rare})"


def _tail_mean(per_class: NDArray[np.float64]) -> float:
    """The mean over the tail half of the classes, which come from head to tail."""
    tail = per_class[len(per_class) - len(per_class) // 2 :]
    tail = tail[np.isfinite(tail)]
    return float(tail.mean()) if len(tail) else math.nan


def _verdict(true: float, shown: float) -> str:
    if abs(shown - true) <= REAL_WITHIN:
        return "real"
    return "closer" if shown > true else "farther"


def _said(verdict: str) -> str:
    return {
        "real": "The tail classes' closeness here is real",
        "closer": '<span class="but">The tail classes look closer together than they are</span>',
        "farther": '<span class="but">The tail classes look farther apart than they are</span>',
    }[verdict]


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _lower(text: str) -> str:
    """The text with a small first letter, also behind a tag."""
    at = text.index(">") + 1 if text.startswith("<") else 0
    return text[:at] + text[at].lower() + text[at + 1 :]


def _numbers(side: str, pair: tuple[float, float], dimension: int | None, *, alone: bool) -> str:
    true, shown = (f'<span class="{side}">{_two(value)}</span>' for value in pair)
    whose = "" if alone else f" {_with(side)}"
    if dimension is None:
        return f"{true} and {shown}{whose}"
    return f"{true} in {dimension}-D, {shown} as shown{whose}"


def _with(side: str) -> str:
    return "with GH" if side == "gh" else "without GH"


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"
