"""Behaviour: runs recorded into folders, killed, stopped, resumed, in lock step."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ghviz import runner
from ghviz.cli import main
from ghviz.data.dataset import load
from ghviz.runner import Interruption, Pacer, resume_runs, train_pair, train_run
from ghviz.store import RunFolderError, RunLockedError, is_pair, open_run, pair_sides, update_control
from ghviz.types import (
    Diagnosed,
    Failed,
    Finished,
    GHSwitch,
    Measured,
    PriorTaken,
    RunConfig,
    SnapshotTaken,
    Step,
    Stopped,
)

SHORT = RunConfig(epochs=30, gh_warm_up=10, gh_ramp=2, gh_refresh_every=3, snapshots=7, gh_weight=2.0)
KILLS = 20


def train(folder, config=SHORT, **control):
    events = train_run(folder, config, load(config), interruption=Interruption())
    return [event for _, event in events]


def resume(folder):
    return [event for _, event in resume_runs({"": folder}, load, interruption=Interruption())]


def course(folder):
    """What must be the same in an unbroken run: steps, switches, priors, metrics, diagnoses, snapshots."""
    run = open_run(folder)
    events = [
        replace_time(event)
        for event in run.events()
        if isinstance(event, Step | GHSwitch | PriorTaken | Measured | Diagnosed | SnapshotTaken | Finished)
    ]
    return events, {step: run.snapshot(step) for step in run.snapshot_steps()}


def replace_time(event):
    return msgspec.structs.replace(event, time=0.0)


def assert_same_course(first, second):
    (events, snapshots), (others, other_snapshots) = course(first), course(second)
    assert events == others
    assert snapshots.keys() == other_snapshots.keys()
    for step, snapshot in snapshots.items():
        np.testing.assert_array_equal(snapshot.train, other_snapshots[step].train)
        np.testing.assert_array_equal(snapshot.test, other_snapshots[step].test)


def test_a_run_folder_holds_everything(tmp_path):
    train(tmp_path / "run")
    run = open_run(tmp_path / "run")
    assert run.config == SHORT
    assert run.state().status == "finished"
    assert run.snapshot_steps() == [0, 25, 50, 75, 100, 125, 150]
    assert run.checkpoint()[0] == 150
    measured = [event for event in run.events() if isinstance(event, Measured)]
    assert [event.step for event in measured] == run.snapshot_steps()
    assert 0 < measured[-1].summary["tail_territory"] < 1
    diagnosed = [event for event in run.events() if isinstance(event, Diagnosed)]
    assert [event.step for event in diagnosed] == run.snapshot_steps()[1:]
    assert len(measured[-1].per_class["territory_share"]) == 10
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert environment["seed"] == SHORT.seed
    assert environment["packages"]["torch"]


def test_a_stopped_run_goes_on_with_the_very_numbers(tmp_path):
    train(tmp_path / "whole")
    interruption = Interruption()
    for _, event in train_run(tmp_path / "run", SHORT, load(SHORT), interruption=interruption):
        interruption.wanted = event.step == 63
    assert isinstance(event, Stopped)
    assert open_run(tmp_path / "run").checkpoint()[0] == event.step
    resume(tmp_path / "run")
    assert_same_course(tmp_path / "run", tmp_path / "whole")
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert len(environment["resumed"]) == 1


def test_wishes_of_a_person_reach_the_run(tmp_path):
    seen = []
    for _, event in train_run(tmp_path / "run", SHORT, load(SHORT), interruption=Interruption()):
        seen.append(event)
        if event.step == 70 and isinstance(event, Step):
            update_control(tmp_path / "run", gh_weight=0.0)
        if event.step == 90 and isinstance(event, Step):
            update_control(tmp_path / "run", stop=True)
    assert [(e.step, e.weight) for e in seen if isinstance(e, GHSwitch)] == [(70, 0.0)]
    assert isinstance(seen[-1], Stopped)
    events = resume(tmp_path / "run")
    assert isinstance(events[-1], Finished)
    steps = [event for event in open_run(tmp_path / "run").events() if isinstance(event, Step)]
    assert [step.step for step in steps] == list(range(1, 151))
    assert {step.gh_weight for step in steps[70:]} == {0.0}


def test_a_pair_walks_in_lock_step_and_shares_its_beginning(tmp_path):
    data = load(SHORT)
    configs = {"base": replace(SHORT, gh="off"), "gh": SHORT}
    walk = [
        (side, event.step)
        for side, event in train_pair(
            tmp_path, configs, {"base": data, "gh": data}, interruption=Interruption()
        )
        if isinstance(event, Step)
    ]
    assert walk[:4] == [("base", 1), ("gh", 1), ("base", 2), ("gh", 2)]
    base, gh = open_run(tmp_path / "base"), open_run(tmp_path / "gh")
    np.testing.assert_array_equal(base.snapshot(50).train, gh.snapshot(50).train)
    assert not np.array_equal(base.snapshot(150).train, gh.snapshot(150).train)


def test_the_side_that_is_left_sets_the_pace(tmp_path, monkeypatch):
    paces = []
    monkeypatch.setattr(Pacer, "wait", lambda self, pace, wishes: paces.append(pace()))
    base = replace(SHORT, epochs=12, gh="off", pace=1000.0)
    fails = replace(base, gh="on", optimizer="sgd", learning_rate=1e30, pace=2000.0)
    data = load(SHORT)
    events = list(
        train_pair(
            tmp_path, {"base": base, "gh": fails}, {"base": data, "gh": data}, interruption=Interruption()
        )
    )
    failed = [event.step for side, event in events if isinstance(event, Failed) and side == "gh"]
    assert failed[0] < 60
    assert paces == [2000.0] * failed[0] + [1000.0] * (59 - failed[0])  # base was a step ahead


def test_a_second_trainer_is_refused_and_the_first_unharmed(tmp_path):
    events = train_run(tmp_path / "run", SHORT, load(SHORT), interruption=Interruption())
    next(events)
    with pytest.raises(RunLockedError):
        resume(tmp_path / "run")
    assert isinstance([event for _, event in events][-1], Finished)


def test_a_pair_that_can_not_begin_leaves_nothing(tmp_path):
    train(tmp_path / "gh", replace(SHORT, epochs=11))
    configs = {"base": SHORT, "gh": SHORT}
    with pytest.raises(Exception, match="holds a run already"):
        train_pair(tmp_path, configs, {}, interruption=Interruption())
    assert not (tmp_path / "base").exists()


def test_divergence_is_recorded_as_a_failure(tmp_path):
    events = train(tmp_path / "run", replace(SHORT, optimizer="sgd", learning_rate=1e30))
    assert isinstance(events[-1], Failed)
    state = open_run(tmp_path / "run").state()
    assert state.status == "broken"
    assert "try a smaller learning rate" in state.message


def test_divergence_names_the_last_good_checkpoint(tmp_path, monkeypatch):
    steps = iter([*[0.5] * 12, float("nan")])
    monkeypatch.setattr("ghviz.ssl.simclr.nt_xent", lambda z1, z2, temperature: z1.sum(1) * next(steps))
    monkeypatch.setattr("ghviz.runner.CHECKPOINT_INTERVAL", 0.0)
    train(tmp_path / "run", SHORT)
    state = open_run(tmp_path / "run").state()
    assert "the loss is nan at step 13" in state.message
    assert "the last good checkpoint is of step 10" in state.message
    assert open_run(tmp_path / "run").checkpoint()[0] == 10


def test_the_pacer_holds_the_pace():
    pacer = Pacer(Interruption())
    begun = time.monotonic()
    for _ in range(10):
        pacer.wait(lambda: 100.0)
    assert 0.08 < time.monotonic() - begun < 20  # a busy machine


def test_a_slow_pace_does_not_hold_up_a_wish():
    wishes = iter([0, 0, 1])
    begun = time.monotonic()
    Pacer(Interruption()).wait(lambda: 0.01, lambda: next(wishes))
    assert time.monotonic() - begun < 20  # at this pace a step takes 100 s


def test_the_pacer_does_not_hold_up_a_stop():
    interruption = Interruption(wanted=True)
    begun = time.monotonic()
    Pacer(interruption).wait(lambda: 0.01)
    assert time.monotonic() - begun < 20  # at this pace a step takes 100 s


def _train_or_resume(folder):
    """Target of a child process."""
    try:
        state = open_run(folder).state()
    except RunFolderError:  # killed before it was a run
        train(folder, KILLED)
    else:
        if state.status != "finished":
            resume(folder)


KILLED = replace(SHORT, epochs=60, snapshots=31)


@pytest.mark.slow
def test_killed_at_twenty_random_moments_the_numbers_are_those_of_an_unbroken_run(tmp_path):
    """The whole trainer; the children come from a server that has imported torch already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ghviz.runner", "tests.test_runner"])
    train(tmp_path / "whole", KILLED)
    chance, kills, patience, reached = random.Random(7), 0, 0.5, 0
    folders = [tmp_path / "run-0"]
    while kills < KILLS:
        child = context.Process(target=_train_or_resume, args=(folders[-1],))
        child.start()
        child.join(chance.uniform(0.05, patience))
        if child.exitcode is not None:  # it came to its end before the kill: begin another run
            assert child.exitcode == 0
            folders.append(tmp_path / f"run-{len(folders)}")
            reached, patience = 0, 0.5
            continue
        child.kill()
        child.join()
        if child.exitcode == 0:  # it ended at that very moment
            folders.append(tmp_path / f"run-{len(folders)}")
            reached, patience = 0, 0.5
            continue
        assert child.exitcode == -signal.SIGKILL
        kills += 1
        reached, patience = _progress(folders[-1], reached, patience)
    for folder in folders:
        _train_or_resume(folder)
        assert_same_course(folder, tmp_path / "whole")


