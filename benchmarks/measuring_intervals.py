"""Every metric of a snapshot with its interval, as the Measure page and `metrics --intervals` ask for it.

    python benchmarks/measuring_intervals.py [--rounds 5] [--draws 1000]

Two long-tailed snapshots (ratio 100), each with balanced test embeddings: as large as that of a preset of
digits (1,500 x 16, 10 classes), for which the page may take its 2 s, and one that nobody waits for (10,000 x
64, 50 classes), timed beside the same metrics without intervals.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from dataclasses import dataclass

import numpy as np
from report import machine, spread, verdict

from ghviz.metrics import EVERYTHING, Resampling, SampledWarning, measure
from ghviz.types import ClassTable, Points, Snapshot

SECONDS = 2
"""Limit of the small snapshot: the Measure page shows a snapshot's metrics within it."""


@dataclass(frozen=True)
class Case:
    """A snapshot to be measured: samples, dimension, classes."""

    samples: int
    dimension: int
    classes: int

    def __str__(self) -> str:
        return f"{self.samples:,} x {self.dimension}, {self.classes} classes"

    def run(self) -> tuple[Snapshot, Points, ClassTable]:
        """Long-tailed training embeddings and 20 test embeddings a class, around the same centres."""
        generator = np.random.default_rng(0)
        sizes = 0.01 ** (np.arange(self.classes) / (self.classes - 1))
        counts = np.maximum(2, np.round(sizes / sizes.sum() * self.samples)).astype(int)
        counts[0] += self.samples - counts.sum()
        labels, tested = np.repeat(np.arange(self.classes), counts), np.repeat(np.arange(self.classes), 20)
        centers = generator.standard_normal((self.classes, self.dimension))
        train, test = (
            _unit(centers[each] + 0.8 * generator.standard_normal((len(each), self.dimension)))
            for each in (labels, tested)
        )
        return (
            Snapshot(step=0, epoch=0, train=train, test=test),
            Points(
                train_labels=labels,
                train_indices=np.arange(len(labels)),
                test_labels=tested,
                targets=np.eye(self.dimension, dtype=np.float32),
            ),
            ClassTable(names=tuple(map(str, range(self.classes))), counts=tuple(counts.tolist())),
        )


SMALL, LARGE = Case(1_500, 16, 10), Case(10_000, 64, 50)


def _unit(rows: np.ndarray) -> np.ndarray:
    return np.float32(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def seconds(run: tuple[Snapshot, Points, ClassTable], resampling: Resampling | None) -> float:
    """How long all metrics of a run take."""
    begun = time.perf_counter()
    measure(*run, metrics=EVERYTHING, resampling=resampling)
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--draws", type=int, default=Resampling().draws)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", SampledWarning)
    print(machine())
    how = Resampling(draws=chosen.draws)
    seconds(Case(300, 4, 3).run(), how)  # imports
    for case in (SMALL, LARGE):
        run = case.run()
        pairs = [(seconds(run, how), seconds(run, None)) for _ in range(chosen.rounds)]
        with_intervals, plain = zip(*pairs, strict=True)
        print(f"{case}, {chosen.draws:,} draws: {spread(with_intervals)} s; without: {spread(plain)} s")
        if case is SMALL:
            print(f"{case}:", verdict(statistics.median(with_intervals), SECONDS, unit="s"))


if __name__ == "__main__":
    main()
