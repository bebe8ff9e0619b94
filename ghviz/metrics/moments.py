"""What happened when: moments found in metrics over training steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.effective_rank import rank_of
from ghviz.metrics.frequency_groups import frequency_groups
from ghviz.metrics.inputs import unit_rows
from ghviz.metrics.meetings import Meeting, meetings_of
from ghviz.metrics.overtakings import Overtaking, overtakings_of
from ghviz.metrics.territory_share import DIRECTIONS
from ghviz.metrics.unbiased_center_cosines import unbiased_center_cosines
from ghviz.types import ClassTable

RANK_FALL: Final = 0.2
"""The part of its highest value by which the effective rank falls at a drop."""
MOST_NAMED: Final = 3
"""Pairs of classes that are named of those to which the same happens at one snapshot."""
_EXACT_UP_TO: Final = 3  # dimensions in which territory shares are not counted on random directions

Kind = Literal["merge", "split", "rank-drop", "head-overtakes", "tail-overtakes", "gh"]


@dataclass(frozen=True, kw_only=True)
class MetricSeries:
    """Metrics over the snapshots of a run; what is None is not looked into.

    Attributes:
        steps: (s,) rising optimisation steps.
        classes: names and training counts of the L classes.
        meetings: as `meetings_of` finds them in the cosines of the class centres.
        effective_rank: (s,) of all embeddings.
        territory_share: (s, L) as `territory_share` gives it.
        directions: on which the shares were counted; None: they are exact.
        switches: (step, weight) of every change of GH's weight; weight 0: off.
        initial_weight: of GH as the run begins; None: not known.
        gh_starts_at: step at which GH's warm-up ends; None where there is none or it is not known.
    """

    steps: NDArray[Any]
    classes: ClassTable
    meetings: Sequence[Meeting] | None = None
    effective_rank: NDArray[np.float64] | None = None
    territory_share: NDArray[np.float64] | None = None
    directions: int | None = None
    switches: Sequence[tuple[int, float]] = ()
    initial_weight: float | None = None
    gh_starts_at: int | None = None

    def __post_init__(self) -> None:
        """Check that everything has an entry a step.

        Raises:
            ValueError: saying which has not, or that steps don't rise.
        """
        size, num_classes = len(self.steps), len(self.classes.names)
        shapes = {"effective_rank": (size,), "territory_share": (size, num_classes)}
        for name, shape in shapes.items():
            found = getattr(self, name)
            if found is not None and np.shape(found) != shape:
                raise ValueError(f"{name} must be {shape}, one entry a step, got shape {np.shape(found)}")
        if size < 1 or (np.diff(self.steps) <= 0).any():
            raise ValueError(f"steps must be at least one, and rise, got {list(self.steps)[:10]}")
        for meeting in self.meetings or ():
            if meeting.index >= size or meeting.pairs.max() >= num_classes:
                raise ValueError(
                    f"meetings must be of the {size} snapshots and {num_classes} classes, got one of "
                    f"snapshot {meeting.index} and class {meeting.pairs.max()}, counted from 0"
                )


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened; the same of many pairs of classes at one snapshot is one moment.

    Attributes:
        step: the first snapshot that shows it; of GH's switch the very step.
        kind: what kind of thing.
        value: the number that says so: degrees between two centres, the effective rank, the share of the
            class that overtakes, GH's weight from then on (NaN at the end of a warm-up if it is not known);
            of several pairs that of the first.
        classes: the classes that it happened to, pair after pair, of each the one that overtakes first; of
            more than 50 pairs the most telling 50.
        count: how many pairs; 1 where there are none.
        text: the same in words, without the step.
    """

    step: int
    kind: Kind
    value: float
    classes: tuple[int, ...]
    text: str
    count: int = 1


def series_of(
    snapshots: Iterable[NDArray[Any]],
    labels: NDArray[Any],
    *,
    steps: Sequence[int],
    classes: ClassTable,
    territory_share: NDArray[np.float64] | None = None,
) -> MetricSeries:
    """Return what `events_of` looks at, measured on snapshots of the same samples.

    Centres are compared by their unbiased cosines (`unbiased_center_cosines`), in which classes of fewer than
    three samples take no part.

    Args:
        snapshots: s arrays (N, d), normalised here; gone through once, so that a generator need not hold
            more than one.
        labels: (N,) integers 0 .. L-1.
        steps: (s,) rising.
        classes: names and training counts of the L classes.
        territory_share: (s, L), where it has been measured, in more than three dimensions on as many
            directions as `territory_share` takes; None: overtaking is not looked into.

    Raises:
        ValueError: for shapes, labels or values that make no sense.
    """
    ranks: list[float] = []
    dimensions: set[int] = set()

    def cosines() -> Iterator[NDArray[np.float64]]:
        for snapshot in snapshots:
            rows = unit_rows(snapshot)
            dimensions.add(rows.shape[1])
            ranks.append(rank_of(rows))
            yield unbiased_center_cosines(rows, labels, num_classes=len(classes.names))

    meetings = meetings_of(cosines())
    return MetricSeries(
        steps=np.asarray(steps),
        classes=classes,
        meetings=meetings,
        effective_rank=np.array(ranks),
        territory_share=territory_share,
        directions=None if max(dimensions, default=0) <= _EXACT_UP_TO else DIRECTIONS,
    )


