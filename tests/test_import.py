"""Behaviour: embeddings from elsewhere become runs that everything opens, and bad ones become a sentence."""

from __future__ import annotations

import builtins
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ghviz.app.pairs import read_comparison
from ghviz.cli import main
from ghviz.data.dataset import load
from ghviz.embed import save_snapshot
from ghviz.imports import by_frequency, files, prepare
from ghviz.imports.prepared import KEPT_OF_A_CLASS
from ghviz.metrics.table import measure
from ghviz.store import RunFolderError, create_run, find_runs, open_run
from ghviz.types import RunConfig

COUNTS = {7: 3, 2: 30, 5: 9}
"""Samples of each label as given: with gaps, and not in the order of frequency."""
HEAD_TO_TAIL = [2, 5, 7]


@pytest.fixture
def labels() -> NDArray[np.int64]:
    values = np.repeat(list(COUNTS), list(COUNTS.values()))
    return np.random.default_rng(1).permutation(values)


@pytest.fixture
def rows(labels: NDArray[np.int64]) -> NDArray[np.float32]:
    """Of any length, three dimensions, each class around a corner."""
    rng = np.random.default_rng(2)
    corners = 3 * np.eye(3)[np.searchsorted(HEAD_TO_TAIL, labels)]
    return (corners + rng.normal(size=(len(labels), 3))).astype(np.float32)


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: NDArray[np.float32], labels: NDArray[np.int64]
) -> Path:
    """A working directory with the same embeddings in every kind of file."""
    pandas = pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    np.save("rows.npy", rows)
    np.save("labels.npy", labels)
    np.savez("all.npz", embeddings=rows, labels=labels, class_names=np.array(["two", "five", "seven"]))
    table = pandas.DataFrame(rows.astype(np.float64), columns=["x", "y", "z"])
    table["kind"] = [f"n{label}" for label in labels]
    table.to_csv("table.csv")  # with pandas' index in an unnamed column
    table.to_parquet("table.parquet")
    pandas.DataFrame({"vector": list(rows), "kind": labels, "age": 1.0}).to_parquet("lists.parquet")
    np.savetxt("bare.csv", np.c_[labels, rows], delimiter=";")
    Path("labels.txt").write_text("\n".join(map(str, labels)))
    return tmp_path


def complaint(capsys: pytest.CaptureFixture[str], *words: str, code: int = 2) -> str:
    """The one sentence that `import` ends with; nothing is written then."""
    assert main(["import", *words, "--out", "new"]) == code
    said = capsys.readouterr().err
    assert said.startswith("ghviz: ")
    assert said.count("\n") == 1
    assert not Path("new").exists()
    return said


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["rows.npy", "--labels", "labels.npy"], ("2", "5", "7")),
        (["rows.npy", "--labels", "labels.txt"], ("2", "5", "7")),
        (["rows.npy", "--labels", "all.npz"], ("2", "5", "7")),
        (["all.npz", "--labels", "labels"], ("two", "five", "seven")),
        (["all.npz", "--labels", "labels", "--names", "a", "b", "c"], ("a", "b", "c")),
        (["table.csv", "--labels", "kind"], ("n2", "n5", "n7")),
        (["table.parquet", "--labels", "kind"], ("n2", "n5", "n7")),
        (["lists.parquet", "--labels", "kind"], ("2", "5", "7")),
        (["table.parquet", "--labels", "kind", "--embeddings", "x", "y", "z"], ("n2", "n5", "n7")),
        (["bare.csv", "--labels", "0"], ("2", "5", "7")),
    ],
)
def test_every_kind_of_file_gives_the_same_run(
    place: Path,
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    words: list[str],
    names: tuple[str, ...],
) -> None:
    assert main(["import", *words, "--out", "run"]) == 0
    run = open_run(place / "run")
    assert run.points is not None
    assert run.classes is not None
    assert run.classes.names == names
    assert run.classes.counts == (30, 9, 3)
    np.testing.assert_array_equal(run.points.train_labels, np.searchsorted(HEAD_TO_TAIL, labels))
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(run.snapshot(0).train, unit, atol=1e-5)


