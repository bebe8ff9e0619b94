"""How a training shows on a terminal: a bar where there is one, plain lines where it is piped."""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

from ghviz.types import Finished, GHSwitch, LoggedEvent, Started, Step, Stopped

LINE_EVERY = 5.0
"""Seconds between two lines of a piped progress."""


class Progress:
    """Shows the events of the run that sets the pace; switches and endings of all."""

    def __init__(self, leader: str) -> None:
        """Follow the run named `leader`."""
        self._leader = leader
        self._bar: tqdm[None] | None = None
        self._total = 0
        self._first = 0
        self._begun = time.monotonic()
        self._line_at = 0.0
        self._unsaid: Step | None = None

    def show(self, name: str, event: LoggedEvent) -> None:
        """Show an event of the run `name`."""
        if isinstance(event, Step):
            if name == self._leader:
                self._step(event)
        elif isinstance(event, Started):
            if name == self._leader:
                self._start(event)
        elif isinstance(event, GHSwitch):
            self._say(f"{_label(name)}GH's weight is {event.weight:g} from step {event.step} on")
        elif isinstance(event, Stopped | Finished):
            if name == self._leader and self._unsaid is not None:
                self._line(self._unsaid)
            self._say(f"{_label(name)}{type(event).__name__.lower()} at step {event.step}")

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._bar is not None:
            self._bar.close()

    def _start(self, event: Started) -> None:
        print(
            f"device {event.device} ({event.reason}), {event.precision}, {event.parameters:,} parameters, "
            f"{event.total_steps:,} steps, schedule {event.schedule}",
            flush=True,
        )
        self._total, self._first = event.total_steps, event.step
        self._begun = time.monotonic()
        if sys.stderr.isatty():
            self._bar = tqdm(total=event.total_steps, initial=event.step, unit="step", dynamic_ncols=True)

    def _step(self, event: Step) -> None:
        if self._bar is not None:
            self._bar.update(event.step - self._bar.n)
            self._bar.set_postfix(loss=f"{event.loss:.3f}", gh=f"{event.gh_weight:g}", refresh=False)
            return
        self._unsaid = event
        if time.monotonic() - self._line_at >= LINE_EVERY:
            self._line(event)

    def _line(self, event: Step) -> None:
        now = time.monotonic()
        self._line_at, self._unsaid = now, None
        done, left = event.step - self._first, self._total - event.step
        speed = done / max(now - self._begun, 1e-9)
        print(
            f"step {event.step}/{self._total}  loss {event.loss:.3f}  {speed:.0f} steps/s  "
            f"{left / max(speed, 1e-9):.0f} s left",
            flush=True,
        )

    def _say(self, line: str) -> None:
        tqdm.write(line)
        sys.stdout.flush()


def _label(name: str) -> str:
    return f"{name}: " if name else ""
