"""The angles between class centres, without the bias of small classes."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.directed import least_length
from ghviz.metrics.inputs import checked
from ghviz.metrics.mean_resultant_length import length_of_means
from ghviz.metrics.reasons import SAMPLES_NEEDED

NOTHING: Final = 1e-6
"""Plain length below which the samples of a class sum to nothing but the rounding of float32."""


def unbiased_center_cosines(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the cosines between class centres, corrected for the scatter of the centres of small classes.

    G_ij = m_i . m_j / (R_i R_j) with m the means of the classes and R their `mean_resultant_length`, the
    unbiased one. A centre of n samples points off by chance, so that the plain cosines (`center_cosines`),
    which divide by ||m_i|| ||m_j||, lie nearer to 0 the fewer samples there are: in 32 dimensions, two
    classes of 5 samples that are 1.13 apart seem to be 1.27 apart; this gives 1.11. The price is more
    scatter, without bounds where R is nearly 0: so R is taken as at least the `least_length` that tells a
    direction from chance, and a class below it is corrected in part only. Source: this project.

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L, L) in -1 .. 1 (larger values are cut), ones on the diagonal; NaN in row and column of a class of
        fewer than three samples or whose samples sum to nothing.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points, labels = np.eye(2)[[0, 0, 0, 1, 1, 1]], np.array([0, 0, 0, 1, 1, 1])
        >>> unbiased_center_cosines(points, labels)
        array([[1., 0.],
               [0., 1.]])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    means = class_means(rows, classes, num_classes)
    lengths = lengths_of(means, np.bincount(classes, minlength=num_classes))
    cosines: NDArray[np.float64] = cosines_between(means[None], lengths.used[None])[0]
    return cosines


def mean_distances_of_cosines(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) mean distances to the other centres, from the (L, L) cosines: `class_uniformity`."""
    others = np.where(np.eye(len(cosines), dtype=bool), np.nan, np.sqrt(np.maximum(2 - 2 * cosines, 0)))
    known = np.isfinite(others)
    counts = known.sum(axis=1)
    mean: NDArray[np.float64] = np.where(known, others, 0).sum(axis=1) / np.where(counts > 0, counts, np.nan)
    return mean


def nearest_angles_of_cosines(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (L,) degrees to the nearest other centre, from (L, L) cosines: `nearest_center_angle`."""
    others = np.where(np.eye(len(cosines), dtype=bool) | np.isnan(cosines), -np.inf, cosines)
    nearest = others.max(axis=1)
    angles: NDArray[np.float64] = np.degrees(np.arccos(np.where(np.isfinite(nearest), nearest, np.nan)))
    return angles


class Lengths(NamedTuple):
    """What cosines of centres are divided by.

    Attributes:
        used: (L,) unbiased lengths, at least `floor`; NaN for a class without a centre.
        floor: (L,) what the length of a class without a direction is at least, in replicates too; else 0.
    """

    used: NDArray[np.float64]
    floor: NDArray[np.float64]


def lengths_of(means: NDArray[np.float64], counts: NDArray[np.int64]) -> Lengths:
    """Return the lengths of the means (L, d) of `counts` (L,) unit vectors."""
    enough = counts >= SAMPLES_NEEDED["unbiased_center_cosines"]
    has_center = enough & (np.linalg.norm(means, axis=1) > NOTHING)
    lengths = np.where(has_center, length_of_means(means, counts), np.nan)
    least = least_length(counts, means.shape[1])
    return Lengths(used=np.maximum(lengths, least), floor=np.where(lengths < least, least, 0.0))


def cosines_between(sums: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the cosines (B, L, L) between sums (B, L, d) of the given unbiased lengths (B, L)."""
    scaled = sums / lengths[..., None]
    cosines = np.clip(scaled @ scaled.transpose(0, 2, 1), -1, 1)
    diagonal = np.arange(sums.shape[1])
    cosines[:, diagonal, diagonal] = np.where(np.isfinite(lengths), 1.0, np.nan)
    return cosines
