"""Reference and behaviour: accuracies of a trained run against features and classifiers taken by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ghviz.cli import main
from ghviz.data.dataset import load
from ghviz.embed import features
from ghviz.evaluate import few_shot, knn, linear_probe
from ghviz.store import RunFolderError, delete_run, open_run
from ghviz.store.layout import EVALUATION_FILE
from ghviz.sweep.evaluation import _few_shot, _halves, evaluate_run
from ghviz.sweep.evaluation_file import read_evaluation
from ghviz.train.engine import Trainer
from ghviz.train.state import SavedState
from ghviz.types import RunConfig

DIGITS = ["--preset", "digits", "--epochs", "12", "--snapshots", "2", "--seed", "5", "--n-max", "40"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation") / "run"
    assert main(["train", *DIGITS, "--gh", "off", "--out", str(folder)]) == 0
    return folder


def test_accuracies_are_those_of_the_last_checkpoint(trained: Path) -> None:
    record = evaluate_run(trained)
    run = open_run(trained)
    saved = run.checkpoint()
    assert saved is not None
    config = run.config
    data = load(config)
    trainer = Trainer(config, data)
    trainer.restore(SavedState(step=saved[0], tensors=saved[1]))
    balanced = load(RunConfig(**{**config.__dict__, "ratio": 1.0}))
    assert balanced.counts == (40,) * 6
    taught = features(trainer.encoder, balanced.train_inputs), balanced.train_labels.numpy()
    tested = features(trainer.encoder, data.test_inputs), data.test_labels.numpy()
    assert taught[0].shape == (240, 64), "the backbone's features, not the embedding"
    assert record.linear_probe == linear_probe(taught, tested).per_class.tolist()
    assert record.knn == knn(taught, tested, neighbors=20).per_class.tolist()
    few = few_shot(taught, tested, shots=(1, 5, 10), draws=20)
    for k in (1, 5, 10):
        np.testing.assert_allclose(record.few_shot[k], few.of(k).per_class)  # type: ignore[arg-type]
    assert (record.step, record.protocol, record.neighbors) == (saved[0], "balanced", 20)
    assert (record.train_counts, record.test_counts) == ([40] * 6, [36] * 6)
    assert read_evaluation(trained) == record
    assert evaluate_run(trained) == record


def test_few_shot_of_both_halves_counts_each_test_sample_once() -> None:
    """Class 0 is right in a half of three samples and wrong in one of two; no sample, no accuracy."""
    places = np.eye(4)
    first = (places[[0, 1, 2]], np.array([0, 1, 2])), (places[[0, 0, 0, 1]], np.array([0, 0, 0, 1]))
    second = (places[[0, 1, 2]], np.array([1, 0, 2])), (places[[0, 1]], np.array([0, 0]))
    assert _few_shot([first, second]) == {1: [pytest.approx(4 / 5), 1.0]}
    tested = places[[3, 3]] + 0.1 * places[[0, 3]], np.array([0, 3])
    taught = places, np.arange(4)
    assert _few_shot([(taught, tested)]) == {1: [0.0, None, None, 1.0]}


def test_the_balanced_set_holds_the_long_tailed_one_and_no_test_image(trained: Path) -> None:
    config = open_run(trained).config
    tail, balanced = load(config), load(RunConfig(**{**config.__dict__, "ratio": 1.0}))

    def images(inputs: torch.Tensor) -> set[bytes]:
        return {each.numpy().tobytes() for each in inputs}

    assert images(tail.train_inputs) < images(balanced.train_inputs)
    assert torch.equal(balanced.test_inputs, tail.test_inputs)
    assert not images(balanced.train_inputs) & images(tail.test_inputs)


def test_without_a_balanced_set_halves_of_the_test_set_teach_each_other(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [60, 30, 21])
    points = (3 * np.eye(3)[labels] + generator.normal(0, 0.3, (len(labels), 3))).astype(np.float32)
    np.savez(tmp_path / "own.npz", points=points, labels=labels, class_names=np.array(["a", "b", "c"]))
    words = ["train", "--dataset", "npz", "--data-path", str(tmp_path / "own.npz"), "--num-classes", "3"]
    words += ["--profile", "given", "--test-per-class", "9", "--epochs", "2", "--snapshots", "2"]
    words += ["--num-targets", "6", "--batch-size", "32"]
    assert main([*words, "--out", str(tmp_path / "run")]) == 0
    record = evaluate_run(tmp_path / "run")
    assert record.protocol == "halves"
    assert (record.train_counts, record.test_counts) == ([5, 5, 5], [9, 9, 9])
    assert record.neighbors == 5, "the other half has four or five of each class"
    assert list(record.few_shot) == [1], "no half has five of each class"
    assert all(value is not None and value > 0.8 for value in record.knn)


def test_no_sample_is_tested_by_what_it_taught() -> None:
    rows, labels = np.arange(14.0)[:, None], np.array([0, 1] * 7)
    taught, tested = _halves((rows, labels))
    for teacher, pupil in zip(taught, tested, strict=True):
        assert sorted([*teacher[0][:, 0], *pupil[0][:, 0]]) == rows[:, 0].tolist()
        assert np.bincount(teacher[1]).tolist() in ([4, 4], [3, 3])
    assert sorted(each for pupil in tested for each in pupil[0][:, 0]) == rows[:, 0].tolist()
    with pytest.raises(ValueError, match="fewer than two test samples"):
        _halves((rows[:3], labels[:3]))


def test_a_run_that_can_not_be_evaluated_says_why(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    shutil.rmtree(copy / "checkpoint")
    with pytest.raises(RunFolderError, match="no checkpoint that could be evaluated"):
        evaluate_run(copy)
    (copy / EVALUATION_FILE).write_text('{"step": 1}')
    with pytest.raises(RunFolderError, match="is broken"):
        read_evaluation(copy)


def test_deleting_a_run_deletes_its_evaluation(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    (copy / EVALUATION_FILE).write_text("{}")
    assert delete_run(copy) == []
    assert not copy.exists()
