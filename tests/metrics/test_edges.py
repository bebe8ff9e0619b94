"""What every metric of embeddings and labels makes of little and of odd data."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from ghviz import metrics
from ghviz.metrics.geometry import GEOMETRY
from tests.metrics.samples import cloud

SHAPES = {
    "center_cosines": [("L", "L")],
    "class_centers": [("L", "d")],
    "effective_rank": [(), ("L",)],
    "sample_uniformity": [(), ("L",)],
    "simplex_distance": [()],
    "tail_gap": [()],
    "tail_mean_cosine": [()],
    "territory_share": [("L",), ("L",)],
    "unbiased_center_cosines": [("L", "L")],
    "within_class_variability": [(), ("L",)],
}


def parts(result):
    return result if isinstance(result, tuple) else (result,)


def shapes(name, num_classes, dimension):
    size = {"L": num_classes, "d": dimension}
    return [tuple(size[letter] for letter in shape) for shape in SHAPES.get(name, [("L",)])]


@pytest.mark.parametrize("name", GEOMETRY)
@pytest.mark.parametrize("dimension", [2, 3, 12])
@pytest.mark.parametrize("counts", [(1,), (2,), (7,), (1, 1), (2, 0, 1), (3, 1, 0, 0)])
def test_little_data_gives_numbers_or_nan_of_the_right_shape(name, dimension, counts):
    embeddings, labels = cloud(1, dimension, counts=counts)
    result = parts(GEOMETRY[name](embeddings, labels, num_classes=len(counts)))
    assert [np.shape(part) for part in result] == shapes(name, len(counts), dimension)
    assert not any(np.isinf(part).any() for part in result)
    assert all(np.asarray(part).dtype == np.float64 for part in result)


@pytest.mark.parametrize("name", GEOMETRY)
def test_dtype_and_layout_do_not_matter(name):
    embeddings, labels = cloud(0, 4, spread=0.3)
    embeddings = (100 * embeddings).round()
    expected = parts(GEOMETRY[name](embeddings, labels))
    before = embeddings.copy()
    for rows, names in [
        (embeddings.astype(np.float16), labels.astype(np.uint8)),
        (embeddings.astype(np.int64), labels.astype(np.int16)),
        (np.asfortranarray(embeddings), labels.tolist()),
        (np.repeat(embeddings, 2, axis=0)[::2], labels),
    ]:
        for part, wanted in zip(parts(GEOMETRY[name](rows, names)), expected, strict=True):
            np.testing.assert_allclose(part, wanted, atol=1e-9)
    np.testing.assert_array_equal(embeddings, before)


@pytest.mark.parametrize("name", GEOMETRY)
@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        (np.ones((3, 1)), [0, 1, 2], "d >= 2"),
        (np.ones((0, 2)), [], "N >= 1"),
        (np.array([[1.0, 0], [np.inf, 1]]), [0, 1], "finite"),
        (np.array([[1.0, 0], [0, 0]]), [0, 1], "zero in row 1"),
        (np.ones((2, 2)), [0], r"labels must be \(2,\)"),
        (np.ones((2, 2)), [0.0, 1.0], "integers"),
        (np.ones((2, 2)), [0, -1], "labels must lie in"),
        (np.ones((2, 2)), [0, 9], r"labels must lie in 0 .. 2, got 0 .. 9"),
    ],
)
def test_bad_input_is_one_sentence(name, embeddings, labels, message):
    with pytest.raises(ValueError, match=message) as caught:
        GEOMETRY[name](embeddings, np.array(labels), num_classes=3)
    assert "\n" not in str(caught.value)


def test_the_list_has_every_metric_of_embeddings_and_labels():
    """Replicates, which are drawn, are none, nor what makes a snapshot of arrays or counts neighbours."""

    def asked(function):
        return inspect.signature(function).parameters if inspect.isfunction(function) else {}

    needed = {
        name: [key for key, each in asked(getattr(metrics, name)).items() if each.default is each.empty]
        for name in metrics.__all__
        if "draws" not in asked(getattr(metrics, name))
    }
    found = {name for name, keys in needed.items() if keys == ["embeddings", "labels"]}
    assert found - {"of_arrays", "neighbor_groups"} == set(GEOMETRY)
