"""Learning rate of each epoch, as in the recipes of Geometric Harmonization."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ghviz.types import RunConfig

RISE = 10
"""Epochs of the linear rise; a tenth of the run where that is less."""
FINAL = 2e-6
"""Learning rate of the last epoch, as a fraction of the peak."""


def learning_rates(  # noqa: PLR0913 (one number for each corner of the schedule)
    epochs: int,
    *,
    warm_up: int | None = None,
    peak: float = 0.5,
    middle: float = 0.3,
    final: float = 1e-6,
    linear: int = 10,
) -> NDArray[np.float64]:
    """Learning rate of each epoch: a linear rise, then one cosine (plain) or two that meet where GH sets in.

    With e = 1, ..., E, and cosine(high, low, x) = low + (high - low) (1 + cos(pi x)) / 2:
    e < linear: peak e / linear. Plain, after it: cosine(peak, final, (e - linear) / (E - linear)).
    Two-stage: e < W: cosine(peak, middle, (e - linear) / (W - linear)); from W on:
    cosine(middle, final, (e - W) / (E - W)). A run that ends within a stage just ends there.

    Source: [0] the recipe of Zhou et al., "Combating representation learning disparity with Geometric
        Harmonization", 2023, https://arxiv.org/abs/2310.17622.

    Args:
        epochs: E >= 1.
        warm_up: W, epochs before GH sets in, >= 0; None: plain.
        peak: rate at the end of the linear rise, >= middle.
        middle: rate where the two stages meet.
        final: rate of the last epoch, >= 0.
        linear: epochs of the linear rise; 0: none.

    Returns:
        (E,) float64; element 0 is the first epoch's.

    Raises:
        ValueError: a number out of range.
    """
    if epochs < 1 or linear < 0 or (warm_up is not None and warm_up < 0):
        raise ValueError(
            f"need epochs >= 1, linear >= 0 and warm_up >= 0 or None, got {epochs}, {linear} and {warm_up}"
        )
    low = final if warm_up is None else middle
    if not 0 <= final <= low <= peak:
        raise ValueError(f"need 0 <= final <= middle <= peak, got {final:g}, {middle:g} and {peak:g}")
    e = np.arange(1, epochs + 1, dtype=np.float64)
    if warm_up is None:
        after = _cosine(peak, final, _share(e, linear, epochs))
    else:
        first = _cosine(peak, middle, _share(e, linear, warm_up))
        after = np.where(e < warm_up, first, _cosine(middle, final, _share(e, warm_up, epochs)))
    return np.where(e < linear, peak * e / max(linear, 1), after)


def rates_of(config: RunConfig) -> NDArray[np.float64]:
    """Learning rate of each epoch of a run.

    Whether GH is on makes no difference: both sides of a pair have the same rates, also those of two stages.

    Args:
        config: uses epochs, learning_rate, schedule and, for two stages, gh_warm_up and middle_rate.

    Returns:
        (epochs,) float64; element 0 is the first epoch's.
    """
    peak = config.learning_rate
    if config.schedule == "constant":
        return np.full(config.epochs, peak)
    return learning_rates(
        config.epochs,
        warm_up=config.gh_warm_up if config.schedule == "two-stage" else None,
        peak=peak,
        middle=config.middle_rate * peak,
        final=min(FINAL, config.middle_rate) * peak,
        linear=min(RISE, config.epochs // 10),
    )


def _share(e: NDArray[np.float64], start: int, end: int) -> NDArray[np.float64]:
    """How far e is from start to end, in [0, 1]; an empty stage has only its start."""
    return np.clip((e - start) / max(end - start, 1), 0.0, 1.0)


def _cosine(high: float, low: float, share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half a cosine from high to low."""
    return low + (high - low) * (1 + np.cos(np.pi * share)) / 2
