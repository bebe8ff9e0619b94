"""Class sizes of a long-tailed data set."""

from __future__ import annotations

from typing import Literal


def class_counts(
    n_max: int, num_classes: int, *, profile: Literal["exp", "step"] = "exp", ratio: float
) -> list[int]:
    """Samples of each class, from head to tail.

    "exp": n_c = floor(n_max * ratio^(-c / (L - 1))), c = 0, ..., L - 1. "step": the first floor(L / 2)
    classes have n_max samples, the others floor(n_max / ratio).

    Source: [0] Cui et al., "Class-balanced loss based on effective number of samples", 2019,
    https://arxiv.org/abs/1901.05555 (exp); [1] Buda et al., "A systematic study of the class imbalance
    problem", 2018, https://arxiv.org/abs/1710.05381 (step).

    Args:
        n_max: samples of the largest class, >= 1.
        num_classes: L >= 1.
        profile: how the sizes fall.
        ratio: imbalance ratio, largest over smallest, in [1, n_max].

    Returns:
        L sizes, never increasing, the smallest at least 1.

    Raises:
        ValueError: a number out of range or an unknown profile.

    >>> class_counts(5000, 10, ratio=100)
    [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]
    """
    if n_max < 1 or num_classes < 1:
        raise ValueError(f"n_max and num_classes must be at least 1, got {n_max} and {num_classes}")
    if not 1 <= ratio <= n_max:
        raise ValueError(
            f"ratio must be from 1 to n_max = {n_max} (or the smallest class is empty), got {ratio:g}"
        )
    if profile == "exp":
        return [_floor(n_max * ratio ** (-c / max(num_classes - 1, 1))) for c in range(num_classes)]
    if profile == "step":
        head = num_classes // 2
        return [n_max] * head + [_floor(n_max / ratio)] * (num_classes - head)
    raise ValueError(f"profile must be 'exp' or 'step', got {profile!r}")


def _floor(size: float) -> int:
    """Floor that takes a rounding error below a whole number for that number."""
    return int(size * (1 + 1e-12))
