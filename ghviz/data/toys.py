"""Toy data sets whose embedding is the circle or the sphere: Gaussian classes around even centres."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ghviz.data.pool import ORDER, TEST, TRAIN, Pool, stream, wanted_counts
from ghviz.types import RunConfig

NEAREST_CENTERS = math.sqrt(2)
"""Distance between neighbouring class centres; `within_class_sd` is measured on this scale."""
STARTS = 8
STEPS = 400
SHARPNESS = (2.0, 2000.0)  # of the soft maximum of the cosines, from the first to the last step
MOST_DESCENDED = 200  # centres; beyond, the lattice is taken as it is


def toy_pool(config: RunConfig) -> Pool:
    """Training and test points of `toy-circle` (2-D) or `toy-sphere` (3-D).

    Which class sits at which centre is drawn from the seed; the test points come from the same Gaussians and
    another stream, so that they don't depend on the class sizes.

    Args:
        config: uses dataset, num_classes, n_max, ratio, profile, test_per_class, within_class_sd and seed.

    Returns:
        float32 points, exactly as many of each class as asked for.
    """
    spread = polygon_centers if config.dataset == "toy-circle" else sphere_centers
    centers = spread(config.num_classes)
    centers = centers[stream(config, ORDER).permutation(config.num_classes)]
    train_labels = np.repeat(np.arange(config.num_classes), wanted_counts(config))
    test_labels = np.repeat(np.arange(config.num_classes), config.test_per_class)
    return Pool(
        train_inputs=_around(centers[train_labels], config, TRAIN),
        train_labels=train_labels,
        test_inputs=_around(centers[test_labels], config, TEST),
        test_labels=test_labels,
        class_names=tuple(_class_name(label) for label in range(config.num_classes)),
    )


def polygon_centers(num_classes: int) -> NDArray[np.float64]:
    """Corners (L, 2) of the regular polygon, neighbours sqrt(2) apart."""
    angles = 2 * np.pi * np.arange(num_classes) / num_classes
    return _scaled(np.stack([np.cos(angles), np.sin(angles)], axis=1))


def sphere_centers(num_classes: int) -> NDArray[np.float64]:
    """Points (L, 3) spread evenly on a sphere, the nearest of them sqrt(2) apart.

    Even: the largest cosine is as small as can be (the problem of Tammes), by the best of several descents on
    a soft maximum of the cosines that grows ever sharper. Same L, same points. Beyond 200 centres the
    golden-angle lattice is taken as it is.
    """
    lattice = _lattice(num_classes)
    if num_classes > MOST_DESCENDED:
        return _scaled(lattice)
    rng = np.random.default_rng(0)
    starts = lattice + 0.3 * rng.standard_normal((STARTS, num_classes, 3))
    starts[0] = lattice
    return _scaled(_descend(starts))


def _lattice(num_points: int) -> NDArray[np.float64]:
    """The golden-angle spiral: nearly even for any number of points."""
    index = np.arange(num_points) + 0.5
    z = 1 - 2 * index / num_points
    angle = index * math.pi * (3 - math.sqrt(5))
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


def _descend(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The best of several (L, 3) arrangements after a descent with momentum along the sphere."""
    points = _unit(points)
    velocity = np.zeros_like(points)
    others = ~np.eye(points.shape[1], dtype=np.bool_)
    for sharpness in np.geomspace(*SHARPNESS, STEPS):
        cosines = points @ points.swapaxes(1, 2)  # (starts, L, L)
        excess = np.where(others, cosines - _largest(cosines)[:, None, None], -np.inf)
        pushes = np.exp(sharpness * excess)
        pushes /= pushes.sum(axis=(1, 2), keepdims=True)
        force = pushes @ points * points.shape[1]
        force -= (force * points).sum(axis=2, keepdims=True) * points
        velocity = 0.9 * velocity - force / sharpness
        points = _unit(points + velocity)
    best: NDArray[np.float64] = points[_largest(points @ points.swapaxes(1, 2)).argmin()]
    return best


def _largest(cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Largest off-diagonal entry of each (L, L) matrix."""
    largest: NDArray[np.float64] = (cosines - 3 * np.eye(cosines.shape[1])).max(axis=(1, 2))
    return largest


def _unit(points: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = points / np.linalg.norm(points, axis=-1, keepdims=True)
    return unit


def _scaled(centers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The arrangement blown up until its two nearest centres are `NEAREST_CENTERS` apart."""
    nearest = math.sqrt(2 - 2 * float(_largest((centers @ centers.T)[None])[0]))
    return centers * (NEAREST_CENTERS / nearest)


def _around(centers: NDArray[np.float64], config: RunConfig, purpose: int) -> NDArray[np.float32]:
    noise = stream(config, purpose).standard_normal(centers.shape)
    return (centers + config.within_class_sd * noise).astype(np.float32)


def _class_name(label: int) -> str:
    """A letter for each of the first 26 classes, then numbers: toy classes have no names of their own."""
    return chr(ord("A") + label) if label < 26 else str(label + 1)
