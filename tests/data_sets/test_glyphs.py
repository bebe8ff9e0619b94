import importlib.util
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
import torch
from PIL import ImageFont

from ghviz.data import glyphs
from ghviz.data.dataset import load
from ghviz.data.longtail import class_counts
from ghviz.data.views import two_views
from ghviz.types import RunConfig


def config(**changes):
    return RunConfig(**({"dataset": "glyphs", "n_max": 40, "ratio": 8, "test_per_class": 8} | changes))


def test_118_letters_and_digits_each_once():
    assert len(glyphs.CHARACTERS) == len(set(glyphs.CHARACTERS)) == 118
    assert {unicodedata.category(character) for character in glyphs.CHARACTERS} == {"Nd", "Lu", "Ll"}
    assert len({*glyphs.TRAIN_FACES, *glyphs.TEST_FACES}) == 16


def test_every_face_has_every_character():
    for name in (*glyphs.TRAIN_FACES, *glyphs.TEST_FACES):
        face = ImageFont.truetype(glyphs.font_folder() / f"{name}.ttf", glyphs.SIZE)
        nothing = bytes(face.getmask("\uffff"))
        for character in glyphs.CHARACTERS:
            assert bytes(face.getmask(character)) != nothing, (name, character)


@pytest.mark.parametrize(
    ("classes", "profile", "ratio"), [(10, "exp", 8), (100, "exp", 40), (118, "step", 1)]
)
def test_any_number_of_classes_at_any_ratio(classes, profile, ratio):
    data = load(config(num_classes=classes, profile=profile, ratio=ratio))
    assert data.counts == tuple(class_counts(40, classes, profile=profile, ratio=ratio))
    assert tuple(torch.bincount(data.train_labels).tolist()) == data.counts
    assert torch.bincount(data.test_labels).tolist() == [8] * classes
    assert data.train_inputs.shape == (sum(data.counts), 1, 32, 32)
    assert data.train_inputs.dtype == torch.uint8
    assert sorted(data.class_names) == sorted(glyphs.CHARACTERS[:classes])


def test_no_test_image_shares_its_face_with_a_training_image(monkeypatch):
    """And the faces of the test split are one of each family, one of each style."""
    assert not set(glyphs.TRAIN_FACES) & set(glyphs.TEST_FACES)
    used = {}

    def recording(names, counts, *, faces, seeds):
        used[seeds] = {face.getname() for face in faces}
        return np.zeros((sum(counts), 1, 32, 32), np.uint8)

    monkeypatch.setattr(glyphs, "_images", recording)
    load(config(seed=5))
    train, test = used[5, 1], used[5, 2]
    assert (len(train), len(test)) == (12, 4)
    assert not train & test
    assert {family for family, _ in test} == {
        "DejaVu Sans",
        "DejaVu Sans Mono",
        "DejaVu Serif",
        "STIXGeneral",
    }
    assert {style.replace("Oblique", "Italic") for _, style in test} == {
        "Bold Italic",
        "Italic",
        "Book",
        "Bold",
    }


def test_all_faces_and_many_variations_are_drawn():
    data = load(config(num_classes=2, n_max=400, ratio=1))
    assert len({image.numpy().tobytes() for image in data.train_inputs}) == 800
    image = data.train_inputs.float()
    mass = image.sum((1, 2, 3))
    x = (image.sum((1, 2)) * torch.arange(32)).sum(1) / mass
    y = (image.sum((1, 3)) * torch.arange(32)).sum(1) / mass
    for middle in (x, y):
        assert 2 < middle.max() - middle.min() < 8
    assert mass.max() / mass.min() > 2  # bold and slender


def test_rotation_zoom_and_shift_are_what_they_say():
    canvas = glyphs.Image.new("L", (64, 64))
    canvas.paste(255, (28, 12, 36, 52))  # upright bar, 20 high and 4 wide at half the size

    def seen(*uniform):
        image = glyphs._varied(canvas, np.asarray(uniform, dtype=float)).astype(float)
        mass, places = image.sum(), np.arange(32)
        x, y = (image.sum(0) @ places / mass, image.sum(1) @ places / mass)
        dx, dy = np.meshgrid(places - x, places - y)
        tilt = 0.5 * np.arctan2(2 * (image * dx * dy).sum(), (image * (dy**2 - dx**2)).sum())
        return x - 15.5, y - 15.5, mass / 255, np.degrees(tilt)

    np.testing.assert_allclose(seen(0, 0, 0, 0), (0, 0, 80, 0), atol=0.3)
    np.testing.assert_allclose(seen(0, 0, 1, -1), (2, -2, 80, 0), atol=0.3)
    np.testing.assert_allclose(seen(1, 0, 0, 0), (0, 0, 80 * 1.1**2, 0), atol=1.5)
    assert abs(seen(0, 1, 0, 0)[3]) == pytest.approx(10, abs=0.5)


def test_the_seed_fixes_everything():
    first, again, other = (load(config(seed=seed)) for seed in (0, 0, 1))
    for name in ("train_inputs", "test_inputs", "train_labels"):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.train_inputs, other.train_inputs)
    assert first.class_names != other.class_names


def test_a_smaller_subset_lies_in_a_larger_one():
    small, large = load(config(ratio=8)), load(config(ratio=2))
    for label, count in enumerate(small.counts):
        many = large.train_inputs[large.train_labels == label]
        assert torch.equal(small.train_inputs[small.train_labels == label], many[:count])
    assert torch.equal(small.test_inputs, large.test_inputs)


def test_chosen_classes():
    assert sorted(load(config(num_classes=2, classes=(10, 117))).class_names) == ["A", "я"]
    for changes in ({"num_classes": 119}, {"num_classes": 2, "classes": (0, 118)}):
        with pytest.raises(ValueError, match="glyphs has the classes 0 to 117, asked for 0 to 118"):
            load(config(**changes))


def test_classes_are_told_apart_by_their_shape():
    data = load(config(num_classes=36, n_max=30, ratio=1))
    train, test = (x.flatten(1).float() for x in (data.train_inputs, data.test_inputs))
    nearest = torch.cdist(test, train).argmin(1)
    assert (data.train_labels[nearest] == data.test_labels).float().mean() > 0.5


def test_characters_are_not_mirrored():
    """A view of L has its weight on the left as often as L has."""
    data = load(config(num_classes=2, classes=(21, 1), n_max=200, ratio=1))
    label = data.class_names.index("L")
    letters = data.train_inputs[data.train_labels == label]
    views = two_views(letters, config(view_strength=0.3), torch.Generator().manual_seed(0))

    def left(images):
        columns = images.float().clamp(0).mean(dim=(1, 2)) * torch.arange(32)
        return (columns.sum(1) / images.float().clamp(0).mean(dim=(1, 2)).sum(1) < 16).float().mean()

    assert left(letters) > 0.8
    assert min(map(left, views)) > left(letters) - 0.15


def test_without_matplotlib_it_is_one_sentence(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(
        ValueError, match=r"^dataset 'glyphs' draws with matplotlib's fonts: install matplotlib"
    ):
        load(config())


def test_matplotlib_is_not_imported():
    code = (
        "import sys; from ghviz.data.dataset import load; from ghviz.types import RunConfig;"
        "load(RunConfig(dataset='glyphs')); assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
