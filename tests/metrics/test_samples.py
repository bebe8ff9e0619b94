"""Metrics of single samples against scikit-learn, loops, closed forms and themselves in parts."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import NearestNeighbors

from ghviz.metrics import (
    SampledWarning,
    effective_rank,
    inputs,
    knn_purity,
    label_agreement,
    sample_uniformity,
    silhouette,
    within_class_variability,
)
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, simplex, unit

BY_CLASS = [sample_uniformity, effective_rank, within_class_variability]
PER_CLASS = [silhouette, knn_purity]


def flat(result):
    """A metric's numbers in one array, those of the classes last."""
    return np.append(*result) if isinstance(result, tuple) else result


@pytest.mark.parametrize("metric", [*BY_CLASS, *PER_CLASS])
@repeatable
@given(seed=seeds, dimension=dimensions)
def test_rotation_scale_order_and_names_of_classes_do_not_matter(metric, seed, dimension):
    embeddings, labels = cloud(seed, dimension, spread=0.6)
    expected = flat(metric(embeddings, labels))
    generator = np.random.default_rng(seed)
    order, name = generator.permutation(len(labels)), generator.permutation(5)
    scales = generator.uniform(1e-3, 1e3, (len(labels), 1))
    for moved, names in [
        (embeddings @ rotation(seed, dimension), labels),
        (embeddings * scales, labels),
        (embeddings[order], labels[order]),
    ]:
        np.testing.assert_allclose(flat(metric(moved, names)), expected, rtol=1e-6, atol=1e-9)
    renamed = flat(metric(embeddings, name[labels]))
    np.testing.assert_allclose(renamed[-5:][name], expected[-5:], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("dimension", [2, 3, 16])
@pytest.mark.parametrize("t", [0.5, 2.0])
def test_sample_uniformity_against_loops(dimension, t):
    embeddings, labels = cloud(dimension, dimension, counts=(14, 7, 3, 2))
    rows = unit(embeddings)

    def expected(members):
        pairs = [(i, j) for i in members for j in members if i < j]
        return np.log(np.mean([np.exp(-t * np.sum((rows[i] - rows[j]) ** 2)) for i, j in pairs]))

    overall, per_class = sample_uniformity(embeddings, labels, t=t)
    assert overall == pytest.approx(expected(range(26)), abs=1e-12)
    np.testing.assert_allclose(
        per_class, [expected(np.flatnonzero(labels == c)) for c in range(4)], atol=1e-12
    )


def test_sample_uniformity_of_known_distributions():
    assert sample_uniformity(np.ones((9, 3)), np.zeros(9, dtype=int))[0] == pytest.approx(0, abs=1e-12)
    sphere = np.random.default_rng(0).standard_normal((3_000, 3))
    # E exp(-t d^2) on the 2-sphere: d^2 / 2 is uniform in 0 .. 2
    exact = np.log((1 - np.exp(-8)) / 8)
    assert sample_uniformity(sphere, np.zeros(3_000, dtype=int)).overall == pytest.approx(exact, abs=0.01)


def test_many_samples_are_taken_in_groups_and_it_says_so(monkeypatch):
    embeddings, labels = cloud(3, 3, counts=(900, 150, 30), spread=0.8)
    exact = flat(sample_uniformity(embeddings, labels))
    monkeypatch.setattr(sys.modules[sample_uniformity.__module__], "EXACT_UP_TO", 200)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        sampled = flat(sample_uniformity(embeddings, labels))
    assert [str(w.message).split(":")[1] for w in told] == [
        " class 0 has more than 200 samples",
        " there are more than 200 samples",
    ]
    assert all(w.category is SampledWarning for w in told)
    np.testing.assert_array_equal(sampled[2:], exact[2:])
    assert (sampled[:2] != exact[:2]).all()
    np.testing.assert_allclose(sampled, exact, atol=0.02)
    with pytest.warns(SampledWarning):
        draws = np.array([flat(sample_uniformity(embeddings, labels, seed=s))[:2] for s in range(30)])
    error = draws.std(axis=0) / np.sqrt(30)
    assert (np.abs(draws.mean(axis=0) - exact[:2]) < 4 * error + 1e-4).all()  # no bias


def test_effective_rank_against_the_written_out_formula():
    embeddings, labels = cloud(0, 6, counts=(30, 9, 4))
    rows = unit(embeddings)

    def expected(part):
        weights = np.sqrt(np.clip(np.linalg.eigvalsh(part.T @ part), 0, None))
        weights = weights[weights > 1e-6] / weights.sum()
        return np.exp(-sum(p * np.log(p) for p in weights))

    overall, per_class = effective_rank(embeddings, labels)
    assert overall == pytest.approx(expected(rows))
    np.testing.assert_allclose(per_class, [expected(rows[labels == c]) for c in range(3)], rtol=1e-6)


def test_effective_rank_of_known_shapes():
    labels = np.zeros(12, dtype=int)
    assert effective_rank(np.ones((12, 5)), labels)[0] == pytest.approx(1)
    assert effective_rank(np.repeat(np.eye(4), 3, axis=0), labels)[1] == pytest.approx(4)
    assert effective_rank(np.tile(simplex(4), (3, 1)), labels)[0] == pytest.approx(3)
    two = np.repeat(np.eye(2), [9, 3], axis=0)  # singular values 3 and sqrt(3)
    p = np.array([3, np.sqrt(3)]) / (3 + np.sqrt(3))
    assert effective_rank(two, labels)[0] == pytest.approx(np.exp(-(p * np.log(p)).sum()))


@pytest.mark.parametrize("dimension", [2, 3, 16])
def test_within_class_variability_against_the_covariances(dimension):
    embeddings, labels = cloud(dimension, dimension, counts=(20, 9, 5, 3, 2, 1))
    rows, classes = unit(embeddings), range(6)
    means = np.array([rows[labels == c].mean(axis=0) for c in classes])
    between = np.cov(means.T, bias=True)
    inverse = np.linalg.pinv(between, rcond=1e-10)
    within = sum(np.outer(x - means[c], x - means[c]) for x, c in zip(rows, labels, strict=True)) / len(rows)
    overall, per_class = within_class_variability(embeddings, labels)
    assert overall == pytest.approx(np.trace(within @ inverse) / 6)
    expected = [np.trace(np.cov(rows[labels == c].T) @ inverse) / 6 for c in range(4)]
    np.testing.assert_allclose(per_class[:4], expected)
    assert np.isnan(per_class[4:]).all()


def test_within_class_variability_extremes():
    labels = np.repeat(np.arange(4), 5)
    corners = np.repeat(simplex(4), 5, axis=0)
    assert within_class_variability(corners, labels)[0] == pytest.approx(0, abs=1e-20)
    assert np.isnan(flat(within_class_variability(np.ones((20, 4)), labels))).all()  # no distance between
    noise = np.random.default_rng(0).standard_normal((20, 4))
    small, large = (within_class_variability(corners + s * noise, labels)[0] for s in (0.01, 0.1))
    assert 50 < large / small < 200  # it goes with the square


def test_small_classes_do_not_look_tight():
    """500 classes of 3 and one of 3,000, all alike: over n the small ones would give 2 / 3."""
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(502), [3_000, 3_000, *[3] * 500])
    embeddings = np.eye(8)[(labels > 0).astype(int)] + 0.2 * generator.standard_normal((len(labels), 8))
    per_class = within_class_variability(embeddings, labels).per_class
    assert per_class[2:].mean() / per_class[1] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("dimension", [2, 5, 16])
