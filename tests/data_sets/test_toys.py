import math

import numpy as np
import pytest
import torch

from ghviz.data.dataset import load
from ghviz.data.longtail import class_counts
from ghviz.data.toys import polygon_centers, sphere_centers
from ghviz.types import RunConfig


def nearest(centers):
    distances = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return distances.min(axis=1)


@pytest.mark.parametrize("num_classes", [2, 3, 4, 10, 57])
def test_polygon_neighbours_are_sqrt_two_apart(num_classes):
    centers = polygon_centers(num_classes)
    assert centers.shape == (num_classes, 2)
    np.testing.assert_allclose(nearest(centers), math.sqrt(2), rtol=1e-9)
    np.testing.assert_allclose(np.ptp(np.linalg.norm(centers, axis=1)), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("num_classes", "cosine"),
    [(2, -1), (3, -1 / 2), (4, -1 / 3), (6, 0), (8, 0.2612), (12, 1 / math.sqrt(5)), (24, 0.7235)],
)
def test_sphere_centers_solve_the_known_cases_of_tammes(num_classes, cosine):
    centers = sphere_centers(num_classes)
    assert nearest(centers).min() == pytest.approx(math.sqrt(2))
    unit = centers / np.linalg.norm(centers, axis=1, keepdims=True)
    cosines = unit @ unit.T - 3 * np.eye(num_classes)
    assert cosines.max() == pytest.approx(cosine, abs=0.005)


@pytest.mark.parametrize("num_classes", [5, 7, 40, 100, 250])
def test_sphere_centers_are_on_one_sphere_for_any_number(num_classes):
    centers = sphere_centers(num_classes)
    radius = np.linalg.norm(centers, axis=1)
    np.testing.assert_allclose(radius, radius[0])
    assert nearest(centers).min() == pytest.approx(math.sqrt(2))
    best_possible = math.sqrt(
        8 * math.pi / (math.sqrt(3) * num_classes)
    )  # hexagonal packing on the unit sphere
    assert math.sqrt(2) / radius[0] > 0.75 * best_possible


@pytest.mark.parametrize("dataset", ["toy-circle", "toy-sphere"])
@pytest.mark.parametrize("profile", ["exp", "step"])
def test_counts_are_exact_and_the_test_set_is_balanced(dataset, profile):
    config = RunConfig(dataset=dataset, num_classes=7, n_max=90, ratio=30, profile=profile, test_per_class=11)
    data = load(config)
    expected = class_counts(90, 7, profile=profile, ratio=30)
    assert data.counts == tuple(expected)
    assert torch.bincount(data.train_labels).tolist() == expected
    assert torch.bincount(data.test_labels).tolist() == [11] * 7
    dimension = 2 if dataset == "toy-circle" else 3
    assert data.train_inputs.shape == (sum(expected), dimension)
    assert data.test_inputs.shape == (77, dimension)
    assert data.train_inputs.dtype == data.test_inputs.dtype == torch.float32
    assert data.train_labels.dtype == data.test_labels.dtype == torch.int64
    assert data.class_names == tuple("ABCDEFG")


def test_classes_are_gaussian_around_the_centers():
    config = RunConfig(num_classes=4, n_max=4000, ratio=1, test_per_class=4000, within_class_sd=0.2)
    data = load(config)
    for inputs, labels in ((data.train_inputs, data.train_labels), (data.test_inputs, data.test_labels)):
        means = torch.stack([inputs[labels == label].mean(dim=0) for label in range(4)])
        places = torch.cdist(means.double(), torch.from_numpy(polygon_centers(4))).min(dim=1)
        assert places.values.max() < 0.02
        assert sorted(places.indices.tolist()) == [0, 1, 2, 3]
        spread = torch.stack([inputs[labels == label].std(dim=0) for label in range(4)])
        torch.testing.assert_close(spread, torch.full((4, 2), 0.2), atol=0.01, rtol=0)


def test_training_and_test_share_the_centers_but_no_point():
    data = load(RunConfig(num_classes=3, n_max=100, ratio=1, test_per_class=100))
    for label in range(3):
        train, test = (
            data.train_inputs[data.train_labels == label],
            data.test_inputs[data.test_labels == label],
        )
        assert (train.mean(dim=0) - test.mean(dim=0)).norm() < 0.15
        assert torch.cdist(train, test).min() > 0


@pytest.mark.parametrize("dataset", ["toy-circle", "toy-sphere", "digits"])
def test_the_seed_decides_everything(dataset):
    config = {"dataset": dataset, "num_classes": 6, "n_max": 64, "ratio": 16, "test_per_class": 36}
    first, again, other = (load(RunConfig(**config, seed=seed)) for seed in (3, 3, 4))
    assert torch.equal(first.train_inputs, again.train_inputs)
    assert torch.equal(first.test_inputs, again.test_inputs)
    assert first.class_names == again.class_names
    assert not torch.equal(first.train_inputs, other.train_inputs)
    assert not torch.equal(first.test_inputs, other.test_inputs)


def test_the_places_of_the_classes_are_shuffled_by_the_seed():
    config = {"num_classes": 8, "n_max": 50, "ratio": 1, "within_class_sd": 0.01}
    angles = []
    for seed in range(6):
        data = load(RunConfig(**config, seed=seed))
        means = torch.stack([data.train_inputs[data.train_labels == label].mean(dim=0) for label in range(8)])
        angles.append(
            tuple(
                (torch.atan2(means[:, 1], means[:, 0]) / (math.pi / 4)).round().long().remainder(8).tolist()
            )
        )
    assert len(set(angles)) == 6
    assert all(sorted(places) == list(range(8)) for places in angles)


def test_the_test_points_do_not_depend_on_the_imbalance():
    balanced, tailed = (load(RunConfig(ratio=ratio)) for ratio in (1, 64))
    assert torch.equal(balanced.test_inputs, tailed.test_inputs)
