"""Every metric on 50,000 x 128 embeddings of 100 classes, beside scikit-learn, and the linear probe.

    python benchmarks/measuring.py [--samples 50000] [--dimension 128] [--classes 100] [--rounds 3]

The embeddings are a long-tailed cloud on the sphere (ratio 100), float32. Growth compares all metrics at a
quarter of the samples with all of them: the exponent p of N^p. scikit-learn takes its turns in the same
process, on 10,000 samples, where both sides are exact.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from collections.abc import Callable

import numpy as np
from report import machine, spread, verdict
from sklearn.metrics import silhouette_samples
from sklearn.neighbors import NearestNeighbors

from ghviz import metrics
from ghviz.evaluate import linear_probe
from ghviz.metrics.geometry import GEOMETRY

SECONDS, PEAK_GIB, EXPONENT, PROBE_SECONDS = 20, 1, 1.3, 20


def cloud(samples: int, dimension: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Long-tailed embeddings (N, d) float32 and labels."""
    generator = np.random.default_rng(0)
    weights = 0.01 ** (np.arange(classes) / (classes - 1))
    labels = np.sort(generator.choice(classes, samples, p=weights / weights.sum()))
    centers = generator.standard_normal((classes, dimension))
    return np.float32(centers[labels] + 1.5 * generator.standard_normal((samples, dimension))), labels


def seconds(function: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - begun


def every_metric(embeddings: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Seconds of each metric of embeddings and labels, and of the agreement of labels."""
    took = {name: seconds(metric, embeddings, labels) for name, metric in GEOMETRY.items()}
    return took | {"label_agreement": seconds(metrics.label_agreement, labels // 2, labels)}


def beside_scikit_learn(embeddings: np.ndarray, labels: np.ndarray, rounds: int) -> None:
    """Print how many times as long scikit-learn takes for the same numbers."""

    def purity() -> None:
        search = NearestNeighbors(n_neighbors=5, metric="cosine", algorithm="brute").fit(embeddings)
        (labels[search.kneighbors(return_distance=False)] == labels[:, None]).mean(axis=1)

    pairs = {
        "silhouette": lambda: silhouette_samples(embeddings, labels, metric="cosine"),
        "knn_purity": purity,
    }
    for name, theirs in pairs.items():
        ratios = [seconds(theirs) / seconds(GEOMETRY[name], embeddings, labels) for _ in range(rounds)]
        print(f"{name}: scikit-learn takes {spread(ratios)} times as long ({len(labels):,} samples)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--samples", type=int, default=50_000)
    parser.add_argument("--dimension", type=int, default=128)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", metrics.SampledWarning)
    print(machine())
    every_metric(*cloud(500, 8, 5))  # imports
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    whole, quarter = (
        cloud(n, chosen.dimension, chosen.classes) for n in (chosen.samples, chosen.samples // 4)
    )
    runs, small = [], []
    for _ in range(chosen.rounds):
        small.append(sum(every_metric(*quarter).values()))
        runs.append(every_metric(*whole))
    peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20
    for name in runs[0]:
        print(f"{name}: {spread([run[name] for run in runs])} s")
    totals = [sum(run.values()) for run in runs]
    growth = float(np.median([np.log(t / s) / np.log(4) for t, s in zip(totals, small, strict=True)]))
    print("all:", verdict(float(np.median(totals)), SECONDS, unit="s"))
    print("peak:", verdict(peak, PEAK_GIB, unit="GiB"))
    print("growth:", verdict(growth, EXPONENT, unit="as exponent of N"))
    beside_scikit_learn(*cloud(10_000, chosen.dimension, chosen.classes), chosen.rounds)
    features, labels = cloud(10_847, 512, 100)
    begun = seconds(linear_probe, (features, labels), (features[:1_000], labels[:1_000]))
    print("linear probe on 10,847 x 512:", verdict(begun, PROBE_SECONDS, unit="s"))


if __name__ == "__main__":
    main()
