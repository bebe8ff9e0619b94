"""The neighbour ledger against sets, by hand, and itself in parts; and which classes are head and tail."""

from __future__ import annotations

import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given

from ghviz.evaluate.groups import groups_by_rank
from ghviz.metrics import SampledWarning, frequency_groups, inputs, neighbor_groups, neighbor_ledger
from ghviz.metrics.by_class import equal_part
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, unit

MODULE = sys.modules[neighbor_ledger.__module__]
COLUMNS = ("kept", "lost", "gained", "lost_groups", "gained_groups", "own")


def pair(seed, dimension):
    """The same samples twice, the second time moved."""
    base, labels = cloud(seed, dimension)
    noise = np.random.default_rng(seed + 1).standard_normal(base.shape)
    return base, base + 0.4 * noise, labels


def by_sets(base, gh, labels, k, groups):
    """One row a sample: kept, lost, gained, own, lost by group, gained by group."""

    def nearest(rows, i):
        others = [j for j in range(len(rows)) if j != i]
        return set(sorted(others, key=lambda j: -(unit(rows)[i] @ unit(rows)[j]))[:k])

    rows = []
    for i in range(len(base)):
        before, after = nearest(base, i), nearest(gh, i)
        lost, gained = before - after, after - before
        own = sum(labels[j] == labels[i] for j in gained) - sum(labels[j] == labels[i] for j in lost)
        by_group = [[sum(groups[labels[j]] == g for j in each) for g in range(3)] for each in (lost, gained)]
        rows.append([len(before & after), len(lost), len(gained), own, *by_group[0], *by_group[1]])
    return np.array(rows)


@pytest.mark.parametrize("k", [1, 5, 10, 40])
@pytest.mark.parametrize("dimension", [3, 32])
def test_against_sets(k, dimension):
    base, gh, labels = pair(k, dimension)
    ledger = neighbor_ledger(base, gh, labels, neighbors=k)
    rows = by_sets(base, gh, labels, k, groups_by_rank(np.bincount(labels)))
    for c in range(5):
        expected = rows[labels == c].mean(axis=0)
        found = [ledger.kept[c], ledger.lost[c], ledger.gained[c], ledger.own[c]]
        np.testing.assert_allclose([*found, *ledger.lost_groups[c], *ledger.gained_groups[c]], expected)


def test_by_hand():
    """A tail sample that sat in the head class moves to the other tail sample.

    Angles without GH: 0, 2, 5 (head), 6 (tail), 90 (medium), 180 (tail); the fourth goes to 178. One
    neighbour. Without: 0-2, 2-0, 5-6, 6-5, 90-6, 180-90. With: 0-2, 2-0, 5-2, 178-180, 90-5, 180-178.
    """

    def at(*degrees):
        return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1)

    labels = np.array([0, 0, 0, 2, 1, 2])
    base, gh = at(0, 2, 5, 6, 90, 180), at(0, 2, 5, 178, 90, 180)
    ledger = neighbor_ledger(base, gh, labels, neighbors=1, counts=np.array([30, 20, 10]))
    np.testing.assert_allclose(ledger.kept, [2 / 3, 0, 0])
    np.testing.assert_allclose(ledger.lost, [1 / 3, 1, 1])
    np.testing.assert_allclose(ledger.lost_groups, [[0, 0, 1 / 3], [0, 0, 1], [1 / 2, 1 / 2, 0]])
    np.testing.assert_allclose(ledger.gained_groups, [[1 / 3, 0, 0], [1, 0, 0], [0, 0, 1]])
    np.testing.assert_allclose(ledger.own, [1 / 3, 0, 1])


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_turning_scale_and_order_do_not_matter_and_books_balance(seed, dimension):
    base, gh, labels = pair(seed, dimension)
    expected = neighbor_ledger(base, gh, labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    moved = neighbor_ledger((9 * base @ rotation(seed, dimension))[order], gh[order], labels[order])
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(moved, name), getattr(expected, name), atol=1e-9)
    np.testing.assert_allclose(expected.kept + expected.lost, 10)
    np.testing.assert_allclose(expected.lost, expected.gained, atol=1e-9)
    np.testing.assert_allclose(expected.lost_groups.sum(axis=1), expected.lost, atol=1e-9)
    np.testing.assert_allclose(expected.gained_groups.sum(axis=1), expected.gained, atol=1e-9)
    back = neighbor_ledger(gh, base, labels)
    np.testing.assert_allclose(back.gained_groups, expected.lost_groups, atol=1e-9)
    np.testing.assert_allclose(back.own, -expected.own, atol=1e-9)


