"""How the sphere is divided among the classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.inputs import checked, chunks, single_error

DIRECTIONS = 20_000
"""Random directions on which shares are counted, unless others are asked for."""
SAME_PLACE = 1e-7
"""Embeddings closer than this (about float32's resolution on the unit sphere) count as one place."""
TREE_UP_TO = 8
"""Largest dimension in which a k-d tree beats comparing with every point."""


class TerritoryShare(NamedTuple):
    """Shares of the sphere and how well they are known.

    Attributes:
        share: (L,) sums to 1 over the classes with samples; NaN for a class without samples.
        standard_error: (L,) of the drawing of directions; 0 where the share is exact, NaN as in `share`.
    """

    share: NDArray[np.float64]
    standard_error: NDArray[np.float64]


def territory_share(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    directions: int = DIRECTIONS,
    seed: int = 0,
    num_classes: int | None = None,
) -> TerritoryShare:
    """Return the share of the sphere that is nearer to each class's embeddings than to any others.

    share_c = P(label of the embedding nearest to v is c), v uniform on the unit sphere in d dimensions [0].

    - d = 2: exact; each point owns half the gap to each neighbour.
    - d = 3: exact; areas of the spherical Voronoi cells, unless the points are fewer than four or lie in
      one plane.
    - otherwise: the share of `directions` uniformly drawn directions, with standard error sqrt(s (1 - s) /
      directions). There s is taken no nearer to 0 or 1 than half a direction: a class that none of them hit
      is small, not known to be nothing.

    A class that is alone holds all of it, exactly.

    Embeddings at the same place (within about 1e-7) own its cell in equal parts, so the order of samples
    and the copying of a sample to another class have the effect that they should have, and the answer is
    deterministic.

    [0] This project, after the observation of Zhou et al., Combating Representation Learning Disparity with
    Geometric Harmonization, NeurIPS 2023, https://arxiv.org/abs/2310.17622, that head classes take over the
    embedding space.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        directions: number of random directions where there is no exact answer.
        seed: draws the directions.
        num_classes: L; None: the largest label plus one.

    Returns:
        `(share, standard_error)`, both (L,). The error says how well the share of *these* embeddings is
        known, not what other samples of the classes would give.

    Raises:
        ValueError: for shapes, labels or values that make no sense, or `directions` below 1.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
        >>> share, standard_error = territory_share(points, np.array([0, 0, 0, 1]))
        >>> share, standard_error
        (array([0.75, 0.25]), array([0., 0.]))
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    if directions < 1:
        raise ValueError(f"directions must be at least 1, got {directions}")
    place, first = _places(rows)
    places = rows if len(first) == len(rows) else rows[first]
    cells = _exact_cells(places)
    exact = cells is not None
    if cells is None:
        cells = _drawn_cells(places, directions, seed)
    owned: NDArray[np.float64] = (cells / np.bincount(place))[place]  # (N,)
    share = np.asarray(np.bincount(classes, weights=owned, minlength=num_classes), dtype=np.float64)
    share[np.bincount(classes, minlength=num_classes) == 0] = np.nan
    if np.isfinite(share).sum() == 1:
        return TerritoryShare(np.where(np.isfinite(share), 1.0, np.nan), share * 0)
    known = np.clip(share, 0.5 / directions, 1 - 0.5 / directions)
    return TerritoryShare(share, share * 0 if exact else np.sqrt(known * (1 - known) / directions))


def _places(rows: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the place of each row (N,) and a row at each place (P,), 0 .. N - 1 if all lie apart."""
    if rows.shape[1] == 2:
        angles = np.arctan2(rows[:, 1], rows[:, 0])
        order = np.argsort(angles, kind="stable")
        new = np.diff(angles[order], prepend=angles[order[-1]] - 2 * np.pi) > SAME_PLACE
    else:
        numbers = _grid_numbers(rows)
        order = np.lexsort(numbers.T)
        new = np.ones(len(rows), dtype=bool)
        new[1:] = (np.diff(numbers[order], axis=0) != 0).any(axis=1)
    if new.all():
        return np.arange(len(rows)), np.arange(len(rows))
    place = np.empty(len(rows), dtype=np.int64)
    place[order] = np.maximum(np.cumsum(new) - 1, 0)
    if not new[0]:  # the circle closes: what precedes the first gap belongs to the last place
        place[order[: int(np.argmax(new))]] = place[order[-1]]
    return place, order[new] if new.any() else order[:1]


def _grid_numbers(rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return two numbers (N, 2) for the grid point nearest to each row: random sums of its coordinates.

    They overflow, which is meant: that two grid points get the same 128 bits doesn't happen.
    """
    factors = np.random.default_rng(0).integers(-(2**63), 2**63 - 1, (rows.shape[1], 2))
    numbers = np.empty((len(rows), 2), dtype=np.int64)
    for part in chunks(len(rows), 4 * rows.shape[1]):
        numbers[part] = np.rint(rows[part] / SAME_PLACE).astype(np.int64) @ factors
    return numbers


def _exact_cells(places: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the share of the sphere (P,) that each of the places (P, d) owns; None if only to be drawn."""
    if len(places) == 1:
        return np.ones(1)
    if places.shape[1] == 2:
        return arcs(places)
    return voronoi_areas(places) if places.shape[1] == 3 else None


def _drawn_cells(places: NDArray[np.float64], directions: int, seed: int) -> NDArray[np.float64]:
    """Return the share of drawn directions (P,) that are nearest to each of the places (P, d)."""
    generator, (size, dimension) = np.random.default_rng(seed), places.shape
    nearest_of = _tree_search(places) if dimension <= TREE_UP_TO else _full_search(places)
    nearest = []
    for part in chunks(directions, size + 4 * dimension):
        drawn = generator.standard_normal((min(part.stop, directions) - part.start, dimension))
        nearest.append(nearest_of(drawn / np.linalg.norm(drawn, axis=1, keepdims=True)))
    hits: NDArray[np.float64] = np.bincount(np.concatenate(nearest), minlength=size) / directions
    return hits


def arcs(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of the circle (P,) owned by each of P different unit points (P, 2)."""
    angles = np.arctan2(points[:, 1], points[:, 0])
    order = np.argsort(angles)
    gaps = np.diff(angles[order], append=angles[order[0]] + 2 * np.pi)  # to the next point
    owned = np.empty(len(points))
    owned[order] = (gaps + np.roll(gaps, 1)) / (4 * np.pi)
    return owned


def voronoi_areas(points: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the share of the sphere (P,) owned by each of P different unit points (P, 3).

    The facets of the convex hull are the Delaunay triangles, and their outward normals n_f the corners of
    the Voronoi cells: two neighbouring facets span with a corner p that they share the triangle (p, n_f,
    n_g), and these triangles fill the cell of p.

    Returns:
        None where the hull is flat, or so nearly flat that the areas don't add up.
    """
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(points)
    except (QhullError, ValueError):  # fewer than four points, or all in one plane
        return None
    facet = np.repeat(np.arange(len(hull.simplices)), 3)
    neighbor = hull.neighbors.ravel()  # the k-th neighbour lies opposite the k-th corner
    shared = np.stack([hull.simplices[:, [1, 2, 0]].ravel(), hull.simplices[:, [2, 0, 1]].ravel()])
    once = facet < neighbor
    facet, neighbor, shared = facet[once], neighbor[once], shared[:, once]
    normals = hull.equations[:, :3]
    solid = triangle_areas(points[shared], normals[facet], normals[neighbor])  # (2, edges)
    areas = np.bincount(shared.ravel(), weights=solid.ravel(), minlength=len(points)) / (4 * np.pi)
    return areas if abs(areas.sum() - 1) < 1e-6 else None


def triangle_areas(
    a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the areas of spherical triangles with unit corners a (..., n, 3), b and c (n, 3), in steradians.

    tan(area / 2) = |a . (b x c)| / (1 + a . b + b . c + c . a) [0].

    [0] Van Oosterom and Strackee, The solid angle of a plane triangle, IEEE Trans. Biomed. Eng., 1983, Eq. 8.
    """
    volume = np.abs((a * np.cross(b, c)).sum(axis=-1))
    area: NDArray[np.float64] = 2 * np.arctan2(
        volume, 1 + (a * b).sum(axis=-1) + (b * c).sum(axis=-1) + (c * a).sum(axis=-1)
    )
    return area


def _tree_search(places: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.int64]]:
    """Return what finds the index (D,) of the place nearest to each of (D, d) unit directions, by a tree."""
    from scipy.spatial import cKDTree

    tree = cKDTree(places)
    return lambda directions: tree.query(directions)[1]


def _full_search(places: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.int64]]:
    """Return what finds the index (D,) of the place nearest to each direction, by comparing with every one.

    In single precision, which takes half the time, where that tells the nearest from the next for sure.
    """
    single = places.astype(np.float32)

    def nearest_of(directions: NDArray[np.float64]) -> NDArray[np.int64]:
        cosines, each = directions.astype(np.float32) @ single.T, np.arange(len(directions))
        nearest: NDArray[np.int64] = cosines.argmax(axis=1)
        largest = cosines[each, nearest]
        cosines[each, nearest] = -np.inf
        unsure = largest - cosines.max(axis=1) <= single_error(places.shape[1])
        if unsure.any():
            nearest[unsure] = (directions[unsure] @ places.T).argmax(axis=1)
        return nearest

    return nearest_of
