"""How soon what a person does shows: from Start to the first live picture, from a flip of GH to its event.

    python benchmarks/live.py [--starts 3] [--flips 10]

A start is the button of the Train page in headless Chromium, timed to the first frame of the globe. A flip is
timed from the wish written into the folder of a running pair, and from the start of the command `control`, to
the event in its events.jsonl.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from browser import PATIENCE_S, ROOT, chromium, server, visitor, wait_for_server
from report import machine, spread, verdict

from ghviz.store import EventTail, RunFolderError, find_runs, update_control
from ghviz.types import GHSwitch, Step

LIMIT_START_S = 6.0
LIMIT_FLIP_S = 1.0
STEPS_A_SECOND = 50


def starts(count: int) -> list[float]:
    """Seconds from pressing Start to the first picture of the new run."""
    times = []
    with tempfile.TemporaryDirectory() as runs, chromium() as browser:
        environment = {"GHVIZ_RUNS": runs}
        with server(ROOT / "app.py", environment=environment) as address:
            wait_for_server(address)
            for _ in range(count):
                with visitor(browser) as context:
                    page = context.new_page()
                    page.goto(f"{address}/train?run=new")
                    button = page.get_by_role("button", name="Start").first
                    button.wait_for()
                    page.wait_for_timeout(1000)
                    page.evaluate("window.ghvizFrames = []")
                    begun = time.perf_counter()
                    button.click()
                    page.wait_for_function("window.ghvizFrames.length > 0", polling=20)
                    times.append(time.perf_counter() - begun)
                stop_all(Path(runs))
    return times


def stop_all(runs: Path) -> None:
    """Ask all trainers below a folder to stop, and wait for them."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        running = [run.path for run in find_runs(runs) if run.state.status == "running"]
        if not running:
            return
        for path in running:
            update_control(path, stop=True)
        time.sleep(0.2)


@contextlib.contextmanager
def running_pair() -> Iterator[Path]:
    """A pair that trains long enough, at a pace to be watched."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pair"
        options = [
            "--preset",
            "toy-circle",
            "--pace",
            str(STEPS_A_SECOND),
            "--epochs",
            "2000",
            "--out",
            str(folder),
        ]
        trainer = subprocess.Popen(
            [sys.executable, "-m", "ghviz", "pair", *options], stdout=subprocess.DEVNULL
        )
        try:
            yield folder
        finally:
            trainer.terminate()
            trainer.wait(timeout=PATIENCE_S)


def seen(tail: EventTail, kind: type[GHSwitch] | type[Step]) -> None:
    """Until an event of this kind is in the log."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(RunFolderError):
            if any(isinstance(event, kind) for event in tail.read()):
                return
        time.sleep(0.005)
    raise SystemExit(f"no {kind.__name__} within {PATIENCE_S:g} s")


def flips(count: int, flip: Callable[[Path, float], None]) -> list[float]:
    """Seconds from a flip to its event."""
    times = []
    with running_pair() as folder:
        while not (folder / "gh" / "events.jsonl").exists():
            time.sleep(0.05)
        tail = EventTail(folder / "gh")
        seen(tail, Step)
        for turn in range(count):
            time.sleep(0.3)
            tail.read()
            begun = time.perf_counter()
            flip(folder, float(turn % 2))
            seen(tail, GHSwitch)
            times.append(time.perf_counter() - begun)
    return times


def write_wish(folder: Path, weight: float) -> None:
    """What the app does."""
    update_control(folder, gh_weight=weight)


def call_control(folder: Path, weight: float) -> None:
    """What a person does in a terminal."""
    subprocess.Popen([sys.executable, "-m", "ghviz", "control", str(folder), "--gh", str(weight)])


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--flips", type=int, default=10)
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}", sep="; ")
    if asked.flips:
        written = flips(asked.flips, write_wish)
        called = flips(asked.flips, call_control)
        print(f"from the wish to its event     {spread(written)} s")
        print(f"from the command to its event  {spread(called)} s")
        print(f"flip: {verdict(statistics.median(called), LIMIT_FLIP_S, unit='s')}")
    if asked.starts:
        pressed = starts(asked.starts)
        print(f"from Start to a live picture   {spread(pressed)} s")
        print(f"start: {verdict(statistics.median(pressed), LIMIT_START_S, unit='s')}")


if __name__ == "__main__":
    main()
