"""What the charts show: curves over training steps, marks on them, and a metric's title and unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ghviz.types import GHSwitch, MetricTable, Step

Values = NDArray[np.float64]

SIDE_NAMES: Final = ("without GH", "with GH")
_LONGEST_NAME: Final = 22


class MetricText(Protocol):
    """What a chart needs to know about a metric; `ghviz.metrics.catalog` has it for all of ours."""

    @property
    def title(self) -> str:
        """Name in words."""

    @property
    def unit(self) -> str:
        """Unit, or an empty string."""

    @property
    def digits(self) -> int:
        """Digits after the point."""


@dataclass(frozen=True, kw_only=True)
class Label:
    """The simplest `MetricText`.

    Attributes:
        title: name in words.
        unit: unit, or an empty string.
        digits: digits after the point.
    """

    title: str
    unit: str = ""
    digits: int = 2


@dataclass(frozen=True, kw_only=True)
class Track:
    """One side's line.

    Attributes:
        steps: (n,) training steps, none below the one before.
        values: (n,) numbers; NaN leaves a gap.
    """

    steps: NDArray[np.int64]
    values: Values


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One small chart: a number over training, for one side or both.

    Attributes:
        text: what the number is.
        base: the side without GH, or None.
        gh: the side with GH, or None.
        log: drawn on a logarithmic axis, on which values that are not above 0 leave a gap.
    """

    text: MetricText
    base: Track | None
    gh: Track | None
    log: bool = False


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A step to point out with a vertical line.

    Attributes:
        step: training step.
        label: a few words, such as "GH on".
        strong: drawn solid rather than dotted.
    """

    step: int
    label: str
    strong: bool = True


def metric_curve(
    name: str, text: MetricText, base: Sequence[MetricTable], gh: Sequence[MetricTable]
) -> Curve:
    """The curve of a summary metric over the snapshots of both sides.

    Args:
        name: key of the metric in `MetricTable.summary`.
        text: its title and unit.
        base: tables of the side without GH, in the order of steps; may be empty.
        gh: tables of the side with GH.
    """
    return Curve(text=text, base=_metric_track(name, base), gh=_metric_track(name, gh))


def loss_tracks(base: Sequence[Step], gh: Sequence[Step], *, points: int = 300) -> list[Curve]:
    """The contrastive loss of both sides, and GH's loss where it acted, averaged over neighbouring steps.

    Args:
        base: step events of the side without GH.
        gh: step events of the side with GH.
        points: most points a line may have.

    Returns:
        One curve, or two if GH's loss was ever computed.
    """
    curves = [
        Curve(
            text=Label(title="Contrastive loss"),
            base=_loss_track([(event.step, event.base_loss) for event in base], points),
            gh=_loss_track([(event.step, event.base_loss) for event in gh], points),
        )
    ]
    acts = [event.gh_weight > 0 for event in gh]
    if any(acts):  # from where it first acts; where it is off there is a gap
        first = acts.index(True)
        losses = [
            (e.step, e.gh_loss if on else np.nan) for e, on in zip(gh[first:], acts[first:], strict=True)
        ]
        curves.append(Curve(text=Label(title="GH loss"), base=None, gh=_loss_track(losses, points)))
    return curves


def switch_marks(switches: Sequence[GHSwitch], *, warm_up_step: int | None = None) -> list[Mark]:
    """Marks where GH was switched or its weight changed, and where its warm-up ends ("warm-up")."""
    marks = [
        Mark(step=event.step, label=f"GH {event.weight:g}" if event.on else "GH off") for event in switches
    ]
    if warm_up_step:
        marks.append(Mark(step=warm_up_step, label="warm-up", strong=False))
    return sorted(marks, key=lambda mark: mark.step)


def axis_title(text: MetricText) -> str:
    """Title of a metric with its unit.

    >>> axis_title(Label(title="Tail gap", unit="°"))
    'Tail gap (°)'
    """
    return f"{text.title} ({text.unit})" if text.unit else text.title


def side_title(side: int, step: int | None = None) -> str:
    """Title of a panel that shows one side (0: without GH, 1: with it) at a step.

    >>> side_title(1, 2800)
    'With GH, step 2,800'
    """
    name = SIDE_NAMES[side]
    return name[0].upper() + name[1:] + ("" if step is None else f", step {step:,}")


def shorten(name: str) -> str:
    """A class name that fits into a legend."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def _metric_track(name: str, tables: Sequence[MetricTable]) -> Track | None:
    if not tables:
        return None
    return Track(
        steps=np.array([table.step for table in tables], dtype=np.int64),
        values=np.array([table.summary.get(name, np.nan) for table in tables], dtype=np.float64),
    )


def _loss_track(pairs: Sequence[tuple[int, float]], points: int) -> Track | None:
    if not pairs:
        return None
    steps = np.array([step for step, _ in pairs], dtype=np.int64)
    values = np.array([value for _, value in pairs], dtype=np.float64)
    known = np.isfinite(values)
    starts = _bins(known, points)
    counts = np.add.reduceat(known.astype(np.int64), starts)
    means = np.add.reduceat(np.where(known, values, 0.0), starts) / np.where(counts > 0, counts, np.nan)
    ends = np.append(starts[1:], len(steps)) - 1  # where a mean is shown: nothing before it happened
    drawn = np.pad(counts > 0, 1)
    alone = np.flatnonzero(drawn[1:-1] & ~drawn[:-2] & ~drawn[2:])  # a line needs two points
    begun = np.maximum(np.minimum(steps[starts[alone]], steps[ends[alone]] - 1), 0)
    return Track(steps=np.insert(steps[ends], alone, begun), values=np.insert(means, alone, means[alone]))


def _bins(known: NDArray[np.bool_], points: int) -> NDArray[np.intp]:
    """Where the steps begin that are averaged into a point, so that a line has as many points at most.

    What is known is cut where it is broken off, so that there is a gap however short it is; but not if it is
    broken off so often that the gaps could not be told from each other.
    """
    size, borders = len(known), np.flatnonzero(np.diff(known)) + 1
    stretches = np.split(np.arange(size), borders)
    room = points - 3 * len(stretches)  # each may need one more point, a second one, and a gap
    if room < points / 2:
        return np.arange(0, size, -(-2 * size // points))  # each may be alone, and need a second one
    width = -(-size // room)
    return np.concatenate([each[:: width if known[each[0]] else size] for each in stretches])
