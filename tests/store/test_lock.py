"""Behaviour: one trainer a folder, looking on disturbs nobody, and a dead trainer holds nothing."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading

import pytest

from ghviz.store import RunLockedError, RunWriter, create_run, lock, open_run
from ghviz.store.lock import FolderLock, is_locked
from tests.store.builders import config, finish, make_run, one_sentence, python

HOLD = """
import sys, time
from ghviz.store import RunWriter
writer = RunWriter.resume(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_trainer_is_refused_with_a_sentence(tmp_path):
    folder = make_run(tmp_path / "run", steps=3, end="killed")
    child = python(HOLD, folder)
    try:
        assert child.stdout.readline() == "held\n"
        assert open_run(folder).state().status == "running"
        for attempt in (lambda: RunWriter.resume(folder), lambda: create_run(folder, config())):
            with pytest.raises(RunLockedError, match=f"process {child.pid}") as caught:
                attempt()
            assert one_sentence(caught.value)
    finally:
        child.send_signal(signal.SIGKILL)
        finish(child, code=-signal.SIGKILL)
    assert open_run(folder).state().status == "stopped"
    RunWriter.resume(folder).close()


def test_our_own_second_writer_is_refused(tmp_path):
    with create_run(tmp_path / "run", config()), pytest.raises(RunLockedError):
        RunWriter.resume(tmp_path / "run")


def test_children_do_not_inherit_the_lock(tmp_path):
    folder = tmp_path / "run"
    writer = create_run(folder, config())
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        writer.close()
        assert not is_locked(folder / "lock")
    finally:
        sleeper.communicate(b"\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets no child inherit")
def test_whoever_shares_the_open_file_does_not_keep_a_released_lock(tmp_path):
    """So does a child for a moment: it runs on before the system has closed what it inherited."""
    held = FolderLock(tmp_path / "lock")
    held.acquire()
    shared = os.dup(held._descriptor)
    try:
        assert is_locked(tmp_path / "lock")
        held.release()
        assert not is_locked(tmp_path / "lock")
    finally:
        os.close(shared)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_forked_children_do_not_inherit_the_lock(tmp_path):
    code = """
import os, sys, time
from ghviz.store import create_run
from ghviz.types import RunConfig
writer = create_run(sys.argv[1], RunConfig())
if os.fork() == 0:
    print("forked", flush=True)
    sys.stdin.readline()
    os._exit(0)
time.sleep(60)
"""
    child = python(code, tmp_path / "run")
    assert child.stdout.readline() == "forked\n"
    assert is_locked(tmp_path / "run" / "lock")  # that the child closed its copy took nothing from the parent
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert not is_locked(tmp_path / "run" / "lock")  # although the grandchild lives
    child.communicate("\n")


def test_looking_does_not_make_a_starting_trainer_fail(tmp_path):
    folder = make_run(tmp_path / "run", steps=3, end="killed")
    done = threading.Event()

    def look():
        while not done.is_set():
            is_locked(folder / "lock")

    lookers = [threading.Thread(target=look) for _ in range(3)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(30):
            RunWriter.resume(folder).close()
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_looking_makes_no_file(tmp_path):
    assert not is_locked(tmp_path / "lock")
    assert not list(tmp_path.iterdir())


def test_a_lock_on_a_deleted_file_counts_for_nothing(tmp_path, monkeypatch):
    path = tmp_path / "lock"
    real, calls = lock._try_lock, []

    def delete_first(descriptor, *, shared):
        if not calls:
            path.unlink()  # by somebody who deletes the run just now
        calls.append(shared)
        return real(descriptor, shared=shared)

    monkeypatch.setattr(lock, "_try_lock", delete_first)
    with FolderLock(path):
        assert calls == [False, False]
        assert is_locked(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no shared locks")
def test_those_who_look_do_not_see_each_other(tmp_path):
    (tmp_path / "lock").touch()
    with (tmp_path / "lock").open() as file:
        assert lock._try_lock(file.fileno(), shared=True)
        assert not is_locked(tmp_path / "lock")


def race(folder, barrier, results):
    barrier.wait()
    try:
        writer = create_run(folder, config())
    except RunLockedError:
        results.put("refused")
    else:
        results.put("made")
        barrier.wait()
        writer.close()
        return
    barrier.wait()


def test_of_several_that_start_at_once_one_wins(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(3), context.Queue()
    racers = [context.Process(target=race, args=(tmp_path / "run", barrier, results)) for _ in range(3)]
    for racer in racers:
        racer.start()
    outcomes = sorted(results.get(timeout=60) for _ in racers)
    for racer in racers:
        racer.join()
    assert outcomes == ["made", "refused", "refused"]
