"""Folders and list files of real JPEG files, from disk to tensors."""

import shutil
import tracemalloc

import numpy as np
import pytest
import torch

from ghviz.data import dataset, image_cache, image_files
from ghviz.data.dataset import load
from ghviz.data.decode import decoded_image
from ghviz.data.longtail import class_counts
from ghviz.data.views import two_views
from ghviz.types import RunConfig
from tests.data_sets.photos import COUNTS, TEST, cut_off, write_lists, write_tree

BY_SIZE = ("class 1", "class 10", "class 3", "digit 0", "class 2", "digit 1")


@pytest.fixture(scope="session")
def whole_tree(tmp_path_factory):
    """Not to be changed: 305 JPEG files, list files and class names."""
    root = write_tree(tmp_path_factory.mktemp("photos") / "my photos")
    write_lists(root)
    write_lists(root, train="ImageNet_LT_train.txt", test="ImageNet_LT_test.txt")
    write_lists(root, train="Places_LT_train.txt", test="Places_LT_test.txt")
    return root


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def tree(whole_tree, tmp_path):
    """A copy to break."""
    return shutil.copytree(whole_tree, tmp_path / "tree")


@pytest.fixture
def config(cache):
    def made(dataset, path, **changes):
        settings = {"num_classes": 6, "profile": "given", "image_size": 28, "cache_path": str(cache)}
        return RunConfig(dataset=dataset, data_path=str(path), **(settings | changes))

    return made


def test_a_folder_as_it_is(whole_tree, config):
    data = load(config("folder", whole_tree))
    assert data.class_names == BY_SIZE
    assert data.counts == (80, 60, 40, 30, 20, 15) == tuple(torch.bincount(data.train_labels).tolist())
    assert torch.bincount(data.test_labels).tolist() == [TEST] * 6
    assert data.train_inputs.shape == (245, 3, 32, 32)
    assert data.train_inputs.dtype == data.test_inputs.dtype == torch.uint8
    assert data.train_inputs.device.type == "cpu"
    assert data.notes == ()
    for label, name in enumerate(BY_SIZE):
        rows = data.train_inputs[data.train_labels == label]
        files = {decoded_image(path, 32).tobytes() for path in (whole_tree / "train" / name).iterdir()}
        assert {row.numpy().tobytes() for row in rows} == files


@pytest.mark.parametrize(
    ("name", "dataset"), [("mine_train.txt", "list"), (".", "imagenet-lt"), (".", "places-lt")]
)
def test_list_files_give_what_the_folder_gives(whole_tree, config, name, dataset):
    data, folder = load(config(dataset, whole_tree / name)), load(config("folder", whole_tree))
    assert data.counts == folder.counts
    assert data.class_names == tuple(str(list(COUNTS).index(name)) for name in BY_SIZE)
    assert torch.equal(data.train_labels.bincount(), folder.train_labels.bincount())
    assert torch.equal(data.train_inputs.long().sum(), folder.train_inputs.long().sum())
    assert torch.equal(data.test_inputs.long().sum(), folder.test_inputs.long().sum())


def test_names_beside_the_list(tree, config):
    (tree / "classnames.txt").write_text("\n".join(COUNTS) + "\n", encoding="utf-8")
    assert load(config("list", tree / "mine_train.txt")).class_names == BY_SIZE
    (tree / "classnames.txt").write_text("one\ntwo\n")
    with pytest.raises(ValueError, match=r"classnames.txt names 2 classes, but the lists have 6"):
        load(config("list", tree / "mine_train.txt"))


def test_the_images_may_lie_elsewhere_than_the_list(whole_tree, config, tmp_path):
    for name in ("mine_train.txt", "mine_test.txt"):
        shutil.copy(whole_tree / name, tmp_path / f"{name[5:-4]} of mine.txt")
    path = tmp_path / "train of mine.txt"
    assert load(config("list", path, image_root=str(whole_tree))).counts == (80, 60, 40, 30, 20, 15)
    with pytest.raises(ValueError, match=r"none of the 245 images of .* is there, .* set image_root to"):
        load(config("list", path))
    with pytest.raises(ValueError, match=r"gone is not a folder: set image_root"):
        load(config("list", path, image_root=str(tmp_path / "gone")))


