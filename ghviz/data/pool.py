"""Samples before they become tensors: which there are, and how a long-tailed subset is drawn from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.data.longtail import class_counts
from ghviz.types import RunConfig

CACHE = Path("~/.cache/ghviz")
"""Where downloads and decoded images are kept unless the configuration says otherwise."""
ORDER, TRAIN, TEST = 0, 1, 2  # independent random streams of one seed
FROM_FILES = ("imagenet-lt", "places-lt", "elpv", "folder", "list")
"""Data sets that are decoded from image files, stored a little larger than `image_size`."""


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Samples with labels from 0 (head class) to L - 1 (tail class).

    Attributes:
        train_inputs: (n, C, H, W) uint8 images or (n, D) float32 points.
        train_labels: (n,) int64.
        test_inputs: (m, ...) as the training inputs.
        test_labels: (m,) int64.
        class_names: (L,) in the order of the labels.
        image_size: side of what a net sees, where the stored images are larger; None: all of them.
        notes: what a person should know of how the samples came about.
    """

    train_inputs: NDArray[Any]
    train_labels: NDArray[np.int64]
    test_inputs: NDArray[Any]
    test_labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    image_size: int | None = None
    notes: tuple[str, ...] = ()


def stream(config: RunConfig, purpose: int) -> np.random.Generator:
    """Random numbers of the run's seed for one purpose: `ORDER`, `TRAIN` or `TEST`, each independent."""
    return np.random.default_rng([config.seed, purpose])


def wanted_counts(config: RunConfig) -> list[int]:
    """Training samples of each class that the configuration asks for, head to tail.

    Raises:
        ValueError: the profile is "given", and the data set has no class sizes of its own.
    """
    if config.profile == "given":
        raise ValueError(
            f"{config.dataset} has no long tail of its own: set profile to 'exp' or 'step', not 'given'"
        )
    return class_counts(config.n_max, config.num_classes, profile=config.profile, ratio=config.ratio)


def class_sizes(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Samples of each class.

    Args:
        labels: (n,) of all training samples, counted from 0.

    Returns:
        (L,) by label.

    Raises:
        ValueError: fewer than two classes, or a label without a sample.
    """
    present, sizes = np.unique(labels, return_counts=True)
    if len(present) < 2:
        raise ValueError("all samples have one label: contrast needs at least two classes")
    if present[-1] != len(present) - 1:
        gap = int(np.flatnonzero(present != np.arange(len(present)))[0])
        raise ValueError(
            f"labels must count from 0 without gaps, no sample has label {gap}: renumber the classes"
        )
    counted: NDArray[np.int64] = sizes.astype(np.int64)
    return counted


def taken_labels(config: RunConfig, labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The labels to take of a person's own data, the class with the most samples first.

    Args:
        config: uses num_classes and classes.
        labels: (n,) of all training samples, counted from 0.

    Returns:
        (L,) labels in the data's numbering, never with fewer samples than the next one.

    Raises:
        ValueError: fewer than two classes, a label without a sample, or classes that don't exist.
    """
    sizes = class_sizes(labels)
    asked = range(config.num_classes) if config.classes is None else config.classes
    taken = np.asarray(asked, dtype=np.int64)
    if taken.min() < 0 or taken.max() >= len(sizes):
        wish = (
            f"num_classes = {config.num_classes}" if config.classes is None else f"classes {config.classes}"
        )
        raise ValueError(f"there are {len(sizes)} classes, 0 to {len(sizes) - 1}, but {wish} asks for others")
    return taken[np.argsort(-sizes[taken], kind="stable")]


def places(labels: NDArray[np.int64], taken: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each sample's label as its place in `taken`; -1 where its class isn't taken."""
    beyond = int(taken.max()) + 1
    place = np.full(beyond + 1, -1, dtype=np.int64)
    place[taken] = np.arange(len(taken))
    found: NDArray[np.int64] = place[np.minimum(labels, beyond)]
    return found


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
