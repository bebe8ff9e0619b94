"""Search for settings in which GH helps on real images; docs/evidence.md tells what came of it.

    python benchmarks/search.py STAGE [--seeds 100-101] --out search.jsonl [--cifar FILE.npz]
    python benchmarks/search.py --report search.jsonl

A stage is a list of settings (data, net, length, dimension), each trained once without GH and once with each
of some GH variants, over seeds: every side of a setting and seed shares data, initial weights, batches and
augmentation. A line of the file is one run. Besides the metrics of the embeddings it has two of the features
before the projector: a linear probe on balanced data (logistic regression, both halves of the test split take
turns as training data) and 1-NN from the long-tailed training features. Runs that the file has are left out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from ghviz.data.dataset import LongTailed, load
from ghviz.data.views import as_input
from ghviz.metrics.nearest_neighbor_accuracy import nearest_neighbor_accuracy, tail_accuracy
from ghviz.metrics.table import measure
from ghviz.train.engine import Trainer
from ghviz.train.presets import preset_named
from ghviz.types import PriorTaken, RunConfig, SnapshotReady

Changes = dict[str, Any]
SHOWN = {
    "frequency_slope": -1,
    "tail_gap": 1,
    "tail_accuracy": 1,
    "accuracy": 1,
    "probe": 1,
    "tail_probe": 1,
    "tail_feature_accuracy": 1,
}
"""What the report shows, and whether more of it is better."""


@dataclass(frozen=True)
class Stage:
    """Settings, each with every GH variant, over seeds."""

    settings: dict[str, Changes]
    variants: dict[str, Changes]
    seeds: str


def _digits(**changes: Any) -> Changes:
    return {"preset": "digits-10", **changes}


def _characters(dataset: str, **changes: Any) -> Changes:
    return {
        "preset": "digits-10",
        "dataset": dataset,
        "hidden": (256, 128),
        "n_max": 300,
        "ratio": 50,
        "test_per_class": 100,
        "view_strength": 0.9,
        "epochs": 300,
        "gh_warm_up": 100,
        "gh_ramp": 5,
        "gh_refresh_every": 4,
        **changes,
    }


def _photographs(**changes: Any) -> Changes:
    return {
        "preset": "cifar10-short",
        "dataset": "npz",
        "n_max": 500,
        "ratio": 50,
        "batch_size": 256,
        "optimizer": "adam",
        "learning_rate": 2e-3,
        "weight_decay": 0.0,
        "epochs": 150,
        "gh_warm_up": 50,
        "gh_ramp": 5,
        "gh_refresh_every": 5,
        "threads": 1,
        **changes,
    }


VARIANTS: dict[str, Changes] = {
    "w1": {"gh_weight": 1.0},
    "w0.3": {"gh_weight": 0.3},
    "w3": {"gh_weight": 3.0},
    "w1 K=L": {"gh_weight": 1.0, "num_targets": 10},
    "w1 early": {"gh_weight": 1.0, "gh_warm_up": 20},
    "w1 m.99": {"gh_weight": 1.0, "gh_momentum": (0.99, 0.99)},
    "w2 early": {"gh_weight": 2.0, "gh_warm_up": 20},
    "w1 early K=L": {"gh_weight": 1.0, "gh_warm_up": 20, "num_targets": 10},
    "w1 first": {"gh_weight": 1.0, "gh_warm_up": 2},
}


def _variants(*names: str) -> dict[str, Changes]:
    return {name: VARIANTS[name] for name in names}


MNIST_6 = {
    "mnist5k, 6 classes, d=3": _characters(
        "mnist5k", dimension=3, num_classes=6, classes=(0, 1, 3, 4, 6, 7), epochs=600
    )
}
MNIST_6_VARIANTS: dict[str, Changes] = {
    "w1": {"gh_weight": 1.0, "num_targets": 12, "gh_warm_up": 200},
    "w2": {"gh_weight": 2.0, "num_targets": 12, "gh_warm_up": 200},
    "w1 early": {"gh_weight": 1.0, "num_targets": 12, "gh_warm_up": 20},
}

STAGES = {
    "digits": Stage(
        {f"digits d={d}": _digits(dimension=d) for d in (3, 8, 16, 64)},
        _variants("w1", "w0.3", "w3", "w1 K=L", "w1 early", "w1 m.99"),
        "100-101",
    ),
    "mnist": Stage(
        {f"mnist5k d={d}": _characters("mnist5k", dimension=d) for d in (3, 16, 64)},
        _variants("w1", "w0.3", "w3"),
        "100-101",
    ),
    "glyphs": Stage(
        {
            f"glyphs-10 d={d}": _characters("glyphs", dimension=d, n_max=100, test_per_class=20)
            for d in (3, 16)
        },
        _variants("w1", "w3"),
        "100-101",
    ),
    "early": Stage(
        {f"digits d={d}": _digits(dimension=d) for d in (3, 5, 8)},
        _variants("w1 early", "w2 early", "w1 early K=L", "w1 first"),
        "100-101",
    ),
    "first": Stage(
        {f"mnist5k d={d}": _characters("mnist5k", dimension=d) for d in (5, 16)}
        | {"glyphs-10 d=5": _characters("glyphs", dimension=5, n_max=100, test_per_class=20)},
        _variants("w1 first", "w1 early K=L"),
        "100-101",
    ),
    "mnist-6": Stage(MNIST_6, MNIST_6_VARIANTS, "100-101"),
    "cifar": Stage(
        {f"cifar10 d={d}": _photographs(dimension=d) for d in (3, 16)},
        _variants("w1", "w0.3"),
        "100-100",
    ),
    "confirm-digits": Stage({"digits d=3": _digits(dimension=3)}, _variants("w1 first"), "3000-3007"),
    "confirm-digits-5": Stage({"digits d=5": _digits(dimension=5)}, _variants("w1 first"), "3000-3002"),
    "confirm-mnist": Stage(
        {"mnist5k d=16": _characters("mnist5k", dimension=16)}, _variants("w0.3"), "3000-3007"
    ),
    "confirm-mnist-6": Stage(MNIST_6, {"w2": MNIST_6_VARIANTS["w2"]}, "3000-3007"),
}


def config_of(changes: Changes, variant: Changes | None, seed: int) -> RunConfig:
    """One side's configuration."""
    config = preset_named(changes["preset"]).config
    config = replace(config, seed=seed, snapshots=1, **{k: v for k, v in changes.items() if k != "preset"})
    return replace(config, gh="off") if variant is None else replace(config, gh="on", **variant)


