"""Behaviour: what can't be right is one sentence, and no folder is made for it.

What a single part refuses is in the tests of that part; here are the ways in: commands and public functions.
"""

from __future__ import annotations

import signal
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ghviz.cli import main
from ghviz.data import image_cache
from ghviz.data.dataset import load
from ghviz.data.decode import BrokenImageError, decoded_image
from ghviz.embed import save_snapshot
from ghviz.gh import Harmonizer, sinkhorn
from ghviz.store import open_run
from ghviz.types import RunConfig

LABELS = np.repeat([0, 1, 2], [30, 20, 10])
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (60, 12, 12), dtype=np.uint8)
POINTS = RNG.normal(size=(60, 5))
QUICK = ["--epochs", "2", "--gh-warm-up", "1", "--snapshots", "2", "--batch-size", "16"]
OWN = [*QUICK, "--preset", "custom", "--dataset", "npz", "--profile", "given", "--num-classes", "3"]
OWN += ["--test-per-class", "4"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint(capsys, *words, code=2):
    """The one sentence that a command ends with; the folder `out` must not be there."""
    assert main(list(words)) == code
    said = capsys.readouterr().err
    assert said.startswith("ghviz: ")
    assert said.count("\n") == 1
    assert "---" not in said
    assert not Path("out").exists()
    return said


@pytest.mark.parametrize("command", ["train", "pair"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--preset", "no"], "there is no preset 'no'. Known: toy-circle, toy-sphere"),
        (["--method", "no"], "method must be one of simclr, focal"),
        (["--method", "focal", "--method-options", "g=3"], "has the options temperature, gamma, got 'g=3'"),
        (["--dataset", "no"], "'toy-circle', 'toy-sphere', 'digits'"),
        (["--net", "no"], "'mlp', 'convnet', 'resnet18'"),
        (["--device", "no"], "'auto', 'cpu', 'cuda', 'mps'"),
        (["--no", "1"], "Unrecognized options: --no"),
        (["--batch-size", "1"], "--batch-size: Expected `int` >= 2, got 1"),
        (["--num-classes", "1"], "ghviz: --num-classes must be at least 2"),
        (["--ratio", "0.5"], "--ratio: Expected `float` >= 1.0, got 0.5"),
        (["--dimension", "1"], "--dimension: Expected `int` >= 2, got 1"),
        (["--num-targets", "1"], "--num-targets: Expected `int` >= 2, got 1"),
        (
            ["--n-max", "8", "--ratio", "8", "--num-targets", "99"],
            "only 33 training samples, and most vertices",
        ),
        (["--gh-regularization", "1e-300"], "--gh-regularization: Expected `float` >= 1e-12"),
        (["--gh-temperature", "0"], "--gh-temperature: Expected `float` >= 1e-12"),
        (["--epochs", "1.5"], "--epochs must be a whole number, got '1.5'"),
        (["--ratio", "big"], "--ratio must be a number, got 'big'"),
        (["--classes", "one"], "--classes must be whole numbers, got 'one'"),
        (["--dataset", "digits", "--num-classes", "12"], "digits has the classes 0 to 9"),
        (["--dataset", "imported"], "computed elsewhere"),
    ],
)
def test_a_setting_that_makes_no_sense(place, capsys, command, words, sentence):
    assert sentence in complaint(capsys, command, *words, "--out", "out")


@pytest.mark.parametrize("command", ["train", "pair"])
def test_a_folder_that_cannot_be_written(place, capsys, command):
    Path("file").write_text("")
    said = complaint(capsys, command, *QUICK, "--out", "file/run", code=1)
    assert "is a file; choose another place" in said


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"images": IMAGES, "labels": LABELS * 2}, "without gaps, no sample has label 1: renumber"),
        ({"images": IMAGES, "labels": LABELS * 0}, "all samples have one label"),
        ({"images": IMAGES, "labels": np.repeat([0, 1, 2], [30, 29, 1])}, "too few to hold out"),
        ({"images": IMAGES, "labels": LABELS.astype(float)}, "labels must be integers"),
        ({"images": IMAGES, "labels": LABELS.astype(str)}, "labels must be integers"),
        ({"images": IMAGES, "labels": LABELS.astype(object)}, "Python objects, which are never loaded"),
        ({}, "got no arrays"),
        ({"images": IMAGES[:0], "labels": LABELS[:0]}, "got (0, 12, 12, 1)"),
        ({"images": IMAGES / 255, "labels": LABELS}, "images must be uint8 or uint16, got float64"),
        ({"images": IMAGES.astype(np.int16), "labels": LABELS}, "images must be uint8 or uint16, got int16"),
        ({"points": np.where(POINTS > 2, np.nan, POINTS), "labels": LABELS}, "points hold NaN or infinity"),
        ({"points": np.where(POINTS > 2, np.inf, POINTS), "labels": LABELS}, "points hold NaN or infinity"),
    ],
)
def test_an_npz_that_makes_no_sense(place, capsys, arrays, sentence):
    np.savez("own.npz", **arrays)
    said = complaint(capsys, "train", *OWN, "--data-path", "own.npz", "--out", "out")
    assert said.startswith("ghviz: own.npz: ")
    assert sentence in said


