"""Behaviour: a run killed at random moments gives the very numbers of an unbroken one."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from ghviz.store import open_run, update_control
from ghviz.store.layout import is_run
from ghviz.types import Finished, GHSwitch, Step
from tests.store.tiny_trainer import SNAPSHOT_EVERY, TOTAL, course, embeddings

KILLS = 25


def recorded_switches(folder):
    return {switch.step: switch.weight for switch in open_run(folder).switches()}


def train_for(folder, seconds):
    """Train until killed after `seconds`; whether the trainer came to its end before."""
    command = [sys.executable, "-m", "tests.store.tiny_trainer", str(folder)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    child.stdout.readline()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
    _, errors = child.communicate(timeout=60)
    assert child.returncode in (0, -signal.SIGKILL), errors
    return child.returncode == 0


def check_survivor(folder):
    """What was recorded up to now is a run's beginning, whole and without a gap."""
    run = open_run(folder)
    steps = [event for event in run.events() if isinstance(event, Step)]
    assert [event.step for event in steps] == list(range(1, len(steps) + 1))
    values = course(recorded_switches(folder))
    assert [int(event.loss) for event in steps] == values[1 : len(steps) + 1]
    for step in run.snapshot_steps():
        np.testing.assert_array_equal(run.snapshot(step).train, embeddings(values[step]))
    checkpoint = run.checkpoint()
    if checkpoint is not None:
        assert int(checkpoint[1]["value"]) == values[checkpoint[0]]
        assert checkpoint[0] <= len(steps)
    assert run.state().status in ("stopped", "empty", "finished")


def test_a_run_killed_at_random_moments_gives_the_numbers_of_an_unbroken_one(tmp_path):
    chance = random.Random(3)
    for attempt, patience in enumerate((0.02, 0.01, 0.005, 0.002)):  # a fast machine may finish before a kill
        folder = tmp_path / f"run-{attempt}"
        seen = switches_of_a_killed_run(folder, chance, patience)
        check_finished(folder)
        assert seen.items() <= recorded_switches(folder).items()
        if len(seen) >= 2:
            return
    pytest.fail("no run lived through two switches: it is never killed early enough")


def switches_of_a_killed_run(folder, chance, patience):
    """Train to the end through kills, with a new wish after each; the switches recorded on the way."""
    weights = itertools.cycle([0.0, 0.5, 1.0])
    frontier = -1
    seen: dict[int, float] = {}
    for _ in range(KILLS):
        if train_for(folder, chance.uniform(0, patience)):
            return seen
        if not is_run(folder):
            continue
        switches = recorded_switches(folder)
        assert seen.items() <= switches.items()  # no switch that was ever recorded is lost
        seen = switches
        check_survivor(folder)
        update_control(folder, gh_weight=next(weights))
        reached = open_run(folder).frontier()
        patience *= 0.7 if reached > frontier else 1.3  # some progress, on machines of any speed
        frontier = reached
    assert train_for(folder, 60)
    return seen


def check_finished(folder):
    run = open_run(folder)
    events = run.events()
    values = course(recorded_switches(folder))
    assert [int(event.loss) for event in events if isinstance(event, Step)] == values[1:]
    assert isinstance(events[-1], Finished)
    assert run.snapshot_steps() == list(range(SNAPSHOT_EVERY, TOTAL + 1, SNAPSHOT_EVERY))
    in_log = [event.step for event in events if isinstance(event, GHSwitch)]
    assert in_log == sorted(recorded_switches(folder))
    assert not list(folder.rglob(".*"))
