"""How far a picture can be trusted, in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.app.reality import Closeness, Reality
from ghviz.projections.quality import PictureQuality, Quality

REAL_WITHIN: Final = 0.1
"""Cosines as drawn that are off by no more, in the mean over pairs of tail classes, say the same."""
ONE_WAY: Final = 0.5
"""Part of that error that is left in the mean if it is to be called closer, or farther apart."""
GOOD, FAIR = 0.95, 0.85
"""Trustworthiness and continuity from which on a picture is called good, and rough.

The error is then at most a tenth, and three tenths, of that of points drawn anywhere, which have 0.5."""


def closeness_sentence(sides: Mapping[str, Reality], dimension: int) -> str:
    """Say whether tail classes are as close together as they look; empty where there is only one of them.

    Classes that point nowhere are left out, which is said; a side may have no two others.

    Args:
        sides: "base", "gh" or both.
        dimension: of the embedding.

    Returns:
        HTML with the classes "base", "gh" and "but".
    """
    pairs = {side: each.closeness for side, each in sides.items() if len(each.closeness.true)}
    left_out = _left_out(sides)
    if not pairs:
        return left_out
    verdicts = {side: _verdict(each) for side, each in pairs.items()}
    if len(set(verdicts.values())) == 1:
        verdict = next(iter(verdicts.values()))
        numbers = "; ".join(
            _numbers(side, pair, dimension if i == 0 else None, alone=len(pairs) == 1)
            for i, (side, pair) in enumerate(pairs.items())
        )
        return f"{_said(verdict)}: {numbers} ({_ended(pairs)}).{left_out and f' {left_out}'}"
    parts = [
        f"{_upper(_with(side))} {_lower(_said(verdicts[side]))}: "
        f"{_numbers(side, pair, dimension, alone=True)}"
        for side, pair in pairs.items()
    ]
    told = "; ".join([parts[0], *map(_lower, parts[1:])])
    return f"{told} ({_ended(pairs)}).{left_out and f' {left_out}'}"


def trust_sentence(sides: Mapping[str, PictureQuality]) -> str:
    """Say how much of a picture's neighbourhoods is so, overall and in the tail half, in HTML.

    It is judged by the worst of its numbers; if that is one of the tail half, that is said. So is it if not
    every point was measured.
    """
    trust = {side: each.trustworthiness for side, each in sides.items()}
    keeps = {side: each.continuity for side, each in sides.items()}
    qualities = [*trust.values(), *keeps.values()]
    overall = _level(min(each.overall for each in qualities))
    tail = max(_level(_tail_mean(each.per_class)) for each in qualities)
    said = f"Among the tail classes, {_lower(_TRUST[tail])}" if tail > overall else _TRUST[overall]
    said = f'<span class="but">{said}</span>' if max(overall, tail) == len(_TRUST) - 1 else said
    return f"{said}: trustworthiness {_row(trust)}, continuity {_row(keeps)}{_asked(trust)}."


_TRUST: Final = (
    "On the whole, neighbours in this picture are near in the embedding, and the other way round",
    "Neighbours in this picture are only roughly near in the embedding, or the other way round",
    "Many neighbours in this picture are none in the embedding, or are missing",
)
"""From good to bad."""


def _level(quality: float) -> int:
    """How bad a quality is: 0, 1 or 2; 0 where it is not known."""
    return sum(quality < border for border in (GOOD, FAIR))


def _asked(values: Mapping[str, Quality]) -> str:
    """Of how many points it was measured; nothing where that is all of them. Both sides show the same."""
    per_point = next(iter(values.values())).per_point
    asked = int(np.isfinite(per_point).sum())
    every = asked == len(per_point)
    return "" if every else f" (measured on {asked:,} of {len(per_point):,} points)"


def _row(values: Mapping[str, Quality]) -> str:
    whole = {side: each.overall for side, each in values.items()}
    tail = {side: _tail_mean(each.per_class) for side, each in values.items()}
    return f"{_sides(whole)} (tail half {_sides(tail)})"


def _sides(numbers: Mapping[str, float]) -> str:
    return " → ".join(f'<span class="{side}">{_two(value)}</span>' for side, value in numbers.items())


def _tail_mean(per_class: NDArray[np.float64]) -> float:
    """The mean over the tail half of the classes, which come from head to tail."""
    tail = per_class[len(per_class) - len(per_class) // 2 :]
    tail = tail[np.isfinite(tail)]
    return float(tail.mean()) if len(tail) else math.nan


def _verdict(found: Closeness) -> str:
    if found.error <= REAL_WITHIN:
        return "real"
    shift = found.shown.mean() - found.true.mean()
    if abs(shift) < ONE_WAY * found.error:
        return "mixed"
    return "closer" if shift > 0 else "farther"


def _said(verdict: str) -> str:
    return {
        "real": "The tail classes' closeness here is real",
        "closer": '<span class="but">The tail classes look closer together than they are</span>',
        "farther": '<span class="but">The tail classes look farther apart than they are</span>',
        "mixed": '<span class="but">Some tail classes look closer together than they are, others farther '
        "apart</span>",
    }[verdict]


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _lower(text: str) -> str:
    """The text with a small first letter, also behind a tag."""
    at = text.index(">") + 1 if text.startswith("<") else 0
    return text[:at] + text[at].lower() + text[at + 1 :]


def _numbers(side: str, found: Closeness, dimension: int | None, *, alone: bool) -> str:
    means = float(found.true.mean()), float(found.shown.mean())
    true, shown = (f'<span class="{side}">{_two(value)}</span>' for value in means)
    whose = "" if alone else f" {_with(side)}"
    told = _ways(found) if _verdict(found) == "mixed" else ""
    if dimension is None:
        return f"{true} and {shown}{whose}{told}"
    return f"{true} in {dimension}-D, {shown} as shown{whose}{told}"


def _ways(found: Closeness) -> str:
    """How many pairs are off, and which way."""
    off = found.shown - found.true
    closer, farther = int((off > REAL_WITHIN).sum()), int((off < -REAL_WITHIN).sum())
    return f", {closer:,} of {len(off):,} pairs closer and {farther:,} farther"


def _ended(pairs: Mapping[str, Closeness]) -> str:
    errors = " → ".join(f'<span class="{side}">{_two(each.error)}</span>' for side, each in pairs.items())
    return f"mean cosine of their centres; a pair is off by {errors} on average"


def _left_out(sides: Mapping[str, Reality]) -> str:
    """Of how many tail classes nothing is said, and why; empty where there are none."""
    counts = {side: each.closeness.nowhere for side, each in sides.items()}
    if not any(counts.values()):
        return ""
    told = " → ".join(f'<span class="{side}">{count}</span>' for side, count in counts.items())
    what = "class that points" if list(counts.values()) == [1] else "classes that point"
    return (
        f"Left out: {told} tail {what} nowhere, in the picture or in all dimensions: the samples scatter as "
        "by chance."
    )


def _with(side: str) -> str:
    return "with GH" if side == "gh" else "without GH"


def _two(value: float) -> str:
    return f"{value:.2f}".replace("-", "−") if math.isfinite(value) else "–"
