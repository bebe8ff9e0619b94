"""`sweep`: every combination of methods, GH off and on, and seeds, each a run of its own."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ghviz.commands.parsing import BadArgumentsError, checked, parse
from ghviz.commands.starting_point import length_notes, starting_point
from ghviz.store import RunFolderError, RunLockedError, open_run
from ghviz.store.layout import is_run
from ghviz.sweep.jobs import Ended, Job, run_jobs, was_stopped
from ghviz.sweep.plan import Planned, command_of, planned_runs, standing
from ghviz.types import RunConfig

FAILED = 1
INTERRUPTED = 130
_OWN = ("--methods", "--gh", "--seeds", "--out", "--jobs")
_OWN_SWITCHES = ("--print-commands", "--no-print-commands")
_MINE_INSTEAD = {"--method": "--methods", "--seed": "--seeds"}
_EXAMPLE = (
    "python -m ghviz sweep --preset digits --methods simclr,focal --gh off,on --seeds 0-4 --out runs/digits"
)
_MORE = """\
Any setting of `train` may follow and holds for all runs, such as --preset digits --epochs 1400: see
python -m ghviz train --help.

The same command again goes on where it was stopped: finished runs stay, stopped ones resume, those that
failed are tried again. Lines of --print-commands run anywhere, in any order; folders that were made on
several machines merge by copying them into one. What came of it: python -m ghviz report DIR."""


@dataclass(frozen=True)
class SweepArguments:
    """Train every combination of methods, GH off and on, and seeds."""

    out: Path
    """Folder for the sweep: gets METHOD-seed-NNNN/base and .../gh, pairs that Compare can open."""
    methods: str = "simclr"
    """Base methods, such as simclr,focal."""
    gh: str = "off,on"
    """Without GH, with it, or both."""
    seeds: str = "0-4"
    """Seeds, such as 0-4 or 1,5,7-9."""
    jobs: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Runs at once, each in a process of its own."""
    print_commands: bool = False
    """Train nothing: print one command a line and run, for any scheduler."""


def sweep(arguments: list[str]) -> int:
    """Train the runs of a sweep that are not finished yet, or print their commands."""
    own, settings = _divided(arguments)
    asked = parse(SweepArguments, own, command="sweep", example=_EXAMPLE, more=_MORE)
    if asked.jobs < 1:
        raise BadArgumentsError(f"--jobs must be at least 1, got {asked.jobs}")
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise BadArgumentsError(
            "a sweep trains each run in one process, not under torchrun: use train for a run on several"
        )
    config = _config(settings)
    runs = planned_runs(config, asked.out, methods=asked.methods, gh=asked.gh, seeds=asked.seeds)
    if asked.print_commands:
        for run in runs:
            print(shlex.join(["python", "-m", "ghviz", *command_of(run, asked.out, settings)]))
        return 0
    if len(runs) == 1:
        return _train_here(runs[0], settings)
    return _train_all(runs, asked, settings)


