"""How concentrated each class is: the parameter of the normal distribution's cousin on the sphere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.class_centers import class_means
from ghviz.metrics.inputs import checked
from ghviz.metrics.mean_resultant_length import length_of_means

RECURRENCE = 64
"""Steps of the recurrence for Bessel functions, from an order where the expansion is exact to 14 digits."""
BISECTIONS = 60
"""Halvings of a bracket: float64 has no finer."""
POINT = 1e-12
"""A class whose length is no farther from 1 is a point: rounding leaves no more of a difference."""


def vmf_concentration(
    embeddings: NDArray[Any], labels: NDArray[Any], *, num_classes: int | None = None
) -> NDArray[np.float64]:
    """Return the concentration kappa of the von Mises-Fisher distribution of each class.

    kappa solves A_d(kappa) = R [0] with A_d(kappa) = I_{d/2}(kappa) / I_{d/2-1}(kappa) and R the
    `mean_resultant_length`, unbiased for small n: the plain length, which scipy's fit takes, makes small
    classes look concentrated. A_d comes from the recurrence of the ratio of Bessel functions, which never
    leaves float64's range: it works at any d, where the functions themselves underflow. Close to 1 it is 1 -
    A_d that is computed, so that no digits are lost: kappa is exact to 11 digits for the R that it is given.

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
    length = np.clip(lengths, 0, 1 - POINT)
    below_one = 1 - length
    # Tanabe et al., Parameter estimation for von Mises-Fisher distributions, Comput. Stat., 2007, Eq. 12
    unit = length / (below_one * (1 + length))
    low, high = unit * max(dimension - 2, 0), unit * dimension
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        mean, missing = _mean_length(middle, dimension)
        above = np.where(length < 0.5, mean > length, missing < below_one)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.where(lengths >= 1 - POINT, np.inf, (low + high) / 2)


def _mean_length(
    concentration: NDArray[np.float64], dimension: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return A_d(kappa), the mean resultant length of a von Mises-Fisher distribution, and 1 - A_d(kappa).

    The ratio r_v = I_{v+1} / I_v obeys r_{v-1} = 1 / (2 v / kappa + r_v), which forgets where it starts. Each
    of both is exact relative to itself: 1 - r has a recurrence of its own, 1 - r_{v-1} = (t - (1 - r_v)) /
    (1 + t - (1 - r_v)) with t = 2 v / kappa.

    At the start, x I_v' / I_v = w solves x w' = x^2 + v^2 - w^2 (Bessel's equation). In powers of 1 / W with
    W = sqrt(x^2 + v^2) and q = v^2 / W^2 that is w = W + x^2 / W^2 (a_1 + a_2 / W + ...): Debye's expansion
    (NIST Handbook of Mathematical Functions, 2010, section 10.41), good at all x if v is large.
    """
    x = np.maximum(concentration, 1e-100)
    order = dimension / 2 - 1 + RECURRENCE
    w = np.hypot(x, order)
    q = (order / w) ** 2
    a_3, a_4 = (-1 + q * (12 - 15 * q)) / 8, (-25 + q * (531 + q * (1105 * q - 1547))) / 128
    further = (-1 / 2 + ((5 * q - 1) / 8 + (a_3 + a_4 / w) / w) / w) * x / w**2
    ratio = x / (w + order) + further  # r_v = (w - v) / x
    missing = order * ((w - order + x) / (w + x)) / x - further
    for step in range(RECURRENCE):
        t = 2 * (order - step) / x
        ratio, missing = 1 / (t + ratio), (t - missing) / (1 + t - missing)
    return ratio, missing
