"""Intervals of a table: they cover the truth, hold the value, and say where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import (
    EVERYTHING,
    Resampling,
    frequency_slope,
    interval,
    measure,
    territory_replicates,
    territory_share,
    unbiased_center_cosines,
)
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.center_cosines import distance_from_simplex
from ghviz.metrics.intervals.certainty import Draws, certainty_of
from ghviz.metrics.intervals.half_samples import halves
from ghviz.metrics.material import Material
from ghviz.metrics.table import ALL_PER_CLASS, ALL_SUMMARY
from ghviz.metrics.unbiased_center_cosines import mean_distances_of_cosines, nearest_angles_of_cosines
from ghviz.metrics.values import near_distances_of_cosines
from ghviz.metrics.vmf_concentration import concentration_of
from ghviz.types import ClassTable, Points, Snapshot
from tests.metrics.samples import cloud, recorded, rotation, unit

QUICK = Resampling(draws=200)
WITH_INTERVAL = {
    "territory_share",
    "mean_resultant_length",
    "class_uniformity",
    "class_alignment",
    "nearest_neighbor_accuracy",
    "nearest_center_angle",
    "neighborhood_uniformity",
    "sample_uniformity",
    "vmf_concentration",
    "within_class_variability",
    "silhouette",
    "knn_purity",
}


def run(counts=(40, 17, 9, 5), dimension=3, **more):
    train, labels = cloud(1, dimension, counts=counts)
    test, test_labels = cloud(1, dimension, counts=(6,) * len(counts))
    return recorded(train, labels, test=test, test_labels=test_labels, **more)


@pytest.mark.parametrize("dimension", [2, 3, 20])
def test_every_metric_has_its_value_and_the_same_ones_have_intervals(dimension):
    table = measure(*run(dimension=dimension), metrics=EVERYTHING, resampling=QUICK)
    assert tuple(table.per_class) == ALL_PER_CLASS
    assert tuple(table.summary) == ALL_SUMMARY
    assert all(np.isfinite(values).all() for values in table.per_class.values())
    assert np.isfinite(list(table.summary.values())).all()
    assert set(table.certainty) == WITH_INTERVAL
    for name, certainty in table.certainty.items():
        values = table.per_class[name]
        assert (certainty.low <= certainty.high).all()
        assert (certainty.standard_error >= 0).all()
        middle = (certainty.low + certainty.high) / 2
        assert (np.abs(values - middle) <= 0.75 * (certainty.high - certainty.low) + 1e-9).all(), name
    assert set(table.summary_certainty) >= {"frequency_slope", "tail_gap", "evenness", "simplex_distance"}
    for name, certainty in table.summary_certainty.items():
        assert certainty.low.shape == ()
        assert certainty.low <= certainty.high, name


def test_no_interval_of_a_share_reaches_beyond_what_a_share_can_be():
    """Three tight classes, and some of the fourth among them: purity is 1 but for a few of few samples."""
    rows, labels = cloud(5, 3, counts=(40, 12, 6, 4), spread=0.25)
    table = measure(*recorded(rows, labels), metrics=EVERYTHING, resampling=QUICK)
    highest = {"knn_purity": 1, "silhouette": 1, "evenness": 1, "tail_territory": 1, "tail_gap": 180}
    for name, most in highest.items():
        certainty = table.summary_certainty[name]
        assert certainty.high <= most, name
        assert certainty.low >= (-1 if name == "silhouette" else 0), name


def test_metrics_of_centres_are_the_unbiased_ones_beside_intervals():
    snapshot, points, classes = run()
    cosines = unbiased_center_cosines(snapshot.train, points.train_labels)
    table = measure(snapshot, points, classes, resampling=Resampling(draws=0))
    assert table.certainty == {}
    angles = table.per_class["nearest_center_angle"]
    np.testing.assert_allclose(angles, nearest_angles_of_cosines(cosines))
    np.testing.assert_allclose(table.per_class["class_uniformity"], mean_distances_of_cosines(cosines))
    assert table.summary["tail_gap"] == pytest.approx(angles[2:].mean())
    plain = measure(snapshot, points, classes)
    assert not np.allclose(plain.per_class["nearest_center_angle"], angles)


def test_a_subset_is_measured_alone_and_equals_the_whole():
    whole = measure(*run(), metrics=EVERYTHING, resampling=QUICK)
    some = measure(*run(), metrics=("evenness", "class_alignment", "effective_rank"), resampling=QUICK)
    assert list(some.per_class) == ["class_alignment", "effective_rank"]
    assert list(some.summary) == ["evenness", "class_alignment", "effective_rank"]
    assert set(some.certainty) == {"class_alignment"}
    for name, values in some.per_class.items():
        np.testing.assert_array_equal(values, whole.per_class[name])
    assert {**whole.summary, **some.summary} == whole.summary
    assert some.summary_certainty["evenness"].low == whole.summary_certainty["evenness"].low


@pytest.mark.parametrize("asked", [("territory",), "evenness", ("evenness", "no such metric")])
def test_a_metric_that_is_not_known_is_refused(asked):
    with pytest.raises(ValueError, match="metrics must be names among frequency_slope"):
        measure(*run(), metrics=asked)


def test_test_embeddings_are_kept_apart():
    snapshot, points, classes = run()
    table = measure(snapshot, points, classes, metrics=list(EVERYTHING), embeddings="test", resampling=QUICK)
    assert table.embeddings == "test"
    assert set(table.per_class) == set(ALL_PER_CLASS) - {"territory_share"}
    assert not set(table.summary) & {"frequency_slope", "tail_territory", "evenness"}
    alone = measure(*recorded(snapshot.test, points.test_labels), metrics=("class_alignment",))
    np.testing.assert_allclose(table.per_class["class_alignment"], alone.per_class["class_alignment"])
    train = measure(snapshot, points, classes)
    np.testing.assert_array_equal(
        table.per_class["nearest_neighbor_accuracy"], train.per_class["nearest_neighbor_accuracy"]
    )
    np.testing.assert_array_equal(table.samples["train"], classes.counts)
    np.testing.assert_array_equal(table.samples["test"], 6)
    with pytest.raises(ValueError, match="territory_share: means something on the long-tailed training"):
        measure(snapshot, points, classes, metrics=("territory_share",), embeddings="test")


def test_no_value_without_a_reason_and_no_reason_without_need():
    table = measure(*run(counts=(40, 17, 2, 1)), metrics=EVERYTHING, resampling=QUICK)
    for name, values in table.per_class.items():
        said = table.reasons[name]
        assert [bool(each) for each in said] == np.isnan(values).tolist(), name
    assert table.reasons["nearest_center_angle"][2] == "needs 3 samples of a class, this one has 2"
    assert table.reasons["mean_resultant_length"][2:] == ("", "needs 2 samples of a class, this one has 1")
    low = table.certainty["territory_share"].low
    assert np.isfinite(low).tolist() == [True, True, False, False]  # a value, but no interval


def test_classes_without_samples_at_the_end():
    snapshot, points, classes = run(counts=(40, 17, 9))
    more = type(classes)(names=(*classes.names, "empty"), counts=(*classes.counts, 0))
    table = measure(snapshot, points, more, metrics=EVERYTHING, resampling=QUICK)
    for name in ALL_PER_CLASS:
        assert np.isnan(table.per_class[name][3])
        assert table.reasons[name][3]
        if name in table.certainty:
            assert np.isnan(table.certainty[name].low[3])
            assert np.isfinite(table.certainty[name].low[:3]).all(), name


@pytest.mark.parametrize("embeddings", ["train", "test"])
def test_without_test_embeddings_it_says_so(embeddings):
    snapshot, points, classes = run()
    bare = type(snapshot)(step=1, epoch=0, train=snapshot.train, test=snapshot.test[:0])
    none = type(points)(
        train_labels=points.train_labels,
        train_indices=points.train_indices,
        test_labels=points.test_labels[:0],
        targets=points.targets,
    )
    table = measure(bare, none, classes, metrics=EVERYTHING, embeddings=embeddings, resampling=QUICK)
    reason = table.reasons["nearest_neighbor_accuracy"][0]
    assert "no test embeddings" in reason
    assert np.isnan(table.summary["accuracy"])
    assert np.isfinite(table.summary["class_alignment"]) == (embeddings == "train")


def test_what_was_sampled_is_named():
    train, labels = cloud(1, 4, counts=(4_100, 30, 10))
    with pytest.warns(UserWarning, match="sample_uniformity"):
        table = measure(
            *recorded(train, labels, test=train[:9], test_labels=labels[:9]), metrics=EVERYTHING[:-1]
        )
    assert set(table.sampled) == {
        *("territory_share", "frequency_slope", "tail_territory", "evenness"),
        *("class_alignment", "sample_uniformity"),
    }
    assert measure(*run(dimension=3), metrics=EVERYTHING).sampled == ()


def test_halves_are_shares_and_the_same_for_the_same_labels():
    embeddings, labels = cloud(3, 5, counts=(30, 11, 4))
    shares = territory_replicates(embeddings, labels, draws=40)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert (shares.std(axis=0) > 0).all()
    np.testing.assert_array_equal(shares, territory_replicates(3 * embeddings, labels, draws=40))
    assert not np.array_equal(shares, territory_replicates(embeddings, labels, draws=40, seed=1))


@pytest.mark.parametrize(("size", "sizes"), [(0, {0}), (1, {0, 1}), (3, {1, 2}), (8, {4}), (9, {4, 5})])
def test_a_half_is_half_of_a_class(size, sizes):
    kept = halves(size, 60, np.random.default_rng(0))
    assert set(kept.sum(axis=1).tolist()) == sizes
    assert size == 0 or kept.any(axis=0).all()


def test_territory_of_points_at_one_place_needs_no_luck():
    """Three places, one a class: the share of a class is its place's, whatever the halves."""
    embeddings, labels = np.repeat(np.eye(3), (9, 5, 3), axis=0), np.repeat([0, 1, 2], (9, 5, 3))
    shares = territory_replicates(embeddings, labels, draws=60)
    assert shares.std(axis=0).max() < 1e-12
    np.testing.assert_allclose(shares[0], 1 / 3, atol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("dimension", "spread"), [(2, 0.5), (3, 0.4), (32, 0.3)])
