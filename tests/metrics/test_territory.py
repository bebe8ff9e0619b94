"""Territory and the three numbers made from it."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import SphericalVoronoi

from ghviz import metrics
from ghviz.metrics import evenness, frequency_slope, inputs, tail_territory, territory_share
from ghviz.metrics.territory_share import arcs, voronoi_areas
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, simplex, unit


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_shares_are_a_division(seed, dimension):
    share = territory_share(*cloud(seed, dimension), directions=500).share
    assert share.sum() == pytest.approx(1)
    assert (share >= 0).all()


@repeatable
@given(seed=seeds, dimension=st.sampled_from([2, 3]))
def test_exact_shares_do_not_see_rotation_scale_order_or_directions(seed, dimension):
    embeddings, labels = cloud(seed, dimension)
    embeddings[3], embeddings[-1] = embeddings[60], 2 * embeddings[1]  # doubles of other classes
    expected = territory_share(embeddings, labels).share
    order = np.random.default_rng(seed).permutation(len(labels))
    for moved, names in [
        (embeddings @ rotation(seed, dimension), labels),
        (embeddings * np.random.default_rng(seed).uniform(0.1, 10, (len(labels), 1)), labels),
        (embeddings[order], labels[order]),
    ]:
        np.testing.assert_allclose(
            territory_share(moved, names, directions=1, seed=9).share, expected, atol=1e-6
        )


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_copies_of_samples_in_their_own_class_change_nothing(seed, dimension):
    embeddings, labels = cloud(seed, dimension)
    twice = np.random.default_rng(seed).integers(0, len(labels), 30)
    more = territory_share(np.vstack([embeddings, embeddings[twice]]), np.append(labels, labels[twice])).share
    np.testing.assert_allclose(more, territory_share(embeddings, labels).share, atol=1e-6)


def test_samples_of_two_classes_at_one_place_share_its_cell():
    embeddings = np.array([[1.0, 0], [1, 0], [1, 0], [0, 1], [-1, 0], [0, -1]])
    np.testing.assert_allclose(
        territory_share(embeddings, np.array([0, 1, 1, 2, 2, 2])).share, [1 / 12, 2 / 12, 3 / 4], atol=1e-12
    )
    quarter = np.array([[0.0, 1], [-1, 0]])
    turned = embeddings  # the place comes to lie at the cut of the angle too
    for _ in range(3):
        turned = turned @ quarter
        share = territory_share(turned, np.array([0, 1, 1, 2, 2, 2])).share
        np.testing.assert_allclose(share, [1 / 12, 2 / 12, 3 / 4], atol=1e-12)


def test_a_place_across_the_cut_of_the_angle_is_one_place():
    embeddings = np.array([[-1.0, 1e-9], [-1.0, -1e-9], [1.0, 0.0]])
    np.testing.assert_allclose(
        territory_share(embeddings, np.array([0, 1, 2])).share, [0.25, 0.25, 0.5], atol=1e-8
    )


@pytest.mark.parametrize("dimension", [2, 3, 5, 40])
def test_total_collapse_is_shared_by_counts(dimension):
    embeddings = np.ones((10, dimension)) / 3
    labels = np.array([0] * 7 + [1] * 3)
    np.testing.assert_allclose(territory_share(embeddings, labels).share, [0.7, 0.3], atol=1e-12)
    nearly = embeddings + 1e-10 * np.random.default_rng(0).standard_normal(embeddings.shape)
    np.testing.assert_allclose(territory_share(nearly, labels).share, [0.7, 0.3], atol=1e-12)


@pytest.mark.parametrize("num_classes", [2, 3, 4, 6])
def test_a_simplex_is_divided_evenly(num_classes):
    share = territory_share(simplex(num_classes), np.arange(num_classes)).share
    np.testing.assert_allclose(share, 1 / num_classes, atol=5 * np.sqrt(0.25 / 20_000))


def test_arcs_by_hand():
    angles = np.radians([10.0, 350.0, 100.0])
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    np.testing.assert_allclose(arcs(points) * 360, [10 + 45, 10 + 125, 45 + 125])


@pytest.mark.parametrize("spread", [0.02, 0.4, 3.0])
@pytest.mark.parametrize("seed", range(4))
def test_sphere_against_scipy(seed, spread):
    points = unit(cloud(seed, 3, counts=(200, 60, 5), spread=spread)[0])
    areas = SphericalVoronoi(points).calculate_areas() / (4 * np.pi)
    np.testing.assert_allclose(voronoi_areas(points), areas, atol=1e-9)


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-5])
def test_sphere_against_directions_when_all_points_crowd_together(size):
    """All points within a small cap: the outermost own nearly all, reaching round the sphere."""
    generator = np.random.default_rng(0)
    points = unit(np.array([0, 0, 1.0]) + size * generator.standard_normal((50, 3)))
    labels = np.arange(50) % 4
    share = territory_share(points, labels).share
    directions = unit(generator.standard_normal((100_000, 3)))
    scores = directions @ (points - points[0]).T  # a common shift changes no winner and keeps the digits
    hits = np.bincount(labels[scores.argmax(axis=1)], minlength=4) / len(directions)
    np.testing.assert_allclose(share, hits, atol=0.01)


def test_points_in_one_plane_fall_back_to_directions():
    angles = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1)
    assert voronoi_areas(ring) is None
    np.testing.assert_allclose(territory_share(ring, np.arange(6)).share, 1 / 6, atol=0.02)
    np.testing.assert_allclose(territory_share(ring[:2], np.arange(2)).share, [0.5, 0.5], atol=0.02)


def test_areas_that_do_not_add_up_are_not_believed(monkeypatch):
    module = sys.modules[territory_share.__module__]
    embeddings, labels = cloud(0, 3)
    exact = territory_share(embeddings, labels).share
    areas = module.triangle_areas
    monkeypatch.setattr(module, "triangle_areas", lambda a, b, c: areas(a, b, c) * 0.99999)
    assert voronoi_areas(unit(embeddings)) is None
    np.testing.assert_allclose(territory_share(embeddings, labels).share, exact, atol=0.015)


def test_collapsed_head_beside_open_classes():
    """What GH does to a head class: thousands of points within float32's resolution."""
    generator = np.random.default_rng(0)
    head = unit(np.array([0, 0, 1.0]) + 1e-7 * generator.standard_normal((2_000, 3)))
    others = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, -1], [-1, 0, 0], [0, -1, 0]])
    share = territory_share(
        np.float32(np.vstack([head, others])), np.append(np.zeros(2_000, dtype=int), [1, 2, 3, 4, 5])
    ).share
    np.testing.assert_allclose(share, 1 / 6, atol=0.02)


