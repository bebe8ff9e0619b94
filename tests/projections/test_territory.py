"""Painted territory: what is painted is what is measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghviz.metrics import territory_share
from ghviz.projections.territory import territory_map, territory_ring, texel_directions, texel_of
from tests.metrics.samples import cloud, repeatable, seeds, unit


@pytest.mark.parametrize("side", [1, 2, 7, 64])
def test_texels_contain_their_directions(side):
    row, column = texel_of(texel_directions(side), side)
    expected_row, expected_column = np.indices((side, side))
    inside = slice(1, -1) if side > 2 else slice(0)  # at the very rim neighbouring texels meet
    np.testing.assert_array_equal(row[inside, inside], expected_row[inside, inside])
    np.testing.assert_array_equal(column[inside, inside], expected_column[inside, inside])
    np.testing.assert_allclose(np.linalg.norm(texel_directions(side), axis=-1), 1)


def test_texel_mapping_by_hand():
    directions = np.array([[0, 0, 1], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, -1]])
    row, column = texel_of(directions, 64)
    assert column.tolist() == [32, 63, 0, 32, 32, 63]
    assert row.tolist() == [32, 32, 32, 63, 0, 63]
    row, column = texel_of(np.array([[0.5, 0.0, -0.5], [0.0, -0.5, -0.5], [-0.2, 0.3, -0.5]]), 64)
    assert column.tolist() == [63, 48, 9]  # folded: ((1 - |y|) sgn x + 1) / 2 * 64, with sgn 0 = +1
    assert row.tolist() == [48, 0, 57]
    with pytest.raises(ValueError, match="read-only"):
        texel_directions(64)[0] = 0


def test_map_names_the_class_of_the_nearest_point():
    points, labels = cloud(0, 3, counts=(200, 50, 10, 3))
    points = unit(points)
    painted = territory_map(points, labels, side=32)
    assert (painted.shape, painted.dtype) == ((32, 32), np.uint8)
    nearest = (texel_directions(32) @ points.T).argmax(axis=-1)
    np.testing.assert_array_equal(painted, labels[nearest])


def test_painted_areas_are_the_measured_shares():
    points, labels = cloud(4, 3, counts=(200, 50, 10, 3))
    painted = territory_map(unit(points), labels, side=128)
    directions = unit(np.random.default_rng(0).standard_normal((50_000, 3)))
    seen = painted[texel_of(directions, 128)]
    np.testing.assert_allclose(
        np.bincount(seen, minlength=4) / 50_000, territory_share(points, labels).share, atol=0.01
    )


def test_many_classes_and_shared_places():
    points = unit(cloud(0, 3, counts=(1,) * 300)[0])
    assert territory_map(points, np.arange(300), side=8).dtype == np.uint16
    same = np.tile([0.0, 0, 1], (6, 1))
    assert (territory_map(same, np.array([2, 1, 1, 0, 2, 2]), side=4) == 2).all()
    assert (territory_map(same, np.array([2, 1, 1, 0, 2, 0]), side=4) == 0).all()
    mixed = np.vstack([same, [[0, 0, -1.0]], [[1.0, 0, 0]]])
    painted = territory_map(mixed, np.array([2, 1, 1, 0, 1, 0, 5, 4]), side=16)
    assert set(np.unique(painted)) == {1, 4, 5}
    order = np.random.default_rng(0).permutation(8)
    labels = np.array([2, 1, 1, 0, 1, 0, 5, 4])
    np.testing.assert_array_equal(territory_map(mixed[order], labels[order], side=16), painted)


def widths(starts, classes, num_classes):
    return np.bincount(
        classes, weights=np.diff(starts, append=starts[0] + 2 * np.pi), minlength=num_classes
    ) / (2 * np.pi)


@repeatable
@given(seed=seeds, doubles=st.integers(0, 20))
def test_arcs_add_up_to_the_measured_shares(seed, doubles):
    points, labels = cloud(seed, 2)
    generator = np.random.default_rng(seed)
    points[generator.integers(0, 68, doubles)] = points[generator.integers(0, 68, doubles)]
    starts, classes = territory_ring(unit(points), labels)
    assert ((starts >= 0) & (starts < 2 * np.pi)).all()
    assert (np.diff(starts) >= 0).all()
    if len(classes) > 1:
        assert (classes != np.roll(classes, 1)).all()
    np.testing.assert_allclose(widths(starts, classes, 5), territory_share(points, labels).share, atol=1e-6)


@repeatable
@given(seed=seeds)
def test_every_direction_lies_on_the_arc_of_its_nearest_point(seed):
    points, labels = cloud(seed, 2)
    points = unit(points)
    starts, classes = territory_ring(points, labels)
    angles = np.random.default_rng(seed).uniform(0, 2 * np.pi, 500)
    nearest = (np.stack([np.cos(angles), np.sin(angles)], axis=1) @ points.T).argmax(axis=1)
    arc = np.searchsorted(starts, angles, side="right") - 1  # -1: on the last arc, which goes through 0
    assert np.mean(classes[arc] == labels[nearest]) > 0.995  # some lie on a border within rounding


def test_ring_of_one_class_and_of_one_place():
    points = unit(cloud(0, 2)[0])
    starts, classes = territory_ring(points, np.full(len(points), 3))
    assert (starts.tolist(), classes.tolist()) == ([0.0], [3])
    starts, classes = territory_ring(np.tile([[1.0, 0]], (4, 1)), np.array([1, 0, 1, 1]))
    np.testing.assert_allclose(widths(starts, classes, 2), [0.25, 0.75])


def test_place_across_the_cut_of_the_angle():
    points, labels = np.array([[-1.0, 1e-9], [-1.0, -1e-9], [1.0, 0.0]]), np.array([0, 1, 2])
    starts, classes = territory_ring(points, labels)
    np.testing.assert_allclose(np.degrees(starts), [90, 180, 270], atol=1e-5)
    assert classes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("paint", [territory_map, territory_ring])
def test_bad_input_is_one_sentence(paint):
    dimension = 3 if paint is territory_map else 2
    with pytest.raises(ValueError, match=rf"points must be \(n, {dimension}\)"):
        paint(np.ones((4, 5)), np.zeros(4, dtype=int))
    with pytest.raises(ValueError, match=r"labels must be \(4,\)"):
        paint(np.ones((4, dimension)), np.zeros(3, dtype=int))
    with pytest.raises(ValueError, match="finite"):
        paint(np.full((4, dimension), np.nan), np.zeros(4, dtype=int))
    if paint is territory_map:
        with pytest.raises(ValueError, match="side must be at least 1"):
            paint(np.ones((4, 3)), np.zeros(4, dtype=int), side=0)
