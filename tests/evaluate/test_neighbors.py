"""k-NN and few-shot against scikit-learn and loops; what is equal goes by rule."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import KNeighborsClassifier

from ghviz.evaluate import few_shot, knn, linear_probe
from ghviz.metrics import inputs, nearest_neighbor_accuracy
from tests.metrics.samples import cloud, repeatable, rotation, seeds, unit


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
            c: (np.sum(train[1][nearest] == c), cosines[nearest][train[1][nearest] == c].max())
            for c in set(train[1][nearest])
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


@pytest.mark.parametrize("temperature", [1e-2, 1e-4, 1e-9, 1e-300])
def test_no_temperature_silences_the_nearest(temperature):
    """All votes were 0 where every neighbour is far for the temperature: class 0 won, without a voter."""
    train = np.array([[1.0, 0], [0, 1.0], [-1, 0.2], [-1, -0.2]]), np.array([1, 2, 0, 0])
    test = np.array([[-0.1, -1.0], [1.0, 0.9], [0.9, 1.0]]), np.array([0, 1, 2])
    assert knn(train, test, neighbors=4, weighted=True, temperature=temperature).per_class.tolist() == [
        1,
        1,
        1,
    ]
    far = (train[0][:2], train[1][:2]), (np.array([[-1.0, -1.1]]), np.array([1]))
    assert knn(*far, neighbors=2, weighted=True, temperature=temperature).predicted == [1]


def test_votes_too_small_for_float64_still_compare():
    """Two voters nearly as near as the nearest one weigh more than it, at right angles to the test sample."""
    angles = np.radians([90.0, 90.005, 90.005])
    train = np.column_stack([np.cos(angles), np.sin(angles)]), np.array([0, 1, 1])
    test = np.array([[1.0, 0.0]]), np.array([1])
    for temperature, expected in [(1e-3, 1), (1.2e-4, 0), (1e-5, 0)]:  # a vote of .92, .48, .0002
        assert knn(train, test, neighbors=3, weighted=True, temperature=temperature).predicted == [expected]


def test_only_a_class_with_voters_is_predicted():
    train = np.array([[0.0, 1.0], [0.1, 1.0]]), np.array([3, 5])
    test = np.array([[-1.0, -1.0], [0.0, -1.0], [1.0, 0.0]]), np.array([0, 0, 0])
    for weighted in (False, True):
        for neighbors in (1, 2):
            found = knn(train, test, neighbors=neighbors, weighted=weighted, temperature=1e-300).predicted
            assert set(found) <= {3, 5}


@repeatable
@given(seed=seeds, neighbors=st.integers(1, 40), weighted=st.booleans(), spread=st.sampled_from([0.2, 1, 5]))
def test_the_order_of_samples_does_not_matter(seed, neighbors, weighted, spread):
    """Few classes and even numbers of neighbours: equal votes are common; equal cosines there are none."""
    train, test = (cloud(each, 5, counts=(20, 15, 10), spread=spread) for each in (seed, seed + 1))
    how = {"neighbors": neighbors, "weighted": weighted}
    order = np.random.default_rng(seed).permutation(len(train[0]))
    expected = knn(train, test, **how).predicted
    moved = knn((train[0][order], train[1][order]), (test[0][::-1], test[1][::-1]), **how).predicted
    np.testing.assert_array_equal(moved[::-1], expected)


def test_equal_votes_go_to_the_class_with_the_nearest_voter():
    """Class 1 is nearer in sum, class 2 has the nearest voter; then both are at the same places."""
    angles = np.radians([20.0, 21, 10, 60, 170])
    rows = np.column_stack([np.cos(angles), np.sin(angles)])
    train, test = (rows, np.array([1, 1, 2, 2, 0])), (np.array([[1.0, 0]]), np.array([2]))
    assert knn(train, test, neighbors=4).predicted == [2]
    places = rows[[0, 0, 2, 2]]
    for labels in ([2, 1, 2, 1], [1, 2, 1, 2]):
        for weighted in (False, True):
            same = (places, np.array(labels)), test
            assert knn(*same, neighbors=4, weighted=weighted).predicted == [1]  # the smaller class number


@repeatable
@given(seed=seeds, weighted=st.booleans())
def test_of_equally_near_samples_the_first_vote(seed, weighted):
    """Seven different directions, each many times: nearly every k-th place is shared.

    Rows of one direction have different lengths: as unit rows they differ in the last digits. The weighted
    votes are so steep that only the nearest direction has any.
    """
    generator = np.random.default_rng(seed)
    rows, queries = (generator.standard_normal((size, 37)) for size in (7, 30))
    place, labels = generator.integers(0, 7, 200), generator.integers(0, 3, 200)
    lengths = generator.uniform(0.1, 10, (200, 1))
    data = (lengths * rows[place], labels), (queries, np.zeros(30, dtype=int))
    found = knn(*data, neighbors=20, weighted=weighted, temperature=1e-5).predicted
    cosines = (unit(queries) @ unit(rows).T)[:, place]  # equal for equal directions, to the last digit
    for near, answer in zip(cosines, found, strict=True):
        voters = np.argsort(-near, kind="stable")[:20]
        votes = near[voters] == near.max() if weighted else np.ones(20)
        tally = {
            c: (votes[labels[voters] == c].sum(), near[voters][labels[voters] == c].max(), -c)
            for c in set(labels[voters])
        }
        assert answer == max(tally, key=tally.get)


def test_means_equally_near_are_of_the_smaller_class(data):
    """The same samples in three classes, in other orders: their means differ in the last digits at most."""
    train = np.repeat(unit(data[0][0][:5]), 3, axis=0), np.tile([2, 0, 1], 5)
    result = few_shot(train, (data[1][0], np.arange(90) % 3), shots=(5,), draws=8)
    np.testing.assert_array_equal(result.per_class[0], np.tile([1, 0, 0], (8, 1)))


@pytest.mark.parametrize("length", [1e-30, 1e30])
def test_few_shot_looks_at_directions_alone(data, length):
    """Raw features, of any lengths: a long sample weighs no more in its class's mean than a short one."""
    (rows, labels), (queries, wanted) = data
    scale = np.exp(3 * np.random.default_rng(0).standard_normal((len(rows), 1)))
    expected = few_shot((unit(rows), labels), (unit(queries), wanted)).per_class
    raw = few_shot((length * scale * rows, labels), (scale[: len(queries)] * queries, wanted)).per_class
    np.testing.assert_array_equal(raw, expected)


