"""The recipes of Geometric Harmonization's reference implementation as configurations, and their length.

Source: [0] Zhou et al., "Combating representation learning disparity with Geometric Harmonization", 2023,
https://arxiv.org/abs/2310.17622; [1] its code, https://github.com/MediaBrain-SJTU/Geometric-Harmonization,
commits 9f7057c and 868a836: the defaults of train_cifar.py and train_imagenet_places.py and the commands of
its README.
docs/recipes.md lists where ours differ, and why.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ghviz.types import RunConfig

LENGTHS: Final = ("gh_warm_up", "gh_ramp", "gh_refresh_every")
"""Settings that are a number of epochs and keep their proportion to the whole run."""

CIFAR100_LT: Final = RunConfig(
    preset="cifar100-lt",
    dataset="cifar100",
    num_classes=100,  # [1] for all down to gh_momentum, except where it says otherwise
    n_max=500,
    ratio=100,
    view_strength=1.0,
    net="resnet18",
    projector_hidden=512,
    dimension=128,
    batch_norm=True,
    temperature=0.2,
    epochs=1000,
    batch_size=512,
    optimizer="sgd",
    learning_rate=0.5,
    sgd_momentum=0.9,
    weight_decay=5e-4,
    schedule="two-stage",
    middle_rate=0.6,  # 0.3 of 0.5
    gh_weight=1.0,
    num_targets=100,
    gh_warm_up=500,
    gh_ramp=10,
    gh_refresh_every=20,
    gh_momentum=(0.9, 0.999),
    gh_prior_floor=0.2,  # ours: [1] has none, and a vertex that lost all its samples never gets one again
    threads=0,
    snapshots=20,
    snapshot_points=11_000,  # all 10,847 training images: a random part would hold no tail
)

CIFAR10_LT: Final = replace(
    CIFAR100_LT,
    preset="cifar10-lt",
    dataset="cifar10",
    num_classes=10,
    n_max=5000,
    num_targets=20,  # ours, 2L: [1] has the data set but no command for it
    snapshot_points=12_500,  # all 12,406
)

IMAGENET_LT: Final = replace(
    CIFAR100_LT,
    preset="imagenet-lt",
    dataset="imagenet-lt",
    num_classes=1000,
    n_max=1280,  # as the published lists have it; with profile "given" neither this nor the ratio counts
    ratio=256,
    profile="given",
    image_size=224,
    net="resnet50",
    projector_hidden=2048,
    epochs=500,
    batch_size=256,
    weight_decay=1e-4,
    middle_rate=0.2,  # 0.1 of 0.5
    gh_warm_up=400,
    gh_ramp=30,
    gh_prior_floor=0.0795,  # 100 counts a vertex beside 115,846 images, see floor_of_counts
    snapshot_points=20_000,
)

PLACES_LT: Final = replace(
    IMAGENET_LT,
    preset="places-lt",
    dataset="places-lt",
    num_classes=365,
    n_max=4980,
    ratio=996,
    gh_prior_floor=0.138,  # 100 counts a vertex beside 62,500 images
)


def floor_of_counts(counts: float, *, samples: int, num_targets: int) -> float:
    """The prior's floor, as a fraction of 1 / K, that adding `counts` to each vertex's samples makes.

    A vertex without samples then has counts / (N + K counts) of the prior, which is counts K / (N + K counts)
    of 1 / K.

    Args:
        counts: added to the number of samples of each vertex, >= 0.
        samples: N, of the training set.
        num_targets: K.

    >>> round(floor_of_counts(100, samples=115_846, num_targets=100), 4)
    0.0795
    """
    return counts * num_targets / (samples + counts * num_targets)


def scaled(config: RunConfig, epochs: int) -> RunConfig:
    """A configuration of another length: GH's warm-up, ramp and refreshing keep their share of the run.

    The learning rate's stages follow the epochs and the warm-up by themselves. What is no number of epochs
    stays, also `gh_momentum`, which is a momentum per epoch.

    Args:
        config: what to make shorter or longer.
        epochs: of the result, >= 1.

    Returns:
        A warm-up of 0 stays 0 and any other stays shorter than the run; ramp and refreshing take at least
        an epoch.

    >>> short = scaled(CIFAR100_LT, 100)
    >>> short.gh_warm_up, short.gh_ramp, short.gh_refresh_every
    (50, 1, 2)
    """

    def in_proportion(length: int) -> int:
        return max(1, round(length * epochs / config.epochs))

    every = config.gh_refresh_every
    warm_up = in_proportion(config.gh_warm_up) if config.gh_warm_up else 0
    is_inside = config.gh_warm_up < config.epochs
    return replace(
        config,
        epochs=epochs,
        gh_warm_up=min(warm_up, epochs - 1) if is_inside else warm_up,
        gh_ramp=in_proportion(config.gh_ramp),
        gh_refresh_every=None if every is None else in_proportion(every),
    )
