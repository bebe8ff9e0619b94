"""Behaviour: whatever lies in a folder, reading it gives what is whole or one sentence."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import save_file

from ghviz.store import EventTail, RunFolderError, RunWriter, find_runs, open_run, update_control
from ghviz.types import Step
from tests.store.builders import a_step, make_run, one_sentence

GARBAGE = [
    b"",
    b"\x00" * 4096,
    b"{",
    b"[]",
    b"null",
    b"\xff\xfe{}",
    b'{"format": 1',
    b"[" * 200_000,
    b'{"a": ' * 100_000,
    bytes(range(256)) * 10,
]
FILES = [
    "format.json",
    "config.json",
    "classes.json",
    "points.safetensors",
    "events.jsonl",
    "control.json",
    "environment.json",
    "lock",
    "snapshots/00000010.safetensors",
    "checkpoint/latest.json",
    "checkpoint/state-00000020.safetensors",
    "checkpoint/replay.json",
]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = make_run(tmp_path_factory.mktemp("sound") / "run", steps=20, end="stopped")
    with RunWriter.resume(folder) as writer:
        writer.rewind(20)
    update_control(folder, pace=2)
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "run")


def read_everything(folder):
    """All that can be read; every failure must be one sentence."""
    failures = []
    for read in (
        lambda: open_run(folder),
        lambda: open_run(folder).classes,
        lambda: open_run(folder).points,
        lambda: [open_run(folder).snapshot(step) for step in open_run(folder).snapshot_steps()],
        lambda: open_run(folder).checkpoint(),
        lambda: open_run(folder).events(),
        lambda: (open_run(folder).switches(), open_run(folder).frontier()),
        lambda: open_run(folder).state(),
        lambda: open_run(folder).size_bytes(),
        lambda: RunWriter.resume(folder).close(),
        lambda: find_runs(folder),
    ):
        try:
            read()
        except RunFolderError as error:
            failures.append(error)
    assert all(one_sentence(failure) for failure in failures), failures
    return [str(failure) for failure in failures]


@pytest.mark.parametrize("name", FILES)
def test_garbage_in_any_file_gives_one_sentence(folder, name):
    assert read_everything(folder) == []
    for content in GARBAGE:
        (folder / name).write_bytes(content)
        failures = read_everything(folder)
        assert all(name in failure for failure in failures)
        if name in ("format.json", "config.json"):
            assert failures
            assert find_runs(folder)[0].state.status == "broken"
        else:
            assert find_runs(folder)[0].state.status != "broken"


@pytest.mark.parametrize("name", FILES)
def test_a_file_cut_anywhere_gives_one_sentence(folder, name):
    content = (folder / name).read_bytes()
    for end in {0, 1, len(content) // 3, len(content) // 2, len(content) - 2}:
        (folder / name).write_bytes(content[: max(0, end)])
        assert all(name in failure for failure in read_everything(folder))


@pytest.mark.parametrize("name", FILES)
def test_a_folder_in_place_of_any_file_gives_one_sentence(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    read_everything(folder)


def test_a_newer_format_is_said_to_be_newer(folder):
    (folder / "format.json").write_text('{"format": 2, "ghviz": "9.1", "more": true}')
    failures = set(read_everything(folder))
    assert len(failures) == 1
    assert "newer ghviz (9.1, format 2)" in failures.pop()
    assert "newer" in find_runs(folder)[0].state.message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tau": 0.1}, "unknown field 'tau'"),
        ({"temperature": -1}, "temperature"),
        ({"dataset": "imagenet"}, "dataset"),
        ({"num_classes": 5, "classes": [1, 2]}, "num_classes = 5"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(folder, change, words):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(RunFolderError, match=words) as caught:
        open_run(folder)
    assert one_sentence(caught.value)


def test_a_field_that_an_older_version_did_not_know_gets_its_default(folder):
    path = folder / "config.json"
    fields = json.loads(path.read_text())
    del fields["snapshot_points"]
    path.write_text(json.dumps(fields))
    assert open_run(folder).config.snapshot_points == 4000


@pytest.mark.parametrize(
    "tensors",
    [
        {"train": np.zeros((3, 2))},
        {"train": np.zeros((3, 2), np.float32)},
        {"train": np.zeros(3, np.float32), "test": np.zeros((3, 2), np.float32)},
        {"train": np.zeros((3, 2), np.float32), "test": np.zeros((3, 3), np.float32)},
        {"train": np.zeros((3, 2), np.float32), "test": np.zeros((3, 2), np.float32)},  # no epoch
    ],
)
def test_a_snapshot_of_another_shape_is_broken(folder, tensors):
    save_file(tensors, folder / "snapshots" / "00000010.safetensors")
    with pytest.raises(RunFolderError, match="is broken"):
        open_run(folder).snapshot(10)


def test_a_snapshot_that_is_not_there(folder):
    with pytest.raises(RunFolderError, match="missing"):
        open_run(folder).snapshot(11)


def test_foreign_files_are_passed_over(folder):
    for name in ("notes.txt", "1.safetensors", "-0000001.safetensors", "00000010.safetensors.bak"):
        (folder / "snapshots" / name).write_text("mine")
    assert open_run(folder).snapshot_steps() == [10, 20]


def test_not_a_run(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RunFolderError, match="not a"):
            open_run(folder)
    assert list(tmp_path.iterdir()) == []


def test_lines_of_garbage_are_passed_over_and_a_torn_one_waits(folder):
    log = folder / "events.jsonl"
    tail = EventTail(folder)
    before = len(tail.read())
    with log.open("ab") as file:
        file.write(b'garbage\n{"kind":"step"}\n{"kind":"new-kind","step":3}\n\n')
        file.write(b'{"kind":"stopped","st')
    assert (tail.read(), tail.skipped) == ([], 4)
    with log.open("ab") as file:
        file.write(b'ep":20,"reason":"x"}\n')
    assert [event.step for event in tail.read()] == [20]
    assert len(open_run(folder).events()) == before + 1
    assert open_run(folder).events(before)[0].step == 20


def test_the_state_needs_only_the_ends_of_the_log(folder):
    log = folder / "events.jsonl"
    with log.open("ab") as file:
        file.write(b"x" * 300_000 + b"\n")  # a last line longer than what is first looked at
    state = open_run(folder).state()
    assert (state.status, state.step, state.total_steps) == ("stopped", 20, 40)


@pytest.mark.parametrize(
    ("end", "status", "words"),
    [
        ("finished", "finished", "Finished after 20 steps."),
        ("stopped", "stopped", "Was stopped at step 20; resume goes on from step 20."),
        ("killed", "stopped", "Was interrupted at step 20; resume goes on from step 20."),
    ],
)
def test_states(tmp_path, end, status, words):
    state = open_run(make_run(tmp_path / "run", steps=20, end=end)).state()
    assert (state.status, state.step, state.total_steps, state.message) == (status, 20, 40, words)


def test_the_state_of_a_run_without_checkpoint(tmp_path):
    state = open_run(make_run(tmp_path / "run", steps=3, end="killed")).state()
    assert "no checkpoint yet" in state.message


def test_a_reader_beside_a_writer_sees_whole_lines(tmp_path):
    folder = make_run(tmp_path / "run", steps=3, end="killed")
    tail = EventTail(folder)
    tail.read()
    seen = []
    with RunWriter.resume(folder) as writer:
        for step in range(4, 200):
            writer.append(a_step(step))
            seen += tail.read()
    assert [event.step for event in seen if isinstance(event, Step)] == list(range(4, 200))
