"""How far a picture in two or three dimensions can be trusted: point by point, class by class."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.by_class import equal_part, members_of
from ghviz.metrics.inputs import checked, chunks
from ghviz.metrics.sampling import tell_sampled

Float64 = NDArray[np.float64]

PAIRS = 100_000_000
"""Points asked times points that may be neighbours: about five seconds on one core. Up to 10,000 points every
one is asked."""
AT_LEAST = 1_000
"""Points that are asked in any case: fewer would say little of classes, and of the whole."""
SAME = 1e-12
"""Distances that differ by less, in units of the largest there can be, are equal: the order is rounding."""


class Quality(NamedTuple):
    """One kind of faithfulness, 1 = nothing is wrong.

    Attributes:
        overall: mean over all points; of many, estimated from those asked.
        per_class: (L,) mean over each class's points; NaN for a class without any.
        per_point: (n,) of each point; NaN for one that was not asked.
    """

    overall: float
    per_class: Float64
    per_point: Float64


class PictureQuality(NamedTuple):
    """What a picture shows that is not so, and what it hides.

    Attributes:
        trustworthiness: falls with neighbours in the picture that are none in the embedding.
        continuity: falls with neighbours in the embedding that are none in the picture.
    """

    trustworthiness: Quality
    continuity: Quality

    @property
    def placement(self) -> Float64:
        """(n,) the worse of the two of each point: how well it is placed; NaN for one that was not asked."""
        return np.minimum(self.trustworthiness.per_point, self.continuity.per_point)


def picture_quality(
    embeddings: NDArray[Any],
    drawn: NDArray[Any],
    labels: NDArray[Any],
    *,
    neighbors: int = 10,
    num_classes: int | None = None,
) -> PictureQuality:
    """Return trustworthiness and continuity of a picture [0] for each point.

    T_i = 1 - 2 / (k (2n - 3k - 1)) * sum over the k points j nearest to i in the picture of max(0, r(i, j) -
    k), with r(i, j) the rank of j among the points nearest to i in the embedding; T is the mean over i (Eq. 1
    of [0] and scikit-learn's `trustworthiness`). Continuity C_i is the same with picture and embedding
    exchanged. Neighbours in the embedding are by cosine, in the picture by distance. A picture that puts the
    points anywhere has about 0.5.

    Where [0] leaves ties open, nobody is favoured: a point has as many before it as are nearer for sure, and
    points that tie for the last places share them. So the order of points does not matter, and a collapsed
    embedding is trusted whatever is drawn of it (all points are equally near), but not continuous.

    Exact up to 10,000 points. Of more, 1e8 / n drawn ones (at least 1,000) are asked for their neighbours, by
    a fixed seed: all of a small class and equally many of each larger one, in any case one; all points may be
    their neighbours, and a class counts overall by its size. A `SampledWarning` says so. The time for any
    number up to 100,000 is that for 10,000, and grows with n beyond; memory is bounded.

    [0] Venna and Kaski, Neighborhood preservation in nonlinear projection methods: an experimental study,
    ICANN 2001; continuity in Kaski et al., Trustworthiness and metrics in visualizing similarity of gene
    expression, BMC Bioinformatics 2003, https://doi.org/10.1186/1471-2105-4-48

    Args:
        embeddings: (n, d) with d >= 2, normalised here.
        drawn: (n, 2) or (n, 3), or any other width: where the same points are drawn; not normalised.
        labels: (n,) integers 0 .. L-1.
        neighbors: k, at least 1 and below n / 2.
        num_classes: L; None: the largest label plus one.

    Returns:
        `(trustworthiness, continuity)`, each with `overall`, `per_class` and `per_point` in 0 .. 1.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> angles = np.radians(np.arange(0, 360, 30))
        >>> circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        >>> flat = circle @ [[1.0], [0.1]]  # seen from the edge: opposite sides fall together
        >>> seen = picture_quality(circle, flat, np.zeros(12, dtype=int), neighbors=2)
        >>> round(seen.trustworthiness.overall, 2), round(seen.continuity.overall, 2)
        (0.63, 0.86)
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    places, size = _finite(drawn), len(rows)
    if len(places) != size:
        raise ValueError(
            f"embeddings and drawn must hold the same points, got {size:,} and {len(places):,} rows"
        )
    if size < 3:
        raise ValueError(f"there must be at least three points, got {size}")
    if not 1 <= neighbors < size / 2:
        raise ValueError(f"neighbors must be at least 1 and below n / 2 = {size / 2:g}, got {neighbors}")
    sizes = np.bincount(classes, minlength=num_classes)
    most = _most(sizes)
    tell_sampled("picture_quality", sizes, limit=most, instead=f"{most:,} drawn ones are asked")
    asked = _asked(classes, sizes, most)
    false, missing = np.full(size, np.nan), np.full(size, np.nan)
    places = places - places.mean(axis=0)
    limit = SAME * max(float(np.square(places).sum(axis=1).max()), np.finfo(float).tiny)
    for part in (asked[each] for each in chunks(len(asked), 8 * size)):
        true, shown = -(rows[part] @ rows.T), _squared(places, part)  # (m, n) each
        for distances in (true, shown):
            distances[np.arange(len(part)), part] = np.inf  # no point is its own neighbour
        false[part] = _penalties(shown, true, neighbors, (limit, SAME))
        missing[part] = _penalties(true, shown, neighbors, (SAME, limit))
    worst = neighbors * (2 * size - 3 * neighbors - 1) / 2
    return PictureQuality(*(_quality(1 - each / worst, classes, sizes) for each in (false, missing)))


def _most(sizes: NDArray[np.int64]) -> int:
    """Return how many points of a class are asked at most."""
    size = int(sizes.sum())
    if size**2 <= PAIRS:
        return size
    most = equal_part(sizes, max(AT_LEAST, PAIRS // size))  # rounded down: of 501 classes it may be half
    return most if np.minimum(sizes, most).sum() >= AT_LEAST else most + 1


def _asked(classes: NDArray[np.int64], sizes: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return the points that are asked for their neighbours, rising: all of small classes, some of others."""
    generator = np.random.default_rng(0)
    members = members_of(classes, len(sizes))
    drawn = [each if len(each) <= most else generator.choice(each, most, replace=False) for each in members]
    return np.sort(np.concatenate(drawn))


def _quality(per_point: Float64, classes: NDArray[np.int64], sizes: NDArray[np.int64]) -> Quality:
    known = np.isfinite(per_point)
    sums, asked = (
        np.bincount(classes[known], weights=weights, minlength=len(sizes)).astype(np.float64)
        for weights in (per_point[known], None)
    )
    asked[asked == 0] = np.nan
    per_class = sums / asked
    overall = float(np.nansum(per_class * sizes) / len(classes))
    return Quality(overall=overall, per_class=per_class, per_point=per_point)


def _squared(places: Float64, part: NDArray[np.int64]) -> Float64:
    """Return the (m, n) squared distances, column by column: exact also where they are tiny."""
    total = np.zeros((len(part), len(places)))
    for column in places.T:
        total += np.square(column[part, None] - column[None, :])
    return total


def _penalties(near: Float64, ranked: Float64, k: int, limits: tuple[float, float]) -> Float64:
    """Return for each row by how many ranks, in sum, the k nearest of `near` miss the k nearest of `ranked`.

    Args:
        near: (m, n) distances that choose the neighbours.
        ranked: (m, n) distances that rank them.
        k: how many neighbours.
        limits: differences up to which distances of the two are equal.
    """
    within, among = limits
    nearest = np.argpartition(near, k - 1, axis=1)[:, :k]
    last = np.take_along_axis(near, nearest, axis=1).max(axis=1)
    tied = np.count_nonzero(near <= last[:, None] + within, axis=1) > k
    ordered = np.sort(ranked, axis=1)
    penalties = np.empty(len(near))
    for i in range(len(near)):
        chosen, weights = nearest[i], np.ones(k)
        if tied[i]:
            chosen = np.flatnonzero(near[i] <= last[i] + within)
            sure = near[i, chosen] < last[i] - within
            weights = np.where(sure, 1.0, (k - sure.sum()) / max(1, np.count_nonzero(~sure)))
        before = ordered[i].searchsorted(ranked[i, chosen] - among)  # that many are nearer
        penalties[i] = weights @ np.maximum(0, before + 1 - k)
    return penalties


def _finite(drawn: NDArray[Any]) -> Float64:
    places = np.asarray(drawn, dtype=np.float64)
    if places.ndim != 2 or places.shape[1] < 1:
        raise ValueError(f"drawn must be (n, width) with width >= 1, got shape {places.shape}")
    if not np.isfinite(places).all():
        raise ValueError("drawn must be finite, got NaN or infinity: leave out what training spoiled")
    return places
