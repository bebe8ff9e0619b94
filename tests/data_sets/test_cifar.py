import dataclasses
import hashlib
import io
import tarfile

import numpy as np
import pytest
import torch

from ghviz.data import cifar
from ghviz.data.dataset import load
from ghviz.data.longtail import class_counts
from ghviz.types import RunConfig

NAMES10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def records(labels, *, coarse=False):
    """Binary records whose red plane is the label, green plane the column, blue plane the row."""
    pixels = np.zeros((len(labels), 3, 32, 32), dtype=np.uint8)
    pixels[:, 0] = np.asarray(labels)[:, None, None]
    pixels[:, 1] = np.arange(32)
    pixels[:, 2] = np.arange(32)[:, None]
    pixels[:, 0, 0, 0] = np.arange(len(labels)) % 256
    heads = [np.asarray(labels, dtype=np.uint8)[:, None]]
    if coarse:
        heads.insert(0, heads[0] // 5)
    return np.concatenate([*heads, pixels.reshape(len(labels), -1)], axis=1).astype(np.uint8).tobytes()


def archive_bytes(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def cifar10_members():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(10), 30))
    members = {
        f"cifar-10-batches-bin/data_batch_{number + 1}.bin": records(labels[number * 60 : (number + 1) * 60])
        for number in range(5)
    }
    members["cifar-10-batches-bin/test_batch.bin"] = records(np.tile(np.arange(10), 4))
    members["cifar-10-batches-bin/batches.meta.txt"] = ("\n".join(NAMES10) + "\n\n").encode()
    return members


def cifar100_members():
    names = "\n".join(f"fine_{label}" for label in range(100)) + "\n"
    return {
        "cifar-100-binary/train.bin": records(np.tile(np.arange(100), 6), coarse=True),
        "cifar-100-binary/test.bin": records(np.tile(np.arange(100), 2), coarse=True),
        "cifar-100-binary/fine_label_names.txt": names.encode(),
        "cifar-100-binary/coarse_label_names.txt": b"aquatic_mammals\n",
    }


@pytest.fixture
def publish(serve, tmp_path, monkeypatch):
    """A function that puts an archive on a web server and makes ghviz look there."""
    site = tmp_path / "site"
    site.mkdir()
    with serve(site) as address:

        def put(dataset, members):
            archive = cifar.ARCHIVES[dataset]
            name = archive.url.rsplit("/", 1)[1]
            content = archive_bytes(members)
            (site / name).write_bytes(content)
            changed = dataclasses.replace(
                archive, url=f"{address}/{name}", md5=hashlib.md5(content).hexdigest()
            )
            monkeypatch.setitem(cifar.ARCHIVES, dataset, changed)

        yield put


def config10(path, **changes):
    return RunConfig(**({"dataset": "cifar10", "data_path": str(path), "n_max": 30, "ratio": 10} | changes))


def test_the_published_archives():
    for dataset, digits, md5 in (
        ("cifar10", "10", "c32a1d4ab5d03f1284b67883e8d87530"),
        ("cifar100", "100", "03b5dce01913d631647c71ecec9e9cb8"),
    ):
        archive = cifar.ARCHIVES[dataset]
        assert archive.url == f"https://www.cs.toronto.edu/~kriz/cifar-{digits}-binary.tar.gz"
        assert archive.md5 == md5


def test_the_binary_archive_of_cifar10(publish, tmp_path):
    publish("cifar10", cifar10_members())
    data = load(config10(tmp_path / "cache"))
    assert data.class_names == NAMES10
    assert data.counts == tuple(class_counts(30, 10, ratio=10))
    assert data.train_inputs.shape == (sum(data.counts), 3, 32, 32)
    assert data.test_inputs.shape == (40, 3, 32, 32)
    for inputs, labels in ((data.train_inputs, data.train_labels), (data.test_inputs, data.test_labels)):
        assert torch.equal(inputs[:, 0, 5, 5].long(), labels)
        assert inputs[0, 1, 9].tolist() == list(range(32))  # green: columns
        assert inputs[0, 2, :, 9].tolist() == list(range(32))  # blue: rows
    assert torch.bincount(data.test_labels).tolist() == [4] * 10
    assert (tmp_path / "cache" / "cifar-10-binary.tar.gz").exists()


def test_the_binary_archive_of_cifar100(publish, tmp_path):
    publish("cifar100", cifar100_members())
    data = load(
        RunConfig(dataset="cifar100", data_path=str(tmp_path / "cache"), num_classes=100, n_max=6, ratio=3)
    )
    assert data.class_names == tuple(f"fine_{label}" for label in range(100))
    assert data.counts == tuple(class_counts(6, 100, ratio=3))
    assert torch.equal(
        data.train_inputs[:, 0, 5, 5].long(), data.train_labels
    )  # the fine label, not the coarse
    assert len(data.test_labels) == 200


