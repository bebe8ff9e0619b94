"""Angles between the centres of small classes: without bias, and with intervals that cover the truth."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import (
    center_cosines,
    center_replicates,
    class_uniformity,
    interval,
    mean_distances_of_cosines,
    mean_resultant_length,
    nearest_angles_of_cosines,
    nearest_center_angle,
    unbiased_center_cosines,
)
from tests.metrics.samples import cloud, rotation, simplex, unit


def classes(generator, size, dimension, *, turn):
    """Two classes of `size` samples whose centres are the first axis and its image under `turn`."""
    first, second = generator.standard_normal((2, size, dimension)) + 1.06 * np.sqrt(dimension) * (
        np.arange(dimension) == 0
    ) / np.sqrt(4)
    return np.vstack([unit(first), unit(second) @ turn]), np.repeat([0, 1], size)


def test_unbiased_cosines_are_plain_ones_over_unbiased_lengths():
    embeddings, labels = cloud(1, 6, counts=(12, 8, 5, 3))
    rows, length = unit(embeddings), mean_resultant_length(embeddings, labels)
    means = np.array([rows[labels == c].mean(axis=0) for c in range(4)])
    expected = means @ means.T / np.outer(length, length)
    np.fill_diagonal(expected, 1)
    np.testing.assert_allclose(unbiased_center_cosines(embeddings, labels), np.clip(expected, -1, 1))
    order, turn = np.random.default_rng(0).permutation(28), rotation(2, 6)
    again = unbiased_center_cosines((3 * embeddings @ turn)[order], labels[order])
    np.testing.assert_allclose(again, unbiased_center_cosines(embeddings, labels), atol=1e-9)


def test_points_have_no_bias_to_correct():
    embeddings, labels = np.repeat(simplex(4), 9, axis=0), np.repeat(np.arange(4), 9)
    plain = center_cosines(embeddings, labels)
    np.testing.assert_allclose(unbiased_center_cosines(embeddings, labels), plain, atol=1e-12)
    np.testing.assert_allclose(mean_distances_of_cosines(plain), class_uniformity(embeddings, labels))
    np.testing.assert_allclose(nearest_angles_of_cosines(plain), nearest_center_angle(embeddings, labels))
    replicates = center_replicates(embeddings, labels, nearest_angles_of_cosines, draws=5)
    np.testing.assert_allclose(replicates, np.degrees(np.arccos(-1 / 3)))


def test_small_classes_seem_apart_by_chance_and_the_correction_helps():
    generator, turn = np.random.default_rng(0), rotation(3, 32)
    truth = turn[0, 0]
    runs = [classes(generator, 5, 32, turn=turn) for _ in range(400)]
    plain = np.mean([center_cosines(*run)[0, 1] for run in runs])
    corrected = np.median([unbiased_center_cosines(*run)[0, 1] for run in runs])
    assert truth == pytest.approx(0.357, abs=0.001)
    assert plain < 0.6 * truth
    assert corrected == pytest.approx(truth, abs=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("dimension", [32, 128])
@pytest.mark.parametrize("size", [10, 30])
def test_intervals_cover_the_truth(size, dimension):
    generator, turn = np.random.default_rng(0), rotation(3, dimension)
    truth = np.sqrt(2 - 2 * turn[0, 0])
    covered = 0
    for run in range(400):
        drawn = classes(generator, size, dimension, turn=turn)
        low, high = interval(center_replicates(*drawn, mean_distances_of_cosines, draws=300, seed=run))
        covered += low[0] <= truth <= high[0]
    assert 0.90 <= covered / 400 <= 0.985


def test_replicates_lie_around_the_estimate():
    embeddings, labels = cloud(2, 4, counts=(60, 40, 30), spread=0.5)
    for metric in (mean_distances_of_cosines, nearest_angles_of_cosines):
        low, high = interval(center_replicates(embeddings, labels, metric, draws=400))
        estimate = metric(unbiased_center_cosines(embeddings, labels))
        assert ((low < estimate) & (estimate < high)).all()
    summary = center_replicates(embeddings, labels, lambda cosines: cosines[0, 1], draws=7)
    assert summary.shape == (7,)


def test_classes_without_a_direction_are_left_out():
    """Class 1 has two samples, class 2 none, class 3 is balanced about the origin."""
    rows = np.vstack(
        [np.tile([1.0, 0, 0], (9, 1)), np.eye(3)[[2, 2]], np.eye(3), -np.eye(3), np.eye(3)[[1] * 9]]
    )
    labels = np.repeat([0, 1, 3, 4], [9, 2, 6, 9])
    cosines = unbiased_center_cosines(rows, labels)
    absent = np.array([False, True, True, True, False])
    np.testing.assert_array_equal(np.isnan(cosines), absent[:, None] | absent[None])
    np.testing.assert_array_equal(nearest_angles_of_cosines(cosines), [90, np.nan, np.nan, np.nan, 90])
    np.testing.assert_allclose(mean_distances_of_cosines(cosines)[[0, 4]], np.sqrt(2))
    assert np.isnan(mean_distances_of_cosines(cosines)[absent]).all()
    replicates = center_replicates(rows, labels, nearest_angles_of_cosines, draws=50)
    assert np.isfinite(replicates[:, [0, 4]]).all()
    assert np.isnan(replicates[:, [1, 2]]).all()
    assert np.isnan(nearest_angles_of_cosines(np.ones((1, 1)))).all()