def test_silhouette_against_scikit_learn(dimension):
    embeddings, labels = cloud(dimension, dimension, counts=(30, 12, 5, 2), spread=0.8)
    each = silhouette_samples(embeddings, labels, metric="cosine")
    expected = [each[labels == c].mean() for c in range(4)]
    np.testing.assert_allclose(silhouette(embeddings, labels), expected, atol=1e-9)


def test_silhouette_extremes():
    labels = np.repeat(np.arange(3), 4)
    np.testing.assert_allclose(silhouette(np.repeat(simplex(3), 4, axis=0), labels), 1)
    np.testing.assert_array_equal(silhouette(np.tile([0.6, 0.8], (12, 1)), labels), 0)
    assert np.isnan(silhouette(np.eye(3), np.zeros(3, dtype=int))).all()
    values = silhouette(np.array([[1.0, 0], [0, 1], [0, 1]]), np.array([0, 2, 2]), num_classes=4)
    np.testing.assert_array_equal(values, [np.nan, np.nan, 1, np.nan])


@pytest.mark.parametrize("neighbors", [1, 5, 12])
def test_knn_purity_against_scikit_learn(neighbors):
    embeddings, labels = cloud(4, 5, counts=(30, 16, 14, 13), spread=0.9)
    search = NearestNeighbors(n_neighbors=neighbors, metric="cosine", algorithm="brute").fit(embeddings)
    found = labels[search.kneighbors(return_distance=False)]  # without the sample itself
    expected = [np.mean(found[labels == c] == c) for c in range(4)]
    np.testing.assert_allclose(knn_purity(embeddings, labels, neighbors=neighbors), expected, atol=1e-12)


