"""One step of SimCLR with GH, against the same arithmetic written out naively.

    python benchmarks/gh_naive.py [--rounds 30] [--samples 512] [--dimension 128] [--vertices 100]

Naive: NT-Xent with explicit masks over all pairs, 300 scalings of the transport kernel for each view, a
Python loop over the samples for the running mean. Both compute loss and gradients of one batch, in turns, in
one process; the two losses are compared first.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from report import machine, spread, verdict
from torch import Tensor

from ghviz.gh import Harmonizer, uniform_targets
from ghviz.ssl.nt_xent import nt_xent

LIMIT_ALL, LIMIT_GH = 0.7, 0.6
POPULATION = 5000


class Naive:
    """The method as its formulas stand on paper."""

    def __init__(self, targets: Tensor, prior: Tensor) -> None:
        self.targets, self.prior = targets, prior
        self.running_mean = torch.zeros(POPULATION, len(targets))

    def base(self, z1: Tensor, z2: Tensor) -> Tensor:
        """NT-Xent, positives and negatives picked out by masks."""
        n = len(z1)
        z = torch.nn.functional.normalize(torch.cat([z1, z2]), dim=1)
        weights = torch.exp(z @ z.T / 0.2)
        pair = torch.eye(2 * n, dtype=torch.bool).roll(n, dims=1)
        negative = ~(pair | torch.eye(2 * n, dtype=torch.bool))
        positive = weights.masked_select(pair)
        sums = (weights * negative).sum(dim=1)
        return -torch.log(positive / (positive + sums)).mean()

    def harmonization(self, z1: Tensor, z2: Tensor, indices: Tensor) -> Tensor:
        """GH's loss, and the running mean of view 1."""
        u1, u2 = (torch.nn.functional.normalize(z @ self.targets.T, dim=1) for z in (z1, z2))
        with torch.no_grad():
            q1, q2 = self._plan(u1), self._plan(u2)
            for row, index in enumerate(indices.tolist()):
                self.running_mean[index] = 0.9 * self.running_mean[index] + 0.1 * u1[row]
        first = -(q1 * torch.log_softmax(u2 / 0.1, dim=1)).sum(dim=1).mean()
        second = -(q2 * torch.log_softmax(u1 / 0.1, dim=1)).sum(dim=1).mean()
        return first + second

    def _plan(self, u: Tensor) -> Tensor:
        plan = torch.exp(u / 0.05).T
        plan = plan / plan.sum()
        for _ in range(300):
            plan = plan * (self.prior / plan.sum(dim=1)).unsqueeze(1)
            plan = plan * (1 / len(u) / plan.sum(dim=0)).unsqueeze(0)
        return (plan / plan.sum(dim=0, keepdim=True)).T


def milliseconds(step: Callable[[], Tensor], z: Tensor) -> float:
    """One step, forward and backward."""
    begun = time.perf_counter()
    z.grad = None
    step().backward()
    return (time.perf_counter() - begun) * 1e3


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (
        ("rounds", 30),
        ("samples", 512),
        ("dimension", 128),
        ("vertices", 100),
        ("threads", 2),
    ):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(0)
    z = torch.randn(2, asked.samples, asked.dimension, requires_grad=True)
    indices = torch.randperm(POPULATION)[: asked.samples]
    targets = uniform_targets(asked.vertices, asked.dimension)
    prior = torch.softmax(0.5 * torch.randn(asked.vertices), dim=0)
    harmonizer = Harmonizer(POPULATION, asked.dimension, num_targets=asked.vertices, warm_up=0, ramp=1)
    harmonizer.set_epoch(0)
    harmonizer.targets.copy_(targets)
    harmonizer.prior.copy_(prior)
    naive = Naive(targets, prior)
    steps: dict[str, Callable[[], Tensor]] = {
        "naive: base + GH": lambda: naive.base(z[0], z[1]) + naive.harmonization(z[0], z[1], indices),
        "ghviz: base + GH": lambda: nt_xent(z[0], z[1]).mean() + harmonizer(z[0], z[1], indices),
        "naive: GH": lambda: naive.harmonization(z[0], z[1], indices),
        "ghviz: GH": lambda: harmonizer(z[0], z[1], indices),
    }
    for ours, theirs in (("ghviz: base + GH", "naive: base + GH"), ("ghviz: GH", "naive: GH")):
        torch.testing.assert_close(steps[ours](), steps[theirs](), rtol=1e-3, atol=1e-3)
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(asked.rounds + 2):
        for name, step in steps.items():
            times[name].append(milliseconds(step, z))
    print(machine())
    print(f"N = {asked.samples}, d = {asked.dimension}, K = {asked.vertices}, {asked.threads} threads")
    for name, each in times.items():
        print(f"  {name:<18} {spread(each[2:], digits=2)} ms")
    for part, limit in (("base + GH", LIMIT_ALL), ("GH", LIMIT_GH)):
        pairs = zip(times[f"ghviz: {part}"][2:], times[f"naive: {part}"][2:], strict=True)
        ratios = [a / b for a, b in pairs]
        print(f"  ratio, {part:<11} {spread(ratios)}: {verdict(statistics.median(ratios), limit, unit='x')}")


if __name__ == "__main__":
    main()