def test_intervals_of_territory_cover_the_truth(dimension, spread):
    counts = np.array([120, 60, 30, 15, 8])
    generator = np.random.default_rng(0)
    centers, labels = unit(generator.standard_normal((5, dimension))), np.repeat(np.arange(5), counts)

    def drawn():
        return centers[labels] + spread * generator.standard_normal((len(labels), dimension))

    truth = np.mean(
        [territory_share(drawn(), labels, directions=4_000, seed=s).share for s in range(300)], axis=0
    )
    covered, runs = np.zeros(5), 150
    for seed in range(runs):
        embeddings = drawn()
        share = territory_share(embeddings, labels, directions=4_000, seed=seed).share
        replicates = territory_replicates(embeddings, labels, draws=100, seed=seed)
        low, high = interval(replicates + share - replicates.mean(axis=0))
        covered += (low <= truth) & (truth <= high)
    assert covered.mean() / runs >= 0.86, covered / runs
    assert covered.min() / runs >= 0.75, covered / runs


def test_rotation_changes_no_interval_on_the_circle():
    snapshot, points, classes = run(dimension=2)
    turned = type(snapshot)(
        step=30,
        epoch=3,
        train=np.float32(snapshot.train @ rotation(4, 2)),
        test=np.float32(snapshot.test @ rotation(4, 2)),
    )
    one, other = (measure(s, points, classes, resampling=QUICK) for s in (snapshot, turned))
    for name in ("mean_resultant_length", "class_alignment", "nearest_center_angle", "class_uniformity"):
        np.testing.assert_allclose(one.certainty[name].low, other.certainty[name].low, atol=2e-3)


