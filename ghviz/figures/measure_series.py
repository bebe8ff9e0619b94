"""What the charts of the Measure page show, on the screen and on paper, and how to read them.

Nothing here loads a plotting library, so that a page can offer the captions before anything is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.figures.series import SIDE_NAMES, MetricText

Values = NDArray[np.float64]
MANY: Final = 30
"""Classes beyond which rows are low and cells have no numbers."""
CELLS_WITH_NUMBERS: Final = 10
"""Classes up to which a matrix has its numbers written."""
_SIDES: Final = "Grey: without GH; orange: with GH."
_ORDER: Final = "Classes run from head to tail."


@dataclass(frozen=True, kw_only=True)
class Dots:
    """One side of a chart with a value and an interval a class.

    Attributes:
        values: (L,) NaN where there is none.
        low: (L,) lower end of the interval; NaN where there is none.
        high: (L,) upper end.
    """

    values: Values
    low: Values
    high: Values


@dataclass(frozen=True, kw_only=True)
class Dumbbells:
    """A metric of every class on both sides.

    Attributes:
        sides: values and intervals without and with GH.
        certain: (L,) whether the difference is beyond doubt; the others are pale.
        text: title, unit and digits of the metric.
        names: of the classes, head to tail.
        step: of training.
    """

    sides: tuple[Dots, Dots]
    certain: NDArray[np.bool_]
    text: MetricText
    names: tuple[str, ...]
    step: int = 0

    @property
    def caption(self) -> str:
        """How to read it."""
        whiskers = any(np.isfinite(side.low).any() for side in self.sides)
        return " ".join(
            [
                f"{self.text.title} of every class at step {self.step:,}, from head (top) to tail. {_SIDES}",
                *["Whiskers: 95 % intervals."] * whiskers,
                *["Pale: the difference may be chance."] * (not self.certain.all()),
            ]
        )


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A straight line through points on two logarithmic axes.

    Attributes:
        slope: of log y on log x.
        error: standard error of the slope; NaN where it is not known.
        ends: y at the smallest and at the largest x.
    """

    slope: float
    error: float
    ends: tuple[float, float]

    @property
    def text(self) -> str:
        """The slope with its error.

        >>> Fit(slope=-0.2, error=0.104, ends=(1.0, 2.0)).text
        '−0.20, standard error 0.10'
        """
        error = f", standard error {self.error:.2f}" if np.isfinite(self.error) else ""
        return f"{self.slope:.2f}{error}".replace("-", "−")


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Territory against frequency.

    Attributes:
        counts: (L,) training samples of the classes, at least 1.
        sides: (L,) shares in per cent without and with GH; zero and NaN are left out.
        fits: the lines through them.
        names: of the classes.
        step: of training.
    """

    counts: NDArray[np.int64]
    sides: tuple[Values, Values]
    fits: tuple[Fit, Fit]
    names: tuple[str, ...]
    step: int = 0

    @property
    def even(self) -> float:
        """The share in per cent that every class would have."""
        return 100 / len(self.counts)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number on the axis of shares."""
        found = [*(side[side > 0] for side in self.sides), *(np.array(fit.ends) for fit in self.fits)]
        shown = np.concatenate([*found, [self.even]])
        shown = shown[np.isfinite(shown) & (shown > 0)]
        return float(shown.min()), float(shown.max())

    @property
    def caption(self) -> str:
        """How to read it."""
        slopes = "; ".join(f"{name} {fit.text}" for fit, name in zip(self.fits, SIDE_NAMES, strict=True))
        return (
            f"Territory of each class against its number of training samples at step {self.step:,}, on "
            f"logarithmic axes. {_SIDES} Slopes: {slopes}. Dotted, even: the same for every class."
        )


@dataclass(frozen=True, kw_only=True)
class Matrices:
    """Two matrices over classes in one colour scale.

    Attributes:
        sides: (L, L) without and with GH: cosines from -1 to 1, or per cent of each row; NaN leaves a cell
            empty.
        names: of the classes, head to tail.
        percent: the numbers are per cent of a row rather than cosines.
        step: of training.
        neighbors: training samples that voted, where the numbers are per cent.
        corrected: the cosines are corrected for the scatter of the centres of small classes.
    """

    sides: tuple[Values, Values]
    names: tuple[str, ...]
    percent: bool = False
    step: int = 0
    neighbors: int = 1
    corrected: bool = False

    @property
    def digits(self) -> int:
        """Digits after the point."""
        return 0 if self.percent else 2

    @property
    def caption(self) -> str:
        """How to read it."""
        what = (
            f"Confusion of {self.neighbors}-nearest-neighbour classification at step {self.step:,}: per cent "
            "of the balanced test samples of a class (row) that are taken for a class (column)"
            if self.percent
            else f"Cosines of the class centres at step {self.step:,}"
            + ", corrected for the scatter of the centres of small classes" * self.corrected
        )
        return f"{what}, without GH (left) and with GH (right). {_ORDER}"


def log_ticks(low: float, high: float) -> tuple[tuple[float, float], list[float], list[str]]:
    """Ends, as powers of ten, and ticks of a logarithmic axis, at 1, 2 and 5 times powers of ten.

    >>> log_ticks(4, 120)[2]
    ['5', '10', '20', '50', '100']
    """
    bottom, top = np.log10(low), np.log10(high)
    room = 0.06 * max(top - bottom, 0.1)
    powers = 10.0 ** np.arange(np.floor(bottom) - 1, np.ceil(top) + 1)
    steps = (1, 2, 5) if top - bottom < 2.6 else (1,)
    ticks = [float(step * power) for power in powers for step in steps]
    ticks = [tick for tick in ticks if bottom - room <= np.log10(tick) <= top + room]
    return (float(bottom - room), float(top + room)), ticks, [f"{tick:,.6g}" for tick in ticks]


def some_ranks(size: int, most: int) -> list[int]:
    """Ranks to be named, evenly apart, the first and the last among them; at most `most`, or two.

    >>> some_ranks(4, 10), some_ranks(100, 5)
    ([0, 1, 2, 3], [0, 25, 50, 75, 99])
    """
    if size <= most:
        return list(range(size))
    stride = -(-(size - 1) // (max(most, 2) - 1))
    ranks = list(range(0, size - 1, stride))
    if len(ranks) > 1 and size - 1 - ranks[-1] < 0.7 * stride:
        ranks.pop()  # its name would touch the last one's
    return [*ranks, size - 1]


def distinct(names: Sequence[str]) -> list[str]:
    """The names, with their rank where one stands twice."""
    twice = len(set(names)) < len(names)
    return [f"{name} ({rank + 1})" if twice else name for rank, name in enumerate(names)]
