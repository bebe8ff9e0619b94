"""Moments in series that were made to have them, and in those that only flicker."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import MetricSeries, effective_rank, events_of, meetings_of, series_of
from ghviz.metrics.center_cosines import center_cosines
from ghviz.metrics.frequency_groups import HEAD, MEDIUM, TAIL
from ghviz.metrics.meetings import MOST_PAIRS
from ghviz.metrics.overtakings import errors_needed, overtakings_of
from ghviz.metrics.territory_share import DIRECTIONS
from ghviz.types import ClassTable
from tests.metrics.samples import cloud, rotation

FOUR = ClassTable(names=("zero", "one", "two", "three"), counts=(90, 40, 20, 5))  # head, medium, medium, tail


def series(steps, *, center_cosines=None, **given):
    if center_cosines is not None:
        given["meetings"] = meetings_of(center_cosines)
    return MetricSeries(steps=np.asarray(steps), classes=given.pop("classes", FOUR), **given)


def centers(*angles_between_two_and_three):
    """Cosines of four centres, of which the last two are so many degrees apart."""
    result = []
    for degrees in angles_between_two_and_three:
        gram = np.eye(4)
        gram[2, 3] = gram[3, 2] = np.cos(np.radians(degrees))
        result.append(gram)
    return np.array(result)


def told(moments):
    return [(moment.step, moment.kind, moment.classes) for moment in moments]


def test_centres_merge_and_split_once_each():
    found = events_of(series([0, 5, 9, 12, 20, 30], center_cosines=centers(60, 15, 9, 14, 18, 25)))
    assert told(found) == [(9, "merge", (2, 3)), (30, "split", (2, 3))]
    assert [moment.value for moment in found] == pytest.approx([9, 25])
    assert found[0].text == "the centres of two and three merge: 9° apart"


def test_what_is_merged_at_first_can_split_but_has_not_merged():
    assert told(events_of(series([0, 1, 2], center_cosines=centers(3, 4, 21)))) == [(2, "split", (2, 3))]
    assert not events_of(series([0, 1, 2], center_cosines=centers(15, 19, 11)))  # never one, so never split


@pytest.mark.parametrize("without", [0, 1])
def test_a_class_without_a_centre_changes_nothing(without):
    cosines = centers(5, 5, 5)
    cosines[without, 3] = cosines[without, :, 3] = np.nan
    assert not events_of(series([0, 1, 2], center_cosines=cosines))


def test_a_class_without_a_centre_for_a_while_is_remembered():
    cosines = centers(60, 60, 5)
    cosines[1, 3] = cosines[1, :, 3] = np.nan
    assert told(events_of(series([0, 1, 2], center_cosines=cosines))) == [(2, "merge", (2, 3))]


def many_centers(*pairs, size=2 * MOST_PAIRS + 20):
    """Cosines of many centres, of which these pairs are so many degrees apart and the others 90."""
    gram = np.eye(size)
    for (i, j), degrees in pairs:
        gram[i, j] = gram[j, i] = np.cos(np.radians(degrees))
    return gram


def test_pairs_to_which_the_same_happens_at_one_step_are_one_moment():
    names = tuple(f"c{i}" for i in range(2 * MOST_PAIRS + 20))
    classes = ClassTable(names=names, counts=tuple(range(len(names), 0, -1)))
    some = [((0, 1), 8.0), ((2, 3), 2.0), ((4, 5), 5.0)]
    more = [((2 * i, 2 * i + 1), 9 - i / 10) for i in range(3, 3 + MOST_PAIRS + 5)]
    cosines = [many_centers(), many_centers(*some), many_centers(*more)]
    first, merged, split = events_of(series([0, 7, 9], center_cosines=iter(cosines), classes=classes))
    assert told([first]) == [(7, "merge", (2, 3, 4, 5, 0, 1))], "the nearest first"
    assert (first.count, first.value) == (3, pytest.approx(2))
    assert first.text == "3 pairs of class centres merge: c2 and c3, c4 and c5, c0 and c1"
    assert (merged.step, merged.kind, merged.count) == (9, "merge", MOST_PAIRS + 5)
    assert len(merged.classes) == 2 * MOST_PAIRS
    last = 2 * (2 + MOST_PAIRS + 5)
    assert merged.classes[:2] == (last, last + 1)
    assert merged.text.startswith(
        f"{MOST_PAIRS + 5} pairs of class centres merge, such as c{last} and c{last + 1}, c{last - 2} and"
    )
    assert merged.text.count(" and ") == 3
    assert (split.step, split.kind, split.count) == (9, "split", 3)


def test_the_pairs_that_are_farthest_apart_are_the_first_to_have_split():
    near, apart = (
        many_centers(((0, 1), 3), ((2, 3), 3), size=4),
        many_centers(((0, 1), 25), ((2, 3), 60), size=4),
    )
    (moment,) = events_of(series([0, 1], center_cosines=[near, apart]))
    assert (moment.kind, moment.classes, moment.count) == ("split", (2, 3, 0, 1), 2)
    assert moment.value == pytest.approx(60)


def test_rank_drops_are_counted_from_the_last_peak():
    rank = np.array([2.0, 10, 8.5, 7.9, 7, 6.4, 6.3, np.nan, 6.9, 5.6])
    found = events_of(series(range(10), effective_rank=rank))
    # 10 -> 7.9; then 7.9 * 0.8 = 6.32 -> 6.3; then peak 6.9 * 0.8 = 5.52: not yet
    assert [(moment.step, moment.value) for moment in found] == [(3, 7.9), (6, 6.3)]
    assert found[0].text == "the effective rank drops from 10.0 to 7.9"
    assert not events_of(series([0, 1, 2], effective_rank=np.array([1.0, 5.0, 4.1])))


def test_head_overtakes_tail_and_tail_overtakes_head():
    share = np.array(
        [
            [0.2, 0.3, 0.2, 0.3],
            [0.3, 0.2, 0.2, 0.3],  # equal: nobody has overtaken
            [0.32, 0.2, 0.18, 0.30],  # ahead, by less than a tenth
            [0.4, 0.3, 0.2, 0.1],
            [0.25, 0.25, 0.25, 0.25],
            [0.2, 0.3, 0.25, 0.25],
        ]
    )
    found = events_of(series([0, 10, 20, 30, 40, 50], territory_share=share))
    assert told(found) == [(30, "head-overtakes", (0, 3)), (50, "tail-overtakes", (3, 0))]
    assert [moment.value for moment in found] == [0.4, 0.25]
    assert found[0].text == "zero (head) overtakes three (tail): 40 % of the sphere against 10 %"
    assert found[1].text == "three (tail) overtakes zero (head): 25 % of the sphere against 20 %"


def drawn(generator, probabilities, steps):
    """Shares as they are counted on random directions, anew at each of so many steps."""
    return generator.multinomial(DIRECTIONS, probabilities, size=steps) / DIRECTIONS


def test_what_may_be_chance_in_the_drawing_of_directions_is_no_lead():
    """12 % more, twice: of 0.2 % of the directions that is 0.6 standard errors, of 40 % it is 8."""
    groups = np.array([HEAD, MEDIUM, TAIL])
    small = np.array([[0.002, 0.99576, 0.00224], [0.00224, 0.99576, 0.002]])
    assert [each.count for each in overtakings_of(small, groups)] == [1], "exact shares"
    assert not overtakings_of(small, groups, directions=DIRECTIONS)
    large = np.array([[0.4, 0.152, 0.448], [0.448, 0.152, 0.4]])
    assert [each.count for each in overtakings_of(large, groups, directions=DIRECTIONS)] == [1]


@pytest.mark.parametrize("errors", [2.9, 3.1])
def test_a_lead_needs_three_standard_errors_of_the_difference(errors):
    share, groups = 0.01, np.array([HEAD, MEDIUM, TAIL])
    assert errors_needed(2) == 3
    more = share + errors * np.sqrt(2 * share / DIRECTIONS)
    more = share + errors * np.sqrt((share + more - (more - share) ** 2) / DIRECTIONS)
    shares = np.array([[share, 1 - 0.5, 0.5 - share], [more, 1 - more - share, share]])  # sure at first
    found = overtakings_of(shares, groups, directions=DIRECTIONS)
    assert [each.head_wins for each in found] == ([True] if errors > 3 else [])


def test_in_shares_that_only_scatter_next_to_nobody_overtakes():
    """Head classes lead at first, then all have the same: what random directions make of it, in 40 runs."""
    generator = np.random.default_rng(0)
    with_any = 0
    for _ in range(40):
        counts = np.arange(30, 0, -1.0)
        first = drawn(generator, counts / counts.sum(), 1)
        share = np.concatenate([first, drawn(generator, np.full(30, 1 / 30), 29)])
        groups = np.repeat([HEAD, MEDIUM, TAIL], 10)
        assert overtakings_of(share, groups), "on exact shares like these somebody would"
        with_any += bool(overtakings_of(share, groups, directions=DIRECTIONS))
    assert with_any <= 5  # 5 % of runs at most are to be expected: 2


def test_many_comparisons_need_more_certainty():
    assert errors_needed(1) == errors_needed(15) == 3
    assert errors_needed(270) == pytest.approx(
        3.74, abs=0.01
    )  # 0.05 / 270 of a normal distribution, on both sides


def test_a_series_knows_on_how_many_directions_its_shares_were_counted():
    labels, classes = np.repeat(np.arange(3), 4), ClassTable(names=("a", "b", "c"), counts=(4, 4, 4))
    for dimension, expected in ((2, None), (3, None), (4, DIRECTIONS)):
        rows = np.random.default_rng(0).standard_normal((12, dimension))
        assert series_of([rows], labels, steps=[0], classes=classes).directions == expected
    small = np.array([[0.002, 0.99576, 0.00224], [0.00224, 0.99576, 0.002]])
    assert events_of(series([0, 1], territory_share=small, classes=classes))
    assert not events_of(series([0, 1], territory_share=small, classes=classes, directions=DIRECTIONS))


def test_overtaking_at_one_step_is_one_moment():
    classes = ClassTable(names=tuple("abcdef"), counts=(60, 50, 40, 30, 20, 10))
    share = np.array([[0.1, 0.1, 0.1, 0.1, 0.3, 0.3], [0.3, 0.25, 0.2, 0.15, 0.06, 0.04]])
    (moment,) = events_of(series([0, 8], territory_share=share, classes=classes))
    assert (moment.kind, moment.count, moment.value) == ("head-overtakes", 4, 0.3)
    assert moment.classes == (0, 5, 0, 4, 1, 5, 1, 4), "the largest lead first"
    assert moment.text == (
        "4 times a head class overtakes a tail class, such as a over f, a over e, b over f"
    )
    (back,) = events_of(series([0, 8], territory_share=share[::-1], classes=classes))
    assert back.text.startswith("4 times a tail class overtakes a head class, such as ")
    assert back.classes[:2] in ((4, 0), (5, 0), (4, 1), (5, 1))


def test_the_whole_sphere_is_100_per_cent():
    share = np.array([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]])
    (moment,) = events_of(series([0, 1], territory_share=share))
    assert moment.text == "zero (head) overtakes three (tail): 100 % of the sphere against 0 %"


def test_who_leads_from_the_start_has_not_overtaken():
    for first in ([0.25] * 4, [np.nan] * 4, [0, 0.5, 0.5, 0]):
        share = np.array([first, [0.25] * 4, [0.4, 0.3, 0.2, 0.1], [0.5, 0.3, 0.2, 0.0]])
        assert not events_of(series(range(4), territory_share=share))


@pytest.mark.parametrize(
    ("initial", "expected"),
    [
        (0.3, ["GH's weight 0.3 → 0.6", "GH switched off", "GH switched on, weight 2"]),
        (0.0, ["GH switched on, weight 0.6", "GH switched off", "GH switched on, weight 2"]),
        (None, ["GH's weight becomes 0.6", "GH switched off", "GH switched on, weight 2"]),
        (0.6, ["GH switched off", "GH switched on, weight 2"]),
    ],
)
def test_a_change_of_ghs_weight_is_named_for_what_it_is(initial, expected):
    switches = [(3, 0.6), (7, 0.0), (12, 2.0)]
    found = events_of(series([0, 20], switches=switches, initial_weight=initial))
    assert [moment.text for moment in found] == expected
    assert [(m.step, m.value) for m in found] == switches[len(switches) - len(expected) :]
    assert {moment.kind for moment in found} == {"gh"}


@pytest.mark.parametrize(
    ("initial", "switches", "acts"),
    [
        (1.0, [], True),
        (0.0, [], False),
        (None, [], True),  # who gives its end says that there is one
        (1.0, [(4, 0.0)], False),
        (0.0, [(4, 1.0)], True),
        (0.0, [(5, 1.0)], True),
        (0.0, [(6, 1.0)], False),
        (1.0, [(6, 0.0)], True),
        (1.0, [(2, 0.0), (4, 0.5)], True),
    ],
)
def test_the_warm_up_ends_where_gh_acts_from_then_on(initial, switches, acts):
    given = {"switches": switches, "initial_weight": initial}
    found = events_of(series([0, 20], gh_starts_at=5, **given))
    ends = [moment.step for moment in found if moment.text == "GH's warm-up ends"]
    assert ends == ([5] if acts else [])
    assert len(found) == len(switches) + acts
    for never in (21, 0, None):
        assert len(events_of(series([0, 20], gh_starts_at=never, **given))) == len(switches)


@pytest.mark.parametrize(
    ("initial", "switches", "weight"),
    [
        (None, [], np.nan),  # not known
        (0.3, [], 0.3),
        (0.3, [(4, 2.0)], 2.0),
        (0.3, [(5, 2.0)], 2.0),
        (0.3, [(6, 2.0)], 0.3),
        (None, [(4, 2.0), (7, 0.0)], 2.0),
    ],
)
def test_the_end_of_the_warm_up_has_the_weight_with_which_gh_sets_in(initial, switches, weight):
    found = events_of(series([0, 20], gh_starts_at=5, switches=switches, initial_weight=initial))
    (end,) = (moment for moment in found if moment.text == "GH's warm-up ends")
    assert end.value == pytest.approx(weight, nan_ok=True)


def test_moments_come_by_step_whatever_their_kind():
    found = events_of(
        series(
            [0, 1, 2],
            center_cosines=centers(60, 60, 5),
            effective_rank=np.array([9.0, 3, 3]),
            switches=[(1, 0.0), (3, 1.0)],
        )
    )
    assert [(moment.step, moment.kind) for moment in found] == [
        (1, "gh"),
        (1, "rank-drop"),
        (2, "merge"),
        (3, "gh"),
    ]


def test_a_series_measured_on_embeddings():
    """Two clouds that drift together until they are one; three snapshots, turned at will in between."""
    embeddings, labels = cloud(0, 6, counts=(30, 20, 10), spread=0.05)
    classes = ClassTable(names=("a", "b", "c"), counts=(30, 20, 10))
    together = embeddings.copy()
    together[labels == 2] += 50 * embeddings[labels == 1].mean(axis=0)
    snapshots = [embeddings, 3 * embeddings @ rotation(1, 6), together @ rotation(2, 6)]
    measured = series_of(snapshots, labels, steps=[0, 10, 20], classes=classes)
    found = events_of(measured)
    assert (20, "merge", (1, 2)) in told(found)
    assert all(moment.step == 20 for moment in found)
    expected = [effective_rank(rows, labels).overall for rows in snapshots]
    np.testing.assert_allclose(measured.effective_rank, expected)


def small_cloud(generator, *counts, degrees=25.0, dimension=64, spread=0.12):
    """Two classes of few samples whose true centres are so many degrees apart, and a third elsewhere."""
    turn, labels = np.radians(degrees), np.repeat(np.arange(3), counts)
    centers = np.zeros((3, dimension))
    centers[[0, 1, 1, 2], [0, 0, 1, 2]] = 1, np.cos(turn), np.sin(turn), 1
    return centers[labels] + spread * generator.standard_normal((len(labels), dimension)), labels


def test_that_small_classes_are_small_does_not_keep_their_centres_apart():
    """True centres 3 degrees apart: plain centres of 4 samples each seem to be some 40 apart."""
    classes = ClassTable(names=("a", "b", "c"), counts=(4, 4, 4))
    generator, seen, plain = np.random.default_rng(0), 0, 0
    for _ in range(50):
        apart, labels = small_cloud(generator, 4, 4, 4, degrees=80)
        together, _ = small_cloud(generator, 4, 4, 4, degrees=3)
        found = events_of(series_of([apart, together], labels, steps=[0, 1], classes=classes))
        seen += (1, "merge", (0, 1)) in told(found)
        plain += bool(meetings_of(center_cosines(rows, labels) for rows in (apart, together)))
    assert plain == 0
    assert seen > 20  # the price is scatter: the angle of so few samples is not sure


def test_classes_of_fewer_than_three_samples_have_no_centres_to_merge():
    classes = ClassTable(names=("a", "b", "c"), counts=(4, 2, 4))
    rows, labels = small_cloud(np.random.default_rng(0), 4, 2, 4, spread=0.001)
    together = rows.copy()
    together[labels > 0] = rows[0] + 0.001 * rows[labels > 0]
    found = events_of(series_of([rows, together], labels, steps=[0, 1], classes=classes))
    assert [moment.classes for moment in found if moment.kind == "merge"] == [(0, 2)]


def test_snapshots_are_gone_through_once():
    rows, labels = cloud(0, 6, counts=(30, 20, 10))
    classes = ClassTable(names=("a", "b", "c"), counts=(30, 20, 10))
    listed = series_of([rows, rows], labels, steps=[0, 1], classes=classes)
    streamed = series_of((each for each in (rows, rows)), labels, steps=[0, 1], classes=classes)
    np.testing.assert_array_equal(streamed.effective_rank, listed.effective_rank)
    with pytest.raises(ValueError, match=r"effective_rank must be \(3,\), .* got shape \(2,\)"):
        series_of([rows, rows], labels, steps=[0, 1, 2], classes=classes)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"center_cosines": np.zeros((2, 3))}, r"cosines must be \(3, 3\) each, got shape \(3,\)"),
        ({"center_cosines": [np.eye(3), np.eye(4)]}, r"cosines must be \(3, 3\) each, got shape \(4, 4\)"),
        (
            {"center_cosines": centers(9, 60, 9)},
            r"2 snapshots and 4 classes.* got one of snapshot 2 and class 3",
        ),
        ({"center_cosines": [np.ones((5, 5)), np.eye(5)]}, r"meetings must be of .* and class 4"),
        ({"effective_rank": np.zeros(3)}, r"effective_rank must be \(2,\), .* got shape \(3,\)"),
        ({"territory_share": np.zeros(2)}, r"territory_share must be \(2, 4\)"),
    ],
)
def test_an_entry_for_each_step(given, sentence):
    with pytest.raises(ValueError, match=sentence):
        series([0, 1], **given)
    with pytest.raises(ValueError, match="steps must be at least one, and rise"):
        series([1, 1])
    with pytest.raises(ValueError, match="steps must be at least one"):
        series([])
