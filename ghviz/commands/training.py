"""`pair`, `train` and `resume`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import tyro

from ghviz.commands.checking import check_early
from ghviz.commands.early_interrupt import note, raise_if_lost
from ghviz.commands.parsing import BadArgumentsError, checked, parse, with_flags
from ghviz.commands.preset_help import presets_text, with_hints
from ghviz.commands.progress import Progress
from ghviz.commands.starting_point import length_notes, starting_point
from ghviz.store import (
    SECOND_BASELINE,
    RunFolderError,
    changes_since_start,
    environment,
    is_pair,
    open_run,
    pair_sides,
)
from ghviz.types import Failed, LoggedEvent, RunConfig, Stopped

if TYPE_CHECKING:
    from ghviz.data.dataset import LongTailed
    from ghviz.runner import Interruption
    from ghviz.train.ranks import Ranks

SECOND_SEED_OFFSET = 1000
"""The second baseline of a pair has the pair's seed plus this."""
FAILED = 1
INTERRUPTED = 130
NICENESS = 5
"""A trainer gives way to whoever looks at it."""


def pair(arguments: list[str]) -> int:
    """Train a baseline and its twin with GH in lock step, into DIR/base and DIR/gh."""

    @dataclass(frozen=True)
    class Pair:
        """Train a baseline and its twin with GH: they share seed, weights, order and views."""

        out: Path
        """Folder for the pair; gets base/ and gh/."""
        second_baseline: bool = False
        """Also train base-b/, the baseline with another seed: what chance alone can do."""
        config: Annotated[RunConfig, tyro.conf.arg(name="")] = field(
            default=with_hints(starting_point(arguments))
        )

    asked = parse(
        Pair,
        arguments,
        command="pair",
        example="python -m ghviz pair --preset digits --seed 7 --out runs/digits-7",
        more=presets_text(),
    )
    config = checked(asked.config)
    refuse_ranks("train each side: train --gh off --out DIR/base, then train --gh on --out DIR/gh")
    if any(word == "--gh" or word.startswith("--gh=") for word in arguments):
        raise BadArgumentsError(
            "a pair has both sides, without and with GH: use train for one with --gh on or off"
        )
    configs = {"base": replace(config, gh="off"), "gh": replace(config, gh="on")}
    _say(length_notes(configs["gh"]))
    if asked.second_baseline:
        configs = {
            SECOND_BASELINE: replace(config, gh="off", seed=config.seed + SECOND_SEED_OFFSET),
            **configs,
        }
    from ghviz.data.dataset import load
    from ghviz.runner import train_pair
    from ghviz.train.engine import check

    with terminable():
        check_early(config, [asked.out / side for side in configs])
        shared = load(config)
        check(config, shared)
        data = {side: shared if c.seed == config.seed else load(c) for side, c in configs.items()}
    with interruptible() as interruption:
        return follow(
            train_pair(asked.out, configs, data, interruption=interruption), asked.out, "gh", interruption
        )


def train(arguments: list[str]) -> int:
    """Train one run into a folder."""

    @dataclass(frozen=True)
    class Train:
        """Train one run."""

        out: Path
        """Folder for the run."""
        config: Annotated[RunConfig, tyro.conf.arg(name="")] = field(
            default=with_hints(starting_point(arguments))
        )

    asked = parse(
        Train,
        arguments,
        command="train",
        example="python -m ghviz train --preset toy-sphere --gh off --seed 3 --out runs/sphere-3",
        more=presets_text(),
    )
    config = checked(asked.config)
    from ghviz.data.dataset import load
    from ghviz.runner import accompany, train_run
    from ghviz.train.engine import check
    from ghviz.train.ranks import leave as wait_for_all

    with _joined() as ranks:
        with terminable(), ranks.first_goes_ahead():  # what is wrong for all, the first says alone
            if ranks.is_first:
                _say(length_notes(config))
                check_early(config, [asked.out])
            data = load(config)
            check(config, data)
        wait_for_all()  # nothing is recorded before every process has its data
        with interruptible() as interruption:
            if not ranks.is_first:
                accompany(config, data)
                return 0
            return follow(
                train_run(asked.out, config, data, interruption=interruption), asked.out, "", interruption
            )


@dataclass(frozen=True)
class Resume:
    """Go on with a stopped or killed run or pair, with the numbers an unbroken run would have had."""

    folder: tyro.conf.Positional[Path]
    """The folder of a run or of a pair."""


