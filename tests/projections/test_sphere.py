"""Both sides in one drawing: nothing distorted at d = 2 and 3, nothing subtracted above."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ghviz.projections.camera import IDENTITY, camera_hint, quaternion
from ghviz.projections.centers import class_directions
from ghviz.projections.sphere import shared_basis, sphere_view
from ghviz.types import Snapshot
from tests.metrics.samples import cloud, recorded, rotation, unit


def pair(dimension, *, turn=None, steps=3):
    """Two sides; GH is base turned, with some noise on its last snapshot."""
    train, labels = cloud(1, dimension, spread=0.2)
    _, points, _ = recorded(train, labels)
    turn = rotation(5, dimension) if turn is None else turn
    noise = 0.05 * np.random.default_rng(2).standard_normal((steps, *train.shape))
    base = [snapshot(train + i * noise[i], i) for i in range(steps)]
    gh = [snapshot((train + i * noise[i][::-1]) @ turn, i) for i in range(steps)]
    return {"base": base, "gh": gh}, points


def snapshot(rows, step):
    rows = np.float32(unit(rows))
    return Snapshot(step=step, epoch=0, train=rows, test=rows[:4])


@pytest.mark.parametrize(("dimension", "kind"), [(2, "circle"), (3, "sphere")])
def test_low_dimensions_are_the_embedding_itself(dimension, kind):
    snapshots, points = pair(dimension)
    views = sphere_view(snapshots, points)
    for side, view in views.items():
        assert (view.kind, view.kept, len(view.coordinates)) == (kind, 1.0, 3)
        for drawn, original in zip(view.coordinates, snapshots[side], strict=True):
            assert drawn.dtype == np.float32
            assert drawn.flags.c_contiguous
            np.testing.assert_allclose(drawn @ drawn.T, original.train @ original.train.T, atol=1e-5)
        np.testing.assert_allclose(
            view.coordinates[0] @ view.targets.T, snapshots[side][0].train @ points.targets.T, atol=1e-5
        )
    for drawn, original in zip(views["base"].coordinates, snapshots["base"], strict=True):
        np.testing.assert_allclose(drawn, original.train, atol=1e-6)
    assert views["base"].notes == ("the embedding itself",)


@pytest.mark.parametrize("dimension", [2, 3])
def test_gh_is_turned_onto_base(dimension):
    views = sphere_view(*pair(dimension, steps=1))
    np.testing.assert_allclose(views["gh"].coordinates[0], views["base"].coordinates[0], atol=1e-5)
    assert "turned as a whole" in views["gh"].notes[0]


def test_a_reflection_is_said():
    mirror = np.diag([1.0, -1.0])
    assert "with a reflection" in sphere_view(*pair(2, turn=mirror))["gh"].notes[0]
    assert "with a reflection" not in sphere_view(*pair(2, turn=np.eye(2)))["gh"].notes[0]


def test_first_leaves_a_pair_that_starts_alike_as_it_is():
    snapshots, points = pair(3, turn=np.eye(3))
    view = sphere_view(snapshots, points, align="first")["gh"]
    np.testing.assert_allclose(view.coordinates[-1], snapshots["gh"][-1].train, atol=1e-5)
    final = sphere_view(snapshots, points, align="final")["gh"]
    assert np.abs(final.coordinates[-1] - snapshots["gh"][-1].train).max() > 1e-3
    longer = {side: [*series, snapshot(np.flip(series[0].train, 1), 9)] for side, series in snapshots.items()}
    again = sphere_view(longer, points, align="first")["gh"]
    np.testing.assert_array_equal(again.coordinates[2], view.coordinates[2])


def test_high_dimensions_share_one_uncentred_basis():
    snapshots, points = pair(12)
    views = sphere_view(snapshots, points)
    centers = np.concatenate(
        [class_directions(series[-1].train, points.train_labels, 5) for series in snapshots.values()]
    )
    _, _, vt = np.linalg.svd(centers)
    for side, view in views.items():
        last = snapshots[side][-1].train.astype(np.float64)
        projected = last @ vt[:3].T
        expected = unit(projected)
        sign = np.sign((view.coordinates[-1] * expected).sum(axis=0))
        np.testing.assert_allclose(view.coordinates[-1], expected * sign, atol=1e-4)
        assert view.kind == "sphere"
        assert view.kept == pytest.approx((projected**2).sum() / (last**2).sum())
        assert "a projection from 12 dimensions" in view.notes[0]
        assert f"{view.kept:.0%}" in view.notes[1]
        assert view.targets.shape == (8, 3)


def test_a_collapsed_cone_stays_a_cone():
    generator = np.random.default_rng(0)
    cone = np.eye(30)[0] * 5 + 0.2 * generator.standard_normal((80, 30))
    _, points, _ = recorded(cone, np.arange(80) % 4)
    (view,) = sphere_view({"base": [snapshot(cone, 0)]}, points).values()
    cosines = view.coordinates[0] @ view.coordinates[0].T
    assert cosines.min() > 0.9
    assert view.kept > 0.9


def test_basis_of_few_centres_is_orthonormal():
    for count in (1, 2, 3, 9):  # and its signs do not hang on the linear algebra library
        basis = shared_basis([unit(np.random.default_rng(count).standard_normal((count, 6)))])
        np.testing.assert_allclose(basis.T @ basis, np.eye(3), atol=1e-12)
        assert (basis[np.abs(basis).argmax(axis=0), [0, 1, 2]] > 0).all()


def test_a_row_without_direction_in_the_drawing_is_still_drawn():
    rows, labels = np.eye(6)[[0, 1, 2, 2, 2, 3, 3]], np.array([0, 1, 2, 2, 2, 2, 2])
    rows[-1] *= -1  # the classes' centres lie along the first three axes, the last two points across them
    _, points, _ = recorded(rows, labels)
    (view,) = sphere_view({"base": [snapshot(rows, 0)]}, points).values()
    np.testing.assert_array_equal(view.coordinates[0][-2:], [[0, 0, 1], [0, 0, 1]])


def test_what_does_not_fit_is_one_sentence():
    snapshots, points = pair(3)
    with pytest.raises(ValueError, match="at least one snapshot"):
        sphere_view({"base": []}, points)
    with pytest.raises(ValueError, match="at least one snapshot"):
        sphere_view({}, points)
    with pytest.raises(ValueError, match="the same shape"):
        sphere_view({"base": snapshots["base"], "gh": pair(2)[0]["gh"]}, points)
    with pytest.raises(ValueError, match=r"snapshots must be \(3, d\)"):
        sphere_view(snapshots, replace(points, train_labels=np.array([0, 1, 2])))
    snapshots["gh"][1].train[0] = np.nan
    with pytest.raises(ValueError, match="snapshot of gh at step 1 is not finite"):
        sphere_view(snapshots, points)


def turned(q, points):
    """R(q) p by the quaternion's definition, q p q*."""
    w, v = q[0], np.array(q[1:])
    return points + 2 * np.cross(v, np.cross(v, points) + w * points)


