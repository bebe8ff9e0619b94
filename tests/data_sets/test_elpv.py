"""The solar cells of elpv-dataset: from a small package of the same layout, and from the real one."""

import importlib.util

import numpy as np
import pytest
import torch
from PIL import Image

from ghviz.data.dataset import load
from ghviz.data.views import two_views
from ghviz.types import RunConfig

COUNTS = {("mono", 0): 9, ("mono", 1): 4, ("mono", 2): 3, ("mono", 3): 7, ("poly", 0): 12, ("poly", 1): 5}
COUNTS |= {("poly", 2): 2, ("poly", 3): 8}
BY_SIZE = ("poly 0", "mono 0", "poly 1", "mono 1", "poly 1/3", "mono 1/3", "mono 2/3", "poly 2/3")
HELD = 1


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of that name; the left half of an image has 30 times its label, the rest is white."""
    data = tmp_path / "elpv_dataset" / "data"
    (data / "images").mkdir(parents=True)
    (tmp_path / "elpv_dataset" / "__init__.py").write_text("raise ImportError('it must not be imported')")
    order = [kind for kind, count in COUNTS.items() for _ in range(count)]
    lines = []
    for i in np.random.default_rng(0).permutation(len(order)):
        kind, grade = order[i]
        pixels = np.full((30, 30), 255, dtype=np.uint8)
        pixels[:, :15] = 30 * (4 * (kind == "poly") + grade)
        name = f"images/cell{len(lines):04d}.png"
        Image.fromarray(pixels).save(data / name)
        lines.append(f"{name}  {grade / 3:<18} {kind}\n")
    (data / "labels.csv").write_text("".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    return data


@pytest.fixture
def config(tmp_path):
    def made(**changes):
        settings = {"num_classes": 8, "profile": "given", "test_per_class": HELD, "image_size": 28}
        return RunConfig(dataset="elpv", cache_path=str(tmp_path / "cache"), **(settings | changes))

    return made


def brightness(inputs):
    """The labels in the data's own numbering, as the images show them."""
    return inputs[:, 0, 16, 4].long() / 30


def test_eight_classes_as_they_are(package, config):
    data = load(config())
    assert data.class_names == BY_SIZE
    assert data.counts == (11, 8, 7, 6, 4, 3, 2, 1)
    assert data.train_inputs.shape == (42, 1, 32, 32)
    assert data.input_shape == (1, 28, 28)
    assert torch.bincount(data.test_labels).tolist() == [HELD] * 8
    own = torch.tensor([4, 0, 7, 3, 5, 1, 2, 6])  # of the classes by size
    assert torch.equal(brightness(data.train_inputs), own[data.train_labels].float())
    assert torch.equal(brightness(data.test_inputs), own[data.test_labels].float())
    assert (data.train_inputs[:, 0, :, 24:] == 255).all()


def test_the_licence_of_the_images_is_said(package, config, capfd):
    load(config())
    assert "elpv: its images are under CC BY-NC-SA 4.0: not for commercial use\n" in capfd.readouterr().err


def test_views_are_grey_and_of_the_size_asked_for(package, config):
    wanted = config()
    inputs = load(wanted).train_inputs
    views = two_views(inputs, wanted, torch.Generator().manual_seed(0))
    assert [view.shape for view in views] == [(42, 1, 28, 28)] * 2
    assert not torch.equal(*views)


def test_a_steeper_tail_and_fewer_classes(package, config):
    data = load(config(num_classes=4, profile="exp", n_max=8, ratio=4))
    assert data.class_names == ("mono 0", "mono 1", "mono 1/3", "mono 2/3")
    assert data.counts == (8, 5, 3, 2)
    own = torch.tensor([0, 3, 1, 2])
    assert torch.equal(brightness(data.train_inputs), own[data.train_labels].float())
    assert load(config(num_classes=2, classes=(6, 4))).class_names == ("poly 0", "poly 2/3")


def test_every_seed_holds_out_others_and_none_decodes_again(package, config, capfd, tmp_path):
    held = [load(config(seed=seed, test_per_class=1)).test_inputs for seed in (0, 0, 1)]
    assert torch.equal(held[0], held[1])
    assert capfd.readouterr().err.count("Decoding") == 1
    assert len(list((tmp_path / "cache" / "images").iterdir())) == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"test_per_class": 2},
            r"class 'poly 2/3' has 2 samples, too few to hold out test_per_class = 2: lower",
        ),
        ({"num_classes": 10}, r"there are 8 classes, 0 to 7, but num_classes = 10"),
        ({"profile": "exp", "n_max": 99}, r"class 'poly 0' has 11 training samples, 99 were asked for"),
    ],
)
def test_wishes_that_it_cannot_meet(package, config, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        load(config(**changes))


def test_a_damaged_package_is_one_sentence(package, config):
    image = package / "images" / "cell0003.png"
    image.write_bytes(image.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"^1 images of .* such as .*cell0003.png .*force-reinstall$"):
        load(config())
    for line in ("images/cell0000.png 2.0 mono", "images/cell0000.png 1.0 amorphous", "cell0000.png"):
        (package / "labels.csv").write_text(f"{line}\n")
        with pytest.raises(ValueError, match=r"labels.csv, line 1: expected .* got '.*force-reinstall$"):
            load(config())


def test_without_the_package_it_is_one_sentence(monkeypatch, config):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ValueError, match=r"^dataset 'elpv' comes with .*: pip install elpv-dataset==1\S+ to use"
    ):
        load(config())


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("elpv_dataset") is None, reason="elpv-dataset is not installed")
def test_the_real_package(config):
    data = load(config(test_per_class=20))
    assert data.class_names == BY_SIZE
    assert tuple(count + 20 for count in data.counts) == (920, 588, 402, 313, 178, 117, 56, 50)
    assert 10 < data.train_inputs.float().std() < 100
