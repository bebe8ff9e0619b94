"""From the last checkpoint of a run to accuracies per class; needs torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ghviz.data.dataset import LongTailed, load
from ghviz.embed import features
from ghviz.evaluate import Evaluation, few_shot, knn, linear_probe
from ghviz.evaluate.result import Labelled, evaluation
from ghviz.nets.encoder import Encoder, build
from ghviz.store import RunFolderError, open_run
from ghviz.sweep.evaluation_file import EvaluationRecord, Protocol, write_evaluation
from ghviz.train.device import resolve_device
from ghviz.types import RunConfig

NEIGHBORS: Final = 20
"""k of the k-NN classifier; fewer where a class has fewer samples to learn from."""
SHOTS: Final = (1, 5, 10)
"""Labelled samples of each class for few-shot; those for which every class has enough."""
_PREFIX: Final = "encoder/"


def evaluate_run(folder: Path) -> EvaluationRecord:
    """Evaluate the last checkpoint of a run, and write the result into its folder.

    Features are those of the backbone, before the projector, of images without augmentation. The classifiers
    learn from a balanced training set: `n_max` samples of *every* class, of which the long-tailed training
    set is a part (of toy data: as many fresh samples from the same Gaussians). Where the data have no such
    set (their profile is given, or a class has too few samples), they learn from one half of the balanced
    test set, are tested on the other, and the other way round.

    Raises:
        RunFolderError: the run has no whole checkpoint, or can't be evaluated.
    """
    run = open_run(folder)
    saved = run.checkpoint()
    if saved is None:
        raise RunFolderError(f"{folder} has no checkpoint that could be evaluated.")
    step, tensors, _ = saved
    try:
        data = load(run.config)
        encoder = _encoder(run.config, data, tensors)
        balanced = _balanced(run.config, data)
        tested = _labelled(encoder, data, train=False)
        if balanced is None:
            record = _record(*_halves(tested), tested[1], step=step, protocol="halves")
        else:
            taught = _labelled(encoder, balanced, train=True)
            record = _record([taught], [tested], tested[1], step=step, protocol="balanced")
    except ValueError as error:
        raise RunFolderError(f"{folder} can't be evaluated: {error}") from error
    write_evaluation(folder, record)
    return record


def _encoder(config: RunConfig, data: LongTailed, tensors: dict[str, NDArray[Any]]) -> Encoder:
    with torch.random.fork_rng(devices=[]):
        encoder = build(config, data.input_shape)
    state = {
        name.removeprefix(_PREFIX): torch.from_numpy(np.array(value))
        for name, value in tensors.items()
        if name.startswith(_PREFIX)
    }
    try:
        encoder.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"its checkpoint does not fit its configuration: {error}".splitlines()[0]) from error
    return encoder.to(resolve_device(config.device)[0])


def _balanced(config: RunConfig, data: LongTailed) -> LongTailed | None:
    """The same classes with `n_max` samples each; None where the data set does not have so many."""
    if config.profile == "given":
        return None
    try:
        balanced = load(replace(config, ratio=1.0))
    except ValueError:
        return None
    same = balanced.class_names == data.class_names and torch.equal(balanced.test_inputs, data.test_inputs)
    return balanced if same else None


def _labelled(encoder: Encoder, data: LongTailed, *, train: bool) -> Labelled:
    inputs, labels = (data.train_inputs, data.train_labels) if train else (data.test_inputs, data.test_labels)
    return features(encoder, data.centered(inputs)), labels.numpy()


def _halves(tested: Labelled) -> tuple[list[Labelled], list[Labelled]]:
    """Training and test data of two rounds: each half of every class's samples teaches the other half.

    Raises:
        ValueError: a class has a single test sample.
    """
    rows, labels = tested
    smallest = int(np.bincount(labels).min())
    if smallest < 2:
        raise ValueError("a class has fewer than two test samples, and there is no balanced training set")
    place = np.zeros(len(labels), dtype=np.int64)
    for label in range(int(labels.max()) + 1):
        members = np.flatnonzero(labels == label)
        place[members] = np.arange(len(members)) % 2
    halves = [(rows[place == half], labels[place == half]) for half in (0, 1)]
    return halves, halves[::-1]


def _record(
    taught: list[Labelled],
    tested: list[Labelled],
    labels: NDArray[Any],
    *,
    step: int,
    protocol: Protocol,
) -> EvaluationRecord:
    """What the classifiers make of each round, all rounds together."""
    train_counts = np.bincount(taught[0][1])
    neighbors = int(min(NEIGHBORS, train_counts[train_counts > 0].min()))
    rounds = list(zip(taught, tested, strict=True))
    return EvaluationRecord(
        step=step,
        protocol=protocol,
        train_counts=train_counts.tolist(),
        test_counts=np.bincount(labels).tolist(),
        neighbors=neighbors,
        linear_probe=_per_class([linear_probe(*each) for each in rounds]),
        knn=_per_class([knn(*each, neighbors=neighbors) for each in rounds]),
        few_shot=_few_shot(rounds),
    )


def _per_class(rounds: list[Evaluation]) -> list[float | None]:
    predicted = np.concatenate([each.predicted for each in rounds])
    labels = np.concatenate([each.labels for each in rounds])
    return _listed(evaluation(predicted, labels, int(labels.max()) + 1).per_class)


def _few_shot(rounds: list[tuple[Labelled, Labelled]]) -> dict[int, list[float | None]]:
    """Accuracy per class from each of `SHOTS`, mean over draws; of all rounds, by their test samples."""
    least = min(int(np.bincount(labels).min()) for (_, labels), _ in rounds)
    shots = [k for k in SHOTS if k <= least]
    if not shots:
        return {}
    found = [few_shot(*each, shots=shots) for each in rounds]
    size = 1 + max(int(labels.max()) for _, (_, labels) in rounds)
    tested = np.array([np.bincount(labels, minlength=size) for _, (_, labels) in rounds])  # (rounds, L)
    shares = tested / np.where(tested.sum(axis=0) > 0, tested.sum(axis=0), np.nan)
    return {
        k: _listed(np.sum([_known(each.of(k).per_class, size) for each in found] * shares, axis=0))
        for k in shots
    }


def _known(per_class: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """The accuracies of the first classes, 0 where there is none: it has no weight."""
    return np.nan_to_num(per_class[:size])


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    return [value if np.isfinite(value) else None for value in values.tolist()]
