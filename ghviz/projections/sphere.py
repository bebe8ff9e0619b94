"""Embeddings on the circle or sphere: both sides of a pair in one comparable drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ghviz.projections.align import procrustes_rotation
from ghviz.projections.centers import class_directions
from ghviz.types import Points, Projection, Snapshot

Float64 = NDArray[np.float64]
Align = Literal["final", "first"]


def sphere_view(
    snapshots: Mapping[str, Sequence[Snapshot]], points: Points, *, align: Align = "final"
) -> dict[str, Projection]:
    """Return where to draw every snapshot of every side, on the circle (d = 2) or the sphere (d >= 3).

    d = 2 and d = 3 show the embedding itself: nothing is projected. The first side (base, if there is one)
    is drawn as it is; every other is turned as a whole, by one rotation or reflection for all of its
    snapshots, so that its class centres lie as close to the first side's as they can
    (`align.procrustes_rotation`): distances, areas and motion are untouched.

    d > 3 is projected: the three directions that hold most of the class centres of all sides' last
    snapshots (top right singular vectors of the pooled centres) are one basis for everything. The mean is
    NOT subtracted, so that a collapsed cone stays a cone; then points are put back on the sphere.

    Args:
        snapshots: side name ("base", "gh", ...) -> its snapshots, oldest first, at least one.
        points: labels and GH's vertices, the same for all sides.
        align: which snapshots lay the sides onto each other (d = 2 and 3): "final", the last ones, or
            "first": steady while a run is going on, and no turn at all for a pair, whose sides start alike.

    Returns:
        side name -> Projection, with the vertices in the same drawing and notes that say what was done.

    Raises:
        ValueError: for no snapshots, snapshots that fit neither each other nor `points`, or one that is not
            finite.
    """
    dimension = _common_dimension(snapshots, points)
    num_classes = int(points.train_labels.max()) + 1
    reference = "base" if "base" in snapshots else next(iter(snapshots))
    chosen = 0 if align == "first" and dimension <= 3 else -1
    centers = {
        side: class_directions(series[chosen].train, points.train_labels, num_classes)
        for side, series in snapshots.items()
    }
    views = {}
    for side, series in snapshots.items():
        if dimension > 3:
            basis = picture_basis({each: series_[-1] for each, series_ in snapshots.items()}, points)
            note = (
                f"a projection from {dimension} dimensions: the three directions that hold most of "
                "the class centres, the same for every side; no mean subtracted"
            )
        elif side == reference:
            basis, note = np.eye(dimension), "the embedding itself"
        else:
            basis = procrustes_rotation(centers[side], centers[reference])
            note = (
                f"the embedding itself, turned as a whole so that its class centres meet those of {reference}"
            )
            if np.linalg.det(basis) < 0:
                note += " (with a reflection)"
        views[side] = _projection(series, points, basis, note)
    return views


def _common_dimension(snapshots: Mapping[str, Sequence[Snapshot]], points: Points) -> int:
    if not snapshots or not all(snapshots.values()):
        raise ValueError("snapshots must hold at least one snapshot for each of at least one side")
    shapes = {snapshot.train.shape for series in snapshots.values() for snapshot in series}
    if len(shapes) != 1:
        raise ValueError(f"all snapshots must be of the same shape (n, d), got {sorted(shapes)}")
    (shape,) = shapes
    if len(shape) != 2 or shape[0] != len(points.train_labels) or shape[1] < 2:
        raise ValueError(f"snapshots must be ({len(points.train_labels)}, d) with d >= 2, got {shape}")
    for side, series in snapshots.items():
        for snapshot in series:
            if not np.isfinite(snapshot.train).all():
                raise ValueError(
                    f"the snapshot of {side} at step {snapshot.step} is not finite (diverged): leave it out"
                )
    return int(shape[1])


def picture_basis(last: Mapping[str, Snapshot], points: Points) -> Float64:
    """Return the (d, 3) basis in which `sphere_view` draws embeddings of more than three dimensions.

    Args:
        last: side name -> its last snapshot.
        points: their labels.
    """
    num_classes = int(points.train_labels.max()) + 1
    return shared_basis(
        [class_directions(each.train, points.train_labels, num_classes) for each in last.values()]
    )


def shared_basis(centers: Sequence[Float64]) -> Float64:
    """Return the (d, 3) orthonormal basis that holds most of the pooled class centres, not centred.

    Args:
        centers: (L, d) unit rows each; rows of NaN are left out.
    """
    pooled = np.concatenate(list(centers))
    pooled = pooled[np.isfinite(pooled).all(axis=1)]
    _, _, vt = np.linalg.svd(pooled, full_matrices=len(pooled) < 3)
    basis: Float64 = vt[:3].T  # (d, 3)
    signs = np.sign(basis[np.abs(basis).argmax(axis=0), [0, 1, 2]])  # a singular vector's sign is arbitrary
    return basis * signs


def _projection(series: Sequence[Snapshot], points: Points, basis: Float64, note: str) -> Projection:
    last = np.asarray(series[-1].train, dtype=np.float64)
    total = float(np.square(last).sum())
    kept = float(np.square(last @ basis).sum()) / total if total else float("nan")
    is_projected = basis.shape[0] > basis.shape[1]
    return Projection(
        kind="circle" if basis.shape[1] == 2 else "sphere",
        coordinates=tuple(put_on_sphere(snapshot.train, basis) for snapshot in series),
        kept=kept if is_projected else 1.0,
        targets=put_on_sphere(points.targets, basis) if _has_vertices(points, basis) else None,
        notes=(note, f"keeps {kept:.0%} of the embeddings' second moment") if is_projected else (note,),
    )


def _has_vertices(points: Points, basis: Float64) -> bool:
    return len(points.targets) > 0 and points.targets.shape[1] == basis.shape[0]


def put_on_sphere(rows: NDArray[Any], basis: Float64) -> NDArray[np.float32]:
    """Return (n, d) rows in a (d, 2 or 3) basis and of length one.

    A row without direction there goes to the last axis.
    """
    coordinates = np.asarray(rows, dtype=np.float64) @ basis
    lengths = np.linalg.norm(coordinates, axis=1, keepdims=True)
    lost = ~(lengths[:, 0] > 1e-12)
    coordinates[lost] = np.eye(basis.shape[1])[-1]
    lengths[lost] = 1
    return np.ascontiguousarray(coordinates / lengths, dtype=np.float32)