def widths(table):
    """Interval ends of all metrics, each class and number its own column, over the width."""
    ends = {}
    for kind in (table.certainty, table.summary_certainty):
        for name, certainty in kind.items():
            ends[name, kind is table.certainty] = np.atleast_1d(certainty.low), np.atleast_1d(certainty.high)
    return ends


def moved(one, other, *, order=None):
    """By what part of its width an interval's ends differ at most, for each metric."""
    most = {}
    for key, (low, high) in widths(one).items():
        found = widths(other)[key]
        low_2, high_2 = found if order is None or not key[1] else (found[0][order], found[1][order])
        most[key] = np.nanmax(np.abs([low_2 - low, high_2 - high]) / np.maximum(high - low, 1e-9))
    return most


@pytest.mark.parametrize("dimension", [2, 8])
def test_what_moves_no_number_moves_no_interval_but_by_chance(dimension):
    """Rows are drawn by their places: another order of samples or classes is another seed."""
    counts, how = np.array([60, 25, 12, 6]), Resampling(draws=400)
    train, labels = cloud(1, dimension, counts=counts)
    test, tested = cloud(2, dimension, counts=(9, 9, 9, 9))
    turn, order = rotation(4, dimension), np.random.default_rng(0).permutation(len(labels))
    renamed = np.array([2, 0, 3, 1])  # class c is then called renamed[c]

    def table(train, labels, test, tested, counts=counts):
        run = recorded(train, labels, test=test, test_labels=tested, counts=counts)
        return measure(*run, metrics=EVERYTHING, resampling=how)

    one = table(train, labels, test, tested)
    assert max(moved(one, table(3 * train, labels, 7 * test, tested)).values()) < 1e-4
    for (name, _), by in moved(one, table(train @ turn, labels, test @ turn, tested)).items():
        of_territory = name in ("territory_share", "frequency_slope", "tail_territory", "evenness")
        assert by < (0.2 if of_territory else 1e-3), name  # the directions stay where they were
    assert max(moved(one, table(train[order], labels[order], test, tested)).values()) < 0.6
    again = table(train, renamed[labels], test, renamed[tested], counts[np.argsort(renamed)])
    assert max(moved(one, again, order=renamed).values()) < 0.6


