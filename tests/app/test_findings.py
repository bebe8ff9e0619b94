"""Whether a number gets better or worse: judged by what is good about it, and only where that is clear."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.app.measure.findings import Findings
from ghviz.metrics import differences, seed_noise
from ghviz.types import Certainty, ClassTable, MetricTable

NAN = float("nan")


def table(value: float, seed: int, *, key: str = "frequency_slope", spread: float = 0.05) -> MetricTable:
    """One number and its replicates."""
    drawn = value + spread * np.random.default_rng(seed).standard_normal(500)
    low, high = np.quantile(drawn, [0.025, 0.975])
    certainty = Certainty(low=low, high=high, standard_error=drawn.std(), replicates=drawn)
    return MetricTable(
        step=1,
        classes=ClassTable(names=("a", "b"), counts=(9, 3)),
        per_class={},
        summary={key: value},
        summary_certainty={key: certainty},
    )


def found(base: MetricTable, gh: MetricTable, second: MetricTable | None = None) -> Findings:
    noise = None if second is None else seed_noise([base, second])
    return Findings(base=base, gh=gh, changed=differences(base, gh), noise=noise)


@pytest.mark.parametrize(
    ("base", "gh", "second", "verdict", "goes"),
    [
        (0.7, 0.3, None, "clear", "better"),
        (0.3, 0.7, None, "clear", "worse"),
        (0.1, -0.6, None, "clear", "worse"),
        (-0.6, 0.1, None, "clear", "better"),
        (0.4, -0.4, None, "clear", ""),
        (0.4, -0.37, None, "clear", ""),  # nearer, but not for sure
        (0.9, -0.6, 0.5, "clear", ""),  # nearer, but by less than two seeds differ in that
        (0.9, -0.2, 0.5, "clear", "better"),
        (0.2, -0.55, -0.2, "clear", "worse"),  # the two seeds are equally far from 0
        (0.4, 0.45, -0.4, "within seed noise", ""),
        (0.4, 0.41, None, "uncertain", ""),
        (0.4, NAN, None, "unknown", ""),
    ],
)
def test_a_slope_goes_where_its_distance_from_zero_goes(
    base: float, gh: float, second: float | None, verdict: str, goes: str
) -> None:
    other = None if second is None else table(second, 3)
    number = found(table(base, 1), table(gh, 2), other).number("frequency_slope")
    assert number.verdict == verdict
    assert number.goes("frequency_slope") == goes
    if verdict != "unknown":
        assert number.difference == pytest.approx(gh - base)
        assert number.from_zero == pytest.approx(abs(gh) - abs(base))


@pytest.mark.parametrize(
    ("key", "goes"), [("evenness", "better"), ("simplex_distance", "worse"), ("head_resultant_length", "")]
)
def test_other_numbers_go_where_their_difference_goes(key: str, goes: str) -> None:
    number = found(table(0.2, 1, key=key), table(0.6, 2, key=key)).number(key)
    assert number.verdict == "clear"
    assert number.goes(key) == goes