def _divided(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that are the sweep's own, and those that are settings of its runs.

    Raises:
        BadArgumentsError: a flag of `train` that stands for one run.
    """
    own: list[str] = []
    settings: list[str] = []
    words = iter(arguments)
    for word in words:
        flag = word.partition("=")[0].replace("_", "-")
        if flag in _MINE_INSTEAD:
            raise BadArgumentsError(f"a sweep has {_MINE_INSTEAD[flag]} in place of {flag}")
        if flag in _OWN and "=" not in word:
            own += [flag, *([following] if (following := next(words, None)) is not None else [])]
        elif flag in _OWN or word in (*_OWN_SWITCHES, "-h", "--help"):
            own.append(word)
        else:
            settings.append(word)
    return own, settings


def _config(settings: list[str]) -> RunConfig:
    """What all runs share."""

    @dataclass(frozen=True)
    class Settings:
        """Settings of every run of a sweep."""

        config: Annotated[RunConfig, tyro.conf.arg(name="")] = field(default=starting_point(settings))

    config = checked(parse(Settings, settings, command="sweep", example=_EXAMPLE).config)
    for line in length_notes(config):
        print(line, file=sys.stderr, flush=True)
    return config


def _train_here(run: Planned, settings: list[str]) -> int:
    """Train one run in this process, from wherever it stands, and evaluate it."""
    how_far = standing(run)
    if how_far == "finished":
        print(f"{run.folder} is finished already: nothing to do.")
        return 0
    if how_far == "running":
        return _skip(run)
    from ghviz.commands import training

    config = run.config
    own = ["--method", config.method, "--gh", config.gh, "--seed", str(config.seed)]
    try:
        if is_run(run.folder) and open_run(run.folder).state().status != "empty":
            code = training.resume([str(run.folder)])
        else:
            code = training.train([*settings, *own, "--out", str(run.folder)])
    except RunLockedError:  # somebody was faster
        return _skip(run)
    if code:
        return code
    from ghviz.sweep.evaluation import evaluate_run

    evaluate_run(run.folder)
    print(f"{run.folder} is evaluated.")
    return 0


def _skip(run: Planned) -> int:
    print(f"{run.folder} is being trained by another process: skipped.")
    return 0


def _train_all(runs: list[Planned], asked: SweepArguments, settings: list[str]) -> int:
    """Train each run in a process of its own; say how each ended, and at the end which failed."""
    tally = _Tally(len(runs))
    by_name = {run.name: run for run in runs}
    jobs = [
        Job(
            name=run.name,
            words=command_of(run, asked.out, settings),
            log=asked.out / "logs" / f"{run.folder.parent.name}-{run.folder.name}.log",
        )
        for run in runs
    ]
    at_once = f"{asked.jobs} at a time" if asked.jobs > 1 else "one after the other"
    print(f"{len(runs)} runs, {at_once}; what each says as it goes on: {asked.out / 'logs'}", flush=True)
    for ended in run_jobs(jobs, at_once=asked.jobs, wanted=lambda job: tally.wants(by_name[job.name])):
        tally.take(ended, by_name[ended.job.name])
    return tally.close(asked.out)


def _why(ended: Ended) -> str:
    """Why a run failed: its own last words, unless it had no time for any."""
    if not ended.begun:
        return ended.said
    if ended.code < 0:
        name = (
            signal.Signals(-ended.code).name
            if -ended.code in set(signal.Signals)
            else f"signal {-ended.code}"
        )
        memory = ", perhaps for want of memory" if name == "SIGKILL" else ""
        why = f"was killed ({name}{memory}); the same command goes on with it"
    else:
        why = ended.said or f"ended with exit code {ended.code}"
    return f"{why} (log: {ended.job.log})"


class _Tally:
    """How the runs of a sweep ended so far."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._before = 0
        self._finished = 0
        self._skipped: list[str] = []
        self._stopped: list[str] = []
        self._failed: dict[str, str] = {}

    def wants(self, run: Planned) -> bool:
        """Whether a run is still to be worked on."""
        try:
            how_far = standing(run)
        except RunFolderError as error:
            self._fail(run.name, str(error))
            return False
        if how_far == "finished":
            self._before += 1
        elif how_far == "running":
            self._skip(run.name)
        return how_far == "to do"

    def take(self, ended: Ended, run: Planned) -> None:
        """Note how a run ended."""
        if was_stopped(ended.code):
            self._stopped.append(run.name)
            self._say(run.name, "stopped; the same command goes on with it")
            return
        failure = _why(ended)
        try:
            how_far = standing(run) if ended.code == 0 else "to do"
        except RunFolderError as error:
            how_far, failure = "to do", str(error)
        if how_far == "finished":
            self._finished += 1
            self._say(run.name, f"finished in {ended.seconds:.0f} s")
        elif how_far == "running":
            self._skip(run.name)
        else:
            self._fail(run.name, failure)

    def close(self, out: Path) -> int:
        """Say what came of all, and give the exit code."""
        never = self._total - self._before - self._finished
        never -= len(self._skipped) + len(self._stopped) + len(self._failed)
        parts = [
            f"{self._finished} finished",
            f"{self._before} finished before" if self._before else "",
            f"{len(self._skipped)} skipped" if self._skipped else "",
            f"{len(self._stopped)} stopped" if self._stopped else "",
            f"{never} not begun" if never else "",
            f"{len(self._failed)} failed" if self._failed else "",
        ]
        print(f"{self._total} runs: {', '.join(filter(None, parts))}.")
        for name, why in self._failed.items():
            print(f"failed: {name}: {why}")
        if self._stopped or never:
            return INTERRUPTED
        print(f"See what came of it: python -m ghviz report {shlex.quote(str(out))}", flush=True)
        return FAILED if self._failed else 0

    def _skip(self, name: str) -> None:
        self._skipped.append(name)
        self._say(name, "is being trained by another process: skipped")

    def _fail(self, name: str, why: str) -> None:
        self._failed[name] = why
        self._say(name, "failed")

    def _say(self, name: str, what: str) -> None:
        done = self._before + self._finished + len(self._skipped) + len(self._stopped) + len(self._failed)
        print(f"[{done}/{self._total}] {name}: {what}", flush=True)