def run(config: RunConfig, data: LongTailed) -> dict[str, float]:
    """Train one side; its numbers at the end."""
    torch.set_num_threads(1)
    trainer, live, last = Trainer(config, data), float("nan"), None
    while trainer.step < trainer.total_steps:
        for event in trainer.steps_on():
            if isinstance(event, PriorTaken):
                live = event.live_vertices
            elif isinstance(event, SnapshotReady):
                last = event.snapshot
    table = measure(last, trainer.points, trainer.classes)
    return {**table.summary, **of_features(trainer, data), "live_vertices": live}


@torch.no_grad()
def of_features(trainer: Trainer, data: LongTailed) -> dict[str, float]:
    """Linear probe and 1-NN on the features."""
    encoder = trainer.encoder.eval()
    train, test = (
        torch.cat([encoder.features(as_input(part)) for part in inputs.split(256)]).double().numpy()
        for inputs in (data.train_inputs, data.test_inputs)
    )
    labels, counts = data.test_labels.numpy(), np.asarray(data.counts)
    right = np.zeros(len(labels))
    halves = np.arange(len(labels)) % 2 == 0
    scale = test.std() + 1e-12
    for fitted in (halves, ~halves):
        probe = LogisticRegression(max_iter=2000).fit(test[fitted] / scale, labels[fitted])
        right[~fitted] = probe.predict(test[~fitted] / scale) == labels[~fitted]
    per_class = np.array([right[labels == label].mean() for label in range(len(counts))])
    nearest = nearest_neighbor_accuracy(train, data.train_labels.numpy(), test, labels)
    return {
        "probe": float(per_class.mean()),
        "tail_probe": tail_accuracy(per_class, counts=counts),
        "feature_accuracy": float(nearest.mean()),
        "tail_feature_accuracy": tail_accuracy(nearest, counts=counts),
    }


def run_stage(name: str, seeds: range, *, out: Path, cifar: Path | None) -> None:
    """Append a line a run to `out`, leaving out those that it has."""
    stage = STAGES[name]
    done = {(line["setting"], line["variant"], line["seed"]) for line in lines_of(out)}
    for setting, changes in stage.settings.items():
        path = {"data_path": str(cifar)} if changes.get("dataset") == "npz" else {}
        for seed in seeds:
            data = load(config_of({**changes, **path}, None, seed))
            for variant, ours in ({"base": None} | stage.variants).items():
                if (setting, variant, seed) in done:
                    continue
                begun = time.perf_counter()
                numbers = run(config_of({**changes, **path}, ours, seed), data)
                line = {"stage": name, "setting": setting, "variant": variant, "seed": seed, **numbers}
                line["seconds"] = round(time.perf_counter() - begun, 1)
                with out.open("a") as file:
                    file.write(json.dumps(line) + "\n")


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The runs of a file."""
    return map(json.loads, path.read_text().splitlines()) if path.exists() else iter(())


def report(path: Path) -> str:
    """A Markdown row a variant: mean without GH and with it, and on how many seeds GH is better."""
    runs: dict[str, dict[str, dict[int, dict[str, float]]]] = defaultdict(lambda: defaultdict(dict))
    for line in lines_of(path):
        runs[line["setting"]][line["variant"]][line["seed"]] = line
    rows = ["| setting | GH | " + " | ".join(SHOWN) + " | alive |", "|---" * (len(SHOWN) + 3) + "|"]
    for setting, variants in runs.items():
        base = variants.pop("base")
        rows += [f"| {setting} | {name} | {_cells(base, found)} |" for name, found in variants.items()]
    return "\n".join(rows)


def _cells(base: dict[int, dict[str, float]], found: dict[int, dict[str, float]]) -> str:
    seeds = sorted(set(base) & set(found))
    cells = []
    for key, sign in SHOWN.items():
        before, after = ([runs[seed][key] for seed in seeds] for runs in (base, found))
        better = sum(sign * (b - a) > 0 for a, b in zip(before, after, strict=True))
        digits = 1 if key == "tail_gap" else 2
        cells.append(f"{np.mean(before):.{digits}f} → {np.mean(after):.{digits}f} ({better}/{len(seeds)})")
    return " | ".join([*cells, f"{np.mean([found[seed]['live_vertices'] for seed in seeds]):.0f}"])


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stage", nargs="?", choices=STAGES)
    parser.add_argument("--seeds", help="FIRST-LAST; those of the stage if not given")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cifar", type=Path, help=".npz of images, labels, class_names")
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    if asked.report:
        print(report(asked.report))
        return
    first, last = map(int, (asked.seeds or STAGES[asked.stage].seeds).split("-"))
    run_stage(asked.stage, range(first, last + 1), out=asked.out, cifar=asked.cifar)


if __name__ == "__main__":
    main()
