"""Distances and cosines between class centres against loops and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from ghviz.metrics import (
    center_cosines,
    class_centers,
    class_uniformity,
    nearest_center_angle,
    nearest_center_cosine,
    neighborhood_uniformity,
    simplex_distance,
    tail_mean_cosine,
)
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, simplex

PER_CLASS = [neighborhood_uniformity, nearest_center_cosine]
SUMMARY = [simplex_distance, tail_mean_cosine]


@pytest.mark.parametrize("metric", [*PER_CLASS, *SUMMARY, center_cosines])
@repeatable
@given(seed=seeds, dimension=dimensions)
def test_rotation_scale_and_order_do_not_matter(metric, seed, dimension):
    embeddings, labels = cloud(seed, dimension)
    expected = metric(embeddings, labels)
    generator = np.random.default_rng(seed)
    order = generator.permutation(len(labels))
    scales = generator.uniform(1e-3, 1e3, (len(labels), 1))
    for moved, names in [
        (embeddings @ rotation(seed, dimension), labels),
        (embeddings * scales, labels),
        (embeddings[order], labels[order]),
    ]:
        np.testing.assert_allclose(metric(moved, names), expected, atol=1e-9)


@repeatable
@given(seed=seeds)
def test_relabelling_classes_relabels_the_values(seed):
    embeddings, labels = cloud(seed, 4)
    name = np.random.default_rng(seed).permutation(5)
    for metric in PER_CLASS:
        np.testing.assert_allclose(
            metric(embeddings, name[labels])[name], metric(embeddings, labels), atol=1e-12
        )
    renamed = center_cosines(embeddings, name[labels])[np.ix_(name, name)]
    np.testing.assert_allclose(renamed, center_cosines(embeddings, labels), atol=1e-12)
    for metric in SUMMARY:
        assert metric(embeddings, name[labels]) == pytest.approx(metric(embeddings, labels))


@pytest.mark.parametrize("dimension", [2, 3, 16])
def test_against_loops(dimension):
    embeddings, labels = cloud(dimension, dimension, counts=(9, 7, 5, 4, 2, 2))
    centers = class_centers(embeddings, labels)
    classes = range(6)
    cosines = np.array([[sum(a * b) for b in centers] for a in centers])
    near = [sorted(np.linalg.norm(centers[c] - centers[j]) for j in classes if j != c)[:3] for c in classes]
    np.testing.assert_allclose(center_cosines(embeddings, labels), cosines, atol=1e-12)
    np.testing.assert_allclose(
        neighborhood_uniformity(embeddings, labels, neighbors=3), np.mean(near, axis=1), atol=1e-12
    )
    np.testing.assert_allclose(
        nearest_center_cosine(embeddings, labels),
        [max(cosines[c, j] for j in classes if j != c) for c in classes],
        atol=1e-12,
    )
    squares = [(cosines[i, j] + 1 / 5) ** 2 for i in classes for j in classes if i != j]
    assert simplex_distance(embeddings, labels) == pytest.approx(np.sqrt(np.mean(squares)))
    tail = [cosines[i, j] for i in (3, 4, 5) for j in (3, 4, 5) if i != j]
    assert tail_mean_cosine(embeddings, labels) == pytest.approx(np.mean(tail))
    head = [cosines[i, j] for i in (0, 1, 2) for j in (0, 1, 2) if i != j]
    assert tail_mean_cosine(embeddings, labels, counts=[1, 2, 3, 4, 5, 6]) == pytest.approx(np.mean(head))


def test_relations_between_metrics():
    embeddings, labels = cloud(5, 6)
    np.testing.assert_allclose(
        np.degrees(np.arccos(nearest_center_cosine(embeddings, labels))),
        nearest_center_angle(embeddings, labels),
    )
    for neighbors in (4, 50):  # 50: more than there are
        np.testing.assert_allclose(
            neighborhood_uniformity(embeddings, labels, neighbors=neighbors),
            class_uniformity(embeddings, labels),
        )
    nearest = neighborhood_uniformity(embeddings, labels, neighbors=1)
    np.testing.assert_allclose(
        2 * np.degrees(np.arcsin(nearest / 2)), nearest_center_angle(embeddings, labels)
    )


@pytest.mark.parametrize("num_classes", [2, 3, 7])
def test_simplex(num_classes):
    embeddings, labels = np.repeat(simplex(num_classes), 3, axis=0), np.repeat(np.arange(num_classes), 3)
    ideal = -1 / (num_classes - 1)
    expected = np.full((num_classes, num_classes), ideal)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(center_cosines(embeddings, labels), expected, atol=1e-12)
    assert simplex_distance(embeddings, labels) == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(nearest_center_cosine(embeddings, labels), ideal)
    tail = tail_mean_cosine(embeddings, labels)
    assert tail == pytest.approx(ideal) if num_classes >= 4 else np.isnan(tail)


@pytest.mark.parametrize("num_classes", [4, 9])
def test_total_collapse(num_classes):
    labels = np.repeat(np.arange(num_classes), 3)
    embeddings = np.tile([0.6, 0.8, 0.0], (len(labels), 1))
    assert simplex_distance(embeddings, labels) == pytest.approx(num_classes / (num_classes - 1))
    assert tail_mean_cosine(embeddings, labels) == pytest.approx(1)
    np.testing.assert_allclose(nearest_center_cosine(embeddings, labels), 1)
    np.testing.assert_allclose(neighborhood_uniformity(embeddings, labels), 0, atol=1e-12)


def test_minority_collapse_shows():
    """Tail means at one place, head means far apart: the mean over all classes would hide it."""
    embeddings = np.vstack([simplex(4), np.tile(simplex(4)[3], (4, 1))])
    assert tail_mean_cosine(embeddings, np.arange(8)) == pytest.approx(1)
    assert tail_mean_cosine(embeddings, np.arange(8), counts=np.arange(8)) == pytest.approx(-1 / 3)


def test_classes_without_a_centre_are_left_out():
    """Class 1 is balanced about the origin, class 3 has no sample; the others make a simplex."""
    corners = simplex(3)
    embeddings, labels = np.vstack([corners[:2], [[1.0, 0, 0], [-1, 0, 0]], corners[2:]]), [0, 2, 1, 1, 4]
    labels = np.array(labels)
    absent = [False, True, False, True, False]
    cosines = center_cosines(embeddings, labels)
    np.testing.assert_array_equal(np.isnan(cosines), np.add.outer(absent, absent))
    np.testing.assert_array_equal(np.isnan(nearest_center_cosine(embeddings, labels)), absent)
    np.testing.assert_array_equal(np.isnan(neighborhood_uniformity(embeddings, labels)), absent)
    assert nearest_center_cosine(embeddings, labels)[0] == pytest.approx(-0.5)
    assert simplex_distance(embeddings, labels) == pytest.approx(0, abs=1e-12)
    assert tail_mean_cosine(embeddings, labels, counts=[9, 8, 2, 7, 1]) == pytest.approx(-0.5)


def test_one_class_has_no_other():
    embeddings, labels = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 0])
    assert np.isnan(nearest_center_cosine(embeddings, labels)).all()
    assert np.isnan(neighborhood_uniformity(embeddings, labels)).all()
    assert np.isnan([simplex_distance(embeddings, labels), tail_mean_cosine(embeddings, labels)]).all()
    np.testing.assert_array_equal(center_cosines(embeddings, labels), [[1]])


def test_bad_input_is_one_sentence():
    embeddings, labels = cloud(0, 3)
    with pytest.raises(ValueError, match="neighbors must be at least 1, got 0"):
        neighborhood_uniformity(embeddings, labels, neighbors=0)
    with pytest.raises(ValueError, match=r"counts must be \(5,\)"):
        tail_mean_cosine(embeddings, labels, counts=[1, 2])
    for metric in [*PER_CLASS, *SUMMARY, center_cosines]:
        with pytest.raises(ValueError, match=r"labels must be \(68,\)"):
            metric(embeddings, labels[:3])