@pytest.mark.parametrize("rows", [np.ones((68, 4)), cloud(0, 4)[0]])
def test_equal_embeddings_keep_everything_also_where_all_is_tied(rows):
    labels = cloud(0, 4)[1]
    ledger = neighbor_ledger(rows, 3 * rows, labels)
    np.testing.assert_allclose(ledger.kept, 10)
    np.testing.assert_allclose(ledger.gained_groups, 0, atol=1e-9)


def test_a_collapsed_side_has_everybody_for_a_neighbour():
    base, labels = cloud(0, 6)
    ledger = neighbor_ledger(base, np.ones_like(base), labels, neighbors=10)
    n = len(labels)
    np.testing.assert_allclose(ledger.kept, 10 * 10 / (n - 1))  # each of the 10 is now one for 10 / (n - 1)
    np.testing.assert_allclose(ledger.gained, 10 - 100 / (n - 1))


def test_in_parts_the_same(monkeypatch):
    base, gh, labels = pair(3, 5)
    whole = neighbor_ledger(base, gh, labels)
    monkeypatch.setattr(inputs, "CHUNK", 3_000)
    for name in COLUMNS:
        np.testing.assert_allclose(
            getattr(neighbor_ledger(base, gh, labels), name), getattr(whole, name), atol=1e-9
        )


def test_neighbours_that_single_precision_cannot_tell_apart():
    """Thirty samples 1e-9 apart, in two orders: which ten of them are nearest, float32 does not know."""
    generator = np.random.default_rng(0)
    places = [1 + 1e-9 * generator.permutation(30) for _ in range(2)]
    near = [set(np.argsort(each)[:10]) for each in places]
    assert 0 < len(near[0] & near[1]) < 10
    base, gh = (
        np.stack([np.cos(angles), np.sin(angles)], axis=1)
        for angles in (np.concatenate([[0], each]) for each in places)
    )
    labels = np.array([0, *(2 if i in near[0] else 1 for i in range(30))])
    ledger = neighbor_ledger(base, gh, labels, neighbors=10, counts=np.array([9, 5, 2]))
    assert ledger.kept[0] == len(near[0] & near[1])
    found = neighbor_groups(base, labels, neighbors=10, counts=np.array([9, 5, 2]))
    assert found.groups[0].tolist() == [0, 0, 10]


