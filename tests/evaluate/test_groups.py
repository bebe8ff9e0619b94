"""Many, medium and few against numbers recorded from the reference implementation."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from ghviz.evaluate import (
    accuracy_table,
    few_shot,
    group_accuracy,
    groups_by_count,
    groups_by_rank,
    knn,
    linear_probe,
)
from ghviz.evaluate.linear_probe import Protocol
from ghviz.metrics import frequency_groups
from ghviz.metrics.inputs import tail_classes
from tests.golden import arrays
from tests.metrics.samples import cloud


def test_golden_groups_by_rank():
    golden = arrays("groups")
    groups = groups_by_rank(golden["counts"])
    for group, name in enumerate(["many", "medium", "few"]):
        np.testing.assert_allclose(np.sort(golden["acc"][groups == group]), np.sort(golden[name]), rtol=1e-4)
    result = group_accuracy(golden["acc"], groups)
    assert result.average == pytest.approx(float(golden["avg"]), rel=1e-4)
    for name in ("many", "medium", "few"):
        assert getattr(result, name) == pytest.approx(golden[name].mean())
    assert result.std == pytest.approx(float(golden["std"]) * np.sqrt(3 / 2), rel=1e-4)


def test_groups_by_rank_follow_the_counts_not_the_labels():
    counts = np.array([5, 900, 40, 300, 7, 100, 6, 80, 60, 500])
    groups = groups_by_rank(counts)
    assert np.flatnonzero(groups == 0).tolist() == [1, 3, 9]
    assert np.flatnonzero(groups == 2).tolist() == [0, 4, 6]
    assert groups_by_rank(np.ones(6)).tolist() == [0, 0, 1, 1, 2, 2]
    assert groups_by_rank(np.array([1, 2, 3])).tolist() == [2, 1, 0]
    for size in range(3, 300):
        sizes = np.bincount(groups_by_rank(np.arange(size)), minlength=3)
        assert (sizes >= 1).all()
        assert abs(sizes - size * np.array([0.34, 0.33, 0.33])).max() <= 1
    with pytest.raises(ValueError, match="at least three classes, got 2"):
        groups_by_rank(np.array([5, 3]))


def test_groups_by_count_have_the_borders_of_imagenet_lt():
    assert groups_by_count(np.array([101, 100, 20, 19])).tolist() == [0, 1, 1, 2]
    assert groups_by_count(np.array([51, 50, 49]), many=50, few=50).tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="few < 30 and many > 20"):
        groups_by_count(np.array([1, 2]), many=20, few=30)


@pytest.mark.parametrize("groups_of", [groups_by_rank, groups_by_count, frequency_groups])
@pytest.mark.parametrize("wrong", [-1, np.nan, np.inf])
def test_groups_of_counts_that_are_none_are_refused(groups_of, wrong):
    sentence = f"^counts must be numbers of samples, 0 or more, got {wrong} for class 1$"
    with pytest.raises(ValueError, match=sentence):
        groups_of(np.array([5, wrong, 3]))
    with pytest.raises(ValueError, match=r"^counts must be \(L,\) numbers, one a class, got int64 values"):
        groups_of(np.array([[5, 4], [3, 2], [1, 1]]))


def test_missing_classes_and_groups():
    accuracy, groups = np.array([0.9, np.nan, 0.5, 0.1]), np.array([0, 0, 1, 2])
    result = group_accuracy(accuracy, groups)
    assert astuple(result) == pytest.approx((0.9, 0.5, 0.1, 0.4, 0.5))
    result = group_accuracy(accuracy, np.array([0, 0, 1, 1]))
    assert np.isnan([result.few, result.std]).all()
    assert result.medium == pytest.approx(0.3)
    with pytest.raises(ValueError, match=r"both be \(L,\), got \(4,\) and \(3,\)"):
        group_accuracy(accuracy, groups[:3])
    with pytest.raises(ValueError, match=r"groups must be 0, 1 or 2, got \[0, 1, 3\]"):
        group_accuracy(accuracy, np.array([0, 0, 1, 3]))


@pytest.mark.parametrize("size", [3, 4, 10, 100, 365, 1000])
def test_the_groups_are_those_of_the_metrics(size):
    counts = np.random.default_rng(size).integers(1, 60, size)  # many are equally frequent
    np.testing.assert_array_equal(groups_by_rank(counts), frequency_groups(counts))


def test_every_way_of_asking_has_a_row():
    data = [cloud(0, 8, counts=(20,) * 6, spread=0.8)] * 2
    data[1] = data[1][0] + 0.5 * np.random.default_rng(1).standard_normal((120, 8)), data[1][1]
    groups = groups_by_rank(np.array([60, 50, 40, 30, 20, 10]))
    probe, nearest = linear_probe(*data, protocol=Protocol(epochs=20)), knn(*data, neighbors=5)
    few = few_shot(*data)
    table = accuracy_table({"probe": probe, "k-NN": nearest, "few": few}, groups)
    assert list(table) == ["probe", "k-NN", "few, k = 1", "few, k = 5", "few, k = 10"]
    assert table["probe"] == group_accuracy(probe.per_class, groups)
    assert table["k-NN"].average == pytest.approx(nearest.average)
    for place, k in enumerate(few.shots):
        per_class = few.per_class[place].mean(axis=0)  # (L,)
        row, third = table[f"few, k = {k}"], [per_class[i : i + 2].mean() for i in (0, 2, 4)]
        expected = (*third, np.std(third, ddof=1), few.average[place])
        assert astuple(row) == pytest.approx(expected)
        assert group_accuracy(few.of(k), groups) == row
        np.testing.assert_allclose(few.of(k).per_class, per_class)
        assert few.of(k).average == pytest.approx(per_class.mean())
    assert table["few, k = 10"].average > table["few, k = 1"].average
    with pytest.raises(ValueError, match=r"shots must be one of \(1, 5, 10\), got 2"):
        few.of(2)


def test_a_class_that_is_not_tested_has_no_few_shot_accuracy():
    rows, labels = cloud(0, 5, counts=(9,) * 4, spread=0.1)
    few = few_shot((rows, labels), (rows[labels != 2], labels[labels != 2]), shots=(1,))
    assert np.isnan(few.of(1).per_class).tolist() == [False, False, True, False]
    row = group_accuracy(few.of(1), np.array([0, 1, 2, 2]))
    assert row.few == pytest.approx(few.of(1).per_class[3])


def test_unsigned_counts_are_no_other_counts() -> None:
    """Their negative wraps: a class without samples would be the most frequent one."""
    counts = np.array([5, 0, 3], dtype=np.uint8)
    assert groups_by_rank(counts).tolist() == [0, 2, 1]
    assert tail_classes(counts, 0.34).tolist() == [1]
