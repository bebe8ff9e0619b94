"""k-NN and few-shot against scikit-learn and loops."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from ghviz.evaluate import few_shot, knn, linear_probe
from ghviz.metrics import inputs, nearest_neighbor_accuracy
from tests.metrics.samples import cloud, rotation, unit


@pytest.fixture
def data():
    rows, labels = cloud(3, 6, counts=(60, 50, 40, 30), spread=1.0)
    return (rows[::2], labels[::2]), (rows[1::2], labels[1::2])


@pytest.mark.parametrize("neighbors", [1, 5, 90])
def test_weighted_knn_against_scikit_learn(data, neighbors):
    train, test = data
    reference = KNeighborsClassifier(
        neighbors, metric="cosine", algorithm="brute", weights=lambda d: np.exp(-d / 0.07)
    ).fit(*train)
    result = knn(*data, neighbors=neighbors, weighted=True)
    np.testing.assert_array_equal(result.predicted, reference.predict(test[0]))
    expected = [reference.score(test[0][test[1] == c], test[1][test[1] == c]) for c in range(4)]
    np.testing.assert_allclose(result.per_class, expected)
    assert result.average == pytest.approx(np.mean(expected))


@pytest.mark.parametrize("neighbors", [1, 2, 4, 7])
def test_plain_knn_against_a_loop(data, neighbors):
    train, test = data
    predicted = []
    for query in unit(test[0]):
        cosines = unit(train[0]) @ query
        nearest = np.argsort(-cosines)[:neighbors]
        tally = {
            c: (np.sum(train[1][nearest] == c), cosines[nearest][train[1][nearest] == c].sum())
            for c in range(4)
        }
        predicted.append(max(tally, key=tally.get))
    np.testing.assert_array_equal(knn(*data, neighbors=neighbors).predicted, predicted)


def test_one_neighbour_is_the_metric(data):
    expected = nearest_neighbor_accuracy(*data[0], *data[1])
    np.testing.assert_allclose(knn(*data, neighbors=1).per_class, expected)
    np.testing.assert_allclose(knn(*data, neighbors=1, weighted=True).per_class, expected)


def test_chunks_rotation_and_order_do_not_matter(data, monkeypatch):
    train, test = data
    whole = knn(*data, neighbors=9).predicted
    turn, order = rotation(0, 6), np.random.default_rng(0).permutation(len(train[0]))
    moved = (5 * train[0][order] @ turn, train[1][order])
    np.testing.assert_array_equal(knn(moved, (test[0] @ turn, test[1]), neighbors=9).predicted, whole)
    monkeypatch.setattr(inputs, "CHUNK", 300)
    np.testing.assert_array_equal(knn(*data, neighbors=9).predicted, whole)


@pytest.mark.parametrize(
    "accuracy", [lambda *data: few_shot(*data).per_class, lambda *data: linear_probe(*data).per_class]
)
def test_chunks_of_test_samples_do_not_matter(accuracy, data, monkeypatch):
    whole = accuracy(*data)
    monkeypatch.setattr(inputs, "CHUNK", 30)
    np.testing.assert_array_equal(accuracy(*data), whole)


def test_weights_let_the_near_win():
    train = np.array([[1.0, 0], [0.5, 0.866], [0.5, 0.866]]), np.array([0, 1, 1])
    test = np.array([[1.0, 0.1]]), np.array([0])
    assert knn(train, test, neighbors=3).predicted == [1]
    assert knn(train, test, neighbors=3, weighted=True).predicted == [0]
    assert knn(train, test, neighbors=3, weighted=True, temperature=50).predicted == [1]
    assert knn(train, test, neighbors=2).predicted == [0]  # a tie: the nearer voter decides
    assert np.isnan(knn(train, test, neighbors=1).per_class[1])


def test_bad_input_is_one_sentence(data):
    train, test = data
    for wrong, match in [
        ((train[0][:, :3], train[1]), "same d, got 3 and 6"),
        ((train[0], train[1][:4]), r"labels must be \(90,\)"),
        ((train[0], train[1] * 0.5), "integers"),
        ((train[0] * np.nan, train[1]), "training features must be finite"),
        ((train[0][0], train[1][:1]), r"training features must be \(N, d\)"),
        ((train[0], train[1], 3), "pair .* got 3 parts"),
    ]:
        for function in (knn, few_shot):
            with pytest.raises(ValueError, match=match):
                function(wrong, test)
    with pytest.raises(ValueError, match="neighbors must be 1 to 90, the training samples, got 91"):
        knn(train, test, neighbors=91)
    with pytest.raises(ValueError, match="temperature must be positive, got 0"):
        knn(train, test, temperature=0)
    with pytest.raises(ValueError, match="16 training samples of each class, class 3 has 15"):
        few_shot(train, test, shots=(1, 16))
    with pytest.raises(ValueError, match="at least 1"):
        few_shot(train, test, shots=())


def test_all_shots_are_the_nearest_class_mean(data):
    train, test = data
    keep = np.concatenate([np.flatnonzero(train[1] == c)[:15] for c in range(4)])
    rows = unit(train[0][keep])
    means = np.array([rows[train[1][keep] == c].mean(axis=0) for c in range(4)])
    reference = KNeighborsClassifier(1).fit(unit(means), np.arange(4)).predict(unit(test[0]))
    result = few_shot((rows, train[1][keep]), test, shots=(15,), draws=3)
    expected = [np.mean(reference[test[1] == c] == c) for c in range(4)]
    np.testing.assert_allclose(result.per_class, np.tile(expected, (1, 3, 1)))
    assert result.average[0] == pytest.approx(np.mean(expected))
    assert result.std[0] == pytest.approx(0, abs=1e-12)


def test_more_shots_are_better_and_draws_differ(data):
    result = few_shot(*data)
    assert result.shots == (1, 5, 10)
    assert result.per_class.shape == (3, 20, 4)
    assert (np.diff(result.average) > 0).all()
    assert (result.std > 0).all()
    by_draw = result.per_class.mean(axis=2)
    np.testing.assert_allclose(result.average, by_draw.mean(axis=1))
    np.testing.assert_allclose(result.std, by_draw.std(axis=1, ddof=1))
    np.testing.assert_array_equal(few_shot(*data).per_class, result.per_class)
    assert (few_shot(*data, seed=1).per_class != result.per_class).any()
    assert np.isnan(few_shot(*data, draws=1).std).all()


def test_one_shot_takes_one_sample_of_each_class():
    """Class 1 has two places: half of its test samples are found from either, whichever is drawn."""
    train = np.eye(4)[[0, 0, 1, 2]], np.array([0, 0, 1, 1])
    test = np.eye(4)[[0, 1, 2]] + [[0, 0, 0, 0], [0.3, 0, 0, 0], [0.3, 0, 0, 0]], np.array([0, 1, 1])
    result = few_shot(train, test, shots=(1, 2), draws=10)
    np.testing.assert_array_equal(result.per_class[0], np.tile([1, 0.5], (10, 1)))
    np.testing.assert_array_equal(result.per_class[1], np.ones((10, 2)))
