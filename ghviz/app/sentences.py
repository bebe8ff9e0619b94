"""What a pair shows, computed and said in plain words: also when GH does not help, and when it does harm."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

from ghviz.metrics.catalog import METRICS, MetricInfo, rounded
from ghviz.metrics.meetings import MERGED_BELOW
from ghviz.types import MetricTable

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NOTICEABLE = {"tail_territory": 0.01, "tail_gap": 1.0, "frequency_slope": 0.02}
"""Smaller differences are called none."""
_MORE_DIGITS: Final = 2
"""Digits more, at most, that a number is given so that it does not contradict its difference."""
NOISE_UNKNOWN: Final = "seed noise is not known"


@dataclass(frozen=True)
class Change:
    """A number without and with GH.

    Attributes:
        key: name of the metric.
        base: without GH.
        gh: with GH.
        second: without GH, of another seed; NaN where there is one seed only.
    """

    key: str
    base: float
    gh: float
    second: float = float("nan")

    @property
    def difference(self) -> float:
        """With GH minus without; NaN where one is missing."""
        return self.gh - self.base

    @property
    def noise(self) -> float | None:
        """How far two seeds without GH lie apart; None where that is not known."""
        apart = abs(self.second - self.base)
        return apart if math.isfinite(apart) else None

    @property
    def within_noise(self) -> bool:
        """Whether two seeds without GH are known to lie as far apart."""
        return self.noise is not None and abs(self.difference) <= self.noise

    @property
    def missing(self) -> str:
        """Which side has no number: " without GH", " with GH", or nothing where both or none have one."""
        sides = math.isfinite(self.base), math.isfinite(self.gh)
        return {(False, True): " without GH", (True, False): " with GH"}.get(sides, "")

    @property
    def gain(self) -> float:
        """What is good or bad about the difference, negative where it is bad; NaN where one is missing."""
        return METRICS[self.key].gain(self.base, self.gh)

    @property
    def verdict(self) -> str:
        """ "better", "worse", "same" (no noticeable difference), "noise" (no larger than between two seeds
        without GH), "neither" (it differs, but that is neither good nor bad) or "unknown"."""
        info = METRICS[self.key]
        if not math.isfinite(self.difference):
            return "unknown"
        least = noticeable(info)
        if abs(self.difference) < least:
            return "same"
        if info.better == "neither":
            return "neither"
        if self.within_noise:
            return "noise"
        by_chance = 0.0 if self.noise is None else abs(info.gain(self.base, self.second))
        if abs(self.gain) < least or abs(self.gain) <= by_chance:
            return "neither"
        return "better" if self.gain > 0 else "worse"


def noticeable(info: MetricInfo) -> float:
    """The least difference that is called one."""
    return _NOTICEABLE.get(info.key, 10.0**-info.digits)


def change(key: str, base: MetricTable, gh: MetricTable, *, second: MetricTable | None = None) -> Change:
    """How a summary metric changes with GH.

    Args:
        key: name of the metric.
        base: table without GH.
        gh: table with GH.
        second: table without GH, trained with another seed.
    """
    nan = float("nan")
    sides = (base, gh, second)
    values = (nan if table is None else table.summary.get(key, nan) for table in sides)
    return Change(key, *values)


def place(dimension: int) -> str:
    """What embeddings of d dimensions lie on."""
    return {2: "circle", 3: "sphere"}.get(dimension, f"sphere in {dimension} dimensions")


def fine(info: MetricInfo) -> MetricInfo:
    """The metric with shares in per cent with one decimal, where the catalogue has whole ones.

    >>> fine(METRICS["tail_territory"]).format(0.334), fine(METRICS["tail_gap"]).format(15.08)
    ('33.4 %', '15.1°')
    """
    return replace(info, digits=max(info.digits, 3)) if info.percent else info


def as_shown(number: Change) -> MetricInfo:
    """The metric of a change with as many digits as it takes that its numbers do not contradict each other.

    That is: a difference does not look like 0 or like the seed noise, unless it is, for which two digits
    more are given at most; and the numbers as shown differ by the difference as shown, if one more does it.

    >>> info = as_shown(Change("tail_gap", 17.04, 25.06))  # 17.0 → 25.1 would be +8.1, not +8.0
    >>> info.format(17.04), info.format(25.06), info.format(8.02, signed=True)
    ('17.04°', '25.06°', '+8.02°')
    """
    plain = fine(METRICS[number.key])
    finest = [replace(plain, digits=plain.digits + more) for more in range(_MORE_DIGITS + 1)]
    unlike = [info for info in finest if _tells_apart(info, number)]
    summing = (info for info in unlike if info.digits <= plain.digits + 1 and _adds_up(info, number))
    return next(summing, unlike[0] if unlike else finest[-1])


def _tells_apart(info: MetricInfo, number: Change) -> bool:
    """Whether the difference looks neither like 0 nor like the seed noise, unless it is."""
    pairs = [(number.difference, 0.0)]
    if number.noise is not None:
        pairs.append((abs(number.difference), number.noise))
    return all(one == other or info.format(one) != info.format(other) for one, other in pairs)


def _adds_up(info: MetricInfo, number: Change) -> bool:
    """Whether the numbers as shown differ by the difference as shown."""
    digits, scale = (info.digits - 2, 100) if info.percent else (info.digits, 1)
    base, gh, difference = (
        rounded(scale * each, digits) if math.isfinite(each) else math.nan
        for each in (number.base, number.gh, number.difference)
    )
    return math.isnan(difference) or rounded(gh - base, digits) == difference


def apart(info: MetricInfo, distance: float) -> str:
    """A distance as a sentence shows it: shares differ by points.

    >>> apart(fine(METRICS["tail_territory"]), 0.05)
    '5.0 pts'
    """
    return info.format(distance, signed=True).lstrip("+")


def rare_classes(num_classes: int) -> str:
    """The subject of the sentence: the rarer half of the classes, of two classes or more.

    >>> rare_classes(10), rare_classes(3)
    ('the five rare classes hold', 'the rarest class holds')
    """
    tail = num_classes // 2
    assert tail >= 1, num_classes
    if tail == 1:
        return "the rarest class holds"
    return f"the {_WORDS[tail] if tail < len(_WORDS) else tail} rare classes hold"


def moment(step: int, last_step: int) -> str:
    """Which snapshot is spoken of, so that numbers beside a playing picture can't be taken for its own.

    >>> moment(400, 1800), moment(1800, 1800)
    ('step 400 of 1,800', 'step 1,800, the last')
    """
    return f"step {step:,}, the last" if step >= last_step else f"step {step:,} of {last_step:,}"


def told(info: MetricInfo, dimension: int) -> str:
    """What a metric says; in two dimensions the sphere is a circle."""
    return info.text.replace("sphere", "circle") if dimension == 2 else info.text


def summary_sentence(  # noqa: PLR0913 (what a sentence is made of)
    base: MetricTable,
    gh: MetricTable,
    *,
    dimension: int,
    second: MetricTable | None = None,
    step: int,
    last_step: int,
    gh_starts_at: int | None = None,
) -> str:
    """Say who holds the sphere, without and with GH, and what is to be said against it.

    Args:
        base: table without GH.
        gh: table with GH, of the same step.
        dimension: of the embedding.
        second: table without GH, trained with another seed.
        step: the step spoken of.
        last_step: the last that there is.
        gh_starts_at: the step at which GH's warm-up ends; None where it is not known.

    Returns:
        HTML with the classes "base", "gh" and "but"; the last only of what seed noise is known of.
    """
    changes = {key: change(key, base, gh, second=second) for key in _NOTICEABLE}
    territory = changes["tail_territory"]
    when = f"At {moment(step, last_step)}, "
    if len(base.classes.names) < 2:
        return f"{when}there is one class only: nothing is rare, and nothing to be compared with it."
    if territory.verdict == "unknown":
        return when + _unknown(territory)
    share = as_shown(territory).format
    said = f"{when}{rare_classes(len(base.classes.names))} "
    said += f'<span class="base">{share(territory.base)}</span> of the {place(dimension)} without GH'
    if territory.difference == 0 and gh_starts_at is not None and step <= gh_starts_at:
        return f"{said}. GH has not acted yet (it starts at step {gh_starts_at:,}): both sides are the same."
    said += f', <span class="gh">{share(territory.gh)}</span> with it{_doubt(territory)}'
    return f"{said} {_caveat(changes, len(base.classes.names) // 2)}".strip()


def _unknown(territory: Change) -> str:
    """The sentence where territory is missing: for whom, and what the other side has."""
    said = f"the territory of the rare classes can't be measured{territory.missing}"
    share = as_shown(territory).format
    if math.isfinite(territory.base):
        return f'{said}; <span class="base">{share(territory.base)}</span> without.'
    if math.isfinite(territory.gh):
        return f'{said}; <span class="gh">{share(territory.gh)}</span> with it.'
    return f"{said}."


def _doubt(territory: Change) -> str:
    """The end of the sentence: what is known of seed noise, and no more than that."""
    if territory.verdict == "same":
        return ": no difference to speak of."
    if territory.noise is None:
        return f"; {NOISE_UNKNOWN}."
    info = as_shown(territory)
    difference, noise = (apart(info, each) for each in (abs(territory.difference), territory.noise))
    if territory.verdict == "noise":
        return f": {difference} apart, no more than two seeds without GH ({noise}), so it may be chance."
    told = f"{difference} {'less' if territory.difference < 0 else 'more'}, beyond seed noise (±{noise})"
    return f': <span class="but">{told}.</span>' if territory.verdict == "worse" else f": {told}."


def _caveat(changes: dict[str, Change], rare: int) -> str:
    """What territory alone hides: classes at their frequency's mercy as before, rare classes that merge.

    In the colour of an alarm only where it is known that two seeds differ by less.
    """
    said = (
        ("frequency_slope", _slope_caveat(changes)),
        ("tail_gap", _gap_caveat(changes, rare)),
    )
    return " ".join(
        each if _may_be_chance(changes[key]) else f'<span class="but">{each}</span>'
        for key, each in said
        if each
    )


def _may_be_chance(number: Change) -> bool:
    """Whether two seeds are as far apart, or it is not known how far."""
    return number.noise is None or number.within_noise


def _slope_caveat(changes: dict[str, Change]) -> str:
    slope = changes["frequency_slope"]
    stays = slope.gain < noticeable(METRICS["frequency_slope"])
    if changes["tail_territory"].verdict != "better" or not stays:
        return ""
    number = as_shown(slope).format
    nearer = "hardly nearer" if slope.gain > 0 else "no nearer"
    return f"But the frequency slope comes {nearer} to 0 ({number(slope.base)} → {number(slope.gh)})."


def _gap_caveat(changes: dict[str, Change], rare: int) -> str:
    gap = changes["tail_gap"]
    info = as_shown(gap)
    who = "rarest class comes closer to another one" if rare == 1 else "rare classes come closer to others"
    closer = f"{who} (tail gap {info.format(gap.base)} → {info.format(gap.gh)}"
    if gap.verdict == "noise" and gap.difference < 0:
        return f"The {closer}); two seeds without GH differ as much ({apart(info, gap.noise or 0.0)})."
    if gap.verdict != "worse":
        return ""
    slope = changes["frequency_slope"]
    even = "the territory is more even, but " if slope.verdict == "better" else ""
    unsure = gap.noise is None or (bool(even) and slope.noise is None)
    said = f"{even}the {closer}){': they merge' if gap.gh <= MERGED_BELOW else ''}"
    if unsure:
        territory = changes["tail_territory"]
        is_said = territory.noise is None and territory.verdict != "same"  # by the first sentence
        return f"As far as one seed tells, {said}{'' if is_said else f'; {NOISE_UNKNOWN}'}."
    return f"{said[0].upper()}{said[1:]}."