def test_the_default_cache_is_in_the_home_folder(publish, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    publish("cifar10", cifar10_members())
    load(config10("x", data_path=None))
    assert (tmp_path / ".cache" / "ghviz" / "cifar-10-binary.tar.gz").exists()


def test_the_subset_comes_from_the_seed_and_the_test_split_does_not(publish, tmp_path):
    publish("cifar10", cifar10_members())
    first, again, other = (load(config10(tmp_path / "cache", seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(first.train_inputs, again.train_inputs)
    assert not torch.equal(first.train_inputs, other.train_inputs)
    assert torch.equal(first.test_inputs, other.test_inputs)


def test_chosen_classes_keep_the_order_given(publish, tmp_path):
    publish("cifar10", cifar10_members())
    data = load(config10(tmp_path / "cache", num_classes=3, classes=(5, 3, 9)))
    assert data.class_names == ("dog", "cat", "truck")
    assert data.counts == tuple(class_counts(30, 3, ratio=10))
    assert torch.equal(data.train_inputs[:, 0, 5, 5].long(), torch.tensor([5, 3, 9])[data.train_labels])
    assert torch.bincount(data.test_labels).tolist() == [4, 4, 4]
    assert load(config10(tmp_path / "cache", num_classes=2)).class_names == ("airplane", "automobile")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"n_max": 31}, "'airplane' has 30 training samples, 31 were asked for: take fewer"),
        ({"num_classes": 11}, "cifar10 has the classes 0 to 9, asked for 0, 1"),
        ({"num_classes": 2, "classes": (0, 10)}, "asked for 0, 10"),
    ],
)
def test_wishes_that_the_data_cannot_meet(publish, tmp_path, changes, sentence):
    publish("cifar10", cifar10_members())
    with pytest.raises(ValueError, match=sentence):
        load(config10(tmp_path / "cache", **changes))


@pytest.mark.parametrize("broken", ["missing", "cut"])
def test_an_archive_with_other_contents(publish, tmp_path, broken):
    members = cifar10_members()
    if broken == "missing":
        del members["cifar-10-batches-bin/test_batch.bin"]
    else:
        members["cifar-10-batches-bin/test_batch.bin"] = members["cifar-10-batches-bin/test_batch.bin"][:-1]
    publish("cifar10", members)
    with pytest.raises(ValueError, match=r"test_batch|records of 3073 bytes") as raised:
        load(config10(tmp_path / "cache"))
    assert "\n" not in str(raised.value)


def prepared(folder, *, stem="cifar10", names=NAMES10, side=32):
    folder.mkdir(exist_ok=True)
    for part, per_class in (("train", 30), ("test", 4)):
        labels = np.tile(np.arange(10), per_class)
        images = np.zeros((len(labels), side, side, 3), dtype=np.uint8)
        images[..., 0] = labels[:, None, None]
        np.savez(folder / f"{stem}_{part}.npz", images=images, labels=labels, class_names=np.array(names))
    return folder


@pytest.mark.parametrize("path", ["", "cifar10_train.npz"])
def test_a_prepared_folder_or_file(tmp_path, path):
    data = load(config10(prepared(tmp_path / "own") / path))
    assert data.class_names == NAMES10
    assert data.counts == tuple(class_counts(30, 10, ratio=10))
    assert torch.equal(data.train_inputs[:, 0, 0, 0].long(), data.train_labels)
    assert len(data.test_labels) == 40


def test_prepared_files_of_another_name(tmp_path):
    prepared(tmp_path / "own", stem="mine")
    (tmp_path / "own" / "mine_train.npz").rename(tmp_path / "own" / "mine.npz")
    assert len(load(config10(tmp_path / "own" / "mine.npz")).test_labels) == 40


def test_prepared_files_that_will_not_do(tmp_path):
    folder = prepared(tmp_path / "own")
    with pytest.raises(ValueError, match=r"gone.npz does not exist: give data_path"):
        load(config10(folder / "gone.npz"))
    with pytest.raises(ValueError, match=r"is not CIFAR: expected images of 32 x 32 x 3 .*got 16 x 16 x 3"):
        load(config10(prepared(tmp_path / "small", side=16)))
    (folder / "cifar10_test.npz").unlink()
    with pytest.raises(ValueError, match=r"cifar10_test.npz does not exist"):
        load(config10(folder))
    np.savez(folder / "cifar10_test.npz", images=np.zeros((2, 32, 32, 3), np.uint8))
    with pytest.raises(ValueError, match=r"cifar10_test.npz must hold .* class_names and labels missing"):
        load(config10(folder))
    prepared(folder)
    other = prepared(tmp_path / "other", names=tuple(reversed(NAMES10)))
    (other / "cifar10_test.npz").replace(folder / "cifar10_test.npz")
    with pytest.raises(ValueError, match="name different classes"):
        load(config10(folder))
