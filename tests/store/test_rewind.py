"""Behaviour: a resumed run goes back to its checkpoint and forgets nothing that a person did."""

from __future__ import annotations

import signal

import pytest

from ghviz.store import EventTail, RunWriter, create_run, open_run
from ghviz.types import CheckpointSaved, Finished, GHSwitch, PriorTaken, Step, Stopped
from tests.store.builders import a_step, config, finish, make_run, python, record, started


def steps(folder):
    return [event.step for event in open_run(folder).events() if isinstance(event, Step)]


def switches(folder):
    return [(event.step, event.weight) for event in open_run(folder).switches()]


def test_rewind_drops_what_came_after(tmp_path):
    folder = make_run(tmp_path / "run", steps=27, end="stopped")
    assert open_run(folder).frontier() == 27
    with RunWriter.resume(folder) as writer:
        writer.rewind(20)
        run = open_run(folder)
        assert steps(folder) == list(range(1, 21))
        assert not any(isinstance(event, Stopped) for event in run.events())
        assert run.snapshot_steps() == [10, 20]
        assert run.frontier() == 27
        assert run.checkpoint()[0] == 20
        record(writer, 21, 40)
        writer.append(Finished(step=40))
    assert steps(folder) == list(range(1, 41))
    assert open_run(folder).snapshot_steps() == [10, 20, 30, 40]
    assert open_run(folder).frontier() == 40
    assert open_run(folder).state().status == "finished"


def test_a_closing_event_at_the_checkpoint_goes_too(tmp_path):
    folder = make_run(tmp_path / "run", steps=20, end="stopped")
    with RunWriter.resume(folder) as writer:
        writer.rewind(20)
    assert "interrupted at step 20; resume goes on from step 20" in open_run(folder).state().message


def test_switches_outlive_rewinds(tmp_path):
    folder = make_run(tmp_path / "run", steps=27, end="killed", switch=25)
    with RunWriter.resume(folder) as writer:
        writer.rewind(20)
    assert switches(folder) == [(25, 0.0)]
    with RunWriter.resume(folder) as writer:  # killed and taken up again before step 25
        record(writer, 21, 23)
        writer.rewind(20)
        assert (switches(folder), open_run(folder).frontier()) == ([(25, 0.0)], 27)
        record(writer, 21, 25)
        writer.append(GHSwitch(step=25, weight=0.0, on=False))
        assert switches(folder) == [(25, 0.0)]  # once, although both files hold it
        record(writer, 26, 34)
        writer.append(GHSwitch(step=34, weight=0.5, on=True))
        writer.rewind(30)
        assert (switches(folder), open_run(folder).frontier()) == ([(25, 0.0), (34, 0.5)], 34)


@pytest.mark.parametrize(("order", "left"), [("before", 1), ("after", 0)])
def test_a_switch_at_the_step_of_the_checkpoint_is_lived_through_once(tmp_path, order, left):
    with create_run(tmp_path / "run", config()) as writer:
        writer.append(a_step(4))
        if order == "before":
            writer.append(GHSwitch(step=4, weight=0.0, on=False))
        writer.write_checkpoint(4, {}, {})
        writer.append(CheckpointSaved(step=4))
        if order == "after":
            writer.append(GHSwitch(step=4, weight=0.0, on=False))
        writer.append(a_step(5))
        for _ in range(2):
            writer.rewind(4)
            events = open_run(writer.folder).events()
            assert sum(isinstance(event, GHSwitch) for event in events) == left
            assert switches(writer.folder) == [(4, 0.0)]


@pytest.mark.parametrize("is_said", [True, False])
def test_what_follows_a_checkpoint_at_its_own_step_comes_once(tmp_path, is_said):
    """A kill between a checkpoint and its line in the log leaves it unsaid; it is valid all the same."""
    between = (
        GHSwitch(step=4, weight=0.0, on=False),
        PriorTaken(step=4, epoch=1, prior=[1.0], live_vertices=1),
    )
    with create_run(tmp_path / "run", config()) as writer:
        writer.append(a_step(4))
        writer.write_checkpoint(4, {}, {})
        if is_said:
            writer.append(CheckpointSaved(step=4))
        for _ in range(3):
            for event in (started(4), *between, a_step(5)):
                writer.append(event)
            events = open_run(writer.folder).events()
            assert sum(isinstance(event, GHSwitch | PriorTaken) for event in events) == 2
            writer.rewind(4)
    assert switches(writer.folder) == [(4, 0.0)]


def test_rewind_to_the_very_beginning(tmp_path):
    folder = make_run(tmp_path / "run", steps=8, end="killed", switch=0)
    assert open_run(folder).checkpoint() is None
    with RunWriter.resume(folder) as writer:
        writer.rewind(-1)
    run = open_run(folder)
    assert run.events() == []
    assert (switches(folder), run.frontier()) == ([(0, 0.0)], 8)


