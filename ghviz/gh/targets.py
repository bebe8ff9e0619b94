"""The geometric uniform structure: K directions that are as far from each other as the sphere allows."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ghviz.checks import check_tensors, check_whole

RESTARTS = 8  # at most: fewer where all their cosines together would be more than
COSINES = 100_000
STEPS = 600
SHARPNESS = (2.0, 2000.0)  # of the energy, from first to last step


def uniform_targets(num_targets: int, dimension: int, *, seed: int = 0) -> Float[Tensor, "k d"]:
    """Vertices of the geometric uniform structure: unit rows as far from each other as they can be.

    K <= d + 1: a simplex, all cosines -1 / (K - 1), exact. d = 2: evenly on the circle, exact. Otherwise (the
    problem of Tammes, no closed form) a local minimum of the largest cosine; `max_cosine` says how good. The
    seed decides the rotation and, in the last case, the starting points; the global random state is not
    touched.

    Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
    https://arxiv.org/abs/2310.17622. Deviation: the reference code does not rotate the simplex of K = d + 1
    correctly; here it is as exact as any other.

    Args:
        num_targets: K >= 2.
        dimension: d >= 2.
        seed: any integer >= 0.

    Returns:
        (K, d) float32, unit rows.

    Raises:
        ValueError: K or d below 2, a negative seed, or one of them no whole number.

    >>> round(max_cosine(uniform_targets(4, 3)), 4)
    -0.3333
    """
    check_whole(num_targets=num_targets, dimension=dimension, seed=seed)
    if num_targets < 2 or dimension < 2 or seed < 0:
        raise ValueError(
            f"need num_targets >= 2, dimension >= 2 and seed >= 0, got {num_targets}, {dimension} and {seed}"
        )
    generator = torch.Generator().manual_seed(seed)
    if num_targets <= dimension + 1:
        targets = _simplex(num_targets, dimension, generator)
    elif dimension == 2:
        targets = _circle(num_targets, generator)
    else:
        targets = _spread(num_targets, dimension, generator)
    return torch.nn.functional.normalize(targets, dim=1).float()


def max_cosine(targets: Float[Tensor, "k d"]) -> float:
    """Largest cosine between two different rows: the residual of `uniform_targets`; -1 / (K - 1) is ideal.

    Args:
        targets: (K, d) rows, K >= 2, of any length but zero.

    Returns:
        In [-1, 1].

    Raises:
        ValueError: no tensor, or fewer than two rows.
    """
    check_tensors(targets=targets)
    if targets.ndim != 2 or len(targets) < 2:
        raise ValueError(f"targets must have shape (K >= 2, d), got {tuple(targets.shape)}")
    unit = torch.nn.functional.normalize(targets.double(), dim=1)
    cosines = (unit @ unit.mT).fill_diagonal_(-torch.inf)
    return float(cosines.amax())


def _simplex(num_targets: int, dimension: int, generator: torch.Generator) -> Float[Tensor, "k d"]:
    """The centred standard basis of R^K in an orthonormal basis of its K - 1 dimensions, rotated in R^d."""
    basis = torch.eye(num_targets, dtype=torch.float64)
    basis[:, 0] = 1.0
    frame = torch.linalg.qr(basis).Q[:, 1:]  # (K, K - 1), columns orthogonal to (1, ..., 1)
    targets: Tensor = frame @ _rotation(dimension, generator)[: num_targets - 1]
    return targets


def _rotation(dimension: int, generator: torch.Generator) -> Float[Tensor, "d d"]:
    """A uniformly random orthogonal matrix: Q of a Gaussian one, with the signs of R taken out."""
    q, r = torch.linalg.qr(torch.randn(dimension, dimension, generator=generator, dtype=torch.float64))
    rotation: Tensor = q * r.diagonal().sign()
    return rotation


def _circle(num_targets: int, generator: torch.Generator) -> Float[Tensor, "k 2"]:
    """The regular polygon, turned by a random angle."""
    start = torch.rand((), generator=generator, dtype=torch.float64)
    angles = 2 * math.pi * (start + torch.arange(num_targets, dtype=torch.float64)) / num_targets
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def _spread(num_targets: int, dimension: int, generator: torch.Generator) -> Float[Tensor, "k d"]:
    """The best of several descents on a soft maximum of the cosines that grows ever sharper."""
    restarts = max(1, min(RESTARTS, COSINES // num_targets**2))
    shape = (restarts, num_targets, dimension)
    points = torch.nn.functional.normalize(
        torch.randn(shape, generator=generator, dtype=torch.float64), dim=2
    )
    velocity = torch.zeros_like(points)
    for step in range(STEPS):
        progress = step / (STEPS - 1)
        sharpness = SHARPNESS[0] * (SHARPNESS[1] / SHARPNESS[0]) ** progress
        cosines = points @ points.mT  # (R, K, K)
        cosines.diagonal(dim1=1, dim2=2).fill_(-torch.inf)
        weights = torch.softmax(sharpness * cosines.flatten(1), dim=1).view_as(cosines)
        force = weights @ points * num_targets
        force -= (force * points).sum(dim=2, keepdim=True) * points  # along the sphere
        velocity = 0.9 * velocity - force / sharpness
        points = torch.nn.functional.normalize(points + velocity, dim=2)
    worst = (points @ points.mT - 2 * torch.eye(num_targets, dtype=torch.float64)).flatten(1).amax(dim=1)
    return points[worst.argmin()]