def test_knn_purity_asks_small_classes_for_fewer_neighbours():
    embeddings, labels = np.repeat(np.eye(3), [9, 3, 2], axis=0), np.repeat([0, 1, 2], [9, 3, 2])
    np.testing.assert_array_equal(knn_purity(embeddings, labels, neighbors=5), 1)


def test_knn_purity_of_total_collapse_is_chance():
    labels = np.array([0] * 7 + [1] * 3)
    expected = [6 / 9, 2 / 9]
    np.testing.assert_allclose(knn_purity(np.ones((10, 3)) / 3, labels), expected)
    np.testing.assert_allclose(knn_purity(np.ones((10, 3)) / 3, labels[::-1], neighbors=3), expected)


def test_knn_purity_shares_the_last_places_among_ties():
    """Sample 0 has one of its class nearest, and three at equal distance for the second place."""
    angles = np.radians([0, 10, 20, -20, 20, 180])
    embeddings, labels = np.stack([np.cos(angles), np.sin(angles)], axis=1), np.array([0, 0, 0, 1, 1, 1])
    from ghviz.metrics.knn_purity import _same

    share = _same(embeddings, embeddings.astype(np.float32), np.array([0]), np.flatnonzero(labels == 0), 2)
    assert share == pytest.approx([(1 + 1 / 3) / 2])


def test_knn_purity_tells_what_single_precision_cannot():
    """Neighbours whose cosines differ by 1e-9, far from a tie in double precision."""
    angles = np.array([0, 1e-5, 1.01e-5, -2, 2.5])
    embeddings = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    for labels, expected in [([0, 0, 1, 0, 1], 1.0), ([0, 1, 0, 0, 1], 0.0)]:
        from ghviz.metrics.knn_purity import _same

        members = np.flatnonzero(np.array(labels) == 0)
        assert _same(embeddings, embeddings.astype(np.float32), np.array([0]), members, 1) == expected


def test_knn_purity_of_many_samples_asks_some_and_says_so(monkeypatch):
    embeddings, labels = cloud(4, 5, counts=(500, 200, 40), spread=0.9)
    exact = knn_purity(embeddings, labels)
    module = sys.modules[knn_purity.__module__]
    monkeypatch.setattr(module, "EXACT_UP_TO", 300)
    monkeypatch.setattr(module, "AT_LEAST", 60)
    with pytest.warns(
        SampledWarning, match="knn_purity: classes 0, 1 have more than 100 samples: .* 100 drawn"
    ):
        asked = knn_purity(embeddings, labels)
    assert asked[2] == exact[2]
    np.testing.assert_allclose(asked, exact, atol=0.12)
    with pytest.warns(SampledWarning):
        draws = np.array([knn_purity(embeddings, labels, seed=s)[0] for s in range(25)])
    assert abs(draws.mean() - exact[0]) < 4 * draws.std() / 5


