"""What a pair's numbers say at one step: both sides, their difference, and the noise between two seeds."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.pairs import Comparison, Record
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.differences import Differences, Verdict, differences, verdict
from ghviz.metrics.material import Resampling
from ghviz.metrics.seed_noise import SeedNoise, seed_noise
from ghviz.metrics.table import EVERYTHING, measure
from ghviz.store import SECOND_BASELINE
from ghviz.types import Certainty, ClassTable, MetricTable, Points, Snapshot

DRAWS: Final = Resampling().draws
"""Bootstrap replicates: as many as on the command line, which gives the same numbers."""
Embeddings = Literal["train", "test"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """A number without and with GH, as a line of a table has it.

    Attributes:
        base: without GH.
        gh: with GH.
        base_interval: its 95 % interval; NaN where there is none.
        gh_interval: likewise.
        difference: with minus without.
        interval: of the difference.
        noise: how far two seeds without GH lie apart; NaN where there is one seed only.
        verdict: what can be said of the difference.
        reason: why there is no value; empty where there is.
        left_out: classes that only one side has a value of; the difference is over the others.
        from_zero: how much farther from 0 it is with GH; NaN unless that is what is good or bad about it.
        from_zero_verdict: what can be said of that.
    """

    base: float
    gh: float
    base_interval: tuple[float, float]
    gh_interval: tuple[float, float]
    difference: float
    interval: tuple[float, float]
    noise: float
    verdict: Verdict
    reason: str = ""
    left_out: int = 0
    from_zero: float = math.nan
    from_zero_verdict: Verdict = "unknown"

    def goes(self, key: str) -> Literal["better", "worse", ""]:
        """Whether a clear difference is good; "" where it is not clear or the metric does not judge.

        A metric that is better the nearer it is to 0 may change clearly, as from 0.4 to -0.4, and yet come
        neither nearer nor farther for sure: "".
        """
        better = METRICS[key].better
        if self.verdict != "clear" or better == "neither":
            return ""
        if better == "zero" and self.from_zero_verdict != "clear":
            return ""
        rises = (self.from_zero if better == "zero" else self.difference) > 0
        return "better" if rises == (better == "higher") else "worse"

    def word(self, key: str) -> str:
        """What the page says of the difference; "" where there is none.

        A clear one is "better" or "worse", or "changed" where the metric does not judge it.
        """
        if self.verdict == "clear":
            return self.goes(key) or "changed"
        return "" if self.verdict == "unknown" else self.verdict


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All numbers of a pair at one step.

    Attributes:
        base: table without GH, with intervals.
        gh: table with GH.
        changed: their differences.
        noise: between two seeds; None where there is one baseline only.
    """

    base: MetricTable
    gh: MetricTable
    changed: Differences
    noise: SeedNoise | None

    @property
    def classes(self) -> ClassTable:
        """Names and counts."""
        return self.base.classes

    def number(self, key: str) -> Found:
        """What was found of a metric with one value."""
        nan = float("nan")
        ends = [
            _ends(each.get(key), None)
            for each in (
                self.base.summary_certainty,
                self.gh.summary_certainty,
                self.changed.summary_certainty,
            )
        ]
        noise = nan if self.noise is None else self.noise.summary.get(key, nan)
        values = self.base.summary[key], self.gh.summary[key], self.changed.summary[key]
        found = replace(_found(values, ends, noise), left_out=self.changed.classes_left_out.get(key, 0))
        return found if key not in self.changed.from_zero else replace(found, **self._from_zero(key))

    def _from_zero(self, key: str) -> dict[str, Any]:
        farther = self.changed.from_zero[key]
        low, high = _ends(self.changed.from_zero_certainty.get(key), None)
        noise = math.nan if self.noise is None else self.noise.from_zero.get(key, math.nan)
        said = verdict(farther, low=low, high=high, noise=noise)
        return {"from_zero": farther, "from_zero_verdict": said}

    def of_class(self, key: str, c: int) -> Found:
        """What was found of a metric of a class."""
        nan = float("nan")
        ends = [
            _ends(each.get(key), c)
            for each in (self.base.certainty, self.gh.certainty, self.changed.certainty)
        ]
        noises = None if self.noise is None else self.noise.per_class.get(key)
        noise = nan if noises is None else float(noises[c])
        tables = self.base.per_class, self.gh.per_class, self.changed.per_class
        base, gh, difference = (float(each[key][c]) for each in tables)
        reason = self.base.reasons[key][c] or self.gh.reasons[key][c]
        return _found((base, gh, difference), ends, noise, reason)


