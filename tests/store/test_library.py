"""Behaviour: finding, renaming and deleting runs, and never touching what is not ours."""

from __future__ import annotations

import os

import pytest

from ghviz.store import (
    RunFolderError,
    RunLockedError,
    RunWriter,
    create_run,
    delete_run,
    find_runs,
    is_pair,
    library,
    open_run,
    pair_sides,
    rename_run,
)
from ghviz.types import Failed
from tests.store.builders import a_step, config, make_pair, make_run, one_sentence


def test_pairs(tmp_path):
    pair = make_pair(tmp_path / "pair", steps=3)
    assert is_pair(pair)
    assert list(pair_sides(pair)) == ["base", "gh"]
    make_run(pair / "base-b", steps=3)
    assert pair_sides(pair) == {side: pair / side for side in ("base", "gh", "base-b")}
    for other in (pair / "gh", tmp_path / "missing"):
        assert not is_pair(other)
        with pytest.raises(RunFolderError, match="not a pair"):
            pair_sides(other)


def test_all_runs_are_found_and_broken_ones_say_why(tmp_path):
    make_run(tmp_path / "done", steps=40)
    make_run(tmp_path / "set" / "seeds" / "killed", steps=12, end="killed")
    make_pair(tmp_path / "pair", steps=20, end="stopped")
    make_run(tmp_path / "broken")
    (tmp_path / "broken" / "config.json").write_text("{")
    make_run(tmp_path / "newer")
    (tmp_path / "newer" / "format.json").write_text('{"format": 99, "ghviz": "7"}')
    make_run(tmp_path / ".hidden")
    make_run(tmp_path / "a" / "b" / "c" / "too-deep")
    (tmp_path / "other").mkdir()
    (tmp_path / "file").write_text("")
    found = {summary.name: summary for summary in find_runs(tmp_path)}
    assert set(found) == {"done", "killed", "pair", "broken", "newer"}
    assert {name: summary.state.status for name, summary in found.items()} == {
        "done": "finished",
        "killed": "stopped",
        "pair": "stopped",
        "broken": "broken",
        "newer": "broken",
    }
    assert (found["pair"].kind, found["done"].kind) == ("pair", "run")
    assert found["done"].config == config()
    assert found["broken"].config is None
    assert all(one_sentence(Exception(found[name].state.message)) for name in found)
    assert "newer" in found["newer"].state.message
    total = sum(path.stat().st_size for path in (tmp_path / "pair").rglob("*") if path.is_file())
    assert found["pair"].size_bytes == total
    assert [summary.path for summary in find_runs(tmp_path / "done")] == [tmp_path / "done"]
    assert find_runs(tmp_path / "missing") == []


@pytest.mark.parametrize("ask", [open_run, pair_sides])
def test_a_folder_of_runs_names_them(tmp_path, ask):
    make_pair(tmp_path / "one" / "first", steps=2)
    for name in "abcdefgh":
        make_pair(tmp_path / "many" / name, steps=2)
    make_pair(tmp_path / "mixed" / "pair", steps=2)
    make_run(tmp_path / "mixed" / "run", steps=2)
    (tmp_path / "mixed" / "other").mkdir()
    first = tmp_path / "one" / "first"
    for name, said in (
        ("one", f"holds a pair: name that, {first}."),
        ("many", "holds 8 pairs: name one of them: a, b, c, d, e, f and 2 more."),
        ("mixed", "holds 2 runs and pairs: name one of them: pair, run."),
    ):
        with pytest.raises(RunFolderError) as caught:
            ask(tmp_path / name)
        assert str(caught.value) == f"{tmp_path / name} {said}"
    with pytest.raises(RunFolderError, match=r"holds 2 runs: name one of them: base, gh\."):
        open_run(first)


def test_newest_first(tmp_path):
    for name in ("b", "c", "a"):
        make_run(tmp_path / name, steps=2)
    assert [summary.name for summary in find_runs(tmp_path)] == ["a", "c", "b"]


def test_the_state_of_a_pair_is_that_of_the_side_that_wants_attention(tmp_path):
    pair = make_pair(tmp_path / "pair", steps=20)
    assert find_runs(pair)[0].state.status == "finished"
    with RunWriter.resume(pair / "gh") as writer:
        writer.rewind(10)
        assert find_runs(pair)[0].state.status == "running"
        assert find_runs(pair)[0].state.step == 10
        writer.append(Failed(step=11, message="The loss is no number any more."))
    state = find_runs(pair)[0].state
    assert (state.status, state.message) == ("broken", "Side gh: The loss is no number any more.")


def test_a_stopped_pair_goes_by_the_side_that_is_behind(tmp_path):
    make_run(tmp_path / "pair" / "base", steps=14, end="stopped")
    make_run(tmp_path / "pair" / "gh", steps=13, end="stopped")
    state = find_runs(tmp_path)[0].state
    assert state.step == 13
    assert "Was stopped at step 13" in state.message


def test_a_pair_that_vanishes_while_it_is_looked_at_is_passed_over(tmp_path, monkeypatch):
    pair = make_pair(tmp_path / "pair", steps=2)

    def gone(folder):
        raise RunFolderError(f"{folder} is not a pair")

    for seen in (lambda folder: {"base": folder / "base"}, gone):
        monkeypatch.setattr(library, "pair_sides", seen)
        assert find_runs(pair) == []


