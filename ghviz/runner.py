"""A training run and its folder, together: records what the engine yields and measures each snapshot."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.data.dataset import LongTailed
from ghviz.metrics.diagnosed import diagnosed
from ghviz.metrics.table import measure, measured
from ghviz.store import (
    ControlWatcher,
    RunFolderError,
    RunWriter,
    check_free,
    create_run,
    environment,
    open_run,
)
from ghviz.train.engine import TrainingDivergedError, fit
from ghviz.train.ranks import RankLostError
from ghviz.train.state import SavedState
from ghviz.types import (
    CheckpointReady,
    CheckpointSaved,
    ClassTable,
    Control,
    DataReady,
    DiagnosisReady,
    Event,
    Failed,
    LoggedEvent,
    Points,
    RunConfig,
    SnapshotReady,
    SnapshotTaken,
    Step,
)

CHECKPOINT_INTERVAL = 1.0
"""Seconds at least between two checkpoints of a running trainer."""


@dataclass
class Interruption:
    """A wish to stop that comes from outside the folder, such as Ctrl-C."""

    wanted: bool = False


@dataclass
class Pacer:
    """Holds a training loop to so many steps per second; it never sleeps longer than `PATIENCE` at once."""

    interruption: Interruption
    _due: float = field(default_factory=time.monotonic)

    PATIENCE = 0.1

    def wait(self, pace: Callable[[], float], wishes: Callable[[], object] = lambda: None) -> None:
        """Wait until the next step is due; whatever a person wants in the meantime ends the wait.

        Args:
            pace: steps per second wanted now; 0: no limit.
            wishes: everything wanted now; a change of it ends the wait.
        """
        before = wishes()
        while (rate := pace()) > 0 and not self.interruption.wanted and wishes() == before:
            rest = self._due + 1 / rate - time.monotonic()
            if rest <= 0:
                break
            time.sleep(min(rest, self.PATIENCE))
        self._due = max(self._due + (1 / rate if rate > 0 else 0), time.monotonic() - 1 / max(rate, 1))


class Recording:
    """One run being trained into its folder.

    Attributes:
        writer: of the run folder.
        config: of the run.
        step: the last step recorded.
    """

    def __init__(self, writer: RunWriter, config: RunConfig, *, interruption: Interruption) -> None:
        """Record into `writer`'s folder."""
        self.writer = writer
        self.config = config
        self.step = 0
        self._interruption = interruption
        self._watcher = ControlWatcher(writer.folder)
        self._saved_at = -math.inf
        self._saved_step: int | None = None
        self._classes: ClassTable | None = None
        self._points: Points | None = None

    @property
    def pace(self) -> float:
        """Steps per second wanted now; 0: no limit."""
        wish = self._watcher.poll().pace
        return self.config.pace if wish is None else wish

    @property
    def wishes(self) -> Control:
        """What a person wants of this run now."""
        return self._watcher.poll()

    def start(self, data: LongTailed) -> Iterator[LoggedEvent]:
        """Train from the beginning."""
        self.writer.write_environment({"seed": self.config.seed, **environment()})
        return self._record(fit(self.config, data=data, control=self._control))

    def resume(self, data: LongTailed) -> Iterator[LoggedEvent]:
        """Go on from the last checkpoint, repeating what was recorded after it."""
        self.writer.add_resumption(environment())
        run = open_run(self.writer.folder)
        saved, switches, frontier = run.checkpoint(), run.switches(), run.frontier()
        if saved is None and run.has_checkpoint():
            raise RunFolderError(
                f"the checkpoints of {run.folder} are damaged, so that it can't go on: train it in another "
                f"folder, or delete {run.folder / 'checkpoint'} and resume, which starts it anew"
            )
        if saved is None:
            self.writer.rewind(-1)
            state = None
        else:
            self.writer.rewind(saved[0])
            state = SavedState(step=saved[0], tensors=saved[1])
            self._classes, self._points = run.classes, run.points
        return self._record(
            fit(
                self.config,
                data=data,
                control=self._control,
                resume=state,
                switches=switches,
                frontier=frontier,
            )
        )

    def _control(self) -> Control:
        wish = self._watcher.poll()
        return Control(gh_weight=wish.gh_weight, stop=wish.stop or self._interruption.wanted)

    def _record(self, events: Iterator[Event]) -> Iterator[LoggedEvent]:
        try:
            for event in events:
                for logged in self._logged(event):
                    self.writer.append(logged)
                    self.step = logged.step
                    yield logged
        except RankLostError as error:
            way_on = f" at step {self.step}; go on with: python -m ghviz resume {self.writer.folder}"
            raise RunFolderError(
                f"{error}{way_on if self.step else ' before anything was trained'}"
            ) from error
        except (TrainingDivergedError, ValueError, MemoryError, RuntimeError) as error:
            failure = Failed(step=self.step, message=_sentence(error) + self._last_good(error))
            self.writer.append(failure)
            yield failure
        finally:
            self.writer.close()

    def _last_good(self, error: Exception) -> str:
        """Where a run that diverged was still sound."""
        if not isinstance(error, TrainingDivergedError) or self._saved_step is None:
            return ""
        return f"; the last good checkpoint is of step {self._saved_step}"

    def _logged(self, event: Event) -> Iterator[LoggedEvent]:
        """What an event is in the log; arrays go to files first."""
        if isinstance(event, DataReady):
            self._classes, self._points = event.classes, event.points
            self.writer.write_data(event.classes, event.points)
        elif isinstance(event, SnapshotReady):
            yield from self._snapshot(event)
        elif isinstance(event, DiagnosisReady):
            yield diagnosed(event)
        elif isinstance(event, CheckpointReady):
            if event.is_last or time.monotonic() - self._saved_at >= CHECKPOINT_INTERVAL:
                self.writer.write_checkpoint(event.step, _arrays(event.collect()), event.meta)
                self._saved_at, self._saved_step = time.monotonic(), event.step
                yield CheckpointSaved(step=event.step)
        else:
            yield event

    def _snapshot(self, event: SnapshotReady) -> Iterator[LoggedEvent]:
        assert self._classes is not None
        assert self._points is not None
        name = self.writer.write_snapshot(event.snapshot)
        yield SnapshotTaken(step=event.step, epoch=event.snapshot.epoch, file=name)
        yield measured(measure(event.snapshot, self._points, self._classes))


