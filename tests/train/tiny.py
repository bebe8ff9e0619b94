"""The smallest run in which GH acts, for tests of training."""

from __future__ import annotations

from ghviz.types import RunConfig

TINY_DIGITS = RunConfig(
    dataset="digits",
    num_classes=5,
    n_max=40,
    ratio=10,
    test_per_class=5,
    hidden=(24, 24),
    dimension=3,
    batch_size=24,
    epochs=8,
    num_targets=8,
    gh_warm_up=2,
    gh_ramp=1,
    snapshots=2,
)
