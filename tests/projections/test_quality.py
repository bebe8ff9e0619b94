"""Trustworthiness and continuity against scikit-learn, loops, closed forms, and themselves in parts."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn.manifold import trustworthiness

from ghviz.metrics import SampledWarning, inputs
from ghviz.projections import quality
from ghviz.projections.quality import picture_quality
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, unit


def pictured(seed, dimension, width=2):
    """Embeddings, a picture of them with some noise, and labels."""
    embeddings, labels = cloud(seed, dimension)
    noise = np.random.default_rng(seed).standard_normal((len(labels), width))
    return embeddings, unit(embeddings)[:, :width] + 0.3 * noise, labels


def slow(embeddings, drawn, k):
    """The formula, point by point and rank by rank; no ties."""
    n, result = len(embeddings), []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        true = sorted(others, key=lambda j: -(unit(embeddings)[i] @ unit(embeddings)[j]))
        shown = sorted(others, key=lambda j: np.linalg.norm(drawn[i] - drawn[j]))
        lost = [
            sum(max(0, ranked.index(j) + 1 - k) for j in near[:k])
            for near, ranked in ((shown, true), (true, shown))
        ]
        result.append([1 - 2 * each / (k * (2 * n - 3 * k - 1)) for each in lost])
    return np.array(result).T


@pytest.mark.parametrize("k", [1, 4, 12, 33])
@pytest.mark.parametrize("dimension", [3, 64])
def test_both_against_scikit_learn(k, dimension):
    embeddings, drawn, labels = pictured(k, dimension, width=3)
    found = picture_quality(embeddings, drawn, labels, neighbors=k)
    expected = trustworthiness(embeddings, drawn, n_neighbors=k, metric="cosine")
    assert found.trustworthiness.overall == pytest.approx(expected, abs=1e-12)
    other = trustworthiness(drawn, unit(embeddings), n_neighbors=k)  # exchanged
    assert found.continuity.overall == pytest.approx(other, abs=1e-12)


def test_every_point_and_class_against_loops():
    embeddings, drawn, labels = pictured(2, 5)
    found = picture_quality(embeddings, drawn, labels, neighbors=6, num_classes=6)
    for each, expected in zip(found, slow(embeddings, drawn, 6), strict=True):
        np.testing.assert_allclose(each.per_point, expected, atol=1e-12)
        by_class = [expected[labels == c].mean() for c in range(5)]
        np.testing.assert_allclose(each.per_class[:5], by_class, atol=1e-12)
        assert np.isnan(each.per_class[5])
    np.testing.assert_allclose(found.placement, slow(embeddings, drawn, 6).min(axis=0), atol=1e-12)


def test_one_point_put_elsewhere_by_hand():
    """Five points on an arc, one neighbour each; the picture moves the last one beside the first.

    n = 5, k = 1: a rank too far costs 2 / (1 * (10 - 3 - 1)) = 1/3. Angles 0, 1, 3, 6 and 10 degrees.
    Nearest: 0-1, 1-0, 2-1, 3-2, 4-3. Drawn at 0, 1, 3, 6 and -0.5, nearest: 0-4, 1-0, 2-1, 3-2, 4-0.
    0 shows 4, which is its fourth: three ranks, 1 - 3/3 = 0. 4 shows 0, its fourth: 0.
    0 hides 1, drawn as its second: 1 - 1/3. 4 hides 3, drawn as its fourth: 0.
    """
    angles = np.radians([0, 1, 3, 6, 10])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    drawn = np.array([[0.0], [1.0], [3.0], [6.0], [-0.5]])
    found = picture_quality(embeddings, drawn, np.array([0, 0, 1, 1, 1]), neighbors=1)
    np.testing.assert_allclose(found.trustworthiness.per_point, [0, 1, 1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found.continuity.per_point, [2 / 3, 1, 1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found.trustworthiness.per_class, [1 / 2, 2 / 3], atol=1e-12)
    np.testing.assert_allclose(found.placement, [0, 1, 1, 1, 0], atol=1e-12)


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_turning_scaling_and_order_do_not_matter(seed, dimension):
    embeddings, drawn, labels = pictured(seed, dimension)
    expected = picture_quality(embeddings, drawn, labels)
    order = np.random.default_rng(seed).permutation(len(labels))
    moved = picture_quality(
        3e5 * (embeddings @ rotation(seed, dimension))[order],
        (1e-3 * drawn @ rotation(seed, 2) + 7)[order],
        labels[order],
    )
    for a, b in zip(expected, moved, strict=True):
        np.testing.assert_allclose(a.per_point[order], b.per_point, atol=1e-12)
        np.testing.assert_allclose(a.per_class, b.per_class, atol=1e-12)


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_a_faithful_picture_has_no_fault(seed, dimension):
    embeddings, labels = cloud(seed, dimension)
    found = picture_quality(embeddings, 5 * unit(embeddings) + 1, labels)
    assert found.trustworthiness.per_point.min() == found.continuity.per_point.min() == 1


def test_a_picture_of_nothing_has_about_a_half():
    generator = np.random.default_rng(0)
    rows, drawn = generator.standard_normal((600, 32)), generator.standard_normal((600, 2))
    for each in picture_quality(rows, drawn, np.zeros(600, dtype=int)):
        assert each.overall == pytest.approx(0.5, abs=0.02)


def test_equal_points_share_the_last_places():
    """What collapsed can be drawn anyhow, but then a neighbourhood of everything is torn apart."""
    _, drawn, labels = pictured(0, 3)
    same = np.ones((len(labels), 8))
    found = picture_quality(same, drawn, labels, neighbors=5)
    assert found.trustworthiness.per_point.min() == 1
    n, k = len(labels), 5
    # each other point with weight k / (n - 1); those of rank r > k cost r - k
    cost = k / (n - 1) * sum(range(1, n - k))
    np.testing.assert_allclose(
        found.continuity.per_point, 1 - 2 * cost / (k * (2 * n - 3 * k - 1)), atol=1e-12
    )
    order = np.random.default_rng(1).permutation(n)
    twins = np.repeat(unit(np.random.default_rng(2).standard_normal((n // 2, 4))), 2, axis=0)
    first = picture_quality(twins, drawn, labels, neighbors=4)
    second = picture_quality(twins[order], drawn[order], labels[order], neighbors=4)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_allclose(a.per_point[order], b.per_point, atol=1e-12)


def test_in_parts_the_same(monkeypatch):
    embeddings, drawn, labels = pictured(4, 7)
    whole = picture_quality(embeddings, drawn, labels)
    monkeypatch.setattr(inputs, "CHUNK", 2_000)
    for a, b in zip(whole, picture_quality(embeddings, drawn, labels), strict=True):
        np.testing.assert_allclose(a.per_point, b.per_point, atol=1e-12)


def test_two_points_have_no_neighbourhoods():
    with pytest.raises(ValueError, match="at least three points, got 2"):
        picture_quality(np.eye(2), np.eye(2), np.zeros(2, dtype=int), neighbors=1)


def crowd():
    """A head class of 2,000 and two of 150 and 6."""
    embeddings, labels = cloud(0, 16, counts=(2_000, 150, 6), spread=0.5)
    noise = np.random.default_rng(0).standard_normal((len(labels), 2))
    return embeddings, unit(embeddings)[:, :2] + 0.2 * noise, labels


def test_of_many_points_some_are_asked_and_all_are_neighbours(monkeypatch):
    """500 points: 344 of the head, all others; whoever is asked gets the answer that he would get anyway."""
    embeddings, drawn, labels = crowd()
    exact = picture_quality(embeddings, drawn, labels)
    monkeypatch.setattr(quality, "PAIRS", 500 * len(labels))
    monkeypatch.setattr(quality, "AT_LEAST", 1)
    with pytest.warns(SampledWarning, match="class 0 has more than 344 samples: 344 drawn"):
        sampled = picture_quality(embeddings, drawn, labels)
    for found, expected in zip(sampled, exact, strict=True):
        asked = np.isfinite(found.per_point)
        assert np.bincount(labels[asked]).tolist() == [344, 150, 6]
        np.testing.assert_allclose(found.per_point[asked], expected.per_point[asked], atol=1e-12)
        np.testing.assert_allclose(found.per_class[1:], expected.per_class[1:], atol=1e-12)
        assert found.per_class[0] == pytest.approx(found.per_point[asked & (labels == 0)].mean())
        shares = np.array([2_000, 150, 6]) / len(labels)  # not 344 : 150 : 6
        assert found.overall == pytest.approx(found.per_class @ shares)
    np.testing.assert_array_equal(np.isfinite(sampled.placement), asked)
    with pytest.warns(SampledWarning):
        again = picture_quality(embeddings, drawn, labels)
    np.testing.assert_array_equal(again.placement, sampled.placement)


def test_the_error_of_asking_some_is_that_of_a_mean(monkeypatch):
    """Over 40 draws of 344 of 2,000: as large as it should be, and without bias."""
    embeddings, drawn, labels = crowd()
    exact = picture_quality(embeddings, drawn, labels).trustworthiness
    monkeypatch.setattr(quality, "PAIRS", 500 * len(labels))
    monkeypatch.setattr(quality, "AT_LEAST", 1)
    means, generator_of = [], np.random.default_rng
    for seed in range(40):
        monkeypatch.setattr(quality.np.random, "default_rng", lambda _, seed=seed: generator_of(seed))
        with pytest.warns(SampledWarning):
            means.append(picture_quality(embeddings, drawn, labels).trustworthiness.overall)
    head = exact.per_point[labels == 0]
    expected = 2_000 / len(labels) * head.std() / np.sqrt(344) * np.sqrt(1 - 344 / 2_000)
    assert expected < 0.01
    assert np.std(means) == pytest.approx(expected, rel=0.35)
    assert np.mean(means) == pytest.approx(exact.overall, abs=3 * expected / np.sqrt(40))


@pytest.mark.parametrize(
    ("sizes", "most", "asked"),
    [
        ((9_990, 10), 10_000, 10_000),  # every one
        ((9_991, 10), 9_989, 9_999),
        ((45_000, 4_000, 1_000), 666, 1_998),
        ((190_000, 9_000, 1_000), 334, 1_002),  # of 500 points little could be said
        ((400,) * 501, 2, 1_002),  # one of each would be 501
        ((300,) * 1_200, 1, 1_200),
    ],
)
def test_how_many_points_are_asked(sizes, most, asked):
    sizes = np.array(sizes)
    assert quality._most(sizes) == most
    labels = np.repeat(np.arange(len(sizes)), sizes)
    drawn = quality._asked(labels, sizes, most)
    assert len(np.unique(drawn)) == len(drawn) == asked
    assert (np.diff(drawn) > 0).all()
    np.testing.assert_array_equal(np.bincount(labels[drawn]), np.minimum(sizes, most))


def test_the_warning_names_the_line_that_asked(monkeypatch):
    embeddings, drawn, labels = pictured(0, 4)
    monkeypatch.setattr(quality, "PAIRS", 1)
    monkeypatch.setattr(quality, "AT_LEAST", 10)
    with pytest.warns(SampledWarning, match="picture_quality: class") as told:
        picture_quality(embeddings, drawn, labels)
    assert [each.filename for each in told] == [__file__]


@pytest.mark.parametrize(("points", "limit"), [(6_000, None), (30_000, 300)])
def test_memory_is_bounded(points, limit, monkeypatch):
    """All distances of 6,000 at once would take 288 MiB in each space; of 30,000, those of 300 points 72."""
    import tracemalloc

    generator = np.random.default_rng(0)
    rows, drawn = generator.standard_normal((points, 8)), generator.standard_normal((points, 2))
    if limit:
        monkeypatch.setattr(quality, "PAIRS", limit * points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)
        tracemalloc.start()
        picture_quality(rows, drawn, np.zeros(points, dtype=int))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 256 * 2**20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"drawn": np.zeros((68, 2)) * np.nan}, "drawn must be finite"),
        ({"drawn": np.zeros((60, 2))}, "the same points, got 68 and 60"),
        ({"embeddings": np.zeros((68, 4))}, "must not be zero .* row 0"),
        ({"embeddings": np.ones(68)}, r"embeddings must be \(N, d\)"),
        ({"embeddings": np.ones((68, 1))}, r"embeddings must be \(N, d\) with N >= 1 and d >= 2"),
        ({"drawn": np.zeros(68)}, r"drawn must be \(n, width\) with width >= 1, got shape \(68,\)"),
        ({"neighbors": 34}, "below n / 2 = 34, got 34"),
        ({"neighbors": 0}, "at least 1"),
        ({"labels": np.zeros(68)}, "integers"),
        ({"labels": np.full(68, -1)}, r"lie in 0 .. L-1, got -1"),
        ({"num_classes": 3}, r"lie in 0 .. 2, got 0 .. 4"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, sentence):
    embeddings, drawn, labels = pictured(0, 4)
    given = {"embeddings": embeddings, "drawn": drawn, "labels": labels, **arguments}
    positional = [given.pop(name) for name in ("embeddings", "drawn", "labels")]
    with pytest.raises(ValueError, match=sentence):
        picture_quality(*positional, **given)


def test_other_types_of_numbers():
    embeddings, drawn, labels = pictured(0, 4)
    half = picture_quality(embeddings.astype(np.float16), drawn.astype(np.float16), labels.astype(np.uint8))
    exact = picture_quality(embeddings.astype(np.float16).astype(float), drawn.astype(np.float16), labels)
    np.testing.assert_array_equal(half.placement, exact.placement)
    whole = picture_quality((100 * embeddings).astype(int), (100 * drawn).astype(int), labels)
    assert np.isfinite(whole.placement).all()


def test_what_is_a_tie_but_for_rounding_is_a_tie():
    """Corners of a regular polygon: each has two nearest, which no turning may tell apart."""
    angles = np.radians(np.arange(0, 360, 360 / 14))
    corners = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for seed in range(5):
        turned = 3 * corners @ rotation(seed, 2) + 11
        for k in (1, 3, 5):
            found = picture_quality(corners, turned, np.zeros(14, dtype=int), neighbors=k)
            assert found.placement.min() == 1