def test_memory_is_bounded_for_many_neighbours_too():
    """All are compared with all of them: 1,000 by 1,000 for each of 1,100 samples would take a gigabyte."""
    base, labels = cloud(0, 4, counts=(1_100,))
    tracemalloc.start()
    ledger = neighbor_ledger(base, base + 0.1, labels, neighbors=1_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 256 * 2**20
    np.testing.assert_allclose(ledger.kept + ledger.lost, 1_000)


@pytest.mark.parametrize("k", [1, 4, 60])
def test_of_what_classes_neighbours_are_against_sorting(k):
    base, _, labels = pair(1, 6)
    counts = np.array([5, 90, 40, 1, 17])
    groups = frequency_groups(counts)
    cosines = unit(base) @ unit(base).T
    np.fill_diagonal(cosines, -2)
    near = labels[np.argsort(-cosines, axis=1)[:, :k]]  # (n, k) classes
    found = neighbor_groups(base, labels, neighbors=k, counts=counts)
    for c in range(5):
        of_class = near[labels == c]
        expected = [(groups[of_class] == g).sum(axis=1).mean() for g in range(3)]
        np.testing.assert_allclose(found.groups[c], expected)
        assert found.own[c] == pytest.approx((of_class == c).sum(axis=1).mean())


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_what_is_gained_and_lost_is_what_the_groups_differ_by(seed, dimension):
    base, gh, labels = pair(seed, dimension)
    gh[labels == 1] = gh[0]  # ties as well
    ledger = neighbor_ledger(base, gh, labels)
    before, after = (neighbor_groups(rows, labels) for rows in (base, gh))
    np.testing.assert_allclose(
        after.groups - before.groups, ledger.gained_groups - ledger.lost_groups, atol=1e-9
    )
    np.testing.assert_allclose(after.own - before.own, ledger.own, atol=1e-9)


def test_groups_of_many_samples_say_so_and_those_of_one_are_not_known(monkeypatch):
    assert np.isnan(neighbor_groups(np.ones((1, 2)), np.array([0])).own).all()
    with pytest.raises(ValueError, match="neighbors must be at least 1, got 0"):
        neighbor_groups(np.eye(2), np.array([0, 1]), neighbors=0)
    base, _, labels = crowd()
    exact = neighbor_groups(base, labels)
    monkeypatch.setattr(MODULE, "EXACT_UP_TO", 800)
    with pytest.warns(SampledWarning, match="neighbor_groups: class 0 has more than 480 samples"):
        some = neighbor_groups(base, labels)
    np.testing.assert_allclose(some.groups[1:], exact.groups[1:])
    np.testing.assert_allclose(some.groups[0], exact.groups[0], atol=0.3)


def crowd():
    """A head class of 2,500, two of 300 and 20."""
    base, labels = cloud(0, 8, counts=(2_500, 300, 20), spread=0.5)
    return base, base + 0.3 * np.random.default_rng(0).standard_normal(base.shape), labels


def test_of_many_samples_some_are_asked_and_all_are_neighbours(monkeypatch):
    """480 of the head, and every one of the other two: their rows are exact."""
    base, gh, labels = crowd()
    exact = neighbor_ledger(base, gh, labels)
    monkeypatch.setattr(MODULE, "EXACT_UP_TO", 800)
    with pytest.warns(SampledWarning, match="class 0 has more than 480 samples: its row is of 480 drawn"):
        ledger = neighbor_ledger(base, gh, labels)
    for name in COLUMNS:
        found, expected = getattr(ledger, name), getattr(exact, name)
        np.testing.assert_allclose(found[1:], expected[1:], atol=1e-9)
        assert (found[0] != expected[0]).any() or name.endswith("groups")
        # the kept ones of a sample scatter by about 2, the mean of 480 by 0.1
        np.testing.assert_allclose(found[0], expected[0], atol=0.35)
    with pytest.warns(SampledWarning):
        again = neighbor_ledger(base, gh, labels)
    np.testing.assert_array_equal(again.kept, ledger.kept)  # always the same ones
    assert (ledger.asked.tolist(), exact.asked.tolist()) == ([480, 300, 20], [2_500, 300, 20])
    np.testing.assert_allclose(ledger.kept + ledger.lost, 10)


def test_drawn_ones_differ(monkeypatch):
    """Each counts once: if all but one of a class are asked, the books lack the row of that one."""
    base, gh, labels = crowd()
    exact = neighbor_ledger(base, gh, labels)
    monkeypatch.setattr(MODULE, "EXACT_UP_TO", len(labels) - 1)
    with pytest.warns(SampledWarning, match="2,499 drawn"):
        ledger = neighbor_ledger(base, gh, labels)
    for name in ("kept", "gained", "lost_groups", "gained_groups"):
        left_out = 2_500 * getattr(exact, name)[0] - 2_499 * getattr(ledger, name)[0]
        np.testing.assert_allclose(left_out, np.rint(left_out), atol=1e-6)
        assert (np.abs(left_out - 5) < 5 + 1e-6).all()


@pytest.mark.parametrize(
    ("sizes", "asked"),
    [
        ((9_000, 1_000), 9_000),  # every one
        ((9_000, 1_001), 8_999),
        ((50_000,), 10_000),
        ((1_000_000,), 500),  # as many pairs
        ((400,) * 50, 200),
        ((400,) * 120, 100),  # of 83 a row would say little
        ((16,) * 2_000, 10),  # but 20,000 is enough
        ((5_000, *(50,) * 180), 1_000),  # all of the small ones
    ],
)
def test_how_many_are_asked(sizes, asked):
    sizes = np.array(sizes)
    most = MODULE._most(sizes)
    assert min(most, sizes.max()) == asked
    assert np.minimum(sizes, most).sum() <= 20_000


@repeatable
@given(seed=seeds)
def test_equal_parts_are_as_large_as_can_be(seed):
    generator = np.random.default_rng(seed)
    sizes, total = generator.integers(0, 200, generator.integers(1, 30)), int(generator.integers(1, 4_000))
    part = equal_part(sizes, total)
    assert np.minimum(sizes, part).sum() <= total or part == 1
    assert np.minimum(sizes, part + 1).sum() > total or part == max(1, sizes.max())


def test_memory_is_bounded():
    base, labels = cloud(0, 4, counts=(11_000, 900, 100), spread=0.5)
    gh = base + 0.3 * np.random.default_rng(0).standard_normal(base.shape)
    tracemalloc.start()
    with pytest.warns(SampledWarning, match="class 0 has more than 9,000 samples: its row is of 9,000 drawn"):
        ledger = neighbor_ledger(base, gh, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 256 * 2**20
    np.testing.assert_allclose(ledger.kept + ledger.lost, 10)


def test_little_data():
    one = neighbor_ledger(np.ones((1, 2)), np.ones((1, 3)), np.array([0]))
    assert np.isnan(one.kept).all()
    two = neighbor_ledger(np.eye(2), np.eye(2), np.array([0, 2]))  # no sample of class 1
    np.testing.assert_array_equal(two.kept, [1, np.nan, 1])
    assert np.isnan(two.lost_groups[1]).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"gh": np.ones((60, 4))}, "the same samples, got 68 and 60"),
        ({"gh": np.full((68, 4), np.nan)}, "must be finite"),
        ({"neighbors": 0}, "neighbors must be at least 1, got 0"),
        ({"counts": np.array([5, 3])}, r"labels must lie in 0 .. 1, got 0 .. 4"),
        ({"labels": np.zeros(3, dtype=int)}, r"labels must be \(68,\)"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, sentence):
    base, gh, labels = pair(0, 4)
    given = {"base": base, "gh": gh, "labels": labels, **arguments}
    positional = [given.pop(name) for name in ("base", "gh", "labels")]
    with pytest.raises(ValueError, match=sentence):
        neighbor_ledger(*positional, **given)