def train_run(
    folder: Path, config: RunConfig, data: LongTailed, *, interruption: Interruption
) -> Iterator[tuple[str, LoggedEvent]]:
    """Train one run into a new folder; yields ("", event).

    Raises:
        RunFolderError: the folder is taken or can't be written.
    """
    recording = Recording(create_run(folder, config), config, interruption=interruption)
    return _in_lock_step({"": recording}, {"": recording.start(data)}, interruption)


def train_pair(
    folder: Path, configs: dict[str, RunConfig], data: dict[str, LongTailed], *, interruption: Interruption
) -> Iterator[tuple[str, LoggedEvent]]:
    """Train the sides of a pair in lock step, each into its own new folder; yields (side, event).

    Raises:
        RunFolderError: a folder is taken or can't be written.
    """
    for side in configs:
        check_free(folder / side)  # all of them before any is made
    recordings: dict[str, Recording] = {}
    for side, config in configs.items():
        try:
            recordings[side] = Recording(create_run(folder / side, config), config, interruption=interruption)
        except RunFolderError:
            _close(recordings)
            raise
    streams = {side: recording.start(data[side]) for side, recording in recordings.items()}
    return _in_lock_step(recordings, streams, interruption)


def accompany(config: RunConfig, data: LongTailed, *, folder: Path | None = None) -> None:
    """Train as one of several processes that is not the first: no folder is written.

    Args:
        config: of the run.
        data: its data.
        folder: of the run, if it is resumed; it must be readable from here.

    Raises:
        RankLostError: another process of the run ended.
        RunFolderError: the folder can't be read.
    """
    saved = None if folder is None else open_run(folder).checkpoint()
    state = None if saved is None else SavedState(step=saved[0], tensors=saved[1])
    for _ in fit(config, data=data, resume=state):
        pass


def resume_runs(
    folders: dict[str, Path], load: Callable[[RunConfig], LongTailed], *, interruption: Interruption
) -> Iterator[tuple[str, LoggedEvent]]:
    """Go on with runs that are not finished, in lock step; yields (name, event).

    Args:
        folders: run folders by name.
        load: gives the data of a configuration.
        interruption: stops all of them.

    Raises:
        RunFolderError: a folder is no run, broken, or another trainer is at work there.
        ValueError: the data can't be loaded any more.
    """
    recordings: dict[str, Recording] = {}
    streams: dict[str, Iterator[LoggedEvent]] = {}
    try:
        for name, folder in folders.items():
            config = open_run(folder).config
            data = load(config)
            recordings[name] = Recording(RunWriter.resume(folder), config, interruption=interruption)
            streams[name] = recordings[name].resume(data)
    except (RunFolderError, ValueError):
        _close(recordings)
        raise
    return _in_lock_step(recordings, streams, interruption)


def _in_lock_step(
    recordings: dict[str, Recording], streams: dict[str, Iterator[LoggedEvent]], interruption: Interruption
) -> Iterator[tuple[str, LoggedEvent]]:
    """Advance the run that is furthest behind by one step, again and again.

    The last one that is neither finished nor failed sets the pace.
    """
    pacer = Pacer(interruption)
    alive = dict(streams)

    def leader() -> str:
        return list(alive)[-1]

    try:
        while alive:
            name = min(alive, key=lambda side: recordings[side].step)
            for event in alive[name]:
                yield name, event
                if isinstance(event, Step):
                    break
            else:
                del alive[name]
            if alive and name == leader():
                pacer.wait(
                    lambda: recordings[leader()].pace,
                    lambda: [recording.wishes for recording in recordings.values()],
                )
    finally:
        _close(recordings)


def _close(recordings: dict[str, Recording]) -> None:
    for recording in recordings.values():
        recording.writer.close()


def _arrays(tensors: dict[str, Any]) -> dict[str, NDArray[Any]]:
    return {name: np.asarray(tensor.detach().cpu().numpy()) for name, tensor in tensors.items()}


def _sentence(error: BaseException) -> str:
    """The first line of an error: torch's go on with pages."""
    return str(error).strip().split("\n")[0] or type(error).__name__