def test_files_that_are_cut_off(place, capsys):
    np.savez("own.npz", images=IMAGES, labels=LABELS, embeddings=POINTS)
    np.save("own.npy", POINTS)
    for name in ("own.npz", "own.npy"):
        path = Path(name)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "(cut off, or something else): write" in complaint(
        capsys, "train", *OWN, "--data-path", "own.npz", "--out", "out"
    )
    assert "own.npz can't be read: it is cut off, or no .npz file" in complaint(
        capsys, "import", "own.npz", "--labels", "labels", "--out", "out"
    )
    np.save("labels.npy", LABELS)
    assert "own.npy can't be read: it is cut off" in complaint(
        capsys, "import", "own.npy", "--labels", "labels.npy", "--out", "out"
    )


def test_imports_that_make_no_sense(place, capsys):
    def said(*more, **arrays):
        np.savez("own.npz", **arrays)
        return complaint(capsys, "import", "own.npz", "--labels", "labels", "--out", "out", *more)

    assert "own.npz can't be read: it holds no embeddings" in said()
    assert "it holds no embeddings" in said(labels=LABELS)
    assert "row 10 (rows count from 0) holds NaN" in said(
        embeddings=np.where(np.arange(60)[:, None] == 10, np.inf, POINTS), labels=LABELS
    )
    assert "own.npz can't be read: it is no text in UTF-8" in said(
        "--names", "own.npz", embeddings=POINTS, labels=LABELS
    )
    Path("own.csv").write_bytes(b"\xff\xfe\x00")
    assert "own.csv can't be read: it is no text in UTF-8" in complaint(
        capsys, "import", "own.csv", "--labels", "x", "--out", "out"
    )


def test_a_class_of_one_sample_and_gaps_can_be_imported(place):
    labels = np.repeat([0, 3, 9], [30, 29, 1])
    np.savez("own.npz", embeddings=POINTS, labels=labels)
    assert main(["import", "own.npz", "--labels", "labels", "--out", "out"]) == 0
    assert open_run(Path("out")).classes.counts == (30, 29, 1)
    assert main(["metrics", "out"]) == 0


@pytest.mark.parametrize("more", [["--batch-size", "9999"], ["--snapshots", "9999"]])
def test_more_than_there_is_of_batch_and_steps_is_as_much_as_there_is(place, more):
    words = [*QUICK, "--n-max", "16", "--ratio", "4", "--num-targets", "4", *more]
    assert main(["train", *words, "--out", "out"]) == 0
    run = open_run(Path("out"))
    steps = run.state().step
    assert run.state().status == "finished"
    assert run.snapshot_steps() == (list(range(steps + 1)) if "--snapshots" in more else [0, 2])


# --- images ---

LEVELS = np.linspace(0, 65535, 32 * 32).reshape(32, 32)


