"""What a look at GH costs: the diagnosis of a batch, and its line in the log, beside a step of training.

    python benchmarks/diagnosis.py [toy-circle toy-sphere digits] [--rounds 30]

Each round times a block of steps and then one look, in one process, after GH's warm-up; a run takes one look
for each of its snapshots. The last case is of the size of CIFAR-100-LT: N 512, d 128, K 200, 10,847 samples,
the look alone.
"""

from __future__ import annotations

import argparse
import time

import msgspec
import torch
from report import machine, spread

from ghviz.data.dataset import load
from ghviz.gh import Harmonizer
from ghviz.metrics.diagnosed import diagnosed
from ghviz.ssl.method import Outcome
from ghviz.ssl.nt_xent import nt_xent
from ghviz.train.diagnosing import diagnosis_ready
from ghviz.train.engine import Trainer
from ghviz.train.presets import preset_named
from ghviz.types import Step

STEPS = 10


def look(harmonizer: Harmonizer, batch: tuple[torch.Tensor, ...], labels: torch.Tensor) -> tuple[float, int]:
    """Seconds that a look takes, and the bytes that it adds to the log."""
    z1, z2, indices = batch
    outcome = Outcome(nt_xent(z1, z2, temperature=0.2).mean(), z1, z2)
    begun = time.perf_counter()
    event = diagnosed(diagnosis_ready(harmonizer, outcome, indices, labels=labels, step=1))
    return time.perf_counter() - begun, len(msgspec.json.encode(event))


def batch_of(size: int, dimension: int, num_samples: int) -> tuple[torch.Tensor, ...]:
    """Embeddings of a batch, with gradient, and which samples it has."""
    z1, z2 = (torch.randn(size, dimension, requires_grad=True) for _ in range(2))
    return z1, z2, torch.randperm(num_samples)[:size]


def measure(preset: str, *, rounds: int) -> None:
    """Print what a look costs in a run of a preset."""
    config = preset_named(preset).config
    trainer = Trainer(config, load(config))
    trainer.snapshot_steps = trainer.diagnosis_steps = frozenset()
    while trainer.harmonizer.effective_weight == 0:
        list(trainer.steps_on())
    steps, looks, size = [], [], 0
    for _ in range(rounds):
        begun, done = time.perf_counter(), 0
        while done < STEPS:
            done += sum(isinstance(event, Step) for event in trainer.steps_on())
        steps.append((time.perf_counter() - begun) / STEPS)
        batch = batch_of(config.batch_size, config.dimension, trainer.num_samples)
        took, size = look(trainer.harmonizer, batch, trainer.data.train_labels)
        looks.append(took)
    median = sorted(a / b for a, b in zip(looks, steps, strict=True))[rounds // 2]
    share = median * config.snapshots / trainer.total_steps
    print(f"\n{preset}: {trainer.total_steps:,} steps, {config.snapshots} snapshots")
    print(f"  a step  {spread([1e3 * each for each in steps], digits=3)} ms")
    print(f"  a look  {spread([1e3 * each for each in looks], digits=3)} ms, {size:,} bytes")
    print(f"  a look is {median:.1f} steps, all looks {100 * share:.1f} % of the run")


def measure_large(*, rounds: int) -> None:
    """Print what a look costs at the size of CIFAR-100-LT."""
    num_samples, classes = 10_847, 100
    labels = torch.arange(num_samples) * classes // num_samples
    harmonizer = Harmonizer(num_samples, 128, num_targets=200, warm_up=0)
    harmonizer.set_epoch(0)
    for start in range(0, num_samples, 512):
        z1, z2, _ = batch_of(512, 128, num_samples)
        indices = torch.arange(start, min(start + 512, num_samples))
        harmonizer(z1.detach()[: len(indices)], z2.detach()[: len(indices)], indices)
    looks, size = [], 0
    for _ in range(rounds):
        took, size = look(harmonizer, batch_of(512, 128, num_samples), labels)
        looks.append(took)
    print("\nN 512, d 128, K 200, 10,847 samples of 100 classes")
    print(f"  a look  {spread([1e3 * each for each in looks], digits=1)} ms, {size:,} bytes")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("presets", nargs="*", default=["toy-circle", "toy-sphere", "digits"])
    parser.add_argument("--rounds", type=int, default=30)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(machine())
    for preset in asked.presets:
        measure(preset, rounds=asked.rounds)
    measure_large(rounds=asked.rounds)


if __name__ == "__main__":
    main()
