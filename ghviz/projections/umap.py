"""UMAP of a run's snapshots, each starting where the one before it ended: what moves in it has moved."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.projections.align import moved_onto
from ghviz.types import Projection

FIRST_EPOCHS = 300
"""Optimisation epochs of a layout that starts from principal components."""
NEXT_EPOCHS = 100
"""Optimisation epochs of a layout that starts from the one before it."""
NEXT_LEARNING_RATE = 0.1
"""Learning rate of such a layout, against 1: half the drift between snapshots at the same trustworthiness."""
FEWEST_POINTS = 5
"""UMAP of fewer points says nothing."""

Layout = NDArray[np.float32]

_LOCK = threading.Lock()
"""Two fits at the same time can abort the process (numba's threading layer), and a server is one process."""


def umap_layouts(
    snapshots: Sequence[NDArray[Any]],
    *,
    seed: int = 0,
    neighbors: int = 15,
    previous: NDArray[Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Layout]:
    """Return a UMAP layout [0] of each snapshot, as a chain: each fit starts at the layout before it.

    Neighbours are exact, by cosine in the full space. Each layout is then shifted and turned, not
    stretched, onto the one before it. Distances between far groups, sizes and densities mean little in such
    a layout; for numbers use `ghviz.metrics`.

    One fit runs at a time in a process, on one thread, seeded: the same input gives the same layouts on one
    machine. The first fit of a process takes 10 to 50 s longer (compilation). Two sides of a pair start
    alike: lay out base first and give its first layout to GH as `previous`, and they share their beginning.

    [0] McInnes, Healy and Melville, UMAP, 2018, https://arxiv.org/abs/1802.03426

    Args:
        snapshots: (n, d) embeddings each, of the same n >= 5 points in the same order; rows are normalised
            here.
        seed: of the optimisation.
        neighbors: size of a neighbourhood, at least 2; the point itself counts, and at most n - 1 are used.
        previous: (n, 2) layout at which the first fit starts; None: at the first two principal components.
        progress: called with the numbers of finished and of all layouts, at 0 and after each; what it
            raises ends the work.

    Returns:
        One (n, 2) layout a snapshot.

    Raises:
        ValueError: for unequal or too few points, values that are not finite, zero rows, or `neighbors`
            below 2.
    """
    rows = _checked(snapshots, neighbors)
    if previous is not None and np.shape(previous) != (len(rows[0]), 2):
        raise ValueError(f"previous must be ({len(rows[0])}, 2), got {np.shape(previous)}")
    report = progress or (lambda done, total: None)
    report(0, len(rows))
    layouts: list[Layout] = []
    start = None if previous is None else np.asarray(previous, dtype=np.float64)
    for done, points in enumerate(rows, 1):
        layout = _fitted(points, start, min(neighbors, len(points) - 1), seed)
        start = layout if start is None else moved_onto(layout, start)
        layouts.append(np.ascontiguousarray(start, dtype=np.float32))
        report(done, len(rows))
    return layouts


def _checked(snapshots: Sequence[NDArray[Any]], neighbors: int) -> list[NDArray[np.float64]]:
    rows = [np.asarray(snapshot, dtype=np.float64) for snapshot in snapshots]
    shapes = {snapshot.shape for snapshot in rows}
    if len(shapes) != 1 or len(rows[0].shape) != 2 or len(rows[0]) < FEWEST_POINTS:
        raise ValueError(f"snapshots must be (n, d) alike with n >= {FEWEST_POINTS}, got {sorted(shapes)}")
    if neighbors < 2:
        raise ValueError(f"neighbors must be at least 2 (the point itself counts), got {neighbors}")
    if not all(np.isfinite(snapshot).all() and snapshot.any(axis=1).all() for snapshot in rows):
        raise ValueError(
            "snapshots must be finite and without zero rows: leave out those that training spoiled"
        )
    return [snapshot / np.linalg.norm(snapshot, axis=1, keepdims=True) for snapshot in rows]


def _fitted(
    points: NDArray[np.float64], start: NDArray[np.float64] | None, neighbors: int, seed: int
) -> NDArray[np.float64]:
    with _LOCK, _quiet():
        from umap import UMAP

        model = UMAP(
            n_neighbors=neighbors,
            metric="cosine",
            precomputed_knn=_cosine_neighbors(points, neighbors),
            init=_spread(_principal_plane(points) if start is None else start, seed),
            n_epochs=FIRST_EPOCHS if start is None else NEXT_EPOCHS,
            learning_rate=1.0 if start is None else NEXT_LEARNING_RATE,
            random_state=seed,
            n_jobs=1,
        )
        return np.asarray(model.fit_transform(points.astype(np.float32)), dtype=np.float64)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out what umap says at every import and fit and that nobody here can act on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        warnings.filterwarnings("ignore", "precomputed_knn", UserWarning)  # no transform() of new points
        yield


def _cosine_neighbors(
    points: NDArray[np.float64], neighbors: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the nearest points (n, k) by cosine, each point itself first, and 1 - cosine."""
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=neighbors - 1).fit(points)
    chords, others = index.kneighbors()  # on the unit sphere the nearest by chord are the nearest by cosine
    itself = np.arange(len(points))[:, None]
    distances = np.hstack([np.zeros((len(points), 1)), np.square(chords) / 2])
    return np.hstack([itself, others]).astype(np.int32), distances.astype(np.float32)


def _principal_plane(points: NDArray[np.float64]) -> NDArray[np.float64]:
    centered = points - points.mean(axis=0)  # where a layout starts, not what is shown
    _, _, vt = np.linalg.svd(centered.T @ centered)
    plane: NDArray[np.float64] = centered @ vt[:2].T
    return plane


def _spread(layout: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Return the layout with a thousandth of noise: points in one place would otherwise stay there."""
    noise = np.random.default_rng(seed).standard_normal(layout.shape)
    scale = max(float(layout.std()), 1e-3)
    return (layout + 1e-3 * scale * noise).astype(np.float32)


def umap_view(layouts: Sequence[NDArray[Any]]) -> Projection:
    """Return layouts as a Projection, without `kept` (it is not linear) and without vertices."""
    return Projection(
        kind="umap",
        coordinates=tuple(np.ascontiguousarray(layout, dtype=np.float32) for layout in layouts),
        kept=None,
        notes=("UMAP keeps neighbourhoods, not distances, sizes or densities",),
    )


def layout_arrays(layouts: Mapping[str, Mapping[int, NDArray[Any]]]) -> dict[str, Layout]:
    """Return layouts by side and step as one flat mapping of arrays, ready for a safetensors file.

    Example:
        >>> list(layout_arrays({"base": {300: np.zeros((5, 2))}}))
        ['base/00000300']
    """
    return {
        f"{side}/{step:08d}": np.ascontiguousarray(layout, dtype=np.float32)
        for side, by_step in layouts.items()
        for step, layout in by_step.items()
    }


def layouts_from_arrays(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[int, Layout]]:
    """Return what `layout_arrays` was given, steps rising.

    Raises:
        ValueError: for a name that is not "side/step" or an array that is not (n, 2).

    Example:
        >>> layouts_from_arrays({"gh/00000300": np.zeros((5, 2))})["gh"][300].shape
        (5, 2)
    """
    layouts: dict[str, dict[int, Layout]] = {}
    for name in sorted(arrays):
        side, _, step = name.rpartition("/")
        if not side or not step.isdecimal() or arrays[name].ndim != 2 or arrays[name].shape[1] != 2:
            raise ValueError(f"a layout must be named side/step and be (n, 2): {name!r} {arrays[name].shape}")
        layouts.setdefault(side, {})[int(step)] = np.asarray(arrays[name], dtype=np.float32)
    return {side: dict(sorted(by_step.items())) for side, by_step in layouts.items()}