def _progress(folder, reached, patience):
    """The step that a killed run shows, and how long the next attempt may live: longer if it got nowhere."""
    try:
        run = open_run(folder)
    except RunFolderError:
        return reached, patience * 1.5
    for step in run.snapshot_steps():
        run.snapshot(step)  # what it had opens
    now = run.frontier()
    return now, patience * 1.3 if now <= reached else patience


PAIRS_KILLED = 8
PAIR = ["pair", "--preset", "toy-circle", "--epochs", "16", "--gh-warm-up", "5", "--snapshots", "5"]


def _die_at_call(words, deadly, calls):
    """Target of a child process: run a command and be killed before the n-th call that changes the disk.

    What a kill at any other moment leaves on the disk is what the call before it left. Every chance to save a
    checkpoint is taken, so that the pair is resumed from many steps; `calls` counts up.
    """

    def deadly_version(call):
        def wrapped(*arguments, **named):
            calls.value += 1
            if calls.value == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return wrapped

    runner.CHECKPOINT_INTERVAL = 0.0
    os.write, os.fsync = deadly_version(os.write), deadly_version(os.fsync)
    Path.replace, Path.mkdir = deadly_version(Path.replace), deadly_version(Path.mkdir)
    sys.exit(main(words))


@pytest.mark.slow
def test_pairs_killed_at_random_moments_go_on_as_unbroken_ones(tmp_path):
    """Each is killed, resumed and killed again, and resumed to its end."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ghviz.commands.training", "tests.test_runner"])

    def killed(words, deadly):
        """Whether a command was killed before its end, and the calls that it had come to."""
        calls = context.Value("l", 0)
        child = context.Process(target=_die_at_call, args=(words, deadly, calls))
        child.start()
        child.join()
        assert child.exitcode in (0, -signal.SIGKILL)
        return child.exitcode != 0, calls.value

    def pair(name):
        return [*PAIR, "--out", str(tmp_path / name)]

    was_killed, total = killed(pair("whole"), 0)
    assert not was_killed
    chance, reached = random.Random(5), set()
    for i in range(PAIRS_KILLED):
        folder = tmp_path / f"pair-{i}"
        deadly = 1 + int(total * (i + chance.random()) / (PAIRS_KILLED + 1))  # spread over the whole of it
        assert killed(pair(folder.name), deadly)[0]
        reached.add(_step_of_pair(folder))
        for last in (False, True):
            words = pair(folder.name) if _step_of_pair(folder) is None else ["resume", str(folder)]
            killed(words, 0 if last else 1 + int(chance.random() * total / 4))
        for side in ("base", "gh"):
            assert_same_course(folder / side, tmp_path / "whole" / side)
    assert len(reached) == PAIRS_KILLED


def _step_of_pair(folder):
    """The step that both sides have come to; None where it is no pair yet."""
    return min(open_run(side).frontier() for side in pair_sides(folder).values()) if is_pair(folder) else None


def test_damaged_checkpoints_are_not_a_reason_to_start_anew(tmp_path):
    folder = tmp_path / "run"
    interruption = Interruption()
    for _, event in train_run(folder, SHORT, load(SHORT), interruption=interruption):
        interruption.wanted |= event.step >= 20
    assert "resume goes on from step" in open_run(folder).state().message
    before = (folder / "events.jsonl").read_bytes()
    for state in (folder / "checkpoint").glob("*.safetensors"):
        state.write_bytes(state.read_bytes()[:100])
    with pytest.raises(RunFolderError, match=r"checkpoints of .* are damaged"):
        resume_runs({"": folder}, load, interruption=Interruption())
    assert (folder / "events.jsonl").read_bytes() == before
    (folder / "checkpoint" / "latest.json").write_text("{")
    assert "its last checkpoint is damaged" in open_run(folder).state().message


def test_a_log_that_ends_before_its_checkpoint_says_so(tmp_path):
    folder = tmp_path / "run"
    train(folder, SHORT)
    lines = (folder / "events.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "events.jsonl").write_bytes(b"".join(lines[:10]))
    assert (
        "the end of its log is lost; resume goes on from its checkpoint of step 150"
        in open_run(folder).state().message
    )
