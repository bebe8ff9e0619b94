"""What happened when: moments found in metrics over training steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.center_cosines import center_cosines
from ghviz.metrics.effective_rank import rank_of
from ghviz.metrics.frequency_groups import HEAD, TAIL, frequency_groups
from ghviz.metrics.inputs import unit_rows
from ghviz.types import ClassTable

MERGED_BELOW: Final = 10.0
"""Degrees between two class centres at which they are one ..."""
APART_ABOVE: Final = 20.0
"""... and at which they are two again; in between they are what they were, so that nothing flickers."""
RANK_FALL: Final = 0.2
"""The part of its highest value by which the effective rank falls at a drop."""
OVERTAKES_BY: Final = 0.1
"""The part by which one share must exceed the other to have overtaken it."""

Kind = Literal["merge", "split", "rank-drop", "head-overtakes", "tail-overtakes", "gh"]


@dataclass(frozen=True, kw_only=True)
class MetricSeries:
    """Metrics over the snapshots of a run; what is None is not looked into.

    Attributes:
        steps: (s,) rising optimisation steps.
        classes: names and training counts of the L classes.
        center_cosines: (s, L, L) as `center_cosines` gives them.
        effective_rank: (s,) of all embeddings.
        territory_share: (s, L) as `territory_share` gives it.
        switches: (step, weight) of every flip of GH's switch; weight 0: off.
        gh_starts_at: step at which GH's warm-up ends; None where there is none or it is not known.
    """

    steps: NDArray[Any]
    classes: ClassTable
    center_cosines: NDArray[np.floating[Any]] | None = None
    effective_rank: NDArray[np.float64] | None = None
    territory_share: NDArray[np.float64] | None = None
    switches: Sequence[tuple[int, float]] = ()
    gh_starts_at: int | None = None

    def __post_init__(self) -> None:
        """Check that everything has an entry a step.

        Raises:
            ValueError: saying which has not, or that steps don't rise.
        """
        size, num_classes = len(self.steps), len(self.classes.names)
        shapes = {
            "center_cosines": (size, num_classes, num_classes),
            "effective_rank": (size,),
            "territory_share": (size, num_classes),
        }
        for name, shape in shapes.items():
            found = getattr(self, name)
            if found is not None and np.shape(found) != shape:
                raise ValueError(f"{name} must be {shape}, one entry a step, got shape {np.shape(found)}")
        if size < 1 or (np.diff(self.steps) <= 0).any():
            raise ValueError(f"steps must be at least one, and rise, got {list(self.steps)[:10]}")


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Something that happened.

    Attributes:
        step: the first snapshot that shows it; of GH's switch the very step.
        kind: what kind of thing.
        value: the number that says so: degrees between two centres, the effective rank, the share of the
            class that overtakes, GH's weight.
        classes: the classes that it happened to; the one that overtakes first.
        text: the same in words, without the step.
    """

    step: int
    kind: Kind
    value: float
    classes: tuple[int, ...]
    text: str


def series_of(
    snapshots: Sequence[NDArray[Any]],
    labels: NDArray[Any],
    *,
    steps: Sequence[int],
    classes: ClassTable,
    territory_share: NDArray[np.float64] | None = None,
) -> MetricSeries:
    """Return what `events_of` looks at, measured on snapshots of the same samples.

    Args:
        snapshots: s arrays (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        steps: (s,) rising.
        classes: names and training counts of the L classes.
        territory_share: (s, L), where it has been measured; None: overtaking is not looked into.

    Raises:
        ValueError: for shapes, labels or values that make no sense.
    """
    num_classes = len(classes.names)
    cosines = np.empty((len(snapshots), num_classes, num_classes), dtype=np.float32)
    for t, rows in enumerate(snapshots):
        cosines[t] = center_cosines(rows, labels, num_classes=num_classes)
    return MetricSeries(
        steps=np.asarray(steps),
        classes=classes,
        center_cosines=cosines,
        effective_rank=np.array([rank_of(unit_rows(rows)) for rows in snapshots]),
        territory_share=territory_share,
    )