@pytest.mark.parametrize("seed", range(8))
def test_quaternion_is_the_rotation(seed):
    matrix = rotation(seed, 3)
    matrix = matrix * np.sign(np.linalg.det(matrix))
    q = quaternion(matrix)
    points = np.random.default_rng(seed).standard_normal((5, 3))
    assert np.linalg.norm(q) == pytest.approx(1)
    assert q[0] >= 0
    np.testing.assert_allclose(turned(q, points), points @ matrix.T, atol=1e-12)
    for half_turn in (np.diag([1.0, -1, -1]), np.diag([-1.0, 1, -1]), np.diag([-1.0, -1, 1]), np.eye(3)):
        np.testing.assert_allclose(turned(quaternion(half_turn), points), points @ half_turn, atol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_the_camera_sees_the_tail_and_the_head_comes_from_the_left(seed):
    labels = np.repeat(np.arange(4), 30)
    generator = np.random.default_rng(seed)
    head, tail = unit(generator.standard_normal((2, 3)))
    rows = np.where(labels[:, None] < 2, head, tail) + 0.1 * generator.standard_normal((120, 3))
    _, points, _ = recorded(rows, labels)
    view = sphere_view({"base": [snapshot(rows, 0)]}, points)["base"]
    q = camera_hint(view, points.train_labels)
    seen_head, seen_tail = turned(q, np.stack([head, tail]))
    assert seen_tail[2] > 0.5
    assert seen_head[0] < 0.05
    assert abs(seen_head[1]) < 0.2
    assert np.linalg.norm(q) == pytest.approx(1)


def test_no_hint_where_there_is_nothing_to_turn():
    snapshots, points = pair(2)
    assert camera_hint(sphere_view(snapshots, points)["base"], points.train_labels) == IDENTITY
    snapshots, points = pair(3)
    assert camera_hint(sphere_view(snapshots, points)["base"]) == IDENTITY
    collapsed = {"base": [snapshot(np.tile([0.0, 0.6, 0.8], (len(points.train_labels), 1)), 0)]}
    assert np.linalg.norm(
        camera_hint(sphere_view(collapsed, points)["base"], points.train_labels)
    ) == pytest.approx(1)