@pytest.mark.parametrize("dimension", [2, 3])
def test_monte_carlo_agrees_with_exact_within_its_standard_error(dimension):
    embeddings, labels = cloud(5, dimension)
    exact = territory_share(embeddings, labels).share
    directions = np.random.default_rng(1).standard_normal((40_000, dimension))
    drawn = np.bincount(labels[(directions @ unit(embeddings).T).argmax(axis=1)], minlength=5) / 40_000
    error = np.sqrt(exact * (1 - exact) / 40_000)
    assert (np.abs(drawn - exact) < 4 * error).all()


@pytest.mark.parametrize("dimension", [4, 8, 9, 30])
def test_directions_agree_between_seeds_and_methods_within_the_standard_error(dimension):
    embeddings, labels = cloud(2, dimension)
    shares = np.array(
        [territory_share(embeddings, labels, directions=4_000, seed=s).share for s in range(12)]
    )
    mean = shares.mean(axis=0)
    error = np.sqrt(mean * (1 - mean) / 4_000)
    assert (shares.std(axis=0) < 2 * error + 1e-12).all()
    assert shares.std(axis=0).max() > 0
    assert (shares[0] == territory_share(embeddings, labels, directions=4_000).share).all()
    directions = np.random.default_rng(77).standard_normal((100_000, dimension))
    drawn = np.bincount(labels[(directions @ unit(embeddings).T).argmax(axis=1)], minlength=5) / 100_000
    assert (np.abs(mean - drawn) < 4 * np.sqrt(mean * (1 - mean) * (1 / 48_000 + 1 / 100_000))).all()


def test_standard_error_is_that_of_the_drawing():
    embeddings, labels = cloud(2, 9)
    share, error = territory_share(embeddings, labels, directions=4_000)
    np.testing.assert_allclose(error, np.sqrt(share * (1 - share) / 4_000))
    for dimension in (2, 3):
        assert (territory_share(*cloud(2, dimension)).standard_error == 0).all()
    points = np.random.default_rng(0).standard_normal((40, 9))
    share, error = territory_share(points, np.arange(40), directions=10, num_classes=41)
    unseen = share == 0
    assert unseen.sum() >= 30
    np.testing.assert_allclose(error[unseen], np.sqrt(0.05 * 0.95 / 10))  # half a hit, not surely nothing
    assert np.isnan([share[40], error[40]]).all()
    assert territory_share(np.ones((2, 9)), np.array([0, 0]))[1] == [0]


