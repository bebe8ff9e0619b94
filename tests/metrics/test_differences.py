"""Differences of two runs, and the noise between two seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ghviz.metrics import (
    EVERYTHING,
    Resampling,
    differences,
    frequency_slope,
    measure,
    seed_noise,
    verdict,
)
from ghviz.types import Certainty, ClassTable, MetricTable
from tests.metrics.samples import cloud, recorded, unit

QUICK = Resampling(draws=200)


def table(value=0.5, *, per_class=(0.1, 0.2), embeddings="train"):
    classes = ClassTable(names=tuple("abcdef"[: len(per_class)]), counts=(9, 3, 2)[: len(per_class)])
    return MetricTable(
        step=1,
        classes=classes,
        per_class={"territory_share": np.array(per_class)},
        summary={"evenness": value},
        embeddings=embeddings,
    )


def two_sides(*, apart):
    """Two runs of the same samples; the second with centres further from each other."""
    rows, labels = cloud(1, 3, counts=(60, 30, 12), spread=0.3)
    noise = 0.05 * np.random.default_rng(5).standard_normal(rows.shape)
    moved = unit(unit(rows) + apart * np.eye(3)[labels] + noise)
    return recorded(unit(rows), labels), recorded(moved, labels)


def test_a_run_differs_from_itself_by_nothing_for_sure():
    one, _ = two_sides(apart=0)
    measured = measure(*one, metrics=EVERYTHING, resampling=QUICK)
    changed = differences(measured, measured)
    for name, certainty in changed.certainty.items():
        assert (changed.per_class[name] == 0).all()
        if name == "nearest_neighbor_accuracy":  # all agree: with so few samples, that may be luck
            assert ((certainty.low < 0) & (certainty.high > 0)).all()
        else:
            assert (certainty.low == 0).all()
            assert (certainty.high == 0).all()
    undefined = {name for name, value in changed.summary.items() if np.isnan(value)}
    assert undefined == {"tail_mean_cosine"}  # the tail of three classes is one
    assert {changed.summary[name] for name in changed.summary.keys() - undefined} == {0.0}


def test_the_interval_of_a_difference_is_paired():
    before, after = (measure(*each, resampling=QUICK) for each in two_sides(apart=0.02))
    changed = differences(before, after)
    name = "class_alignment"
    width = changed.certainty[name].high - changed.certainty[name].low
    alone = np.hypot(
        before.certainty[name].high - before.certainty[name].low,
        after.certainty[name].high - after.certainty[name].low,
    )
    assert (width < 0.5 * alone).all()
    np.testing.assert_allclose(
        changed.per_class[name], after.per_class[name] - before.per_class[name], atol=1e-12
    )


def test_a_large_change_is_clear_and_a_small_one_is_not():
    before, after = (measure(*each, resampling=QUICK) for each in two_sides(apart=2.0))
    changed = differences(before, after).summary_certainty["tail_gap"]
    assert changed.low > 0
    _, other = two_sides(apart=0.0)
    same = differences(before, measure(*other, resampling=QUICK)).summary_certainty["tail_gap"]
    assert same.low < 0 < same.high


def scattered(*, tight):
    """Four classes, of which the third has five samples: around one place, or all around a circle."""
    rows, labels = cloud(2, 4, counts=(60, 30, 5, 12), spread=0.2)
    turns = 2 * np.pi * np.arange(5) / 5
    corners = np.cos(turns)[:, None] * np.eye(4)[0] + np.sin(turns)[:, None] * np.eye(4)[1]
    few = labels == 2
    rows[few] = unit(np.eye(4)[0] + 0.5 * np.eye(4)[2] + 0.1 * corners) if tight else corners
    return recorded(unit(rows), labels)


def test_summaries_are_compared_over_the_classes_that_both_sides_know():
    before, after = (measure(*scattered(tight=tight), resampling=QUICK) for tight in (False, True))
    angles = [each.per_class["nearest_center_angle"] for each in (before, after)]
    assert [np.isnan(each).tolist() for each in angles] == [[False, False, True, False], [False] * 4]
    changed = differences(before, after)
    assert changed.classes_left_out["tail_gap"] == 1
    alike = angles[1][3] - angles[0][3]  # the tail is the third class and the last
    assert changed.summary["tail_gap"] == pytest.approx(alike)
    assert abs(alike - (after.summary["tail_gap"] - before.summary["tail_gap"])) > 1
    interval = changed.summary_certainty["tail_gap"]
    assert interval.low <= alike <= interval.high
    assert "accuracy" not in changed.classes_left_out


def test_summaries_without_replicates_are_compared_alike():
    before, after = (
        measure(*scattered(tight=tight), resampling=Resampling(draws=0)) for tight in (False, True)
    )
    changed = differences(before, after)
    angles = [each.per_class["nearest_center_angle"][3] for each in (before, after)]
    assert changed.summary["tail_gap"] == pytest.approx(angles[1] - angles[0])
    assert changed.summary_certainty == {}


def sloped(slope, *, replicates=None):
    """A table with a frequency slope, and replicates of it."""
    certain = {}
    if replicates is not None:
        low, high = np.quantile(replicates, [0.025, 0.975])
        known = Certainty(low=low, high=high, standard_error=replicates.std(), replicates=replicates)
        certain = {"frequency_slope": known}
    return replace(table(), per_class={}, summary={"frequency_slope": slope}, summary_certainty=certain)


@pytest.mark.parametrize(
    ("before", "after", "farther"), [(0.4, -0.4, 0), (0.1, -0.6, 0.5), (-0.6, 0.1, -0.5), (0.7, 0.3, -0.4)]
)
def test_the_slope_comes_nearer_to_zero_or_not(before, after, farther):
    spread = 0.05 * np.random.default_rng(0).standard_normal((2, 500))
    tables = [sloped(at, replicates=at + drawn) for at, drawn in zip((before, after), spread, strict=True)]
    changed = differences(*tables)
    assert changed.summary["frequency_slope"] == pytest.approx(after - before)
    assert changed.from_zero["frequency_slope"] == pytest.approx(farther)
    interval = changed.from_zero_certainty["frequency_slope"]
    assert interval.low <= farther <= interval.high
    clear = not interval.low <= 0 <= interval.high
    assert clear == (farther != 0)
    assert interval.high - interval.low == pytest.approx(4 * np.sqrt(2) * 0.05, rel=0.1)


def test_only_metrics_judged_by_their_distance_from_zero_have_one():
    measured = measure(*scattered(tight=True), metrics=EVERYTHING, resampling=Resampling(draws=20))
    changed = differences(measured, measured)
    assert set(changed.from_zero) == set(changed.from_zero_certainty) == {"frequency_slope"}
    assert differences(sloped(0.4), sloped(-0.5)).from_zero == {"frequency_slope": pytest.approx(0.1)}
    assert differences(sloped(0.4), sloped(-0.5)).from_zero_certainty == {}
    assert seed_noise([sloped(0.4), sloped(-0.5)]).from_zero == {"frequency_slope": pytest.approx(0.1)}
    assert seed_noise([sloped(0.4), sloped(-0.5)]).summary == {"frequency_slope": pytest.approx(0.9)}


def test_the_distance_from_zero_is_over_the_classes_that_both_sides_know():
    before, after = table(per_class=(0.6, 0.3, 0.1)), table(per_class=(0.5, np.nan, 0.5))
    counts = np.array(before.classes.counts)
    for each in (before, after):
        each.summary["frequency_slope"] = 9.0  # over other classes on either side
    changed = differences(before, after)
    slopes = [
        frequency_slope(
            np.where([True, False, True], each.per_class["territory_share"], np.nan), counts
        ).slope
        for each in (before, after)
    ]
    assert changed.classes_left_out["frequency_slope"] == 1
    assert changed.from_zero["frequency_slope"] == pytest.approx(abs(slopes[1]) - abs(slopes[0]))


def test_metrics_that_one_table_lacks_are_left_out():
    one, other = table(), table()
    del other.summary["evenness"]
    assert differences(one, other).summary == {}
    assert differences(one, other).certainty == {}


@pytest.mark.parametrize("other", [table(per_class=(0.1, 0.2, 0.3)), table(embeddings="test")])
def test_tables_that_do_not_fit_are_refused(other):
    with pytest.raises(ValueError, match="same classes and embeddings"):
        differences(table(), other)
    with pytest.raises(ValueError, match="same number of classes and the same embeddings"):
        seed_noise([table(), other])


def test_noise_is_the_largest_distance_of_any_two_baselines():
    noise = seed_noise(
        [
            table(0.5, per_class=(0.1, 0.2)),
            table(0.8, per_class=(0.4, np.nan)),
            table(0.4, per_class=(0.2, np.nan)),
        ]
    )
    assert noise.summary["evenness"] == pytest.approx(0.4)
    np.testing.assert_allclose(noise.per_class["territory_share"], [0.3, np.nan])
    assert noise.runs == 3


def test_one_baseline_has_no_noise_to_show():
    with pytest.raises(ValueError, match="two baselines at least, got 1"):
        seed_noise([table()])


@pytest.mark.parametrize(
    ("difference", "low", "high", "noise", "said"),
    [
        (0.2, 0.1, 0.3, 0.1, "clear"),
        (-0.2, -0.3, -0.1, 0.1, "clear"),
        (-0.2, -0.3, -0.1, 0.2, "within seed noise"),
        (0.2, 0.0, 0.3, 0.1, "uncertain"),
        (0.2, np.nan, np.nan, 0.1, "uncertain"),
        (1.0, 1.0, 1.0, 0.1, "uncertain"),
        (0.2, np.nan, np.nan, np.nan, "uncertain"),
        (0.0, np.nan, np.nan, np.nan, "uncertain"),
        (np.nan, -1, 1, 5.0, "unknown"),
    ],
)
def test_verdicts(difference, low, high, noise, said):
    assert verdict(difference, low=low, high=high, noise=noise) == said


def test_two_points_have_no_difference_of_concentration():
    """Infinity on both sides: not known, and nobody is warned."""
    labels = np.repeat([0, 1], [6, 4])
    tables = [measure(*recorded(np.eye(3)[labels], labels), metrics=("vmf_concentration",)) for _ in range(2)]
    with np.errstate(all="raise"):
        changed = differences(*tables)
        noise = seed_noise(tables)
    assert np.isnan(changed.per_class["vmf_concentration"]).all()
    assert np.isnan(noise.per_class["vmf_concentration"]).all()
