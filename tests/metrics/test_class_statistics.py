"""Centres, concentration, distances between and within classes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given

from ghviz.metrics import (
    SampledWarning,
    class_alignment,
    class_centers,
    class_uniformity,
    mean_resultant_length,
    nearest_center_angle,
    tail_gap,
)
from ghviz.metrics.inputs import tail_classes
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, simplex, unit

METRICS = [class_alignment, class_uniformity, mean_resultant_length, nearest_center_angle]


@pytest.mark.parametrize("metric", METRICS)
@repeatable
@given(seed=seeds, dimension=dimensions)
def test_rotation_scale_and_order_do_not_matter(metric, seed, dimension):
    embeddings, labels = cloud(seed, dimension)
    expected = metric(embeddings, labels)
    generator = np.random.default_rng(seed)
    np.testing.assert_allclose(metric(embeddings @ rotation(seed, dimension), labels), expected, atol=1e-7)
    scales = generator.uniform(1e-3, 1e3, (len(labels), 1))
    np.testing.assert_allclose(metric(embeddings * scales, labels), expected, atol=1e-7)
    order = generator.permutation(len(labels))
    np.testing.assert_allclose(metric(embeddings[order], labels[order]), expected, atol=1e-7)


@pytest.mark.parametrize("metric", METRICS)
@repeatable
@given(seed=seeds)
def test_relabelling_classes_relabels_the_values(metric, seed):
    embeddings, labels = cloud(seed, 4)
    name = np.random.default_rng(seed).permutation(5)
    np.testing.assert_allclose(metric(embeddings, name[labels])[name], metric(embeddings, labels), atol=1e-12)


def written_out(embeddings, labels):
    """Every statistic by loops over pairs."""
    rows = unit(embeddings)
    classes = range(labels.max() + 1)
    centers = np.array([unit(rows[labels == c].mean(axis=0)[None])[0] for c in classes])
    uniformity = [
        np.mean([np.linalg.norm(centers[c] - centers[j]) for j in classes if j != c]) for c in classes
    ]
    angles = [
        np.degrees(min(np.arccos(np.clip(centers[c] @ centers[j], -1, 1)) for j in classes if j != c))
        for c in classes
    ]
    alignment, distinct, squared = [], [], []
    for c in classes:
        members = rows[labels == c]
        pairs = [(i, j) for i in range(len(members)) for j in range(len(members))]
        distances = np.array([np.linalg.norm(members[i] - members[j]) for i, j in pairs])
        different = np.array([i != j for i, j in pairs])
        alignment.append(distances.mean())
        distinct.append(distances[different].mean() if different.any() else np.nan)
        cosines = np.array([members[i] @ members[j] for i, j in pairs])
        squared.append(cosines[different].mean() if different.any() else np.nan)
    return centers, uniformity, angles, alignment, distinct, np.sqrt(np.clip(squared, 0, 1))


@pytest.mark.parametrize("dimension", [2, 3, 16])
def test_against_the_written_out_formulas(dimension):
    embeddings, labels = cloud(dimension, dimension)
    centers, uniformity, angles, alignment, distinct, length = written_out(embeddings, labels)
    np.testing.assert_allclose(class_centers(embeddings, labels), centers, atol=1e-12)
    np.testing.assert_allclose(class_uniformity(embeddings, labels), uniformity, atol=1e-12)
    np.testing.assert_allclose(nearest_center_angle(embeddings, labels), angles, atol=1e-6)
    np.testing.assert_allclose(class_alignment(embeddings, labels), alignment, atol=1e-12)
    np.testing.assert_allclose(class_alignment(embeddings, labels, distinct=True), distinct, atol=1e-12)
    np.testing.assert_allclose(mean_resultant_length(embeddings, labels), length, atol=1e-12)


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_simplex(num_classes):
    embeddings, labels = np.repeat(simplex(num_classes), 3, axis=0), np.repeat(np.arange(num_classes), 3)
    apart = np.sqrt(2 * num_classes / (num_classes - 1))
    np.testing.assert_allclose(class_uniformity(embeddings, labels), apart)
    np.testing.assert_allclose(
        nearest_center_angle(embeddings, labels), np.degrees(np.arccos(-1 / (num_classes - 1)))
    )
    np.testing.assert_allclose(mean_resultant_length(embeddings, labels), 1)
    np.testing.assert_allclose(class_alignment(embeddings, labels), 0, atol=1e-12)


def test_total_collapse():
    embeddings, labels = np.tile([0.6, 0.8, 0.0], (12, 1)), np.repeat(np.arange(3), 4)
    np.testing.assert_allclose(class_uniformity(embeddings, labels), 0, atol=1e-12)
    np.testing.assert_allclose(nearest_center_angle(embeddings, labels), 0, atol=1e-6)
    np.testing.assert_allclose(mean_resultant_length(embeddings, labels), 1)
    assert tail_gap(embeddings, labels) == pytest.approx(0, abs=1e-6)


def test_small_classes_do_not_look_collapsed():
    """128 dimensions, a weak concentration: the plain length would be 0.5 at n = 3, the truth is 0.15."""
    generator = np.random.default_rng(0)
    center = 0.155 * np.sqrt(128) * np.eye(128)[0]
    truth = mean_resultant_length(
        center + generator.standard_normal((20_000, 128)), np.zeros(20_000, dtype=int)
    )[0]
    labels = np.repeat(np.arange(2_000), 3)
    values = mean_resultant_length(center + generator.standard_normal((6_000, 128)), labels)
    plain = np.linalg.norm(
        unit(center + generator.standard_normal((6_000, 128))).reshape(2_000, 3, 128).mean(1), axis=1
    )
    assert truth == pytest.approx(0.15, abs=0.01)
    assert plain.mean() > 0.55
    assert values.mean() == pytest.approx(truth, abs=0.03)


def test_too_few_samples_are_nan_not_zero():
    embeddings, labels = np.array([[1.0, 0], [0, 1], [0, 2], [-1, 0]]), np.array([0, 1, 1, 3])
    assert np.isnan(mean_resultant_length(embeddings, labels)).tolist() == [True, False, True, True]
    assert np.isnan(class_alignment(embeddings, labels)).tolist() == [False, False, True, False]
    assert np.isnan(class_alignment(embeddings, labels, distinct=True)).tolist() == [True, False, True, True]
    assert np.isnan(class_centers(embeddings, labels)).all(axis=1).tolist() == [False, False, True, False]
    assert np.isnan(class_uniformity(embeddings, labels)).tolist() == [False, False, True, False]
    assert np.isnan(nearest_center_angle(embeddings, labels, num_classes=5)).tolist() == [
        False, False, True, False, True,
    ]  # fmt: skip


def test_a_class_balanced_about_the_origin_has_no_centre():
    embeddings, labels = np.array([[1.0, 0], [-1, 0], [0, 1], [1, 1]]), np.array([0, 0, 1, 2])
    assert np.isnan(class_centers(embeddings, labels)[0]).all()
    assert nearest_center_angle(embeddings, labels)[1:] == pytest.approx([45, 45])
    assert mean_resultant_length(embeddings, labels)[0] == 0


def test_tail_gap_is_over_the_rarer_half():
    angles = np.radians([0, 90, 180, 200, 205])
    embeddings, labels = np.stack([np.cos(angles), np.sin(angles)], axis=1), np.arange(5)
    counts = np.array([50, 20, 10, 5, 2])
    assert tail_gap(embeddings, labels, counts=counts) == pytest.approx(5)  # classes 3 and 4: 5 and 5
    assert tail_gap(embeddings, labels, counts=counts[::-1]) == pytest.approx((90 + 90) / 2)
    assert tail_gap(embeddings, labels) == pytest.approx(5)  # all equally frequent: larger labels are rarer
    np.testing.assert_array_equal(tail_classes(np.ones(41)), np.arange(21, 41))
    with pytest.raises(ValueError, match=r"counts must be \(5,\)"):
        tail_gap(embeddings, labels, counts=counts[:3])


def test_large_classes_are_sampled_close_to_the_truth_and_it_says_so(monkeypatch):
    embeddings, labels = cloud(3, 3, counts=(600, 30))
    exact = class_alignment(embeddings, labels, distinct=True)
    monkeypatch.setattr(sys.modules[class_alignment.__module__], "EXACT_UP_TO", 200)
    with pytest.warns(SampledWarning, match="class_alignment: class 0 has more than 200 samples: the mean"):
        sampled = class_alignment(embeddings, labels, distinct=True)
    assert sampled[0] != exact[0]
    assert sampled[1] == exact[1]
    assert sampled == pytest.approx(exact, rel=0.05)
    with pytest.warns(SampledWarning):
        assert (sampled == class_alignment(embeddings, labels, distinct=True)).all()
    with pytest.warns(SampledWarning, match="classes 0, 1, 2, 3, 4, ... have more than 200 samples"):
        class_alignment(np.ones((1_206, 2)), np.repeat(np.arange(6), 201))


@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        (np.zeros(3), [0, 1, 2], "embeddings must be"),
        (np.ones((3, 1)), [0, 1, 2], "d >= 2"),
        (np.ones((0, 2)), [], "N >= 1"),
        (np.array([[1.0, 0], [np.nan, 1]]), [0, 1], "finite"),
        (np.array([[1.0, 0], [0, 0]]), [0, 1], "zero in row 1"),
        (np.ones((2, 2)), [0], r"labels must be \(2,\)"),
        (np.ones((2, 2)), [0.0, 1.0], "integers"),
        (np.ones((2, 2)), [0, -1], "labels must lie in"),
    ],
)
@pytest.mark.parametrize("metric", METRICS)
def test_bad_input_is_one_sentence(metric, embeddings, labels, message):
    with pytest.raises(ValueError, match=message):
        metric(embeddings, np.array(labels))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.longdouble])
def test_any_real_dtype(dtype):
    embeddings, labels = cloud(0, 3, spread=0.2)
    embeddings = (10 * embeddings).round()
    embeddings[:, 0] += 100
    expected = class_uniformity(embeddings, labels)
    np.testing.assert_allclose(class_uniformity(embeddings.astype(dtype), labels), expected, atol=1e-3)


def test_huge_and_tiny_values_keep_their_direction():
    embeddings, labels = cloud(0, 3)
    scales = 10.0 ** np.resize([300, -300, 0], len(labels))
    expected = class_uniformity(embeddings, labels)
    np.testing.assert_allclose(class_uniformity(embeddings * scales[:, None], labels), expected, atol=1e-9)