def events_of(series: MetricSeries) -> list[Moment]:
    """Return the moments of a run, by step.

    - merge, split: the angle between two class centres falls to 10 degrees, or rises again to 20.
    - rank-drop: the effective rank falls by a fifth from its highest value so far; the next drop is counted
      from there.
    - head-overtakes, tail-overtakes: a head class comes to hold a share of the sphere more than a tenth
      larger than a tail class's, having held a share more than a tenth smaller, both for sure (see
      `overtakings_of`); or the other way round.
    - gh: GH is switched on or off, gets another weight, or sets in after its warm-up.

    What happens to several pairs of classes at one snapshot is one moment. How things stand at the first
    snapshot is no moment. NaN changes nothing. Source: this project.

    Args:
        series: of one run.

    Example:
        >>> classes = ClassTable(names=("a", "b"), counts=(9, 1))
        >>> share = np.array([[0.4, 0.6], [0.5, 0.5], [0.8, 0.2]])
        >>> series = MetricSeries(steps=np.array([0, 10, 20]), classes=classes, territory_share=share)
        >>> [(moment.step, moment.kind, moment.value, moment.text) for moment in events_of(series)]
        [(20, 'head-overtakes', 0.8, 'a (head) overtakes b (tail): 80 % of the sphere against 20 %')]
    """
    found = [*_switched(series), *_of_centers(series), *_of_rank(series), *_of_shares(series)]
    return sorted(found, key=lambda moment: moment.step)


def _switched(series: MetricSeries) -> list[Moment]:
    """Changes of GH's weight, and the end of its warm-up where it acts from then on."""
    moments, weight = [], series.initial_weight
    start, weight_at_start = series.gh_starts_at, series.initial_weight
    for step, new in series.switches:
        if new != weight:
            text = _switch_text(weight, new)
            moments.append(Moment(step=step, kind="gh", value=new, classes=(), text=text))
        weight = new
        if start is not None and step <= start:
            weight_at_start = new
    acts = weight_at_start is None or weight_at_start > 0
    if start and start <= int(series.steps[-1]) and acts:
        value = float("nan") if weight_at_start is None else weight_at_start
        moments.append(Moment(step=start, kind="gh", value=value, classes=(), text="GH's warm-up ends"))
    return moments


def _switch_text(before: float | None, now: float) -> str:
    if not now:
        return "GH switched off"
    if before is None:
        return f"GH's weight becomes {now:g}"
    return f"GH's weight {before:g} → {now:g}" if before else f"GH switched on, weight {now:g}"


def _of_centers(series: MetricSeries) -> list[Moment]:
    return [_meeting(series, meeting) for meeting in series.meetings or ()]


def _meeting(series: MetricSeries, meeting: Meeting) -> Moment:
    verb = "merge" if meeting.merges else "split"
    pairs = _named(meeting.pairs, series.classes.names, " and ", count=meeting.count)
    if meeting.count == 1:
        text = f"the centres of {pairs} {verb}: {meeting.angles[0]:.0f}° apart"
    else:
        text = f"{meeting.count:,} pairs of class centres {verb}{pairs}"
    return Moment(
        step=int(series.steps[meeting.index]),
        kind="merge" if meeting.merges else "split",
        value=float(meeting.angles[0]),
        classes=tuple(meeting.pairs.ravel().tolist()),
        text=text,
        count=meeting.count,
    )


def _named(pairs: NDArray[np.int64], names: Sequence[str], between: str, *, count: int) -> str:
    """The one pair, or the first few of several behind a colon or "such as"."""
    words = [between.join(names[c] for c in pair) for pair in pairs[:MOST_NAMED].tolist()]
    if count == 1:
        return words[0]
    return f"{', such as' if count > len(words) else ':'} {', '.join(words)}"


def _of_rank(series: MetricSeries) -> list[Moment]:
    if series.effective_rank is None:
        return []
    moments, highest = [], -np.inf
    for step, rank in zip(series.steps, np.asarray(series.effective_rank, dtype=float), strict=True):
        if rank <= (1 - RANK_FALL) * highest:
            text = f"the effective rank drops from {highest:.1f} to {rank:.1f}"
            moments.append(Moment(step=int(step), kind="rank-drop", value=float(rank), classes=(), text=text))
            highest = rank
        highest = max(highest, rank)  # in this order NaN is never the larger
    return moments


def _of_shares(series: MetricSeries) -> list[Moment]:
    if series.territory_share is None:
        return []
    share = np.asarray(series.territory_share, dtype=float)
    groups = frequency_groups(np.asarray(series.classes.counts))
    return [_overtaking(series, each) for each in overtakings_of(share, groups, directions=series.directions)]


def _overtaking(series: MetricSeries, found: Overtaking) -> Moment:
    names = series.classes.names
    winners, losers = ("head", "tail") if found.head_wins else ("tail", "head")
    if found.count == 1:
        winner, loser = found.pairs[0].tolist()
        more, less = map(_percent, found.shares[0].tolist())
        shares = f"{more} of the sphere against {less}"
        text = f"{names[winner]} ({winners}) overtakes {names[loser]} ({losers}): {shares}"
    else:
        pairs = _named(found.pairs, names, " over ", count=found.count)
        text = f"{found.count:,} times a {winners} class overtakes a {losers} class{pairs}"
    return Moment(
        step=int(series.steps[found.index]),
        kind="head-overtakes" if found.head_wins else "tail-overtakes",
        value=float(found.shares[0, 0]),
        classes=tuple(found.pairs.ravel().tolist()),
        text=text,
        count=found.count,
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"
