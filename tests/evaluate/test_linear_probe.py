"""The probe against the same protocol written with torch, and against what it must find."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest
import torch

from ghviz.evaluate import linear_probe
from ghviz.evaluate.linear_probe import Adam, Protocol, fitted_layer
from ghviz.evaluate.result import checked_pair
from tests.metrics.samples import cloud


def features(seed, *, size=40, spread=1.0, dimension=12):
    centers = np.random.default_rng(7).standard_normal((5, dimension))
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(5), size)
    return np.maximum(centers[labels] + spread * generator.standard_normal((5 * size, dimension)), 0), labels


def with_torch(data, protocol):
    """The protocol with torch's Adam, cross-entropy and automatic gradients: same start, same batches."""
    generator = np.random.default_rng(protocol.seed)
    size, dimension = data.train.shape
    bound = 1 / np.sqrt(dimension)
    start = torch.from_numpy(generator.uniform(-bound, bound, (dimension + 1, data.num_classes)).astype("f4"))
    layer = torch.nn.Linear(dimension, data.num_classes)
    layer.weight.data, layer.bias.data = start[:-1].T.clone(), start[-1].clone()
    optimizer = torch.optim.Adam(layer.parameters(), weight_decay=protocol.weight_decay)
    rows, labels = torch.from_numpy(data.train), torch.from_numpy(data.train_labels)
    for epoch in range(protocol.epochs):
        part = epoch / (protocol.epochs - 1)
        optimizer.param_groups[0]["lr"] = protocol.first_rate ** (1 - part) * protocol.last_rate**part
        for batch in torch.from_numpy(generator.permutation(size)).split(protocol.batch_size):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(layer(rows[batch]), labels[batch]).backward()
            optimizer.step()
    return torch.cat([layer.weight.T, layer.bias[None]]).detach().numpy()


@pytest.mark.parametrize("weight_decay", [5e-6, 0.1])
def test_against_the_protocol_with_torch(weight_decay):
    """Batches of 60 of 200 samples: the last one is smaller."""
    data = checked_pair(features(0), features(1), unit=False)
    protocol = Protocol(epochs=60, batch_size=60, weight_decay=weight_decay, seed=3)
    np.testing.assert_allclose(fitted_layer(data, protocol), with_torch(data, protocol), atol=2e-4)


def test_the_defaults_are_those_of_the_paper():
    """Learning rate 1e-2 to 1e-6 exponentially, weight decay 5e-6, batch 1000, 500 epochs."""
    paper = Protocol(epochs=500, batch_size=1_000, first_rate=1e-2, last_rate=1e-6, weight_decay=5e-6, seed=0)
    assert Protocol() == paper
    assert signature(linear_probe).parameters["protocol"].default == paper


def test_a_probe_without_a_word_is_trained_by_the_defaults(monkeypatch):
    """All 500 epochs of two batches, the rate from the first to the last falling by the same factor."""
    rates = []
    monkeypatch.setattr(Adam, "step", lambda self, gradient, rate: rates.append((rate, self.weight_decay)))
    linear_probe(features(0, size=201), features(1, size=4))
    assert len(rates) == 500 * 2
    assert {decay for _, decay in rates} == {5e-6}
    per_epoch = np.array(rates)[::2, 0]
    np.testing.assert_allclose(per_epoch, 1e-2 * (1e-6 / 1e-2) ** (np.arange(500) / 499))
    np.testing.assert_array_equal(np.array(rates)[1::2, 0], per_epoch)


def test_the_whole_protocol_gives_the_accuracy_of_torch():
    train, test = features(0, size=60, spread=1.5), features(1, size=200, spread=1.5)
    data = checked_pair(train, test, unit=False)
    layer = with_torch(data, Protocol())
    right = (data.test @ layer[:-1] + layer[-1]).argmax(axis=1) == data.test_labels
    result = linear_probe(train, test)
    assert result.average == pytest.approx(right.mean(), abs=0.003)
    assert 0.5 < result.average < 0.95


def test_separable_classes_are_told_apart_and_noise_is_not():
    assert linear_probe(features(0, spread=0.1), features(1, spread=0.1)).average == 1
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 500)
    noise = [(generator.standard_normal((2_000, 6)), labels) for _ in range(2)]
    result = linear_probe(*noise, protocol=Protocol(epochs=30))
    assert result.average == pytest.approx(0.25, abs=0.05)
    np.testing.assert_allclose(result.per_class.mean(), result.average)
    assert (result.predicted == labels).mean() == pytest.approx(result.average)


def test_scale_of_the_features_is_theirs():
    """The probe takes features as they are: huge values must not overflow."""
    rows, labels = features(0)
    result = linear_probe((1e4 * rows, labels), (1e4 * rows, labels))
    assert np.isfinite(result.per_class).all()
    assert result.average > 0.7


def test_the_seed_decides():
    train, test = features(0, spread=2.0), features(1, spread=2.0)
    data = checked_pair(train, test, unit=False)
    short = Protocol(epochs=2)
    np.testing.assert_array_equal(fitted_layer(data, short), fitted_layer(data, short))
    assert (fitted_layer(data, Protocol(epochs=2, seed=1)) != fitted_layer(data, short)).any()


def test_classes_of_training_and_test_may_differ():
    rows, labels = cloud(0, 4, counts=(30, 30, 30), spread=0.1)
    some = labels != 1
    result = linear_probe((rows, labels), (rows[some], labels[some]), protocol=Protocol(epochs=100))
    np.testing.assert_array_equal(np.isnan(result.per_class), [False, True, False])
    assert (
        linear_probe((rows[some], labels[some]), (rows, labels), protocol=Protocol(epochs=100)).per_class[1]
        == 0
    )


def test_bad_input_is_one_sentence():
    data = features(0)
    with pytest.raises(ValueError, match="at least 1, got 0 and 1000"):
        linear_probe(data, data, protocol=Protocol(epochs=0))
    with pytest.raises(ValueError, match="finite float32"), np.errstate(over="ignore"):
        linear_probe((data[0] * 1e300, data[1]), data)
    with pytest.raises(ValueError, match=r"test features must be \(N, d\) with N >= 1"):
        linear_probe(data, (np.empty((0, 12)), np.empty(0, dtype=int)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epochs": 2.5}, "epochs must be an integer, got 2.5"),
        ({"batch_size": 2.5}, "batch_size must be an integer, got 2.5"),
        ({"first_rate": 0.0}, "learning rates must be positive"),
        ({"last_rate": float("nan")}, "learning rates must be positive"),
        ({"weight_decay": -1.0}, "weight_decay at least 0"),
    ],
)
def test_a_protocol_that_makes_no_sense_is_refused(changes, said):
    data = np.eye(2)[[0, 1]], np.array([0, 1])
    with pytest.raises(ValueError, match=said):
        linear_probe(data, data, protocol=Protocol(**changes))
