"""Behaviour: wishes reach a running trainer, and nothing that lies in control.json can hurt it."""

from __future__ import annotations

import threading

import pytest

from ghviz.store import (
    ControlWatcher,
    RunFolderError,
    RunWriter,
    control,
    read_control,
    update_control,
    write_control,
)
from ghviz.types import Control
from tests.store.builders import make_pair, make_run

BROKEN_CONTROLS = [
    b"",
    b"{",
    b"null",
    b'{"gh_weight": -1}',
    b'{"gh_weight": 1, "typo": 2}',
    b'{"stop": "yes"}',
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"gh_weight": 1e999}',
]


@pytest.fixture
def folder(tmp_path):
    return make_run(tmp_path / "run", steps=3, end="killed")


def test_wishes_are_states(folder):
    assert read_control(folder) == Control()
    write_control(folder, Control(gh_weight=0.5))
    assert update_control(folder, pace=3) == Control(gh_weight=0.5, pace=3)
    assert update_control(folder, pace=3) == Control(gh_weight=0.5, pace=3)
    assert update_control(folder, gh_weight=None, stop=True) == read_control(folder)
    assert read_control(folder) == Control(pace=3, stop=True)


def test_a_watcher_sees_each_change(folder):
    watcher = ControlWatcher(folder)
    assert watcher.poll() == Control()
    for weight in (0.0, 1.0, 0.5, 0.0, 1.0):  # same size, same moment
        update_control(folder, gh_weight=weight)
        assert watcher.poll() == Control(gh_weight=weight)
        assert watcher.poll() == Control(gh_weight=weight)


@pytest.mark.parametrize("content", BROKEN_CONTROLS)
def test_a_broken_file_changes_no_wish(folder, content):
    watcher = ControlWatcher(folder)
    (folder / "control.json").write_bytes(content)
    assert watcher.poll() == Control()
    assert read_control(folder) == Control()
    write_control(folder, Control(gh_weight=2))
    assert watcher.poll() == Control(gh_weight=2)
    (folder / "control.json").write_bytes(content)
    assert watcher.poll() == Control(gh_weight=2)
    assert update_control(folder, pace=1) == Control(pace=1)
    assert watcher.poll() == Control(pace=1)
    (folder / "control.json").unlink()
    (folder / "control.json").mkdir()
    assert watcher.poll() == Control(pace=1)
    (folder / "control.json").rmdir()
    assert watcher.poll() == Control(pace=1)


@pytest.mark.parametrize(
    "changes",
    [{"gh_weight": -0.1}, {"pace": float("nan")}, {"gh_weight": float("inf")}, {"typo": 1}, {"stop": 2}],
)
def test_wishes_out_of_range_are_refused(folder, changes):
    with pytest.raises(ValueError, match="control"):
        update_control(folder, **changes)
    assert read_control(folder) == Control()


def test_wishes_need_a_run(tmp_path):
    for write in (lambda: update_control(tmp_path, stop=True), lambda: write_control(tmp_path, Control())):
        with pytest.raises(RunFolderError, match="not a run folder"):
            write()
    assert not list(tmp_path.iterdir())


def test_wishes_at_the_same_time_all_take_effect(folder):
    lost = []

    def wish(field):
        for value in range(100):
            update_control(folder, **{field: value})
            if getattr(read_control(folder), field) != value:
                lost.append((field, value))

    threads = [threading.Thread(target=wish, args=[field]) for field in ("gh_weight", "pace")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert lost == []


def test_an_unchanged_file_is_not_read_again(folder, monkeypatch):
    update_control(folder, pace=1)
    watcher = ControlWatcher(folder)
    watcher.poll()
    monkeypatch.setattr(control, "read_bytes", None)
    assert watcher.poll() == Control(pace=1)


def test_a_resumed_run_forgets_the_wish_to_stop_alone(folder):
    update_control(folder, gh_weight=0, stop=True)
    RunWriter.resume(folder).close()
    assert read_control(folder) == Control(gh_weight=0)


def test_the_weight_for_a_pair_goes_to_its_gh_side(tmp_path):
    pair = make_pair(tmp_path / "pair", steps=3)
    assert update_control(pair, gh_weight=0.5, stop=True) == Control(gh_weight=0.5, stop=True)
    assert read_control(pair / "base") == Control(stop=True)
    assert read_control(pair / "gh") == read_control(pair) == Control(gh_weight=0.5, stop=True)
    update_control(pair, gh_weight=0.25)
    assert read_control(pair / "base") == Control(stop=True)