def test_one_number_a_sample_and_counts_that_are_none(data):
    train, test = data
    flat = train[0][:, :1], train[1]
    for function in (knn, few_shot):
        with pytest.raises(
            ValueError, match=r"training features must have d >= 2 to have a direction, got shape"
        ):
            function(flat, flat)
    with pytest.raises(ValueError, match=r"^neighbors must be an integer, got 2\.0$"):
        knn(train, test, neighbors=2.0)
    with pytest.raises(ValueError, match=r"^shots\[1\] must be an integer, got 1\.5$"):
        few_shot(train, test, shots=(1, 1.5))
    with pytest.raises(ValueError, match=r"^draws must be an integer, got True$"):
        few_shot(train, test, draws=True)
    with pytest.raises(ValueError, match=r"^test features must not be zero"):
        knn(train, (0 * test[0], test[1]))
    assert (
        knn(train, test, neighbors=np.int32(3)).predicted.tolist()
        == knn(train, test, neighbors=3).predicted.tolist()
    )


def test_bad_input_is_one_sentence(data):
    train, test = data
    for wrong, match in [
        ((train[0][:, :3], train[1]), "same d, got 3 and 6"),
        ((train[0], train[1][:4]), r"training labels must be \(90,\)"),
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


@pytest.mark.parametrize("classified", [partial(knn, neighbors=1), linear_probe])
def test_a_class_that_was_never_trained_on_is_wrong_and_one_never_tested_is_left_out(classified):
    rows = np.eye(4)
    found = classified((rows[[0, 1, 2]], np.array([0, 1, 2])), (rows[[0, 1, 3]], np.array([0, 1, 4])))
    np.testing.assert_array_equal(found.per_class, [1, 1, np.nan, np.nan, 0])
    assert found.average == pytest.approx(2 / 3)
    assert found.predicted[2] < 3