def test_rewind_behind_the_checkpoint_withdraws_it(tmp_path):
    folder = make_run(tmp_path / "run", end="killed")
    with RunWriter.resume(folder) as writer:
        writer.rewind(35)
        assert open_run(folder).checkpoint()[0] == 30
        writer.rewind(-1)
        assert open_run(folder).checkpoint() is None


def test_rewind_drops_torn_and_garbled_lines(tmp_path):
    folder = make_run(tmp_path / "run", steps=12, end="killed")
    with (folder / "events.jsonl").open("ab") as file:
        file.write(b'garbage\n{"kind":"step","step":13,"epo')
    with RunWriter.resume(folder) as writer:
        writer.append(a_step(13))
        assert steps(folder) == list(range(1, 14))
        writer.rewind(10)
        writer.append(a_step(11))
    assert steps(folder) == list(range(1, 12))
    assert b"garbage" not in (folder / "events.jsonl").read_bytes()


def test_a_tail_notices_a_rewind(tmp_path):
    with create_run(tmp_path / "run", config()) as writer:
        tail = EventTail(writer.folder)
        assert tail.read() == []
        writer.append(started())
        record(writer, 1, 15)
        assert [event.step for event in tail.read() if isinstance(event, Step)] == list(range(1, 16))
        assert (tail.read(), tail.restarted) == ([], False)
        writer.rewind(10)
        assert [event.step for event in tail.read() if isinstance(event, Step)] == list(range(1, 11))
        assert tail.restarted
        writer.append(a_step(11))
        assert [event.step for event in tail.read()] == [11]
        assert not tail.restarted
        writer.rewind(10)
        record(writer, 11, 30)  # longer than before when next looked at
        assert [event.step for event in tail.read() if isinstance(event, Step)] == list(range(1, 31))
        assert tail.restarted


def test_a_tail_notices_a_rewrite_under_the_same_inode(tmp_path):
    folder = make_run(tmp_path / "run", steps=5)
    tail = EventTail(folder)
    before = tail.read()
    log = folder / "events.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"loss":1.5', b'"loss":2.5') * 2)
    assert len(tail.read()) == 2 * len(before)
    assert tail.restarted


# Dies in the n-th call that changes the disk, before or after it is done.
DIE_AT_CALL = """
import os, signal, sys
from pathlib import Path
import numpy as np
from ghviz.store import RunWriter
folder, action, deadly, when = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
calls = 0
def deadly_version(call):
    def wrapped(*args, **kw):
        global calls
        calls += 1
        if calls == deadly and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **kw)
        if calls == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return wrapped
writer = RunWriter.resume(folder)
os.fsync, os.write = deadly_version(os.fsync), deadly_version(os.write)
os.ftruncate = deadly_version(os.ftruncate)
Path.replace, Path.unlink = deadly_version(Path.replace), deadly_version(Path.unlink)
if action == "rewind":
    writer.rewind(20)
else:
    writer.write_checkpoint(50, {"w": np.full(3, 50)}, {"step": 50})
print(calls)
"""


def run_to_die(folder):
    """Step 27 of 40, checkpoint at 20, a switch at 25 that the checkpoint does not know, and one at 5."""
    make_run(folder, steps=27, end="killed", switch=25)
    with RunWriter.resume(folder) as writer:
        writer.append(a_step(28))
        writer.append(GHSwitch(step=28, weight=0.5, on=True))
    return folder


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_at_any_call_of_rewind_loses_no_switch(tmp_path, when):
    calls = int(finish(python(DIE_AT_CALL, run_to_die(tmp_path / "whole"), "rewind", 0, when)))
    assert calls > 5
    for deadly in range(1, calls + 1):
        folder = run_to_die(tmp_path / f"run-{deadly}")
        finish(python(DIE_AT_CALL, folder, "rewind", deadly, when), code=-signal.SIGKILL)
        for _ in range(2):  # what is true after the kill must be true after the next rewind
            run = open_run(folder)
            assert switches(folder) == [(25, 0.0), (28, 0.5)]
            assert run.frontier() == 28
            assert run.checkpoint()[0] == 20
            assert steps(folder) in (list(range(1, 29)), list(range(1, 21)))
            assert run.state().status == "stopped"
            with RunWriter.resume(folder) as writer:
                writer.rewind(20)
        assert steps(folder) == list(range(1, 21))
        assert open_run(folder).snapshot_steps() == [10, 20]
        assert not list(folder.rglob(".*"))


def test_a_kill_at_any_call_of_a_checkpoint_leaves_a_whole_one(tmp_path):
    calls = int(finish(python(DIE_AT_CALL, make_run(tmp_path / "whole"), "checkpoint", 0, "after")))
    found = set()
    for deadly in range(1, calls + 1):
        folder = make_run(tmp_path / f"run-{deadly}", end="killed")
        finish(python(DIE_AT_CALL, folder, "checkpoint", deadly, "after"), code=-signal.SIGKILL)
        step, tensors, meta = open_run(folder).checkpoint()
        assert tensors["w"].tolist() == [step] * 3
        assert meta == {"step": step}
        found.add(step)
    assert found == {40, 50}
