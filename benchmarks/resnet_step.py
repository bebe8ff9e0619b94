"""What GH adds to a step of a CIFAR ResNet-18, and how fast views are made beside a loader with workers.

    python benchmarks/resnet_step.py [--batch 128] [--rounds 10]

Random images of CIFAR's size stand in for CIFAR's, which makes no difference to the time. The step: two
views, ResNet-18, NT-Xent, backward, SGD; with GH at K = 100, d = 128, past its warm-up. Both take turns in
one process. Views: the same recipe by torchvision on PIL images in a DataLoader with two workers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from report import machine, spread, verdict
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from ghviz.data.dataset import LongTailed
from ghviz.data.views import two_views
from ghviz.train.engine import Trainer
from ghviz.types import RunConfig

STEP_LIMIT = 1.05
VIEWS_LIMIT = 3.0
CONFIG = RunConfig(
    dataset="cifar10",
    num_classes=10,
    view_strength=1.0,
    net="resnet18",
    batch_norm=True,
    projector_hidden=512,
    dimension=128,
    optimizer="sgd",
    learning_rate=0.1,
    num_targets=100,
    gh_warm_up=0,
    gh_ramp=1,
    snapshots=1,
    epochs=1000,
    threads=2,
)


class Pictures(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """Two views of each image by torchvision, one image at a time."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = [Image.fromarray(image) for image in images]
        jitter = v2.RandomApply([v2.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8)
        crop = v2.RandomResizedCrop(32, scale=(0.1, 1.0))
        rest = [v2.RandomGrayscale(0.2), v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True)]
        self.view = v2.Compose([crop, v2.RandomHorizontalFlip(), jitter, *rest])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self.view(self.images[index]), self.view(self.images[index])


def images_of(count: int) -> LongTailed:
    """Random images of ten classes."""
    source = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (count, 3, 32, 32), generator=source, dtype=torch.uint8)
    labels = (torch.arange(count) % 10).sort().values
    names = tuple(map(str, range(10)))
    counts = tuple(torch.bincount(labels).tolist())
    return LongTailed(
        train_inputs=images, train_labels=labels, test_inputs=images[:10], test_labels=labels[:10],
        class_names=names, counts=counts,
    )  # fmt: skip


def step_times(data: LongTailed, *, batch: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each step without and with GH, in turns."""
    sides = {gh: Trainer(replace(CONFIG, batch_size=batch, gh=gh), data) for gh in ("off", "on")}
    for trainer in sides.values():
        trainer.harmonizer.set_epoch(0)
    times: dict[str, list[float]] = {gh: [] for gh in sides}
    for turn in range(rounds + 2):
        for gh, trainer in list(sides.items())[:: 1 if turn % 2 else -1]:
            begun = time.perf_counter()
            list(trainer.steps_on())
            times[gh].append(time.perf_counter() - begun)
    return {gh: each[2:] for gh, each in times.items()}


def view_rates(data: LongTailed, *, batch: int, rounds: int) -> dict[str, list[float]]:
    """Images a second, each with two views, in turns."""
    pictures = Pictures(data.train_inputs.permute(0, 2, 3, 1).numpy())
    loader = DataLoader(pictures, batch, num_workers=2, persistent_workers=True)
    list(loader)  # the workers start
    source = torch.Generator().manual_seed(0)
    rates: dict[str, list[float]] = {"ours": [], "loader": []}
    for _ in range(rounds):
        begun = time.perf_counter()
        for images in data.train_inputs.split(batch):
            two_views(images, CONFIG, source)
        rates["ours"].append(len(pictures) / (time.perf_counter() - begun))
        begun = time.perf_counter()
        for _views in loader:
            pass
        rates["loader"].append(len(pictures) / (time.perf_counter() - begun))
    return rates


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=10)
    asked = parser.parse_args()
    torch.set_num_threads(CONFIG.threads)
    data = images_of(8 * asked.batch)
    print(machine())
    rates = view_rates(data, batch=asked.batch, rounds=asked.rounds)
    for name, each in rates.items():
        print(f"  views, {name:<6} {spread(each, digits=0)} images a second")
    ratios = [ours / theirs for ours, theirs in zip(rates["ours"], rates["loader"], strict=True)]
    kept = "kept" if statistics.median(ratios) >= VIEWS_LIMIT else "BROKEN"
    print(f"  views, ratio  {spread(ratios)}: limit {VIEWS_LIMIT:g}: {kept}")
    times = step_times(data, batch=asked.batch, rounds=asked.rounds)
    for gh, each in times.items():
        print(f"  step, GH {gh:<3}  {spread(each, digits=3)} s")
    ratios = [on / off for on, off in zip(times["on"], times["off"], strict=True)]
    judged = verdict(statistics.median(ratios), STEP_LIMIT, unit="x")
    print(f"  step, ratio   {spread(ratios, digits=3)}: {judged}")


if __name__ == "__main__":
    main()
