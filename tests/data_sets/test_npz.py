import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from ghviz.data import npz
from ghviz.data.dataset import load
from ghviz.data.decode import decoded_image
from ghviz.data.longtail import class_counts
from ghviz.types import RunConfig

SIZES = (20, 60, 40)  # of the classes 0, 1, 2: label 1 is the head


def labels_of(sizes):
    return np.random.default_rng(1).permutation(np.repeat(np.arange(len(sizes)), sizes))


def images_of(labels, shape=(6, 5), dtype=np.uint8):
    """Images whose every pixel is the label, except for a serial number in the first two."""
    images = np.broadcast_to(labels.reshape(-1, *[1] * len(shape)), (len(labels), *shape)).astype(dtype)
    images[:, 0, 0] = (np.arange(len(labels)) % 256).reshape(-1, *[1] * (len(shape) - 2))
    images[:, 0, 1] = (np.arange(len(labels)) // 256).reshape(-1, *[1] * (len(shape) - 2))
    return images


def loaded(path, arrays, **changes):
    np.savez(path / "own.npz", **arrays)
    defaults = {
        "dataset": "npz",
        "data_path": str(path / "own.npz"),
        "num_classes": 3,
        "test_per_class": 5,
        "ratio": 1,
    }
    return load(RunConfig(**(defaults | changes)))


def test_classes_as_they_are_largest_first(tmp_path):
    labels = labels_of(SIZES)
    names = np.array(["ant", "bee", "cat"])
    data = loaded(tmp_path, {"images": images_of(labels), "labels": labels, "class_names": names})
    assert data.class_names == ("bee", "cat", "ant")
    assert data.counts == (55, 35, 15)
    assert torch.bincount(data.test_labels).tolist() == [5, 5, 5]
    assert data.train_inputs.shape == (105, 1, 6, 5)
    assert data.train_inputs.dtype == torch.uint8
    original = torch.tensor([1, 2, 0])
    for inputs, new in ((data.train_inputs, data.train_labels), (data.test_inputs, data.test_labels)):
        assert torch.equal(inputs[:, 0, 3, 3].long(), original[new])
    rows = {row.tobytes() for row in torch.cat([data.train_inputs, data.test_inputs]).flatten(1).numpy()}
    assert len(rows) == 120  # nothing lost, nothing in both


def test_n_max_caps_and_ratio_cuts(tmp_path):
    labels = labels_of(SIZES)
    arrays = {"images": images_of(labels), "labels": labels}
    assert loaded(tmp_path, arrays, n_max=30).counts == (30, 30, 15)
    cut = loaded(tmp_path, arrays, n_max=50, ratio=10)
    assert cut.counts == tuple(class_counts(50, 3, ratio=10))
    assert cut.class_names == ("class 1", "class 2", "class 0")
    step = loaded(tmp_path, arrays, n_max=50, ratio=5, profile="step")
    assert step.counts == (50, 10, 10)
    assert loaded(tmp_path, arrays, n_max=3, ratio=64, profile="given").counts == (55, 35, 15)


def test_the_subset_comes_from_the_seed(tmp_path):
    labels = labels_of(SIZES)
    arrays = {"images": images_of(labels), "labels": labels}
    first, again, other = (loaded(tmp_path, arrays, n_max=20, seed=seed) for seed in (0, 0, 1))
    assert torch.equal(first.train_inputs, again.train_inputs)
    assert not torch.equal(first.train_inputs, other.train_inputs)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((6, 5), (1, 6, 5)), ((6, 5, 1), (1, 6, 5)), ((6, 5, 3), (3, 6, 5)), ((6, 5, 4), (3, 6, 5))],
)
def test_image_shapes(tmp_path, shape, expected):
    labels = labels_of(SIZES)
    data = loaded(tmp_path, {"images": images_of(labels, shape), "labels": labels})
    assert data.train_inputs.shape[1:] == expected


def test_channels_keep_their_order(tmp_path):
    labels = labels_of(SIZES)
    images = np.zeros((len(labels), 6, 5, 4), dtype=np.uint8)
    images[:] = (10, 20, 30, 255)
    data = loaded(tmp_path, {"images": images, "labels": labels})
    assert data.train_inputs[0, :, 2, 2].tolist() == [10, 20, 30]


