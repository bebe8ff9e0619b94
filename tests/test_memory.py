"""Memory of every metric and evaluation: beside copies of the input, never more than 256 MiB at once.

Two sets of embeddings, each of which broke that limit somewhere: many classes (what is as wide as there are
classes), most of them tiny and every embedding there four times (ties, which ask for float64); and a set that
takes more than 256 MiB by itself, nearly all of one class (copies of a class, or of all, are seen).
"""

from __future__ import annotations

import sys
import tracemalloc
import warnings

import numpy as np
import pytest

from ghviz.evaluate import few_shot, knn, linear_probe
from ghviz.evaluate.linear_probe import Protocol
from ghviz.metrics import (
    EVERYTHING,
    Resampling,
    SampledWarning,
    label_agreement,
    measure,
    nearest_neighbor_accuracy,
    neighbor_ledger,
    sample_uniformity,
)
from ghviz.metrics.geometry import GEOMETRY
from tests.metrics.samples import recorded

LIMIT = 256 * 2**20
IN_SINGLE_TOO = {"knn_purity", "territory_share"}
"""Metrics that compare all with all in single precision first, for which they copy the input again."""


@pytest.fixture(scope="module")
def many_classes():
    generator = np.random.default_rng(0)
    labels = np.concatenate([np.arange(400), generator.integers(0, 3, 199_600)])
    return np.tile(generator.standard_normal((50_000, 8), dtype=np.float32), (4, 1)), labels


@pytest.fixture(scope="module")
def large():
    generator = np.random.default_rng(0)
    labels = np.where(generator.random(300_000) < 0.95, 0, generator.integers(0, 20, 300_000))
    return generator.standard_normal((300_000, 128), dtype=np.float32), labels


def peak(function, *arguments, **named):
    """The most bytes that were held at once while a function ran, its result included."""
    tracemalloc.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SampledWarning)
            function(*arguments, **named)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def doubles(*arrays):
    """Bytes of arrays as float64."""
    return 8 * sum(array.size for array in arrays)


@pytest.mark.slow
@pytest.mark.parametrize("name", GEOMETRY)
def test_of_many_classes(name, many_classes):
    embeddings, labels = many_classes
    if name == "sample_uniformity":  # which takes its time, and as much memory for few groups as for many
        embeddings, labels = embeddings[:12_000], labels[:12_000]
    extra = {"directions": 200} if name == "territory_share" else {}
    assert peak(GEOMETRY[name], embeddings, labels, **extra) < doubles(embeddings) + LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(GEOMETRY.keys() - {"knn_purity"}))  # which would take minutes
def test_of_large_embeddings(name, large, monkeypatch):
    embeddings, labels = large
    monkeypatch.setattr(sys.modules[sample_uniformity.__module__], "EXACT_UP_TO", 500)  # it takes its time
    copies = 1.5 if name in IN_SINGLE_TOO else 1
    extra = {"directions": 200} if name == "territory_share" else {}
    assert peak(GEOMETRY[name], embeddings, labels, **extra) < copies * doubles(embeddings) + LIMIT


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True])
def test_of_neighbours(weighted, many_classes):
    train = many_classes
    test = train[0][:400], train[1][:400]
    allowed = doubles(train[0], test[0]) + LIMIT
    assert peak(knn, train, test, weighted=weighted) < allowed
    assert peak(nearest_neighbor_accuracy, *train, *test) < allowed


@pytest.mark.slow
def test_of_the_ledger(many_classes):
    embeddings, labels = many_classes
    assert (
        peak(neighbor_ledger, embeddings, embeddings[:, ::-1] ** 3, labels) < 3 * doubles(embeddings) + LIMIT
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["few_shot", "linear_probe"])
def test_of_many_classes_and_test_samples(name, many_classes):
    generator = np.random.default_rng(0)
    train = generator.standard_normal((4_000, 8), dtype=np.float32), np.arange(4_000) % 400
    evaluate = {
        "few_shot": lambda: few_shot(train, many_classes, draws=1),
        "linear_probe": lambda: linear_probe(train, many_classes, protocol=Protocol(epochs=1)),
    }
    assert peak(evaluate[name]) < doubles(train[0], many_classes[0]) + LIMIT


@pytest.mark.slow
def test_of_large_features(large):
    """Neither float64 of what is then normalised nor a mask of it is held beside it."""
    features, labels = large
    test = features[:10], labels[:10]
    assert peak(few_shot, large, test, draws=1) < doubles(features) + LIMIT
    assert peak(knn, large, test) < doubles(features) + LIMIT
    protocol = Protocol(epochs=1)
    assert peak(linear_probe, large, test, protocol=protocol) < LIMIT  # single precision, as it came


@pytest.mark.slow
def test_of_intervals():
    """All metrics of a snapshot: its own copy, that of a metric, and one in single precision."""
    generator, counts = np.random.default_rng(0), np.geomspace(2_250, 22, 100).astype(int)
    labels = np.repeat(np.arange(100), counts)
    labels = np.concatenate([labels, np.zeros(50_000 - len(labels), dtype=int)])
    centers = generator.standard_normal((100, 128))
    train, test = (
        np.float32(centers[each] + 1.5 * generator.standard_normal((len(each), 128)))
        for each in (labels, np.arange(1_000) % 100)
    )
    run = recorded(train, labels, test=test, test_labels=np.arange(1_000) % 100)
    how = Resampling(draws=100)  # more of them are taken in chunks
    assert peak(measure, *run, metrics=EVERYTHING, resampling=how) < 2.5 * doubles(train) + LIMIT


@pytest.mark.slow
def test_of_labels(many_classes):
    labels = many_classes[1]
    assert peak(label_agreement, np.arange(len(labels)) % 4_096, labels) < LIMIT