def test_sizes_are_measured_only_when_asked_for(tmp_path, monkeypatch):
    make_run(tmp_path / "run", steps=2)
    measured = []
    monkeypatch.setattr(library, "folder_size", lambda folder: measured.append(folder) or 7)
    (summary,) = find_runs(tmp_path)
    assert measured == []
    assert (summary.size_bytes, summary.size_bytes) == (7, 7)
    assert measured == [tmp_path / "run"]


def test_what_can_be_resumed(tmp_path):
    def fail(folder):
        with RunWriter.resume(folder) as writer:
            writer.append(Failed(step=14, message="The loss is no number any more."))

    make_run(tmp_path / "finished")
    make_run(tmp_path / "stopped", steps=14, end="stopped")
    fail(make_run(tmp_path / "failed", steps=14, end="killed"))
    fail(make_run(tmp_path / "failed at once", steps=4, end="killed"))
    make_run(tmp_path / "unreadable", steps=14, end="killed")
    (tmp_path / "unreadable" / "config.json").write_text("{")
    make_pair(tmp_path / "one side failed", steps=14, end="stopped")
    fail(tmp_path / "one side failed" / "base")
    make_pair(tmp_path / "one side unreadable", steps=14, end="stopped")
    (tmp_path / "one side unreadable" / "gh" / "config.json").write_text("{")
    found = {summary.name for summary in find_runs(tmp_path) if summary.can_resume()}
    assert found == {"stopped", "failed", "one side failed"}


def test_rename(tmp_path):
    run = make_run(tmp_path / "run", steps=3)
    new = rename_run(run, " résumé, 2nd try ")
    assert new == tmp_path / "résumé, 2nd try"
    assert open_run(new).state().step == 3
    assert not run.exists()
    pair = rename_run(make_pair(tmp_path / "pair", steps=2), "two")
    assert is_pair(pair)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../up",
        "/etc/x",
        "a/b",
        "a\\b",
        ".hidden",
        "-rf",
        "a\nb",
        "a\0b",
        "x" * 101,
        "c:x",
        "a.",
    ],
)
def test_a_name_stays_inside_its_folder(tmp_path, name):
    run = make_run(tmp_path / "in" / "run", steps=2)
    with pytest.raises(ValueError, match="name"):
        rename_run(run, name)
    assert [path.name for path in tmp_path.rglob("run")] == ["run"]


def test_a_taken_name_is_refused(tmp_path):
    run = make_run(tmp_path / "run", steps=2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("empty", "link", "run"):
        with pytest.raises(RunFolderError, match="exists already"):
            rename_run(run, name)


def test_delete(tmp_path):
    run = make_run(tmp_path / "run", steps=12)
    (run / "snapshots" / ".left.tmp").write_text("")
    (run / ".events.jsonl.1-1.tmp").write_text("")
    (run / "snapshots" / "note.txt").write_text("in a folder of ghviz's own")
    assert delete_run(run) == []
    pair = make_pair(tmp_path / "pair", steps=2)
    (pair / "trainer.log").write_text("")
    (pair / "layouts.safetensors").write_text("")
    assert delete_run(pair) == []
    assert list(tmp_path.iterdir()) == []


def test_delete_leaves_what_is_not_ours(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("precious")
    run = make_run(tmp_path / "run", steps=12)
    (run / "figure.pdf").write_text("mine")
    (run / "snapshots" / "link").symlink_to(outside)
    (run / "checkpoint").rename(tmp_path / "moved")
    (run / "checkpoint").symlink_to(tmp_path / "moved")
    (run / "trainer.log").symlink_to(outside / "precious")
    assert delete_run(run) == [run / "figure.pdf"]
    assert list(run.iterdir()) == [run / "figure.pdf"]
    assert (outside / "precious").read_text() == "precious"
    assert (tmp_path / "moved" / "latest.json").exists()
    assert find_runs(tmp_path) == []


def test_a_broken_run_can_be_deleted(tmp_path):
    run = make_run(tmp_path / "run", steps=2)
    (run / "format.json").write_text("{")
    (run / "config.json").write_text("{")
    assert delete_run(run) == []
    assert not run.exists()


def test_only_runs_are_renamed_and_deleted(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").write_text("")
    run = make_run(tmp_path / "run", steps=2)
    (tmp_path / "link").symlink_to(run)
    pair = tmp_path / "pair"
    make_run(pair / "base", steps=2)
    (pair / "gh").symlink_to(run)
    for folder, words in (("folder", "neither"), ("missing", "neither"), ("link", "link"), ("pair", "link")):
        for change in (delete_run, lambda folder: rename_run(folder, "new")):
            with pytest.raises(RunFolderError, match=words):
                change(tmp_path / folder)
    assert (tmp_path / "folder" / "precious").exists()
    assert open_run(run).state().step == 2
    assert not os.path.lexists(tmp_path / "new")


def test_a_run_in_use_is_neither_renamed_nor_deleted(tmp_path):
    pair = make_pair(tmp_path / "pair", steps=2)
    with RunWriter.resume(pair / "gh") as writer:
        for folder in (pair, pair / "gh"):
            for change in (delete_run, lambda folder: rename_run(folder, "new")):
                with pytest.raises(RunLockedError, match="in use"):
                    change(folder)
        writer.append(a_step(3))
    assert open_run(pair / "base").state().step == 2
    assert open_run(pair / "gh").state().step == 3


def test_a_run_without_events_is_empty(tmp_path):
    with create_run(tmp_path / "run", config()):
        assert find_runs(tmp_path)[0].state.status == "running"
    assert find_runs(tmp_path)[0].state.status == "empty"