def test_a_test_list_of_another_name(whole_tree, config, tmp_path):
    for name in ("mine_train.txt", "mine_test.txt"):
        shutil.copy(whole_tree / name, tmp_path / name.replace("mine_test", "other"))
    settings = {"image_root": str(whole_tree), "test_per_class": 5}
    test = load(
        config("list", tmp_path / "mine_train.txt", test_list=str(tmp_path / "other.txt"), **settings)
    )
    held = load(config("list", tmp_path / "mine_train.txt", **settings))
    assert (len(test.test_labels), test.counts[-1]) == (6 * TEST, 15)
    assert (len(held.test_labels), held.counts[-1]) == (6 * 5, 10)


@pytest.mark.parametrize("profile", ["exp", "step"])
def test_a_long_tail_of_ones_own_making(whole_tree, config, profile):
    data = load(config("folder", whole_tree, profile=profile, n_max=15, ratio=5))
    assert data.counts == tuple(class_counts(15, 6, profile=profile, ratio=5))
    assert tuple(torch.bincount(data.train_labels).tolist()) == data.counts
    assert len(data.test_labels) == 6 * TEST


def test_a_folder_without_splits_holds_out(whole_tree, config):
    data = load(config("folder", whole_tree / "train", test_per_class=5))
    assert data.counts == (75, 55, 35, 25, 15, 10)
    assert torch.bincount(data.test_labels).tolist() == [5] * 6
    train, test = (
        {image.numpy().tobytes() for image in part} for part in (data.train_inputs, data.test_inputs)
    )
    repeated = len(data.train_labels) + len(data.test_labels) - len(train | test)
    assert repeated == (
        245 - len({decoded_image(p, 32).tobytes() for p in (whole_tree / "train").rglob("*.jpg")})
    )
    other = load(config("folder", whole_tree / "train", test_per_class=5, seed=1))
    assert not torch.equal(data.test_inputs, other.test_inputs)


def test_val_is_a_test_split_too(tree, config):
    (tree / "test").rename(tree / "val")
    assert len(load(config("folder", tree)).test_labels) == 6 * TEST


def test_seeds_draw_other_images_and_share_what_they_can(whole_tree, config, cache):
    settings = {"profile": "exp", "n_max": 15, "ratio": 5}
    first, again, other = (load(config("folder", whole_tree, seed=seed, **settings)) for seed in (0, 0, 1))
    assert torch.equal(first.train_inputs, again.train_inputs)
    assert not torch.equal(first.train_inputs, other.train_inputs)
    before = len(list(cache.rglob("*.npy")))
    small = {"profile": "exp", "n_max": 20, "ratio": 20 / 15, "num_classes": 2, "classes": (1, 5)}
    for seed in range(4):
        assert load(config("folder", whole_tree, seed=seed, **small)).counts == (20, 15)
    assert len(list(cache.rglob("*.npy"))) == before + 2, "all images there are: one file for all seeds"


def test_small_data_are_decoded_once_for_all_seeds_and_ratios(
    whole_tree, config, tmp_path, capfd, monkeypatch
):
    def drawn(seed, **changes):
        settings = {"test_per_class": 3, "cache_path": str(tmp_path), **changes}
        return load(config("folder", whole_tree / "train", seed=seed, **settings))

    tails = [{}, {"profile": "exp", "n_max": 12, "ratio": 2}, {"profile": "step", "n_max": 12, "ratio": 4}]
    small = [drawn(seed, **tail) for tail in tails for seed in (0, 1)]
    assert capfd.readouterr().err.count("Decoding 245 images") == 1
    assert len(list(tmp_path.rglob("*.npy"))) == 1
    monkeypatch.setattr(image_files, "WHOLE_BYTES", 3 * 32 * 32 * 245 - 1)
    large = [drawn(seed, **tail) for tail in tails for seed in (0, 1)]
    assert capfd.readouterr().err.count("Decoding") == 6 + 2, "the tests of a seed are those of all tails"
    for one, other in zip(small, large, strict=True):
        assert one.counts == other.counts
        assert torch.equal(one.train_inputs, other.train_inputs)
        assert torch.equal(one.train_labels, other.train_labels)
        assert torch.equal(one.test_inputs, other.test_inputs)
        assert torch.equal(one.test_labels, other.test_labels)