def test_classes_of_one_or_two_samples_are_held_at_their_value_in_summaries():
    snapshot, points, classes = run(counts=(40, 17, 9, 2, 1))
    table = measure(snapshot, points, classes, metrics=EVERYTHING, resampling=QUICK)
    for name in WITH_INTERVAL - {"nearest_neighbor_accuracy"}:
        assert np.isfinite(table.certainty[name].low).tolist() == [True, True, True, False, False], name
        assert np.isnan(table.certainty[name].replicates[:, 3:]).all(), name
    for name, certainty in table.summary_certainty.items():
        only_held = name in (
            "tail_territory",
            "tail_gap",
            "tail_mean_cosine",
        )  # the tail is what is too small
        assert (certainty.low < certainty.high) != only_held, name
        assert np.isnan([certainty.low, certainty.high]).all() == only_held, name
    held = table.summary_certainty["frequency_slope"].replicates
    draws = Draws(
        Material(snapshot=snapshot, points=points, classes=classes, resampling=QUICK), QUICK
    )._centred("territory_share", table.per_class["territory_share"])
    drawn = np.where(np.isfinite(draws), draws, table.per_class["territory_share"])
    slopes = [frequency_slope(each, np.array(classes.counts)).slope for each in drawn]
    assert np.corrcoef(slopes, held)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_head_class_of_a_few_samples_has_no_interval_of_its_length(size):
    table = measure(*run(counts=(size, 1)), metrics=("head_resultant_length",), resampling=QUICK)
    assert np.isnan(table.summary_certainty["head_resultant_length"].low)


def test_a_value_that_is_not_known_has_no_interval():
    replicates = np.linspace(0, 1, 100)[:, None] * [1, 1]
    certainty = certainty_of(replicates, 0.95, np.array([0.5, np.nan]))
    for each in (certainty.low, certainty.high, certainty.standard_error):
        assert np.isfinite(each).tolist() == [True, False]


def test_an_interval_holds_its_value():
    certainty = certainty_of(np.linspace(0, 1, 100), 0.95, 2.0)
    assert (certainty.low, certainty.high) == (pytest.approx(0.025), 2)


@pytest.mark.parametrize(("embeddings", "kind"), [("train", "training"), ("test", "test")])
def test_of_no_samples_there_is_nothing_to_say_and_it_is_said(embeddings, kind):
    none, labels = np.zeros((0, 3), np.float32), np.zeros(0, np.int64)
    snapshot = Snapshot(step=1, epoch=0, train=none, test=none)
    points = Points(
        train_labels=labels, train_indices=labels, test_labels=labels, targets=np.eye(3, dtype=np.float32)
    )
    classes = ClassTable(names=("a", "b"), counts=(0, 0))
    table = measure(snapshot, points, classes, metrics=EVERYTHING, embeddings=embeddings, resampling=QUICK)
    assert np.isnan(list(table.summary.values())).all()
    assert table.certainty == table.summary_certainty == {}
    assert {said for each in table.reasons.values() for said in each} == {f"there are no {kind} embeddings"}


