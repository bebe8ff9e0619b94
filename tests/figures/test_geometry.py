"""Camera, means, arcs and stacks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ghviz.figures import geometry
from tests.figures.samples import LABELS, points, unit


def test_rotation_turns_about_its_axis():
    half = np.sqrt(0.5)
    about_z = geometry.rotation([half, 0, 0, half])
    np.testing.assert_allclose(about_z @ [1, 0, 0], [0, 1, 0], atol=1e-12)
    about_x = geometry.rotation([half, half, 0, 0])
    np.testing.assert_allclose(about_x @ [0, 1, 0], [0, 0, 1], atol=1e-12)
    about_y = geometry.rotation([half, 0, half, 0])
    np.testing.assert_allclose(about_y @ [0, 0, 1], [1, 0, 0], atol=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1))
@settings(deadline=None, derandomize=True)
def test_rotation_is_a_rotation(camera):
    matrix = geometry.rotation(camera)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(matrix) == pytest.approx(1)


def test_turn_of_a_camera_about_the_viewing_axis():
    assert geometry.turn([np.cos(0.3), 0, 0, np.sin(0.3)]) == pytest.approx(0.6)
    assert geometry.turn(None) == 0


@pytest.mark.parametrize("camera", [[1, 0, 0], [0, 0, 0, 0], [np.nan, 0, 0, 1]])
def test_a_bad_camera_is_refused(camera):
    with pytest.raises(ValueError, match="quaternion of four numbers"):
        geometry.rotation(camera)


def test_mean_resultant_length_is_the_mean_cosine_of_distinct_pairs():
    cloud = points(3, spread=0.5)
    _, lengths = geometry.class_means(cloud, LABELS, 7)
    for label in range(6):
        cosines = cloud[label == LABELS] @ cloud[label == LABELS].T
        pairs = cosines[~np.eye(len(cosines), dtype=bool)]
        assert lengths[label] == pytest.approx(np.sqrt(max(pairs.mean(), 0)))
    assert np.isnan(lengths[6])


def test_arcs_are_those_of_the_nearest_point():
    rng = np.random.default_rng(3)
    angles, labels = rng.uniform(-np.pi, np.pi, 60), rng.integers(0, 4, 60)
    starts, classes = geometry.territory_arcs(angles, labels)
    assert (np.diff(starts) > 0).all()
    assert (classes != np.roll(classes, 1)).all()
    for probe in rng.uniform(0, 2 * np.pi, 500):
        nearest = labels[np.argmax(np.cos(angles - probe))]
        assert classes[np.searchsorted(starts, probe, side="right") - 1] == nearest


def test_one_class_owns_the_whole_circle():
    starts, classes = geometry.territory_arcs(np.array([0.1, 2.0]), np.array([5, 5]))
    assert starts.tolist() == [0.0]
    assert classes.tolist() == [5]


def test_stacked_points_lie_at_the_rim_where_there_is_room():
    assert geometry.rim_depths(np.linspace(0, 6, 50), size=0.05, deepest=0.3).max() == 0


def test_crowded_points_are_stacked_without_end_but_not_too_deep():
    depths = geometry.rim_depths(np.full(500, 1.0), size=0.03, deepest=0.3)
    assert depths.max() <= 0.3
    assert len(np.unique(depths)) == 60
    rising = np.sort(depths)
    assert rising[0] == 0
    assert rising[1] == pytest.approx(0.03, rel=0.1)


def test_points_of_one_layer_do_not_touch():
    angles = np.random.default_rng(0).uniform(0, 1, 200)
    depths = geometry.rim_depths(angles, size=0.02, deepest=0.3)
    for depth in np.unique(depths):
        assert (np.diff(np.sort(angles[depths == depth])) >= 0.02).all()


def test_fields_are_the_largest_cosine_of_each_class():
    cloud, directions = points(3, spread=0.5), unit(np.random.default_rng(5).standard_normal((40, 3)))
    fields = geometry.class_fields(directions, cloud, LABELS, 7)
    for label in range(6):
        np.testing.assert_allclose(
            fields[:, label], (directions @ cloud[label == LABELS].T).max(axis=1), atol=1e-5
        )
    assert (fields[:, 6] == -1).all()


@given(st.lists(st.floats(0, 6.28), min_size=1, max_size=12))
@settings(deadline=None, derandomize=True)
def test_spread_keeps_a_gap_and_leaves_what_has_it(angles):
    placed = geometry.spread(np.array(angles), 0.2)
    around = np.sort(np.mod(placed, 2 * np.pi))
    gaps = np.diff(np.append(around, around[0] + 2 * np.pi)) if len(angles) > 1 else np.array([9.0])
    assert gaps.min() > 0.19
    np.testing.assert_allclose(geometry.spread(np.array([1.1, 1.0]), 0.2), [1.15, 0.95])
    wide = np.array([0.0, 1.0, 3.0])
    np.testing.assert_allclose(geometry.spread(wide, 0.2), wide)


def test_mollweide_and_back():
    directions = unit(np.random.default_rng(2).standard_normal((300, 3)))
    flat = geometry.mollweide(directions)
    assert ((flat[:, 0] / 2) ** 2 + flat[:, 1] ** 2 <= 1 + 1e-9).all()
    np.testing.assert_allclose(geometry.mollweide_directions(flat), directions, atol=1e-6)
    np.testing.assert_allclose(geometry.mollweide(np.array([[0.0, 0, 1]])), [[0, 0]], atol=1e-12)


def test_mollweide_keeps_areas():
    rng = np.random.default_rng(4)
    inside = rng.uniform([-2, -1], [2, 1], (40_000, 2))
    inside = inside[(inside[:, 0] / 2) ** 2 + inside[:, 1] ** 2 < 1]
    cap = (
        geometry.mollweide_directions(inside) @ unit(np.array([0.5, 0.7, -0.4])) > 0.5
    )  # a quarter of the sphere
    assert cap.mean() == pytest.approx(0.25, abs=0.01)