def test_some_classes_only(whole_tree, config):
    data = load(
        config("folder", whole_tree, num_classes=2, classes=(1, 3))
    )  # natural order: class 2, class 10
    assert data.class_names == ("class 10", "class 2")
    assert data.counts == (60, 20)
    assert load(config("folder", whole_tree, num_classes=3)).class_names == ("class 1", "class 3", "class 2")


# --- missing and broken images ---


def broken(tree):
    cut_off(tree / "train" / "class 1" / "c 7.jpg")
    (tree / "train" / "class 2" / "c 3.jpg").write_text("no image")
    (tree / "train" / "class 10" / "c 9.jpg").unlink()
    cut_off(tree / "test" / "digit 0" / "d 2.jpg")
    return tree


def test_all_are_listed_before_training(tree, config):
    with pytest.raises(ValueError, match="4 of 305 images are missing or broken") as raised:
        load(config("list", broken(tree) / "mine_train.txt"))
    for name in ("class 1/c 7.jpg", "class 2/c 3.jpg (not", "class 10/c 9.jpg (missing)", "digit 0/d 2.jpg"):
        assert name in str(raised.value)


def test_broken_ones_are_left_out_on_request(tree, config, capfd):
    data = load(config("list", broken(tree) / "mine_train.txt", skip_broken=True))
    assert data.counts == (79, 59, 40, 30, 19, 15)
    assert torch.bincount(data.test_labels).tolist() == [10, 10, 10, 9, 10, 10]
    (note,) = data.notes
    assert note.startswith("left out 4 missing or broken images: ")
    assert f"list: {note}" in capfd.readouterr().err


def test_a_tail_of_ones_own_making_has_its_sizes_without_the_broken_ones(tree, config):
    for number in range(1, 41):
        cut_off(tree / "train" / "class 1" / f"c {number}.jpg")
    settings = {"profile": "step", "n_max": 15, "ratio": 3, "skip_broken": True}
    data = load(config("folder", tree, **settings))
    assert data.counts == (15, 15, 15, 5, 5, 5)
    assert 1 <= int(data.notes[0].split()[2]) <= 40


def test_the_next_start_decodes_nothing(tree, config, monkeypatch):
    settings = config("folder", broken(tree), skip_broken=True)
    shutil.rmtree(tree / "train" / "class 10")
    with pytest.raises(ValueError, match="test has the class 'class 10'"):
        load(settings)
    shutil.rmtree(tree / "test" / "class 10")
    first = load(settings := config("folder", tree, skip_broken=True, num_classes=5))
    monkeypatch.setattr(image_cache, "decoded_image", None)
    again = load(settings)
    assert torch.equal(first.train_inputs, again.train_inputs)
    assert first.notes == again.notes


def test_a_class_of_broken_images_alone(tree, config):
    for path in (tree / "train" / "digit 1").iterdir():
        path.write_text("no image")
    with pytest.raises(ValueError, match=r"class 'digit 1' has no training image that can be read"):
        load(config("folder", tree, skip_broken=True))


# --- what makes no sense ---


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["a.jpg 0", "b.jpg"], r"line 2: expected a path and a label .* got 'b.jpg'"),
        (["a.jpg zero"], r"line 1: expected a path and a label"),
        (["a.jpg -1"], r"line 1: expected a path and a label"),
        (["a.jpg 1.0"], r"line 1: expected"),
        (["5"], r"line 1: expected"),
        ([""], r"lists no images"),
    ],
)
def test_lines_of_another_form(tree, config, lines, sentence):
    (tree / "mine_train.txt").write_text("\n".join(lines))
    with pytest.raises(ValueError, match=sentence) as raised:
        load(config("list", tree / "mine_train.txt"))
    assert "\n" not in str(raised.value)


