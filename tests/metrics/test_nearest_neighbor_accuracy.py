"""1-NN accuracy against scikit-learn, and what happens when everything lies in one place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from sklearn.neighbors import KNeighborsClassifier

from ghviz.metrics import inputs, nearest_neighbor_accuracy, tail_accuracy
from tests.metrics.samples import cloud, dimensions, repeatable, rotation, seeds


@repeatable
@given(seed=seeds, dimension=dimensions)
def test_against_scikit_learn(seed, dimension):
    rows, labels = cloud(seed, dimension, counts=(60, 40, 20, 20), spread=0.8)
    train, test = np.arange(len(rows)) % 2 == 0, np.arange(len(rows)) % 2 == 1
    classifier = KNeighborsClassifier(1, metric="cosine", algorithm="brute").fit(rows[train], labels[train])
    right = classifier.predict(rows[test]) == labels[test]
    expected = [right[labels[test] == c].mean() for c in range(4)]
    actual = nearest_neighbor_accuracy(rows[train], labels[train], rows[test], labels[test])
    np.testing.assert_allclose(actual, expected)
    turn = rotation(seed, dimension)
    again = nearest_neighbor_accuracy(3 * rows[train] @ turn, labels[train], rows[test] @ turn, labels[test])
    np.testing.assert_allclose(again, expected)


def test_total_collapse_is_chance_in_any_order():
    train, labels = np.ones((10, 3)), np.array([0] * 8 + [1] * 2)
    test, wanted = np.ones((4, 3)), np.array([0, 0, 1, 1])
    for order in (slice(None), slice(None, None, -1)):
        accuracy = nearest_neighbor_accuracy(train, labels[order], test, wanted)
        np.testing.assert_allclose(accuracy, [0.8, 0.2])


def test_chunks_do_not_matter(monkeypatch):
    rows, labels = cloud(0, 6, spread=1.0)
    whole = nearest_neighbor_accuracy(rows[::2], labels[::2], rows[1::2], labels[1::2], num_classes=5)
    monkeypatch.setattr(inputs, "CHUNK", 6 * len(rows[::2]))
    chunked = nearest_neighbor_accuracy(rows[::2], labels[::2], rows[1::2], labels[1::2], num_classes=5)
    np.testing.assert_array_equal(chunked, whole)


def test_classes_that_are_missing():
    train, test = np.eye(3)[:2], np.eye(3)
    accuracy = nearest_neighbor_accuracy(train, np.array([0, 1]), test, np.array([0, 0, 2]), num_classes=4)
    np.testing.assert_array_equal(accuracy, [0.5, np.nan, 0, np.nan])
    with pytest.raises(ValueError, match="same d, got 3 and 2"):
        nearest_neighbor_accuracy(train, np.array([0, 1]), np.eye(2), np.array([0, 1]))


def test_tail_accuracy_is_the_rarest_third():
    accuracy = np.array([1.0, 0.9, 0.8, 0.7, 0.6, 0.2, 0.1])
    assert tail_accuracy(accuracy) == pytest.approx(0.15)
    assert tail_accuracy(accuracy[:2]) == pytest.approx(0.9)
    assert tail_accuracy(accuracy, counts=np.arange(7)) == pytest.approx(0.95)
    assert tail_accuracy(np.array([1, 1, 1, 1, np.nan, 0.5])) == 0.5
    assert np.isnan(tail_accuracy(np.array([1, 1, np.nan])))
    with pytest.raises(ValueError, match=r"counts must be \(7,\)"):
        tail_accuracy(accuracy, counts=np.ones(3))
