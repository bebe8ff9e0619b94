"""How concentrated each class is: the parameter of the normal distribution's cousin on the sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked
from ghviz.metrics.mean_resultant_length import length_of_means

RECURRENCE = 400
"""Steps of the recurrence for Bessel functions; more change kappa by less than 1e-7 of it."""
BISECTIONS = 60
"""Halvings of a bracket: float64 has no finer."""
POINT = 1 - 1e-12
"""Length from which on a class is a point: what is missing is the rounding of a mean of unit rows."""


def vmf_concentration(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the concentration kappa of the von Mises-Fisher distribution of each class.

    kappa solves A_d(kappa) = R [0] with A_d(kappa) = I_{d/2}(kappa) / I_{d/2-1}(kappa) and R the
    `mean_resultant_length`, unbiased for small n: the plain length, which scipy's fit takes, makes small
    classes look concentrated. A_d comes from the recurrence of the ratio of Bessel functions, which never
    leaves float64's range: it works at any d, where the functions themselves underflow.

    [0] Mardia and Jupp, Directional Statistics, 2000 (section 10.3.1).

    Args:
        embeddings: (N, d), normalised here.
        labels: (N,) integers 0 .. L-1.
        num_classes: L; None: the largest label plus one.

    Returns:
        (L,) from 0 (no concentration to be seen) to infinity (a point, R within 1e-12 of 1); NaN for a class
        of fewer than two samples.

    Raises:
        ValueError: for shapes, labels or values that make no sense.

    Example:
        >>> points = np.array([[1.0, 0.0, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 1.0]])
        >>> vmf_concentration(points, np.array([0, 0, 1])).round(3)
        array([9.472,   nan])
    """
    rows, classes, num_classes = checked(embeddings, labels, num_classes)
    means, counts = class_means(rows, classes, num_classes), np.bincount(classes, minlength=num_classes)
    return concentration_of(length_of_means(means, counts), rows.shape[1])


def concentration_of(lengths: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    """Return the (L,) concentrations that mean resultant lengths (L,) in 0 .. 1 stand for in d dimensions."""
    length = np.clip(lengths, 0, np.nextafter(1, 0))
    # Tanabe et al., Parameter estimation for von Mises-Fisher distributions, Comput. Stat., 2007, Eq. 12
    low = length * max(dimension - 2, 0) / (1 - length**2)
    high = length * dimension / (1 - length**2)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        above = _mean_length(middle, dimension) > length
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(lengths >= POINT, np.inf, (low + high) / 2)


def _mean_length(concentration: NDArray[np.float64], dimension: int) -> NDArray[np.float64]:
    """Return A_d(kappa), the mean resultant length of a von Mises-Fisher distribution.

    r_v = I_{v+1} / I_v obeys r_{v-1} = 1 / (2 v / kappa + r_v), which forgets where it starts; the start is
    the upper bound of Amos, Computation of modified Bessel functions and their ratios, Math. Comp., 1974,
    Eq. 11.
    """
    kappa = np.maximum(concentration, 1e-100)
    order = dimension / 2 - 1 + RECURRENCE
    ratio = kappa / (order + 0.5 + np.sqrt(kappa**2 + (order + 1.5) ** 2))
    for step in range(RECURRENCE):
        ratio = 1 / (2 * (order - step) / kappa + ratio)
    d = dimension
    # the asymptotic series for kappa to infinity
    expanded = 1 - (d - 1) / (2 * kappa) + (d - 1) * (d - 3) / (8 * kappa**2) * (1 + 1 / kappa)
    return np.where(kappa > 2_000 + 2 * d**2, expanded, ratio)