@pytest.mark.parametrize("size", [3, 4, 5, 6, 10, 100, 365])
def test_groups_are_those_of_evaluation(size):
    counts = np.random.default_rng(size).integers(1, 30, size)
    np.testing.assert_array_equal(frequency_groups(counts), groups_by_rank(counts))


def test_groups_of_very_few_classes():
    assert frequency_groups(np.array([5])).tolist() == [0]
    assert frequency_groups(np.array([5, 9])).tolist() == [2, 0]
    with pytest.raises(ValueError, match="at least one class"):
        frequency_groups(np.array([]))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_what_is_a_tie_but_for_rounding_is_a_tie(k):
    """Corners of a regular polygon, turned: each has two nearest, which no turning may tell apart."""
    angles = np.radians(np.arange(0, 360, 360 / 14))
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for seed in range(5):
        ledger = neighbor_ledger(corners, corners @ rotation(seed, 2), np.arange(14) % 4, neighbors=k)
        np.testing.assert_allclose(ledger.kept, k)


def test_four_at_one_angle_share_two_places():
    """Corners of an octahedron: four are nearest, and rounding after a turn puts them in some order."""
    corners = np.concatenate([np.eye(3), -np.eye(3)])
    for seed in range(5):
        ledger = neighbor_ledger(corners, corners @ rotation(seed, 3), np.arange(6) % 3, neighbors=2)
        np.testing.assert_allclose(ledger.kept, 2)