def test_alpha_lies_over_white_as_in_image_files(tmp_path):
    labels = labels_of(SIZES)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), 16, 16, 4), dtype=np.uint8)
    images[..., 3] = np.arange(0, 256).reshape(16, 16)
    arrays = {"images": images, "labels": labels, "test_images": images, "test_labels": labels}
    data = loaded(tmp_path, arrays)
    path = tmp_path / "x.png"
    for row in (0, len(labels) - 1):
        Image.fromarray(images[row]).save(path)
        decoded = decoded_image(path, 16).astype(int)
        differences = np.abs(data.test_inputs.numpy().astype(int) - decoded).max((1, 2, 3))
        assert differences.min() <= 1
    assert (data.test_inputs[:, :, 0, 0] == 255).all()


def test_sixteen_bits_are_scaled_to_eight(tmp_path):
    labels = labels_of(SIZES)
    images = np.zeros((len(labels), 6, 5), dtype=np.uint16)
    images[:, 0, :4] = (65535, 257, 32768, 128)
    data = loaded(tmp_path, {"images": images, "labels": labels})
    assert data.train_inputs[0, 0, 0].tolist() == [255, 1, 128, 0, 0]


@pytest.mark.parametrize("name", ["points", "embeddings"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_points(tmp_path, name, dtype):
    labels = labels_of(SIZES)
    points = np.stack([labels, np.arange(len(labels)) / 8], axis=1).astype(dtype)
    data = loaded(tmp_path, {name: points, "labels": labels.astype(np.uint8)})
    assert data.train_inputs.dtype == torch.float32
    assert data.train_inputs.shape == (105, 2)
    assert torch.equal(data.train_inputs[:, 0].long(), torch.tensor([1, 2, 0])[data.train_labels])


def test_the_files_own_test_split_stays_whole(tmp_path):
    labels, test = labels_of(SIZES), labels_of((4, 4, 4))
    arrays = {
        "images": images_of(labels),
        "labels": labels,
        "test_images": images_of(test),
        "test_labels": test,
    }
    data = loaded(tmp_path, arrays, test_per_class=1000)
    assert data.counts == (60, 40, 20)
    assert torch.bincount(data.test_labels).tolist() == [4, 4, 4]
    assert torch.equal(data.test_inputs[:, 0, 3, 3].long(), torch.tensor([1, 2, 0])[data.test_labels])


def test_chosen_classes(tmp_path):
    labels, test = labels_of(SIZES), labels_of((4, 4, 4))
    arrays = {
        "images": images_of(labels),
        "labels": labels,
        "test_images": images_of(test),
        "test_labels": test,
    }
    data = loaded(tmp_path, arrays, num_classes=2, classes=(0, 2))
    assert data.class_names == ("class 2", "class 0")
    assert data.counts == (40, 20)
    assert torch.bincount(data.test_labels).tolist() == [4, 4]
    assert loaded(tmp_path, arrays, num_classes=2).class_names == ("class 1", "class 0")


GOOD_LABELS = labels_of(SIZES)
GOOD_IMAGES = images_of(GOOD_LABELS)
GOOD_POINTS = np.ones((120, 4), dtype=np.float32)


def bad_points(value):
    points = GOOD_POINTS.astype(np.float64)
    points[3, 1] = value
    return points


GOOD = {"images": GOOD_IMAGES, "labels": GOOD_LABELS}


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"labels": GOOD_LABELS}, "expected images or points, and labels, got labels"),
        ({"images": GOOD_IMAGES}, "expected images or points, and labels, got images"),
        (dict(GOOD, points=GOOD_POINTS), "expected images or points, and labels, got images, labels, points"),
        ({}, "got no arrays"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS * 2}, "no sample has label 1: renumber"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS + 1}, "no sample has label 0"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS - 1}, "labels must count from 0, got -1 to 1"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS * 2**60}, "no sample has label 1"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS * 0}, "all samples have one label"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS[:-1]}, "120 samples and 119 labels"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS.astype(float)}, "labels must be integers"),
        ({"images": GOOD_IMAGES, "labels": GOOD_LABELS[:, None]}, "labels must be integers of shape"),
        ({"images": GOOD_IMAGES / 255, "labels": GOOD_LABELS}, "images must be uint8 or uint16, got float64"),
        ({"images": GOOD_IMAGES[:, 0], "labels": GOOD_LABELS}, r"images must have shape .*, got \(120, 5\)"),
        ({"images": np.stack([GOOD_IMAGES] * 2, axis=3), "labels": GOOD_LABELS}, r"got \(120, 6, 5, 2\)"),
        ({"images": GOOD_IMAGES[:0], "labels": GOOD_LABELS[:0]}, r"got \(0, 6, 5, 1\)"),
        ({"points": bad_points(np.nan), "labels": GOOD_LABELS}, "1 of 120 points hold NaN or infinity"),
        ({"points": bad_points(1e300), "labels": GOOD_LABELS}, "1 of 120 points hold NaN or infinity"),
        ({"points": GOOD_POINTS.astype(int), "labels": GOOD_LABELS}, "points must be floats of shape"),
        ({"points": GOOD_POINTS[:, 0], "labels": GOOD_LABELS}, "points must be floats of shape"),
        (dict(GOOD, class_names=np.array(["a", "b"])), "class_names must be 3 strings"),
        (dict(GOOD, class_names=np.arange(3)), "class_names must be 3 strings"),
        (dict(GOOD, class_names=np.array(["a", "b", None], dtype=object)), "'class_names'.*Python objects"),
        ({"images": np.array([None] * 120, dtype=object), "labels": GOOD_LABELS}, "'images'.*Python objects"),
        (dict(GOOD, test_images=GOOD_IMAGES), "expected test_images or test_points, and test_labels"),
        (dict(GOOD, test_images=GOOD_IMAGES[:, :4], test_labels=GOOD_LABELS), "must have the same shape"),
        (dict(GOOD, test_points=GOOD_POINTS, test_labels=GOOD_LABELS), "must have the same shape"),
        (dict(GOOD, test_images=GOOD_IMAGES[:50], test_labels=np.ones(50, int)), "no sample of class 0"),
    ],
)
def test_unusable_contents_are_one_sentence(tmp_path, arrays, sentence):
    with pytest.raises(ValueError, match=sentence) as raised:
        loaded(tmp_path, arrays)
    assert "\n" not in str(raised.value)
    assert "own.npz" in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_classes": 4}, "there are 3 classes, 0 to 2, but num_classes = 4"),
        ({"num_classes": 2, "classes": (1, 7)}, r"but classes \(1, 7\)"),
        ({"test_per_class": 20}, "'class 0' has 20 samples, too few to hold out"),
        ({"n_max": 56, "ratio": 2}, "'class 1' has 55 training samples, 56 were asked for"),
    ],
)
def test_wishes_that_the_file_cannot_meet(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        loaded(tmp_path, GOOD, **changes)


def write_broken_zip(path):
    np.savez(path, **GOOD)
    path.write_bytes(path.read_bytes()[:-200])


def write_single_array(path):
    buffer = io.BytesIO()
    np.save(buffer, GOOD_IMAGES)
    path.write_bytes(buffer.getvalue())


def write_flipped_bits(path):
    np.savez_compressed(path, **GOOD)
    raw = bytearray(path.read_bytes())
    raw[150:170] = bytes(20)
    path.write_bytes(raw)


def write_member_that_is_no_array(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images", "hello")


def write_huge_header(path):
    """An array that claims 2^60 bytes and has none."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 30, 1 << 15, 1 << 15)}
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("images.npy", header.getvalue())


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda path: None, "does not exist: give data_path"),
        (lambda path: path.mkdir(), "does not exist: give data_path"),
        (lambda path: path.write_bytes(b""), "can't be read as an .npz file"),
        (lambda path: path.write_text("label,pixel\n1,2\n"), "can't be read as an .npz file"),
        (write_single_array, "can't be read as an .npz file"),
        (write_broken_zip, "can't be read as an .npz file"),
        (write_flipped_bits, "can't be read as an .npz file|is broken"),
        (write_member_that_is_no_array, "'images' is not an array"),
        (write_huge_header, "'images' (doesn't fit into memory|is broken)"),
    ],
)
def test_files_that_are_no_npz_are_one_sentence(tmp_path, write, sentence):
    path = tmp_path / "own.npz"
    write(path)
    with pytest.raises(ValueError, match=sentence) as raised:
        load(RunConfig(dataset="npz", data_path=str(path), num_classes=3))
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match="take fewer or smaller images"):
        loaded(tmp_path, GOOD)


def test_nothing_is_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("a pickle was loaded",))

    np.savez(tmp_path / "own.npz", images=GOOD_IMAGES, labels=np.array([Trap()] * 120, dtype=object))
    with pytest.raises(ValueError, match=r"'labels'.*never loaded"):
        load(RunConfig(dataset="npz", data_path=str(tmp_path / "own.npz"), num_classes=3))
