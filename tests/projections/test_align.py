"""Turning one cloud onto another."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from ghviz.projections.align import moved_onto, procrustes_rotation
from ghviz.projections.centers import class_directions, class_means
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds, unit


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_finds_the_rotation_or_reflection_that_was_applied(seed, dimension):
    source = np.random.default_rng(seed).standard_normal((20, dimension))
    applied = rotation(seed, dimension)
    np.testing.assert_allclose(procrustes_rotation(source, source @ applied), applied, atol=1e-8)


@repeatable
@given(seed=seeds)
def test_no_other_orthogonal_matrix_comes_closer(seed):
    generator = np.random.default_rng(seed)
    source, target = generator.standard_normal((6, 3)), generator.standard_normal((6, 3))
    best = procrustes_rotation(source, target)
    np.testing.assert_allclose(best @ best.T, np.eye(3), atol=1e-12)
    for other in range(20):
        distance = np.linalg.norm(source @ rotation(other, 3) - target)
        assert np.linalg.norm(source @ best - target) <= distance + 1e-12


def test_pairs_with_nan_are_left_out():
    source = np.array([[1.0, 0], [0, 1], [np.nan, 0]])
    target = np.array([[0.0, 1], [-1, 0], [5, 5]])
    np.testing.assert_allclose(procrustes_rotation(source, target), [[0, 1], [-1, 0]], atol=1e-12)
    np.testing.assert_array_equal(procrustes_rotation(source[2:], target[2:]), np.eye(2))
    with pytest.raises(ValueError, match=r"must both be \(n, d\)"):
        procrustes_rotation(source, target[:2])


def test_a_moved_layout_keeps_its_distances():
    generator = np.random.default_rng(0)
    layout = generator.standard_normal((30, 2))
    target = layout @ rotation(3, 2) + [4.0, -7.0]
    np.testing.assert_allclose(moved_onto(layout, target), target, atol=1e-9)
    elsewhere = moved_onto(layout, generator.standard_normal((30, 2)))
    np.testing.assert_allclose(
        np.linalg.norm(elsewhere[:-1] - elsewhere[1:], axis=1),
        np.linalg.norm(layout[:-1] - layout[1:], axis=1),
    )


def test_class_means_and_directions():
    rows, labels = cloud(0, 3)
    means = class_means(rows, labels, 6)
    np.testing.assert_allclose(means[:5], [rows[labels == c].mean(axis=0) for c in range(5)])
    assert np.isnan(means[5]).all()
    np.testing.assert_allclose(class_directions(rows, labels, 6)[:5], unit(means[:5]))