def resume(arguments: list[str]) -> int:
    """Go on with a run or both sides of a pair."""
    folder = parse(Resume, arguments, command="resume", example="python -m ghviz resume runs/digits-7").folder
    sides = pair_sides(folder) if is_pair(folder) else {"": folder}
    unfinished = {n: p for n, p in sides.items() if open_run(p).state().status != "finished"}
    if not unfinished:
        print(f"{folder} is finished already: nothing to do.")
        return 0
    if is_pair(folder):
        refuse_ranks(f"resume each side: {folder / 'base'}, then {folder / 'gh'}")
    from ghviz.data.dataset import load
    from ghviz.runner import accompany, resume_runs
    from ghviz.train.ranks import leave as wait_for_all

    with _joined() as ranks, interruptible() as interruption:

        def loaded(config: RunConfig) -> LongTailed:
            with terminable(), ranks.first_goes_ahead():
                data = load(config)
            wait_for_all()
            return data

        if not ranks.is_first:
            config = open_run(folder).config
            accompany(config, loaded(config), folder=folder)
            return 0
        _say_what_changed(list(unfinished.values()))
        events = resume_runs(unfinished, loaded, interruption=interruption)
        return follow(events, folder, list(unfinished)[-1], interruption)


def _say_what_changed(folders: list[Path]) -> None:
    """One line, where the runs began under conditions that give other last digits."""
    now = environment()
    changes = dict.fromkeys(change for each in folders for change in changes_since_start(open_run(each), now))
    if changes:
        print(
            f"Not as where it began: {', '.join(changes)}; "
            "numbers may differ in the last digits from those of an unbroken run.",
            flush=True,
        )


def _say(notes: list[str]) -> None:
    for each in notes:
        print(each, flush=True)


@contextlib.contextmanager
def _joined() -> Iterator[Ranks]:
    """Be one of the processes that torchrun started; the others than the first only say what is theirs."""
    from ghviz.train.engine import TrainingDivergedError
    from ghviz.train.ranks import RankLostError, end_process, join, leave

    ranks = join()
    try:
        yield ranks
    except RankLostError as error:
        if ranks.is_first:
            raise RunFolderError(f"{error} before anything was trained; it says above why") from error
        end_process(FAILED)
    except KeyboardInterrupt:
        if ranks.is_first:
            raise
        end_process(INTERRUPTED)
    except TrainingDivergedError:  # in all alike: the first records it, says so and ends
        with contextlib.suppress(RuntimeError):
            leave()
        end_process(FAILED)
    except (RunFolderError, ValueError, MemoryError, RuntimeError) as error:
        if ranks.is_first:
            raise
        said = with_flags((str(error).strip() or type(error).__name__).splitlines()[0])
        print(f"ghviz: process {ranks.rank}: {said}", file=sys.stderr, flush=True)
        end_process(FAILED)
    with contextlib.suppress(RankLostError):  # what there was to do is done
        leave()


def refuse_ranks(way_on: str) -> None:
    """A pair is one process, which advances both sides in turn."""
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise BadArgumentsError(f"a pair trains in one process, not under torchrun: {way_on}")


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """While inside, Ctrl-C and SIGTERM end the command at once: there is nothing to save yet."""
    raise_if_lost()
    numbers = (signal.SIGINT, signal.SIGTERM)
    previous = {number: signal.signal(number, note) for number in numbers}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """While inside, Ctrl-C and SIGTERM ask the training to save and stop; a second one does not ask."""
    from ghviz.runner import Interruption

    raise_if_lost()
    interruption = Interruption()

    def ask(number: int, _: FrameType | None) -> None:
        interruption.wanted = True
        signal.signal(number, signal.SIG_DFL)

    previous = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def follow(
    events: Iterator[tuple[str, LoggedEvent]], folder: Path, leader: str, interruption: Interruption
) -> int:
    """Show the events of a training until its end."""
    with contextlib.suppress(OSError, AttributeError):  # Windows has no nice; a container may forbid it
        os.nice(NICENESS)
    progress = Progress(leader)
    failure, was_stopped = "", False
    try:
        for name, event in events:
            progress.show(name, event)
            was_stopped |= isinstance(event, Stopped)
            if isinstance(event, Failed):
                failure = event.message
    finally:
        progress.close()
    if failure:
        raise RunFolderError(f"training failed: {failure}")
    if interruption.wanted and was_stopped:
        print(f"Saved. Go on with: python -m ghviz resume {folder}")
        return INTERRUPTED
    return 0
