"""Behaviour: which settings a command starts from where its arguments name the data alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from ghviz.cli import main
from ghviz.commands.starting_point import length_notes, starting_point
from ghviz.train.other_data import MOST_CLASSES, preset_for, start_from
from ghviz.train.presets import PRESETS
from ghviz.types import IMPORTED, DataSet, RunConfig

LABELS = np.repeat(np.arange(5), 8)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data of five classes in every form."""
    monkeypatch.chdir(tmp_path)
    for label in range(5):
        folder = tmp_path / "photos" / f"kind {label}"
        folder.mkdir(parents=True)
        (folder / "1.png").touch()
    Path("train.txt").write_text("".join(f"{i}.png {label}\n" for i, label in enumerate(LABELS)))
    np.savez("images.npz", images=np.zeros((40, 8, 8), np.uint8), labels=LABELS)
    np.savez("points.npz", points=np.zeros((40, 3)), labels=LABELS)
    return tmp_path


@pytest.mark.parametrize(
    ("dataset", "path"), [("folder", "photos"), ("list", "train.txt"), ("npz", "images.npz")]
)
def test_own_images_start_from_a_preset_for_images_with_all_their_classes(
    place: Path, dataset: str, path: str
) -> None:
    words = ["--dataset", dataset, "--data-path", path]
    config = starting_point(words)
    assert (config.preset, config.net, config.dimension, config.view_strength) == (
        "cifar10-short",
        "convnet",
        128,
        1.0,
    )
    assert (config.num_classes, config.profile, config.image_size) == (5, "given", 64)
    assert starting_point([*words, "--num-classes", "3"]).num_classes == 10, "what is given is not counted"
    named = starting_point([*words, "--preset=digits"])
    assert (named.preset, named.num_classes, named.classes) == ("digits", 5, None)


def test_points_of_an_npz_start_without_a_network_for_images(place: Path) -> None:
    config = starting_point(["--dataset=npz", "--data-path=points.npz"])
    assert (config.preset, config.net, config.num_classes) == ("custom", "mlp", 5)


@pytest.mark.parametrize("path", ["nowhere", "train.txt"])
@pytest.mark.parametrize("dataset", ["folder", "npz"])
def test_data_that_cannot_be_read_are_left_to_who_loads_them(place: Path, dataset: str, path: str) -> None:
    assert starting_point(["--dataset", dataset, "--data-path", path]).num_classes == 10


@pytest.mark.parametrize("dataset", list(MOST_CLASSES))
def test_every_data_set_has_a_preset_to_start_from(dataset: str) -> None:
    config = starting_point(["--dataset", dataset])
    assert config == start_from(PRESETS[preset_for(dataset)].config, dataset)
    assert config.num_classes <= MOST_CLASSES[dataset]


def test_every_data_set_is_known() -> None:
    assert set(MOST_CLASSES) == set(get_args(DataSet)) - {IMPORTED}


def test_another_number_of_classes_forgets_which_the_preset_takes() -> None:
    assert starting_point(["--dataset", "digits", "--num-classes", "4"]).classes is None
    assert starting_point(["--preset", "digits", "--num-classes", "6"]).classes == (0, 1, 3, 4, 6, 7)


def test_without_data_or_preset_nothing_changes() -> None:
    assert starting_point([]) == starting_point(["--preset", "custom", "--dataset", "npz"]) == RunConfig()


def test_what_the_data_bring_along_is_said(place: Path) -> None:
    config = replace(starting_point(["--dataset", "folder", "--data-path", "photos"]), dataset="folder")
    assert length_notes(config) == [
        "dataset folder, hence 5 classes to take; what is not given is as in the preset cifar10-short, which "
        "was made for cifar10"
    ]
    assert length_notes(PRESETS["cifar10-short"].config) == []


def test_more_classes_than_there_are_name_the_flag(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["train", "--dataset", "folder", "--data-path", "photos", "--num-classes", "7", "--out", "run"]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said == "ghviz: there are 5 classes, 0 to 4, but --num-classes = 7 asks for others\n"