def findings(comparison: Comparison, step: int, embeddings: Embeddings) -> Findings:
    """Measure both sides of a pair at the last snapshots up to a step."""
    base, gh = (_measured(comparison.sides[side], step, embeddings, DRAWS) for side in ("base", "gh"))
    noise = None
    if SECOND_BASELINE in comparison.sides:
        second = _measured(comparison.sides[SECOND_BASELINE], step, embeddings, 0)
        if len(second.classes.names) == len(base.classes.names):
            noise = seed_noise([base, second])
    return Findings(base=base, gh=gh, changed=differences(base, gh), noise=noise)


def at_once(comparison: Comparison, step: int, embeddings: Embeddings = "train") -> Findings:
    """What was measured while it trained: there at once, without intervals and not corrected.

    On the test embeddings nothing was: they are measured here, without intervals, which is fast.
    """
    records = [comparison.sides[side] for side in ("base", "gh")]
    if embeddings == "train":
        base, gh = (record.table_at(step) for record in records)
    else:
        base, gh = (_measured(record, step, embeddings, None) for record in records)
    return Findings(base=base, gh=gh, changed=differences(base, gh), noise=None)


def alone(record: Record, step: int, embeddings: Embeddings) -> MetricTable:
    """Measure a single run at its last snapshot up to a step, with intervals."""
    return _measured(record, step, embeddings, DRAWS)


def _found(
    values: tuple[float, float, float], ends: list[tuple[float, float]], noise: float, reason: str = ""
) -> Found:
    base, gh, difference = values
    low, high = ends[2]
    return Found(
        base=base,
        gh=gh,
        base_interval=ends[0],
        gh_interval=ends[1],
        difference=difference,
        interval=ends[2],
        noise=noise,
        verdict=verdict(difference, low=low, high=high, noise=noise),
        reason=reason,
    )


def _ends(certainty: Certainty | None, c: int | None) -> tuple[float, float]:
    if certainty is None:
        return float("nan"), float("nan")
    where = () if c is None else (c,)
    return float(certainty.low[where]), float(certainty.high[where])


def plain_tables(record: Record, embeddings: Embeddings) -> tuple[MetricTable, ...]:
    """Every metric of every snapshot, without intervals and not corrected; takes a while the first time."""
    return tuple(_measured(record, step, embeddings, None) for step in record.steps)


def _measured(record: Record, step: int, embeddings: Embeddings, draws: int | None) -> MetricTable:
    snapshot = record.run.snapshot(record.steps[record.index_at(step)])
    parts = snapshot, record.points, record.classes
    key = content(*parts)
    if draws is None:
        return _plain(key, embeddings, _parts=parts)
    return _table(key, embeddings, draws, _parts=parts)


def content(snapshot: Snapshot, points: Points, classes: ClassTable) -> str:
    """What the numbers of a snapshot follow from, in a few letters."""
    digest = hashlib.blake2b(digest_size=16)
    arrays: list[NDArray[np.generic]] = [
        snapshot.train,
        snapshot.test,
        points.train_labels,
        points.test_labels,
    ]
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    digest.update(repr((snapshot.step, classes)).encode())
    return digest.hexdigest()


@st.cache_resource(max_entries=16, show_spinner=False)  # with replicates: 5 MB for a hundred classes
def _table(
    content: str, embeddings: Embeddings, draws: int, _parts: tuple[Snapshot, Points, ClassTable]
) -> MetricTable:
    return measure(*_parts, metrics=EVERYTHING, embeddings=embeddings, resampling=Resampling(draws=draws))


@st.cache_resource(max_entries=1000, show_spinner=False)
def _plain(content: str, embeddings: Embeddings, _parts: tuple[Snapshot, Points, ClassTable]) -> MetricTable:
    return measure(*_parts, metrics=EVERYTHING, embeddings=embeddings)
