"""Presets with other data than those they were made for."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ghviz.train.presets import PRESETS
from ghviz.types import RunConfig

MOST_CLASSES: Final[dict[str, int]] = {
    "toy-circle": 20,
    "toy-sphere": 20,
    "digits": 10,
    "mnist5k": 10,
    "glyphs": 118,
    "cifar10": 10,
    "cifar100": 100,
    "imagenet-lt": 1000,
    "places-lt": 365,
    "elpv": 8,
    "folder": 100_000,
    "list": 100_000,
    "npz": 100_000,
}
OWN: Final = ("folder", "list", "npz")
"""A person's own data."""
UNEVEN: Final = ("elpv", *OWN)
"""With class sizes of their own, which can be taken as they are."""
_FOR_UNEVEN: Final = "cifar10-short"
"""The preset to start from where a data set has none of its own: its views mean the same."""


def preset_for(dataset: str) -> str:
    """Name of the preset to start from with a data set: its own first one, if it has any."""
    own = [name for name, preset in PRESETS.items() if preset.config.dataset == dataset]
    return own[0] if own else _FOR_UNEVEN


def start_from(config: RunConfig, dataset: str) -> RunConfig:
    """A preset's configuration, adapted where the data are another data set's.

    The result's own `dataset` stays the preset's.

    >>> adapted = start_from(PRESETS["cifar10-short"].config, "elpv")
    >>> adapted.num_classes, adapted.profile, adapted.image_size
    (8, 'given', 64)
    """
    if dataset == config.dataset:
        return config
    if config.num_classes > MOST_CLASSES[dataset]:
        config = replace(config, num_classes=MOST_CLASSES[dataset], classes=None)
    if dataset in UNEVEN:
        config = replace(config, profile="given", test_per_class=20, image_size=64)
    return config