def events_of(series: MetricSeries) -> list[Moment]:
    """Return the moments of a run, by step.

    - merge, split: the angle between two class centres falls to 10 degrees, or rises again to 20.
    - rank-drop: the effective rank falls by a fifth from its highest value so far; the next drop is counted
      from there.
    - head-overtakes, tail-overtakes: a head class comes to hold a share of the sphere more than a tenth
      larger than a tail class's, having held a share more than a tenth smaller; or the other way round.
    - gh: GH is switched on or off, gets another weight, or sets in after its warm-up.

    How things stand at the first snapshot is no moment. NaN changes nothing. Source: this project.

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
    """GH's switches, and the end of its warm-up where it acts then."""
    start, last = series.gh_starts_at, int(series.steps[-1])
    moments = [
        Moment(step=step, kind="gh", value=weight, classes=(), text=_switch_text(weight))
        for step, weight in series.switches
    ]
    if start and start <= last:
        moments.append(
            Moment(step=start, kind="gh", value=float("nan"), classes=(), text="GH's warm-up ends")
        )
    return moments


def _switch_text(weight: float) -> str:
    return f"GH switched on, weight {weight:g}" if weight else "GH switched off"


def _of_centers(series: MetricSeries) -> list[Moment]:
    if series.center_cosines is None:
        return []
    first, second = np.triu_indices(len(series.classes.names), 1)
    merged = np.zeros(len(first), dtype=bool)
    moments: list[Moment] = []
    for t, cosines in enumerate(series.center_cosines):  # one snapshot at a time: there may be many pairs
        angles = np.degrees(np.arccos(np.clip(cosines[first, second], -1, 1)))
        before = merged
        merged = np.where(angles <= MERGED_BELOW, True, np.where(angles >= APART_ABOVE, False, before))
        for pair in np.flatnonzero(merged != before) if t else ():
            classes = int(first[pair]), int(second[pair])
            moments.append(_meeting(series, t, classes, float(angles[pair]), merges=bool(merged[pair])))
    return moments


def _meeting(series: MetricSeries, t: int, pair: tuple[int, int], angle: float, *, merges: bool) -> Moment:
    names = " and ".join(series.classes.names[c] for c in pair)
    return Moment(
        step=int(series.steps[t]),
        kind="merge" if merges else "split",
        value=angle,
        classes=pair,
        text=f"the centres of {names} {'merge' if merges else 'split'}: {angle:.0f}° apart",
    )


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
    groups = frequency_groups(np.asarray(series.classes.counts))
    heads, tails = np.flatnonzero(groups == HEAD), np.flatnonzero(groups == TAIL)
    share = np.asarray(series.territory_share, dtype=float)
    head, tail = share[:, heads, None], share[:, None, tails]  # (s, heads, 1), (s, 1, tails)
    more = 1 + OVERTAKES_BY
    above, below = head > more * tail, tail > more * head
    # Before either has been ahead for sure, nobody can overtake: unsure at first takes the first sure state.
    first = np.argmax(above | below, axis=0)[None]
    leads = np.take_along_axis(above, first, axis=0)[0]
    moments = []
    for t in range(len(share)):
        before, leads = leads, np.where(above[t], True, np.where(below[t], False, leads))
        for h, r in np.argwhere(leads != before):
            winner, loser = (heads[h], tails[r]) if leads[h, r] else (tails[r], heads[h])
            moments.append(_overtaking(series, share[t], t, (int(winner), int(loser)), groups))
    return moments


def _overtaking(
    series: MetricSeries,
    share: NDArray[np.float64],
    t: int,
    pair: tuple[int, int],
    groups: NDArray[np.int64],
) -> Moment:
    winner, loser = pair
    head_wins = groups[winner] == HEAD
    kind: Kind = "head-overtakes" if head_wins else "tail-overtakes"
    sides = ("head", "tail") if head_wins else ("tail", "head")
    names = series.classes.names
    shares = f"{100 * share[winner]:.2g} % of the sphere against {100 * share[loser]:.2g} %"
    return Moment(
        step=int(series.steps[t]),
        kind=kind,
        value=float(share[winner]),
        classes=pair,
        text=f"{names[winner]} ({sides[0]}) overtakes {names[loser]} ({sides[1]}): {shares}",
    )