def test_an_imported_run_says_what_it_is_and_cannot_be_trained(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "rows.npy", "--labels", "labels.npy", "--title", "Mine", "--out", "run"]) == 0
    run = open_run(place / "run")
    assert (run.config.preset, run.config.dataset, run.config.method) == ("imported", "imported", "Mine")
    assert (run.config.dimension, run.config.num_classes, run.config.gh) == (3, 3, "off")
    assert run.config.data_path == str(place / "rows.npy")
    assert run.state().status == "finished"
    with pytest.raises(ValueError, match="computed elsewhere"):
        load(run.config)
    assert main(["resume", "run"]) == 0
    assert "finished already" in capsys.readouterr().out
    assert main(["train", "--dataset", "imported", "--out", "other"]) == 2
    assert not Path("other").exists()


def test_metrics_are_recorded_and_equal_those_measured(place: Path) -> None:
    words = ["rows.npy", "--labels", "labels.npy", "--test", "rows.npy", "--test-labels", "labels.npy"]
    assert main(["import", *words, "--out", "run"]) == 0
    record = read_comparison(place / "run").any_side
    table = measure(record.run.snapshot(0), record.points, record.classes)
    assert record.tables[0].summary == pytest.approx(table.summary)
    assert table.summary["accuracy"] == 1  # each test point has itself in the training set
    assert len([e for e in record.run.events() if type(e).__name__ == "Measured"]) == 1


def test_without_a_test_set_only_the_accuracies_are_missing(place: Path) -> None:
    assert main(["import", "rows.npy", "--labels", "labels.npy", "--out", "run"]) == 0
    summary = read_comparison(place / "run").any_side.tables[0].summary
    missing = {key for key, value in summary.items() if not np.isfinite(value)}
    assert missing == {"accuracy", "tail_accuracy"}


def test_several_files_are_snapshots_and_two_sides_a_pair(
    place: Path, rows: NDArray[np.float32], capsys: pytest.CaptureFixture[str]
) -> None:
    np.save("later.npy", rows[:, ::-1])
    words = ["import", "rows.npy", "later.npy", "--labels", "labels.npy", "--steps", "5", "80"]
    for side in ("base", "gh"):
        assert main([*words, "--out", f"pair/{side}"]) == 0
    comparison = read_comparison(place / "pair")
    assert comparison.is_pair
    assert comparison.sides["gh"].steps == (5, 80)
    assert comparison.sides["gh"].run.config.gh == "on"
    assert find_runs(place / "pair")[0].state.status == "finished"
    assert main(["metrics", "pair"]) == 0
    assert main(["figure", "pair/base", "pair/gh", "--out", "twin.svg"]) == 0
    drawn = Path("twin.svg").read_text()
    assert "imported + GH" in drawn
    assert "GH + GH" not in drawn
    assert "vertices" not in drawn
    capsys.readouterr()


