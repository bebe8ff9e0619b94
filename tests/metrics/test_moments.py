"""Moments in series that were made to have them, and in those that only flicker."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import MetricSeries, effective_rank, events_of, series_of
from ghviz.types import ClassTable
from tests.metrics.samples import cloud, rotation, unit

FOUR = ClassTable(names=("zero", "one", "two", "three"), counts=(90, 40, 20, 5))  # head, medium, medium, tail


def series(steps, **given):
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


def test_a_class_without_a_centre_changes_nothing():
    cosines = centers(5, 5, 5)
    cosines[1, 3] = cosines[1, :, 3] = np.nan
    assert not events_of(series([0, 1, 2], center_cosines=cosines))


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


def test_who_leads_from_the_start_has_not_overtaken():
    for first in ([0.25] * 4, [np.nan] * 4, [0, 0.5, 0.5, 0]):
        share = np.array([first, [0.25] * 4, [0.4, 0.3, 0.2, 0.1], [0.5, 0.3, 0.2, 0.0]])
        assert not events_of(series(range(4), territory_share=share))


def test_switches_and_the_end_of_the_warm_up():
    given = {"switches": [(7, 0.0), (12, 2.0)], "gh_starts_at": 5}
    found = events_of(series([0, 20], **given))
    assert [(m.step, m.kind, m.text) for m in found] == [
        (5, "gh", "GH's warm-up ends"),
        (7, "gh", "GH switched off"),
        (12, "gh", "GH switched on, weight 2"),
    ]
    assert not events_of(series([0, 20], gh_starts_at=21))
    assert not events_of(series([0, 20], gh_starts_at=0))


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
    np.testing.assert_allclose(
        measured.center_cosines[0][0, 1],
        np.dot(*(unit(unit(embeddings[labels == c]).mean(axis=0, keepdims=True))[0] for c in (0, 1))),
        rtol=1e-6,
    )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"center_cosines": np.zeros((2, 3, 3))}, r"center_cosines must be \(2, 4, 4\)"),
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