@pytest.mark.slow
@pytest.mark.parametrize(("size", "dimension"), [(20, 32), (30, 128)])
def test_intervals_of_nearest_centres_cover_the_truth(size, dimension):
    """Plain percentiles cover it in 0 to 39 % of the draws: scatter brings some centre nearer."""
    generator = np.random.default_rng(1)
    centers, spread = unit(generator.standard_normal((size, dimension))), 0.12
    counts = np.geomspace(60, 5, size).astype(int)
    labels = np.repeat(np.arange(size), counts)
    cosines = np.clip(centers @ centers.T, -1, 1)  # noise is the same in all directions: means point at these
    truth = {"tail_gap": nearest_angles_of_cosines(cosines)[size - size // 2 :].mean()}
    truth["simplex_distance"] = distance_from_simplex(cosines)
    truth["neighborhood_uniformity"] = near_distances_of_cosines(cosines).mean()
    covered = dict.fromkeys(truth, 0)
    runs = 60
    for seed in range(runs):
        drawn = centers[labels] + spread * generator.standard_normal((len(labels), dimension))
        how = Resampling(draws=150, seed=seed)
        table = measure(*recorded(drawn, labels), metrics=tuple(truth), resampling=how)
        for name, value in truth.items():
            certainty = table.summary_certainty[name]
            assert certainty.low <= table.summary[name] <= certainty.high
            covered[name] += certainty.low <= value <= certainty.high
    assert min(covered.values()) / runs >= 0.75, covered
    assert np.mean(list(covered.values())) / runs >= 0.85, covered


def test_concentrations_are_those_of_the_lengths():
    snapshot, points, classes = run(dimension=12)
    table = measure(snapshot, points, classes, metrics=EVERYTHING, resampling=QUICK)
    lengths = table.certainty["mean_resultant_length"].replicates
    expected = concentration_of(lengths.ravel(), 12).reshape(lengths.shape)
    found = table.certainty["vmf_concentration"].replicates
    np.testing.assert_allclose(found[lengths < 1 - 1e-6], expected[lengths < 1 - 1e-6], rtol=1e-4, atol=1e-6)


def test_the_catalogue_says_where_a_metric_means_something():
    for name in ("territory_share", "frequency_slope", "tail_territory", "evenness"):
        assert METRICS[name].embeddings == ("train",)
    assert METRICS["accuracy"].embeddings == ("test",)
    assert METRICS["silhouette"].embeddings == ("train", "test")


def test_the_catalogue_says_how_intervals_are_made_and_why_there_is_none():
    assert "of a class no interval" in METRICS["effective_rank"].interval
    without = {name for name, info in METRICS.items() if "no interval" in info.interval}
    assert without == set(ALL_PER_CLASS) - WITH_INTERVAL
    assert {name for name, info in METRICS.items() if "Wilson" in info.interval} == {
        *("accuracy", "tail_accuracy", "nearest_neighbor_accuracy"),
    }


@pytest.mark.parametrize("counts", [(1,), (2,), (4,), (1, 1), (4, 1, 1), (0, 5, 5), (9, 0, 3)])
@pytest.mark.parametrize("at_one_place", [False, True])
def test_of_hardly_any_samples(counts, at_one_place):
    """No warning, no error, and no interval without its value inside."""
    train, labels = cloud(1, 3, counts=counts)
    train = np.tile(np.eye(3)[0], (len(labels), 1)) if at_one_place else train
    for draws in (20, 40):
        how = Resampling(draws=draws)
        table = measure(*recorded(train, labels, counts=np.array(counts)), metrics=EVERYTHING, resampling=how)
        for name, each in table.certainty.items():
            inside = (each.low <= table.per_class[name]) & (table.per_class[name] <= each.high)
            assert (inside | np.isnan(each.low)).all(), name
            assert np.isnan(each.low[np.array(counts) < 4]).all() or name == "nearest_neighbor_accuracy"
        for name, each in table.summary_certainty.items():
            assert np.isnan(each.low) or each.low <= table.summary[name] <= each.high, name
