"""Turning one cloud of points onto another, without stretching it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def procrustes_rotation(source: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Return the orthogonal matrix Q (a rotation, maybe a reflection) with the least ||source Q - target||.

    With U S V^T the singular value decomposition of source^T target, Q = U V^T [0]. Nothing is centred or
    scaled. Pairs with NaN are left out; if none is left, Q is the identity.

    [0] Schönemann, A generalized solution of the orthogonal Procrustes problem, Psychometrika, 1966.

    Args:
        source: (n, d).
        target: (n, d), the same points elsewhere.

    Returns:
        (d, d) float64.

    Raises:
        ValueError: for different shapes.

    Example:
        >>> quarter_turn = procrustes_rotation(np.eye(2), np.array([[0.0, 1.0], [-1.0, 0.0]]))
        >>> (np.array([[1.0, 0.0]]) @ quarter_turn).round(6) + 0.0
        array([[0., 1.]])
    """
    source, target = np.asarray(source, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if source.shape != target.shape or source.ndim != 2:
        raise ValueError(f"source and target must both be (n, d), got {source.shape} and {target.shape}")
    used = np.isfinite(source).all(axis=1) & np.isfinite(target).all(axis=1)
    if not used.any():
        return np.eye(source.shape[1])
    u, _, vt = np.linalg.svd(source[used].T @ target[used])
    rotation: NDArray[np.float64] = u @ vt
    return rotation


def moved_onto(layout: NDArray[Any], target: NDArray[Any]) -> NDArray[np.float64]:
    """Return a layout (n, d) shifted and turned, never stretched, to lie as close to `target` as it can."""
    layout, target = np.asarray(layout, dtype=np.float64), np.asarray(target, dtype=np.float64)
    center, goal = layout.mean(axis=0), target.mean(axis=0)
    moved: NDArray[np.float64] = (layout - center) @ procrustes_rotation(
        layout - center, target - goal
    ) + goal
    return moved