def test_lists_written_on_other_machines(tree, config):
    """A byte-order mark, Windows line ends, empty lines, tabs, and a name that is not UTF-8."""
    text = (tree / "mine_train.txt").read_text().replace(".jpg ", ".jpg\t").replace("\n", "\r\n\r\n")
    folder = tree / "train" / "class 1"
    odd = folder / b"caf\xe9.jpg".decode(errors="surrogateescape")
    shutil.copy(folder / "c 1.jpg", odd)
    (tree / "mine_train.txt").write_bytes(
        b"\xef\xbb\xbf" + text.encode() + b"train/class 1/caf\xe9.jpg 0\r\n"
    )
    assert load(config("list", tree / "mine_train.txt")).counts[0] == 81
    odd.unlink()
    with pytest.raises(ValueError, match="1 of 306 images"):
        load(config("list", tree / "mine_train.txt"))


def labelled(tree, change):
    """The training list with other labels, and no test list."""
    path = tree / "own.txt"
    lines = [line.rsplit(maxsplit=1) for line in (tree / "mine_train.txt").read_text().splitlines()]
    path.write_text("\n".join(f"{name} {change(int(label), i)}" for i, (name, label) in enumerate(lines)))
    return path


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda label, i: 0, "all samples have one label: contrast needs at least two classes"),
        (lambda label, i: label + (label > 2), "no sample has label 3: renumber the classes"),
        (lambda label, i: int(i > 0), "class '0' has 1 samples, too few to hold out test_per_class = 5"),
        (lambda label, i: label % 4, "there are 4 classes, 0 to 3, but num_classes = 6 asks for others"),
    ],
)
def test_labels_that_make_no_sense(tree, config, change, sentence):
    classes = {} if "num_classes" in sentence else {"num_classes": 2}
    with pytest.raises(ValueError, match=sentence):
        load(config("list", labelled(tree, change), test_per_class=5, **classes))


def test_a_huge_label_takes_no_memory(tree, config):
    path = labelled(tree, lambda label, i: 40_000_000 if i == 0 else label)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="no sample has label 6: renumber"):
            load(config("list", path))
        assert tracemalloc.get_traced_memory()[1] < 10e6
    finally:
        tracemalloc.stop()


def test_a_huge_label_in_the_test_list_alone_takes_no_memory(tree, config):
    with (tree / "mine_test.txt").open("a") as file:
        file.write("test/class 1/c 1.jpg 999999999\n")
    tracemalloc.start()
    try:
        assert len(load(config("list", tree / "mine_train.txt")).test_labels) == 6 * TEST
        assert tracemalloc.get_traced_memory()[1] < 50e6
    finally:
        tracemalloc.stop()


def test_a_class_of_one_image_can_be_trained_on_if_it_is_tested_elsewhere(tree, config):
    for path in sorted((tree / "train" / "digit 1").iterdir())[1:]:
        path.unlink()
    assert load(config("folder", tree)).counts == (80, 60, 40, 30, 20, 1)


def test_more_than_there_is(whole_tree, config):
    with pytest.raises(ValueError, match=r"class 'class 10' has 60 training samples, 80 were asked for"):
        load(config("folder", whole_tree, profile="exp", n_max=80, ratio=1))


def test_a_class_without_test_images(tree, config):
    lines = (tree / "mine_test.txt").read_text().splitlines()
    (tree / "mine_test.txt").write_text("\n".join(line for line in lines if not line.endswith(" 3")))
    with pytest.raises(ValueError, match=r"class '3' has no test image"):
        load(config("list", tree / "mine_train.txt"))