def test_the_sides_of_a_pair_hold_the_same_points(
    place: Path, labels: NDArray[np.int64], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", "rows.npy", "--labels", "labels.npy", "--out", "pair/base"]) == 0
    np.save("other.npy", labels[::-1])
    assert main(["import", "rows.npy", "--labels", "other.npy", "--out", "pair/gh"]) == 1
    assert "would be a pair" in capsys.readouterr().err
    assert not Path("pair/gh").exists()


def test_what_is_wrong_is_one_sentence_and_writes_nothing(  # noqa: PLR0915 (one line each)
    place: Path,
    rows: NDArray[np.float32],
    labels: NDArray[np.int64],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = {name: rows.copy() for name in ("nan", "zero")}
    bad["nan"][17, 1], bad["zero"][4] = np.nan, 0
    bad |= {"flat": rows[:, :1], "cube": rows[None], "few": rows[:1], "words": rows.astype("U")}
    for name, array in bad.items():
        np.save(f"{name}.npy", array)
    np.save("short.npy", labels[:5])
    np.save("one.npy", np.zeros_like(labels))
    np.save("half.npy", labels + 0.5)
    np.save("holes.npy", np.where(labels == 7, np.nan, labels))
    objects = np.empty(len(labels), dtype=object)
    objects[:] = [[1]] * len(labels)
    np.save("objects.npy", objects)
    np.savez("objects.npz", embeddings=objects, labels=labels)
    np.savez("several.npz", one=rows, two=rows, labels=labels)
    for name in ("broken.npz", "broken.npy", "broken.parquet", "text.csv", "model.pt"):
        Path(name).write_text("what,is\nthis,then\n")
    Path("empty.csv").write_text("")
    Path("torn.csv").write_text("x,y,label\n1,2,a\n3,b\n")

    def said(file: str, given: str = "labels.npy", *more: str) -> str:
        return complaint(capsys, file, "--labels", given, *more)

    assert "row 17 (rows count from 0) holds NaN" in said("nan.npy")
    assert "row 4 (rows count from 0) holds only 0" in said("zero.npy")
    assert "at least two dimensions" in said("flat.npy")
    assert "(samples, dimensions), got (1, 42, 3)" in said("cube.npy")
    assert "embeddings must be at least two, got 1" in said("few.npy")
    assert "must be numbers" in said("words.npy")
    assert "42 samples, but 5 labels" in said("rows.npy", "short.npy")
    assert "at least two classes" in said("rows.npy", "one.npy")
    assert "whole numbers or names, got" in said("rows.npy", "half.npy")
    assert f"row {int(np.argmax(labels == 7))} has none" in said("rows.npy", "holes.npy")
    assert "Python objects, which are never loaded" in said("objects.npy")
    assert "Python objects, which are never loaded" in said("objects.npz", "labels")
    assert "Python objects, which are never loaded" in said("rows.npy", "objects.npy")
    assert "--embeddings: 'one', 'two', 'labels'" in said("several.npz", "labels")
    assert "has no 'three': it has 'one'" in said("several.npz", "labels", "--embeddings", "three")
    assert "broken.npz can't be read" in said("broken.npz")
    assert "no .npy file" in said("broken.npy")
    assert "no Parquet file" in said("broken.parquet")
    assert "no column of numbers" in said("text.csv", "is")
    assert "must end with .npz" in said("model.pt")
    assert "it is empty" in said("empty.csv")
    assert "torn.csv can't be read" in said("torn.csv", "label")
    assert "there is no file nowhere.npy" in said("nowhere.npy")
    assert "'nowhere' is no file and none of '', 'x', 'y', 'z', 'kind'" in said("table.csv", "nowhere")
    assert "3 classes, got 2 names" in said("rows.npy", "labels.npy", "--names", "a", "b")
    assert "rising numbers" in said("rows.npy", "labels.npy", "--steps", "3", "4")
    assert "rising numbers" in said("rows.npy", "labels.npy", "--steps", "-3")
    assert "--test-labels" in said("rows.npy", "labels.npy", "--test", "rows.npy")
    assert "at least 2" in said("rows.npy", "labels.npy", "--points", "1")
    np.save("flipped.npy", rows[:40])
    assert "flipped.npy: there must be one label a sample" in complaint(
        capsys, "rows.npy", "flipped.npy", "--labels", "labels.npy"
    )
    np.savez("turned.npz", embeddings=rows, labels=labels[::-1])
    assert "turned.npz must hold the samples of all.npz" in complaint(
        capsys, "all.npz", "turned.npz", "--labels", "labels"
    )


def test_more_than_the_memory_is_refused_before_it_is_read(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "_memory", lambda: 100)
    for name, labels in {"all.npz": "labels", "table.csv": "kind", "table.parquet": "kind"}.items():
        assert "of memory here" in complaint(capsys, name, "--labels", labels)
    np.save("small.npy", np.load("labels.npy"))
    assert main(["import", "rows.npy", "--labels", "small.npy", "--out", "run"]) == 0  # read in pieces


def test_parquet_without_pyarrow_says_what_to_install(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    genuine = builtins.__import__

    def refuse(name: str, *rest: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return genuine(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    assert "pip install pyarrow" in complaint(capsys, "table.parquet", "--labels", "kind")


# --- from a loop of one's own ---


def test_a_folder_grows_snapshot_by_snapshot(
    tmp_path: Path, rows: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    tensor = torch.tensor(rows, requires_grad=True)
    vertices = torch.eye(3, dtype=torch.bfloat16)
    for step in (0, 100, 200):
        folder = save_snapshot(
            tmp_path / "run",
            (tensor + step).bfloat16(),
            torch.from_numpy(labels),
            step=step,
            class_names=[f"class {i}" for i in range(8)],
            test=(rows[:5], labels[:5]),
            vertices=vertices,
            title="Mine + GH",
        )
        record = read_comparison(folder).sides["gh"]  # what the app reads while it grows
        assert record.steps[-1] == step
        assert record.run.state().status == "finished"
    assert record.steps == (0, 100, 200)
    assert record.classes.names == ("class 2", "class 5", "class 7")
    np.testing.assert_array_equal(record.points.targets, np.eye(3, dtype=np.float32))


def test_a_folder_takes_only_what_goes_on_with_it(
    tmp_path: Path, rows: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    save_snapshot(tmp_path / "run", rows, labels, step=10)
    with pytest.raises(RunFolderError, match="at step 10 already"):
        save_snapshot(tmp_path / "run", rows, labels, step=10)
    with pytest.raises(RunFolderError, match="other samples or labels"):
        save_snapshot(tmp_path / "run", rows, labels[::-1], step=20)
    with pytest.raises(RunFolderError, match="3 dimensions"):
        save_snapshot(tmp_path / "run", rows[:, :2], labels, step=20)
    with pytest.raises(ValueError, match="at least 0"):
        save_snapshot(tmp_path / "run", rows, labels, step=-1)
    create_run(tmp_path / "ours", RunConfig()).close()
    with pytest.raises(RunFolderError, match="trained here"):
        save_snapshot(tmp_path / "ours", rows, labels, step=20)
    assert open_run(tmp_path / "run").snapshot_steps() == [10]


def test_a_run_does_not_hide_the_sides_of_a_pair(
    tmp_path: Path, rows: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    for side in ("base", "gh"):
        save_snapshot(tmp_path / "plain" / side, rows, labels, step=10)
    with pytest.raises(RunFolderError, match="holds the runs base, gh, which a run in its place would hide"):
        save_snapshot(tmp_path / "plain", rows, labels, step=10)
    assert [(each.kind, each.path.name) for each in find_runs(tmp_path)] == [("pair", "plain")]


def test_a_folder_that_was_killed_before_its_first_snapshot_is_filled(
    tmp_path: Path, rows: NDArray[np.float32], labels: NDArray[np.int64]
) -> None:
    folder = save_snapshot(tmp_path / "run", rows, labels, step=10)
    for left in ("classes.json", "points.safetensors", "snapshots/00000010.safetensors", "events.jsonl"):
        (folder / left).unlink()
    save_snapshot(folder, rows, labels, step=10)
    assert read_comparison(folder).any_side.steps == (10,)


# --- properties ---


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.integers(-3, 6), min_size=2, max_size=80).filter(lambda each: len(set(each)) > 1))
def test_classes_go_from_head_to_tail_whatever_the_labels(values: list[int]) -> None:
    numbered = by_frequency(values, len(values))
    counts = np.bincount(numbered.labels)
    assert counts.tolist() == list(numbered.classes.counts) == sorted(counts, reverse=True)
    assert [numbered.classes.names[label] for label in numbered.labels] == [str(value) for value in values]
    np.testing.assert_array_equal(numbered.numbers(np.array(values)), numbered.labels)


def test_a_subset_keeps_some_of_every_class_and_is_the_same_for_all_steps() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [5000, 40, 2])
    first, second = (prepare(rng.normal(size=(len(labels), 3)), labels, points=300) for _ in range(2))
    assert first.has_points_of(second)
    counts = np.bincount(first.points.train_labels)
    assert counts.sum() == 300
    assert counts[1] >= KEPT_OF_A_CLASS
    assert counts[2] == 2
    assert first.classes.counts == (5000, 40, 2)  # of the whole
    assert (np.diff(first.points.train_indices) > 0).all()
    np.testing.assert_array_equal(labels[first.points.train_indices], first.points.train_labels)


def test_test_labels_must_be_known() -> None:
    numbered = by_frequency(["a", "b", "b"], 3)
    assert numbered.numbers(np.array(["a", "b"])).tolist() == [1, 0]
    with pytest.raises(ValueError, match="class that the data do not have: c"):
        numbered.numbers(np.array(["a", "c"]))
    with pytest.raises(ValueError, match="numbers or names"):
        numbered.numbers(np.array([1, 2]))
