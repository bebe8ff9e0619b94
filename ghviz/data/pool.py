"""Samples before they become tensors: which there are, and how a long-tailed subset is drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.data.longtail import class_counts
from ghviz.types import RunConfig

ORDER, TRAIN, TEST = 0, 1, 2  # independent random streams of one seed


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Samples with labels from 0 (head class) to L - 1 (tail class).

    Attributes:
        train_inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        train_labels: (n,) int64.
        test_inputs: (m, ...) as the training inputs.
        test_labels: (m,) int64.
        class_names: (L,) in the order of the labels.
    """

    train_inputs: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_inputs: NDArray[Any]
    test_labels: NDArray[np.int64]
    class_names: tuple[str, ...]


def stream(config: RunConfig, purpose: int) -> np.random.Generator:
    """Random numbers of the run's seed for one purpose: `ORDER`, `TRAIN` or `TEST`, each independent."""
    return np.random.default_rng([config.seed, purpose])


def wanted_counts(config: RunConfig) -> list[int]:
    """Training samples of each class that the configuration asks for, head to tail."""
    return class_counts(config.n_max, config.num_classes, profile=config.profile, ratio=config.ratio)


def hold_out(
    labels: NDArray[np.int64], *, per_class: int, names: tuple[str, ...], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """A balanced random choice of samples.

    Args:
        labels: (n,) from 0 to L - 1.
        per_class: samples to choose of each class.
        names: of the classes, for the message.
        rng: where the choice comes from.

    Returns:
        (n,) True where chosen.

    Raises:
        ValueError: a class has no sample left for training.
    """
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for label, name in enumerate(names):
        members = np.flatnonzero(labels == label)
        if len(members) <= per_class:
            raise ValueError(
                f"class {name!r} has {len(members)} samples, too few to hold out "
                f"test_per_class = {per_class}: lower test_per_class or leave the class out"
            )
        chosen[rng.permutation(members)[:per_class]] = True
    return chosen


def long_tailed_rows(
    labels: NDArray[np.int64], counts: list[int], *, names: tuple[str, ...], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rows of a random subset with exactly the asked number of samples of each class, class by class.

    A class's order is drawn before it is cut, so that with the same seed a smaller subset lies in a larger
    one.

    Raises:
        ValueError: a class has fewer samples than asked for.
    """
    rows = []
    for label, count in enumerate(counts):
        members = np.flatnonzero(labels == label)
        if len(members) < count:
            raise ValueError(
                f"class {names[label]!r} has {len(members)} training samples, {count} were asked for: "
                "take fewer samples of the largest class or a higher ratio"
            )
        rows.append(rng.permutation(members)[:count])
    return np.concatenate(rows)
