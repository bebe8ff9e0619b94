"""Do tail classes keep apart from the others? The guard beside every territory number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import center_distances, class_centers
from ghviz.metrics.inputs import class_counts, tail_classes


def nearest_center_angle(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the angle from each class's centre to the nearest other centre, in degrees.

    g_c = min over j != c of arccos(c_c . c_j). Source: this project (see `tail_gap`).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) degrees in 0 .. 180; NaN for a class without a centre. Classes without a centre are no
        neighbours either.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
        >>> nearest_center_angle(points, np.array([0, 1, 2])).round(6)
        array([90., 90., 90.])
    """
    return nearest_angles(class_centers(embeddings, labels, num_classes=num_classes))


def nearest_angles(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) degrees from (L, d) centres to the nearest other; rows of NaN are left out."""
    defined = np.isfinite(centers).all(axis=1)
    result = np.full(len(centers), np.nan)
    present = centers[defined]
    if len(present) >= 2:
        chords = center_distances(present)
        np.fill_diagonal(chords, np.inf)
        # By the chord, not arccos of the cosine, which can't tell angles below 1e-6 degrees from 0.
        result[defined] = np.degrees(2 * np.arcsin(np.minimum(chords.min(axis=1) / 2, 1)))
    return result


def tail_gap(
    embeddings: NDArray[Any],
    labels: NDArray[Any],
    *,
    counts: NDArray[Any] | None = None,
    num_classes: int | None = None,
) -> float:
    """Return the mean angle from a tail class's centre to the nearest other centre, in degrees.

    gap = mean over the tail half of the classes (the L // 2 least frequent) of `nearest_center_angle`. Read
    it beside `frequency_slope`, which can look good while tail classes merge. Source: this project, after
    the paper's lemma that tail means draw together as the imbalance grows [0].

    [0] Zhou et al., Combating Representation Learning Disparity with Geometric Harmonization, NeurIPS 2023,
    https://arxiv.org/abs/2310.17622

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        counts: (L,) training samples of the classes, which say what the tail is; None: counted in `labels`.
            Among equally frequent classes the larger label counts as rarer.
        num_classes: L; None: the largest label plus one.

    Returns:
        Degrees in 0 .. 180, over those tail classes that have a centre; NaN if none has.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
        >>> round(tail_gap(points, np.array([0, 0, 1, 2])), 6)
        90.0
    """
    angles = nearest_center_angle(embeddings, labels, num_classes=num_classes)
    return tail_mean(angles, class_counts(labels, len(angles), counts))


def tail_mean(values: NDArray[np.float64], counts: NDArray[Any], fraction: float = 0.5) -> float:
    """Return the mean of (L,) values over the tail's classes, NaN left out; NaN if nothing is left."""
    tail = values[tail_classes(counts, fraction)]
    tail = tail[np.isfinite(tail)]
    return float(tail.mean()) if len(tail) else float("nan")