def write_png16(path, pixels, kind):
    """A PNG of 16 bits a channel, which Pillow can't write but of grey."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", *pixels.shape[:2], 16, kind, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@pytest.mark.parametrize(("kind", "channels"), [(0, "g"), (4, "ga"), (2, "ggg"), (6, "ggga")])
def test_sixteen_bits_of_a_png_are_scaled_not_cut(tmp_path, kind, channels):
    pixels = np.stack([LEVELS if each == "g" else np.full_like(LEVELS, 65535) for each in channels], axis=2)
    write_png16(tmp_path / "x.png", pixels, kind)
    decoded = decoded_image(tmp_path / "x.png", 32)
    assert np.abs(decoded - LEVELS / 257).max() < 1


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ((LEVELS * 1000).astype(np.int32), "its pixels go from 0 to 65535000, beyond 16 bits"),
        ((LEVELS - 30000).astype(np.int32), "its pixels go from -30000 to 35535, beyond 16 bits"),
        (LEVELS.astype(np.float32), "its pixels are floating-point numbers"),
    ],
)
def test_pixels_of_an_unknown_range_are_refused(tmp_path, levels, reason):
    Image.fromarray(levels).save(tmp_path / "x.tif")
    with pytest.raises(BrokenImageError, match=f"^{reason}$"):
        decoded_image(tmp_path / "x.tif", 32)


# --- from Python ---


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"dimension": 1}, "dimension: expected `int` >= 2, got 1"),
        ({"batch_size": 1}, "batch_size: expected `int` >= 2, got 1"),
        ({"ratio": 0.5}, "ratio: expected `float` >= 1.0, got 0.5"),
        ({"seed": -1}, "seed: expected `int` >= 0, got -1"),
        ({"test_per_class": 0}, "test_per_class: expected `int` >= 1, got 0"),
        ({"hidden": (8, 0)}, r"hidden: expected `int` >= 1, got \(8, 0\)"),
        ({"n_max": 9.5, "ratio": 2}, "n_max: expected `int`, got `float`, got 9.5"),
        ({"dataset": "no"}, "dataset must be one of toy-circle"),
        ({"profile": "no"}, "profile must be 'exp' or 'step'"),
    ],
)
def test_a_configuration_made_by_hand(changes, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        load(RunConfig(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"num_targets": 21}, "num_targets is 21, but there are only 20 training samples"),
        ({"momentum": 0.9}, "momentum must be two numbers, before and after the warm-up, got 0.9"),
        ({"momentum": (0.9,)}, "momentum must be two numbers"),
    ],
)
def test_a_harmonizer_that_makes_no_sense(changes, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}"):
        Harmonizer(20, 4, **({"num_targets": 6} | changes))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
@pytest.mark.parametrize("warm_up", [0, 9])
def test_one_bad_batch_does_not_stay_in_the_statistics(bad, warm_up):
    torch.manual_seed(0)
    z, indices = torch.randn(8, 4), torch.arange(8)
    broken = z.clone()
    broken[2, 1] = bad
    harmonizer = Harmonizer(20, 4, num_targets=6, warm_up=warm_up)
    harmonizer.set_epoch(0)
    harmonizer(broken, z, indices)
    assert harmonizer.seen.nonzero().flatten().tolist() == [0, 1, 3, 4, 5, 6, 7]
    harmonizer(z, z, indices)
    before = harmonizer.running_mean.clone()
    assert before.isfinite().all()
    loss = harmonizer(broken, z, indices)
    assert torch.equal(harmonizer.running_mean[2], before[2])
    assert bool(loss.isnan()) == (warm_up == 0), "the loss hides nothing"


def test_a_regularization_near_zero_is_the_nearest_vertex():
    logits = torch.eye(4)
    assert torch.equal(sinkhorn(logits, regularization=1e-300), logits)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"step": 1.5}, "step must be a whole number, got 1.5"),
        ({"step": "a"}, "step must be a whole number, got 'a'"),
        ({"step": -1}, "step must be at least 0, got -1"),
        ({"points": 0}, "points must be at least 2, got 0"),
        ({"class_names": "abc"}, "class_names must be a name for each class, got one text: 'abc'"),
        ({"test": (POINTS,)}, "test must be a pair of embeddings and labels, got 1 things"),
    ],
)
def test_a_snapshot_that_makes_no_sense(tmp_path, changes, sentence):
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        save_snapshot(tmp_path / "run", POINTS, LABELS, **({"step": 0} | changes))
    assert not (tmp_path / "run").exists()


def test_steps_may_be_of_numpy(tmp_path):
    save_snapshot(tmp_path / "run", POINTS, LABELS, step=np.int64(3))
    assert open_run(tmp_path / "run").snapshot_steps() == [3]


@pytest.mark.parametrize("command", ["train", "pair"])
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--out", "taken"], "holds a run already"),
        (["--out", "file/run"], "is a file; choose another place"),
        (["--out", "out", "--method", "no"], "method must be one of"),
        (["--out", "out", "--method-options", "g=1"], "has the options"),
        (["--out", "out", "--num-targets", "16000"], "ghviz: --num-targets is 16,000"),
        (["--out", "out", "--device", "mps"], "device 'mps' is not available here"),
    ],
)
def test_what_can_be_known_is_said_before_the_data_are_loaded(
    place, capsys, monkeypatch, command, words, sentence
):
    for side in ("", "base"):
        taken = place / "taken" / side
        if command == "pair" or not side:
            save_snapshot(taken, POINTS, LABELS, step=0)
    Path("file").write_text("")
    monkeypatch.setattr("ghviz.data.dataset.load", None)
    assert main([command, *QUICK, *words]) != 0
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["train", "pair"])
def test_decoding_ends_at_once_when_asked_to(place, capsys, monkeypatch, command, number):
    for i in range(30):
        path = place / "photos" / str(i % 2) / f"{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(IMAGES[i]).save(path)
    decoded = []

    def interrupted(file, shape, *, write=image_cache._write_header):
        decoded.append(shape)
        signal.raise_signal(number)
        return write(file, shape)

    monkeypatch.setattr(image_cache, "_write_header", interrupted)
    words = ["--preset", "custom", "--dataset", "folder", "--data-path", "photos", "--profile", "given"]
    words += ["--num-classes", "2"]
    words += ["--test-per-class", "3", "--image-size", "14", "--cache-path", "cache", "--out", "out"]
    assert main([command, *QUICK, *words]) == 130
    assert "ghviz: stopped while decoding; nothing was trained\n" in capsys.readouterr().err
    assert len(decoded) == 1
    assert not Path("out").exists()
    assert list(Path("cache/images").iterdir()) == []