@pytest.mark.parametrize("metric", [silhouette, knn_purity, within_class_variability, effective_rank])
def test_chunks_do_not_matter(metric, monkeypatch):
    embeddings, labels = cloud(2, 20)
    whole = flat(metric(embeddings, labels))
    monkeypatch.setattr(inputs, "CHUNK", 41)
    np.testing.assert_allclose(flat(metric(embeddings, labels)), whole, atol=1e-13)


@pytest.mark.parametrize(
    ("metric", "needed"),
    [
        (sample_uniformity, 2),
        (effective_rank, 3),
        (within_class_variability, 3),
        (silhouette, 2),
        (knn_purity, 2),
    ],
)
def test_classes_of_too_few_samples_are_nan_not_zero(metric, needed):
    embeddings, labels = cloud(1, 4, counts=(5, needed, needed - 1))
    values = flat(metric(embeddings, labels, num_classes=4))[-4:]
    assert np.isnan(values).tolist() == [False, False, True, True]


def test_label_agreement_by_hand():
    """Two classes of two; one sample of class 1 is taken for 0."""
    nmi, rand = label_agreement(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]))
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    shared = 0.5 * np.log(0.5 / (0.75 * 0.5)) + 0.25 * np.log(0.25 / (0.75 * 0.5)) + 0.25 * np.log(2)
    assert nmi == pytest.approx(2 * shared / (entropy + np.log(2)))
    # pairs together in both: 1; in either: 3 and 2; expected 3 * 2 / 6 = 1
    assert rand == pytest.approx((1 - 1) / ((3 + 2) / 2 - 1))


@repeatable
@given(seed=seeds)
def test_label_agreement_does_not_see_names_or_order(seed):
    generator = np.random.default_rng(seed)
    labels, found = generator.integers(0, 4, 60), generator.integers(0, 6, 60)
    expected = label_agreement(found, labels)
    order, name = generator.permutation(60), generator.permutation(6)
    assert label_agreement(name[found][order], labels[order]) == pytest.approx(expected)
    assert label_agreement(labels, found) == pytest.approx(expected)
    assert label_agreement(name[labels], labels) == pytest.approx((1, 1))


def test_label_agreement_of_chance_and_of_nothing():
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(5), [400, 150, 60, 20, 5])
    nmi, rand = label_agreement(generator.integers(0, 10, len(labels)), labels)
    assert nmi < 0.05
    assert abs(rand) < 0.02
    assert label_agreement(np.zeros(635, dtype=int), labels) == pytest.approx((0, 0))
    assert np.isnan(label_agreement(np.array([0]), np.array([1]))).all()
    with pytest.raises(ValueError, match=r"both be \(N,\), got \(2,\) and \(3,\)"):
        label_agreement(np.array([0, 1]), np.array([0, 1, 1]))
    with pytest.raises(ValueError, match="integers"):
        label_agreement(np.array([0.5, 1]), np.array([0, 1]))


@pytest.mark.parametrize("metric", [*BY_CLASS, *PER_CLASS])
def test_bad_input_is_one_sentence(metric):
    embeddings, labels = cloud(0, 3)
    for wrong, names, message in [
        (embeddings[:, :1], labels, "d >= 2"),
        (embeddings * np.nan, labels, "finite"),
        (embeddings, labels[:4], r"labels must be \(68,\)"),
        (embeddings, labels - 1, "labels must lie in"),
    ]:
        with pytest.raises(ValueError, match=message):
            metric(wrong, names)
    with pytest.raises(ValueError, match="neighbors must be at least 1, got 0"):
        knn_purity(embeddings, labels, neighbors=0)
    with pytest.raises(ValueError, match="t must be a positive number, got nan"):
        sample_uniformity(embeddings, labels, t=float("nan"))
