"""Intervals hold what they promise: they cover the truth about 95 times in 100."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from ghviz.metrics import (
    SampledWarning,
    center_replicates,
    class_alignment,
    inputs,
    interval,
    mean_distances_of_cosines,
    mean_resultant_length,
    pair_cosines,
    pair_distances,
    pair_potentials,
    pair_replicates,
    sample_uniformity,
    score_replicates,
)
from ghviz.metrics.intervals.bootstrap import pair_means, resampling_weights
from tests.metrics.samples import cloud, rotation, unit

KERNELS = {"alignment": pair_distances, "uniformity": pair_potentials, "concentration": pair_cosines}


def test_pair_means_against_the_pairs_of_different_originals():
    generator = np.random.default_rng(0)
    rows = unit(generator.standard_normal((6, 3)))
    values = pair_potentials(rows @ rows.T)
    weights = resampling_weights(6, 20, generator)
    for weight, mean in zip(weights, pair_means(rows, pair_potentials, weights), strict=True):
        drawn = np.repeat(np.arange(6), weight.astype(int))
        pairs = [values[i, j] for i in drawn for j in drawn if i != j]
        assert mean == pytest.approx(np.mean(pairs))
    assert np.isnan(
        pair_means(rows, pair_potentials, 6.0 * np.eye(6)[:1])
    ).all()  # one sample, drawn six times


def test_every_sample_weighing_once_gives_the_metrics():
    embeddings, labels = cloud(1, 4, counts=(12, 8, 5))
    rows = unit(embeddings)
    expected = {
        "alignment": class_alignment(embeddings, labels, distinct=True),
        "uniformity": np.exp(sample_uniformity(embeddings, labels).per_class),
        "concentration": mean_resultant_length(embeddings, labels) ** 2,
    }
    for name, kernel in KERNELS.items():
        for c in range(3):
            part = rows[labels == c]
            whole = pair_means(part, kernel, np.ones((1, len(part))))
            assert whole == pytest.approx(expected[name][c])


def test_weights_draw_as_many_as_there_are():
    weights = resampling_weights(7, 5_000, np.random.default_rng(0))
    assert (weights.sum(axis=1) == 7).all()
    np.testing.assert_allclose(weights.mean(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(weights.var(axis=0), 6 / 7, atol=0.06)


def population(generator, size):
    """A class in five dimensions, neither a point nor spread all over."""
    return unit(np.array([1.2, 0, 0, 0, 0]) + generator.standard_normal((size, 5)) * [0.4, 1, 1, 0.5, 0.5])


@pytest.mark.slow
@pytest.mark.parametrize("size", [10, 30])
@pytest.mark.parametrize("name", KERNELS)
def test_intervals_of_pair_statistics_cover_the_truth(name, size):
    """The lesson: resampling rows makes pairs of a sample with itself, and misses the truth at n = 10."""
    kernel = KERNELS[name]
    generator = np.random.default_rng(5)
    first, second = population(generator, 400_000), population(generator, 400_000)
    truth = kernel(np.einsum("nd,nd->n", first, second)).mean()
    runs, labels = 600, np.zeros(size, dtype=int)
    covered = by_rows = 0
    for run in range(runs):
        rows = population(generator, size)
        low, high = interval(pair_replicates(rows, labels, kernel, draws=500, seed=run))
        covered += low[0] <= truth <= high[0]
        values = kernel(np.clip(rows @ rows.T, -1, 1))
        weights = resampling_weights(size, 500, generator)
        sums = np.einsum("bn,bn->b", weights @ values, weights) - size * values[0, 0]
        low, high = interval(sums / (size * (size - 1)))
        by_rows += low <= truth <= high
    assert 0.90 <= covered / runs <= 0.99  # uniformity at n = 10: 0.977 over 4,000 runs
    if name != "concentration" and size == 10:
        assert by_rows / runs < 0.75


@pytest.mark.slow
@pytest.mark.parametrize("size", [10, 30])
def test_intervals_of_scores_cover_the_truth(size):
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(1_000), size)
    low, high = interval(score_replicates(generator.random(len(labels)) < 0.6, labels, draws=400))
    assert 0.87 <= np.mean((low <= 0.6) & (high >= 0.6)) <= 0.98  # counts up to n, which jump


def test_classes_are_resampled_apart():
    """Stratified: no replicate loses a class, however small, and equal scores stay equal."""
    labels = np.repeat([0, 1], [500, 3])
    replicates = score_replicates(np.where(labels == 0, 0.25, 1.0), labels)
    np.testing.assert_array_equal(replicates, np.tile([0.25, 1.0], (1_000, 1)))


def test_same_seed_same_draws_so_differences_are_paired():
    embeddings, labels = cloud(2, 4, counts=(30, 20, 10))
    for function, extra in [
        (pair_replicates, pair_distances),
        (center_replicates, mean_distances_of_cosines),
    ]:
        once = function(embeddings, labels, extra, draws=50)
        np.testing.assert_array_equal(once, function(embeddings, labels, extra, draws=50))
        turned = function(embeddings @ rotation(0, 4), labels, extra, draws=50)
        np.testing.assert_allclose(turned, once, atol=1e-7)
        assert (function(embeddings, labels, extra, draws=50, seed=1) != once).any()


def test_classes_of_one_or_two_samples_have_no_interval():
    embeddings, labels = cloud(0, 3, counts=(9, 3, 2, 1))
    pairs = pair_replicates(embeddings, labels, pair_distances)
    scores = score_replicates(np.ones(15), labels, num_classes=5)
    assert np.isnan(pairs).all(axis=0).tolist() == [False, False, True, True]
    assert np.isnan(scores).all(axis=0).tolist() == [False, False, True, True, True]
    assert np.isnan(interval(pairs)).tolist() == [[False, False, True, True]] * 2


def test_interval_of_replicates_by_hand():
    values = np.linspace(0, 1, 1_001)[:, None] * [1, 10]
    low, high = interval(values)
    np.testing.assert_allclose(low, [0.025, 0.25])
    np.testing.assert_allclose(high, [0.975, 9.75])
    values[::3, 0] = np.nan
    assert np.isfinite(interval(values)).all()
    values[::2, 0] = np.nan
    assert np.isnan(interval(values)).tolist() == [[True, False]] * 2
    with pytest.raises(ValueError, match=r"level in 0 .. 1, got \(1001, 2\) and 95"):
        interval(values, level=95)
    with pytest.raises(ValueError, match=r"got \(0,\) and 0.95"):
        interval(np.empty(0))


def test_chunks_do_not_change_the_kind_of_draws(monkeypatch):
    embeddings, labels = cloud(2, 4, counts=(30, 20, 10))
    monkeypatch.setattr(inputs, "CHUNK", 100)
    replicates = center_replicates(embeddings, labels, mean_distances_of_cosines, draws=301)
    scores = score_replicates(labels == 0, labels, draws=301)
    assert replicates.shape == scores.shape == (301, 3)
    assert np.isfinite(replicates).all()
    np.testing.assert_array_equal(scores, np.tile([1, 0, 0], (301, 1)))
    assert len(np.unique(replicates[:, 0])) == 301


def test_large_classes_are_sampled_and_it_says_so(monkeypatch):
    embeddings, labels = cloud(3, 3, counts=(600, 30))
    monkeypatch.setattr(sys.modules[pair_means.__module__], "EXACT_UP_TO", 200)
    with pytest.warns(SampledWarning, match="class 0 has more than 200 samples"):
        low, high = interval(pair_replicates(embeddings, labels, pair_distances))
    exact = class_alignment(embeddings, labels, distinct=True)
    assert ((low < exact) & (exact < high)).all()


def test_bad_scores_are_refused():
    with pytest.raises(ValueError, match="finite"):
        score_replicates(np.array([1, np.nan]), np.array([0, 0]))
    with pytest.raises(ValueError, match=r"labels must be \(2,\)"):
        score_replicates(np.array([1, 0]), np.array([0, 0, 1]))