@pytest.mark.parametrize("dimension", [2, 3, 9])
def test_a_class_alone_holds_all_of_it_for_sure(dimension):
    points = np.random.default_rng(0).standard_normal((49, dimension))
    share, error = territory_share(points, np.full(49, 1), directions=1_000, num_classes=3)
    np.testing.assert_array_equal(share, [np.nan, 1, np.nan])
    np.testing.assert_array_equal(error, [np.nan, 0, np.nan])


def test_a_class_that_no_direction_misses_is_not_known_to_hold_all():
    """A tiny class in the middle of a large one: nothing and everything have the error of half a hit."""
    generator = np.random.default_rng(0)
    points = np.vstack([np.ones((1, 9)), np.ones((40, 9)) + 0.1 * generator.standard_normal((40, 9))])
    share, error = territory_share(points, np.repeat([0, 1], [1, 40]), directions=200)
    assert share.tolist() == [0, 1]
    np.testing.assert_allclose(error, np.sqrt(0.5 * 199.5 / 200 / 200**2))


def test_chunks_do_not_matter(monkeypatch):
    embeddings, labels = cloud(2, 20)
    whole = territory_share(embeddings, labels, directions=999).share
    monkeypatch.setattr(inputs, "CHUNK", 7 * (len(labels) + 80))
    assert (territory_share(embeddings, labels, directions=999).share == whole).all()


@pytest.mark.parametrize("size", [1e-2, 1e-5, 1e-6])
def test_directions_tell_what_single_precision_cannot(size):
    """Two crowds at opposite ends, each shared by two classes: cosines differ by size times size."""
    generator = np.random.default_rng(0)
    ends = np.repeat([1.0, -1.0], 30)[:, None] * np.eye(12)[0]
    embeddings, labels = ends + size * generator.standard_normal((60, 12)), np.arange(60) % 4
    directions = np.random.default_rng(0).standard_normal((3_000, 12))  # those that seed 0 draws
    nearest = (directions.astype(np.longdouble) @ unit(embeddings).astype(np.longdouble).T).argmax(axis=1)
    expected = np.bincount(labels[nearest], minlength=4) / 3_000
    share = territory_share(embeddings, labels, directions=3_000).share
    np.testing.assert_allclose(share, expected, atol=0.0007)


def test_an_absent_class_is_nan():
    share = territory_share(np.array([[1.0, 0], [0, 1]]), np.array([0, 2]), num_classes=4).share
    assert np.isnan(share).tolist() == [False, True, False, True]
    with pytest.raises(ValueError, match="directions must be at least 1"):
        territory_share(np.ones((2, 2)), np.array([0, 1]), directions=0)
    with pytest.raises(ValueError, match=r"labels must lie in 0 \.\. 1, got 0 \.\. 2"):
        territory_share(np.ones((2, 2)), np.array([0, 2]), num_classes=2)


@repeatable
@given(seed=seeds, slope=st.floats(-2, 2))
def test_slope_finds_a_power_law(seed, slope):
    counts = np.random.default_rng(seed).integers(1, 500, 8)
    counts[0] = 501
    share = counts.astype(float) ** slope
    assert frequency_slope(share / share.sum(), counts, floor=0.0).slope == pytest.approx(slope, abs=1e-9)


def test_slope_equals_numpys_fit():
    share, counts = np.array([0.5, 0.2, 0.2, 0.1]), np.array([90, 30, 12, 3])
    fitted = np.polyfit(np.log(counts), np.log(share), 1)[0]
    assert frequency_slope(share, counts).slope == pytest.approx(fitted)


def test_standard_error_of_the_slope_equals_scipys():
    from scipy.stats import linregress

    share, counts = np.array([0.5, 0.2, 0.2, 0.1]), np.array([90, 30, 12, 3])
    expected = linregress(np.log(counts), np.log(share))
    assert frequency_slope(share, counts) == pytest.approx((expected.slope, expected.stderr))
    with_absent = frequency_slope(np.append(share, np.nan), np.append(counts, 2))
    assert with_absent == pytest.approx((expected.slope, expected.stderr))
    assert np.isnan(frequency_slope(share[:2], counts[:2]).standard_error)
    assert np.isnan(frequency_slope(share[:2], counts[[0, 0]])).all()


