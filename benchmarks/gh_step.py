"""What GH adds to an optimisation step: without a Harmonizer, with its statistics alone, with GH acting.

    python benchmarks/gh_step.py [toy-circle toy-sphere digits] [--rounds 60] [--steps 25]

The three variants start from the same weights, train through the preset's warm-up and then take turns in one
process, a block of steps each; a ratio compares blocks of the same round. A step is views, encoder, losses,
backward and optimiser; priors are renewed as the preset says. The limit is for what the GH switch of a pair
turns on: both sides of a pair gather statistics. A user's loop without a Harmonizer is the first variant.
"""

from __future__ import annotations

import argparse
import copy
import statistics
import time
from dataclasses import replace
from itertools import count

import torch
from report import machine, spread, verdict
from torch import nn

from ghviz.data.dataset import LongTailed, load
from ghviz.data.views import two_views
from ghviz.nets.encoder import build
from ghviz.ssl.nt_xent import nt_xent
from ghviz.train.engine import harmonizer_of
from ghviz.train.presets import preset_named
from ghviz.types import RunConfig

VARIANTS = ("none", "statistics", "active")
LIMIT = 1.35


class Loop:
    """A user's training loop of one variant."""

    def __init__(self, variant: str, config: RunConfig, data: LongTailed, encoder: nn.Module) -> None:
        self.config = config
        self.data = data
        self.encoder = copy.deepcopy(encoder)
        self.optimizer = torch.optim.Adam(self.encoder.parameters(), lr=config.learning_rate)
        self.source = torch.Generator().manual_seed(config.seed)
        self.steps_per_epoch = max(1, len(data.train_labels) // config.batch_size)
        self.counter = count()
        self.harmonizer = None
        if variant != "none":
            sided = replace(config, gh="on" if variant == "active" else "off")
            self.harmonizer = harmonizer_of(sided, len(data.train_labels))

    def run(self, steps: int) -> float:
        """Milliseconds a step."""
        begun = time.perf_counter()
        for _ in range(steps):
            self._step(next(self.counter))
        return (time.perf_counter() - begun) / steps * 1e3

    def _step(self, step: int) -> None:
        epoch, position = divmod(step, self.steps_per_epoch)
        if position == 0:
            self.order = torch.randperm(len(self.data.train_labels), generator=self.source)
            if self.harmonizer is not None:
                self.harmonizer.set_epoch(epoch)
        size = self.config.batch_size
        indices = self.order[position * size : (position + 1) * size]
        views = torch.cat(two_views(self.data.train_inputs[indices], self.config, self.source))
        z1, z2 = self.encoder(views).chunk(2)
        loss = nt_xent(z1, z2, temperature=self.config.temperature).mean()
        if self.harmonizer is not None:
            loss = loss + self.harmonizer(z1, z2, indices)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()


def measure(preset: str, *, rounds: int, steps: int) -> None:
    """Print the times and ratios of one preset."""
    config = preset_named(preset).config
    data = load(config)
    torch.manual_seed(config.seed)
    encoder = build(config, data.train_inputs.shape[1:])
    loops = {variant: Loop(variant, config, data, encoder) for variant in VARIANTS}
    for loop in loops.values():
        loop.run(config.gh_warm_up * loop.steps_per_epoch)
    times: dict[str, list[float]] = {variant: [] for variant in VARIANTS}
    for turn in range(rounds):
        first = turn % len(VARIANTS)
        for variant in VARIANTS[first:] + VARIANTS[:first]:
            times[variant].append(loops[variant].run(steps))
    sizes = f"batch {config.batch_size}, d {config.dimension}, K {config.num_targets}"
    print(f"\n{preset}: {sizes}; blocks of {steps} steps")
    for variant in VARIANTS:
        print(f"  {variant:<21} {spread(times[variant], digits=3)} ms a step")
    medians = {}
    for above, below in (("statistics", "none"), ("active", "statistics"), ("active", "none")):
        ratios = [a / b for a, b in zip(times[above], times[below], strict=True)]
        medians[above, below] = statistics.median(ratios)
        print(f"  {above + ' / ' + below:<21} {spread(ratios)}")
    print(f"  GH switched on: {verdict(medians['active', 'statistics'], LIMIT, unit='x')}")
    print(f"  Harmonizer and all, beside a loop without one: {medians['active', 'none']:.2f} x")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", default=["toy-circle", "toy-sphere", "digits"])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--steps", type=int, default=25)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    for preset in asked.presets:
        measure(preset, rounds=asked.rounds, steps=asked.steps)


if __name__ == "__main__":
    main()
