"""What every metric of embeddings and labels makes of little, odd and very much data."""

from __future__ import annotations

import tracemalloc
import warnings

import numpy as np
import pytest

from ghviz import metrics
from ghviz.metrics import SampledWarning
from tests.metrics.samples import cloud

METRICS = [
    "center_cosines",
    "class_alignment",
    "class_centers",
    "class_uniformity",
    "effective_rank",
    "knn_purity",
    "mean_resultant_length",
    "nearest_center_angle",
    "nearest_center_cosine",
    "neighborhood_uniformity",
    "sample_uniformity",
    "silhouette",
    "simplex_distance",
    "tail_gap",
    "tail_mean_cosine",
    "territory_share",
    "unbiased_center_cosines",
    "vmf_concentration",
    "within_class_variability",
]
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


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("dimension", [2, 3, 12])
@pytest.mark.parametrize("counts", [(1,), (2,), (7,), (1, 1), (2, 0, 1), (3, 1, 0, 0)])
def test_little_data_gives_numbers_or_nan_of_the_right_shape(name, dimension, counts):
    embeddings, labels = cloud(1, dimension, counts=counts)
    result = parts(getattr(metrics, name)(embeddings, labels, num_classes=len(counts)))
    assert [np.shape(part) for part in result] == shapes(name, len(counts), dimension)
    assert not any(np.isinf(part).any() for part in result)
    assert all(np.asarray(part).dtype == np.float64 for part in result)


@pytest.mark.parametrize("name", METRICS)
def test_dtype_and_layout_do_not_matter(name):
    embeddings, labels = cloud(0, 4, spread=0.3)
    embeddings = (100 * embeddings).round()
    expected = parts(getattr(metrics, name)(embeddings, labels))
    before = embeddings.copy()
    for rows, names in [
        (embeddings.astype(np.float16), labels.astype(np.uint8)),
        (embeddings.astype(np.int64), labels.astype(np.int16)),
        (np.asfortranarray(embeddings), labels.tolist()),
        (np.repeat(embeddings, 2, axis=0)[::2], labels),
    ]:
        for part, wanted in zip(parts(getattr(metrics, name)(rows, names)), expected, strict=True):
            np.testing.assert_allclose(part, wanted, atol=1e-9)
    np.testing.assert_array_equal(embeddings, before)


@pytest.mark.parametrize("name", METRICS)
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
        getattr(metrics, name)(embeddings, np.array(labels), num_classes=3)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", METRICS)
def test_memory_is_bounded(name):
    """60,000 samples of 300 classes: all pairs would take 27 GiB."""
    generator = np.random.default_rng(0)
    labels = np.sort(generator.integers(0, 300, 60_000) ** 2 // 300)
    embeddings = np.float32(
        generator.standard_normal((300, 16))[labels] + generator.standard_normal((60_000, 16))
    )
    extra = {"directions": 2_000} if name == "territory_share" else {}
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)
        getattr(metrics, name)(embeddings, labels, **extra)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**29