def test_zero_share_counts_as_half_a_direction():
    counts = np.array([100, 10, 1])
    lost, floored = np.array([0.9, 0.1, 0.0]), np.array([0.9, 0.1, 0.5 / 20_000])
    assert frequency_slope(lost, counts).slope == frequency_slope(floored, counts).slope
    assert frequency_slope(np.array([0.9, 0.1, 1e-12]), counts).slope == frequency_slope(lost, counts).slope


def test_slope_without_two_frequencies_is_nan():
    assert np.isnan(frequency_slope(np.array([0.5, 0.5]), np.array([7, 7])).slope)
    assert np.isnan(frequency_slope(np.array([np.nan, 1.0]), np.array([7, 3])).slope)
    assert np.isnan(frequency_slope(np.array([0.5, 0.5]), np.array([7, 0])).slope)
    with pytest.raises(ValueError, match="both be"):
        frequency_slope(np.ones(3), np.ones(2))


@pytest.mark.parametrize(
    ("share", "counts", "floor", "sentence"),
    [
        ([-0.1, 1.1], [7, 3], 0.1, "shares must not be negative or infinite, got -0.1"),
        ([np.inf, 1.1], [7, 3], 0.1, "shares must not be negative or infinite, got inf"),
        ([0.5, 0.5], [7, -3], 0.1, "counts must be numbers of samples, 0 or more, got -3 for class 1"),
        ([0.5, 0.5], [np.nan, 3], 0.1, "counts must be numbers of samples, 0 or more, got nan for class 0"),
        ([0.5, 0.5], ["a", "b"], 0.1, r"counts must be \(L,\) numbers, one a class, got <U1 values of shape"),
        ([1.0, 0.0], [7, 3], 0.0, "floor must be positive, or 0 if no share is zero, got 0.0"),
        ([1.0, 0.0], [7, 3], -1.0, "floor must be positive, or 0 if no share is zero, got -1.0"),
        ([1.0, 0.1], [7, 3], np.nan, "floor must be positive, or 0 if no share is zero, got nan"),
    ],
)
def test_a_slope_of_what_makes_no_sense_is_refused(share, counts, floor, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        frequency_slope(np.array(share), np.array(counts), floor=floor)


@pytest.mark.parametrize("summary", [metrics.tail_territory, metrics.tail_accuracy])
def test_the_tail_of_counts_that_make_no_sense_is_refused(summary):
    with pytest.raises(ValueError, match=r"^counts must be numbers .*, 0 or more, got -1 for class 1$"):
        summary(np.array([0.5, 0.3, 0.2]), counts=np.array([5, -1, 3]))


def test_the_tail_gap_of_counts_that_make_no_sense_is_refused():
    with pytest.raises(ValueError, match=r"^counts must be numbers .*, 0 or more, got -1 for class 1$"):
        metrics.tail_gap(np.eye(3), np.arange(3), counts=np.array([5, -1, 3]))


@repeatable
@given(seed=seeds, size=st.integers(2, 30))
def test_evenness_lies_between_its_extremes(seed, size):
    share = np.random.default_rng(seed).exponential(size=size)
    value = evenness(share)
    assert 0 <= value <= 1 + 1e-12
    assert evenness(share * 7) == pytest.approx(value)
    assert evenness(np.random.default_rng(seed).permutation(share)) == pytest.approx(value)
    assert evenness(np.ones(size)) == pytest.approx(1)
    assert evenness(np.eye(size)[0]) == 0


def test_evenness_against_scipy():
    from scipy.stats import entropy

    share = np.array([0.5, 0.3, 0.15, 0.05, 0.0])
    assert evenness(share) == pytest.approx(entropy(share) / np.log(5))
    assert evenness(np.append(share, np.nan)) == pytest.approx(evenness(share))
    assert np.isnan(evenness(np.array([1.0])))
    assert np.isnan(evenness(np.zeros(3)))
    with pytest.raises(ValueError, match="negative"):
        evenness(np.array([-0.1, 1.1]))


def test_tail_territory():
    share = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    assert tail_territory(share) == pytest.approx(0.15)
    assert tail_territory(share, counts=np.array([1, 2, 50, 60, 70])) == pytest.approx(0.7)
    assert tail_territory(np.array([0.6, 0.4, np.nan, 0.0])) == pytest.approx(0.0)
    assert np.isnan(tail_territory(np.array([0.6, 0.4, np.nan, np.nan])))
    with pytest.raises(ValueError, match=r"counts must be \(5,\)"):
        tail_territory(share, counts=np.ones(3))