def test_folders_that_will_not_do(tree, config):
    (tree / "empty").mkdir()
    with pytest.raises(ValueError, match=r"gone is not a folder: give data_path"):
        load(config("folder", tree / "gone"))
    with pytest.raises(ValueError, match=r"empty has no sub-folders: it needs one for each class"):
        load(config("folder", tree / "empty"))
    (tree / "train" / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty has no images: add some or move the folder away"):
        load(config("folder", tree))
    with pytest.raises(ValueError, match=r"gone.txt can't be read .*: give the list file"):
        load(config("list", tree / "gone.txt"))


@pytest.mark.parametrize("dataset", ["folder", "list", "imagenet-lt", "places-lt"])
def test_a_path_is_needed(config, dataset):
    with pytest.raises(ValueError, match=rf"dataset '{dataset}' needs data_path: the "):
        load(config(dataset, ""))


def test_published_lists_that_are_not_there(tmp_path, config):
    with pytest.raises(
        ValueError, match=r"has no ImageNet_LT_train.txt and no ImageNet_LT_test.txt: download"
    ) as raised:
        load(config("imagenet-lt", tmp_path))
    assert "https://github.com/" in str(raised.value)
    assert "https://image-net.org" in str(raised.value)
    assert "image_root" in str(raised.value)
    with pytest.raises(ValueError, match=r"has no Places_LT_train.txt"):
        load(config("places-lt", tmp_path))


def test_published_lists_are_long_tailed_already(whole_tree, config):
    with pytest.raises(ValueError, match=r"imagenet-lt is long-tailed as it is: set profile to 'given'"):
        load(config("imagenet-lt", whole_tree, profile="exp"))


@pytest.mark.parametrize("dataset", ["toy-circle", "digits", "glyphs"])
def test_data_without_a_tail_of_their_own(dataset):
    with pytest.raises(ValueError, match=rf"{dataset} has no long tail of its own: set profile to 'exp'"):
        load(RunConfig(dataset=dataset, profile="given"))


# --- on the way to the net ---


def test_views_and_whole_images_have_the_size_asked_for(whole_tree, config):
    settings = config("folder", whole_tree)
    data = load(settings)
    assert data.image_size == 28
    assert data.input_shape == (3, 28, 28)
    batch = data.batch(torch.tensor([0, 244, 3]), "cpu")
    assert torch.equal(batch, data.train_inputs[[0, 244, 3]])
    for view in two_views(batch, settings, torch.Generator().manual_seed(0)):
        assert view.shape == (3, 3, 28, 28)
    assert torch.equal(data.centered(batch), batch[:, :, 2:30, 2:30])


def test_small_data_move_and_large_data_send_batches(whole_tree, config, monkeypatch):
    data = load(config("folder", whole_tree))
    assert data.to("meta").train_inputs.device.type == "meta"
    monkeypatch.setattr(dataset, "RESIDENT_BYTES", data.test_inputs.nbytes)
    moved = data.to("meta")
    assert moved.train_inputs.device.type == "cpu"
    assert moved.test_inputs.device.type == moved.train_labels.device.type == "meta"
    assert moved.batch(torch.tensor([1, 2]), "meta").device.type == "meta"
    assert torch.equal(moved.batch(torch.tensor([1, 2]), "cpu"), data.train_inputs[1:3])


def test_two_gib_is_the_limit():
    assert dataset.RESIDENT_BYTES == 2**31


def test_thumbnails_are_small(whole_tree, config):
    data = load(config("folder", whole_tree, image_size=112))
    pictures = data.thumbnails(torch.arange(0, 245, 5))
    assert pictures.shape == (49, 48, 48, 3)
    assert pictures.dtype == np.uint8
    middle = data.centered(data.train_inputs[::5]).float().mean((2, 3))
    np.testing.assert_allclose(pictures.mean((1, 2)), middle, atol=2)
    digits = load(RunConfig(dataset="digits", n_max=20, ratio=2))
    np.testing.assert_array_equal(digits.thumbnails(torch.tensor([3])), digits.train_inputs[3])
    assert load(RunConfig()).thumbnails(torch.tensor([3])) is None


def test_the_default_cache_is_in_the_home_folder(whole_tree, config, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    load(config("folder", whole_tree, cache_path=None, num_classes=2))
    assert len(list((tmp_path / ".cache" / "ghviz" / "images").glob("*.npy"))) == 2
