from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.data.longtail import class_counts
from tests import golden

RECORDED = json.loads((golden.FOLDER / "class_counts.json").read_text())


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_golden(name: str) -> None:
    data_set, profile, ratio = name.split("_")
    num_classes = int(data_set.removeprefix("cifar"))
    assert (
        class_counts(50_000 // num_classes, num_classes, profile=profile, ratio=float(ratio))
        == RECORDED[name]
    )


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    n_max=st.integers(1, 10_000),
    num_classes=st.integers(1, 200),
    share=st.floats(0, 1),
    profile=st.sampled_from(["exp", "step"]),
)
def test_falls_from_n_max_to_n_max_over_ratio(
    n_max: int, num_classes: int, share: float, profile: str
) -> None:
    ratio = 1 + share * (n_max - 1)
    counts = class_counts(n_max, num_classes, profile=profile, ratio=ratio)
    assert len(counts) == num_classes
    assert all(isinstance(count, int) and count >= 1 for count in counts)
    assert counts == sorted(counts, reverse=True)
    if num_classes > 1:
        assert counts[0] == n_max
        assert n_max / ratio - 1 < counts[-1] <= n_max / ratio + 1e-6
        assert class_counts(n_max, num_classes, profile=profile, ratio=1) == [n_max] * num_classes


def test_whole_numbers_survive_rounding() -> None:
    for tail in range(1, 200):
        assert class_counts(3 * tail, 2, profile="exp", ratio=3)[-1] == tail
        assert class_counts(49 * tail, 3, profile="exp", ratio=49)[1:] == [7 * tail, tail]


def test_step_with_an_odd_number_of_classes_has_the_larger_tail() -> None:
    assert class_counts(100, 5, profile="step", ratio=10) == [100, 100, 10, 10, 10]


def test_one_class_has_all() -> None:
    assert class_counts(7, 1, profile="exp", ratio=5) == [7]


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((0, 3), {"ratio": 1}, "n_max and num_classes must be at least 1, got 0 and 3"),
        ((5, 0), {"ratio": 1}, "at least 1, got 5 and 0"),
        ((5, 3), {"ratio": 0.5}, "ratio must be from 1 to n_max = 5"),
        ((5, 3), {"ratio": 10}, "got 10"),
        ((5, 3), {"ratio": float("nan")}, "got nan"),
        ((5, 3), {"ratio": 2, "profile": "linear"}, "profile must be 'exp' or 'step', got 'linear'"),
    ],
)
def test_bad_arguments(arguments: tuple[int, int], keywords: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        class_counts(*arguments, **keywords)
