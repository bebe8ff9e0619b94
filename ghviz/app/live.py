"""A pair while it trains: reads only what is new, and keeps what was drawn."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.app.corrected import corrected
from ghviz.app.export import PictureSide
from ghviz.app.globe import Side, encode_scene
from ghviz.app.pairs import gh_start, table_of
from ghviz.app.reality import Drawing
from ghviz.app.scenes import caption, class_styles, how_drawn, identity, painted
from ghviz.projections.camera import IDENTITY, Quaternion, camera_hint
from ghviz.projections.centers import class_means
from ghviz.projections.sphere import sphere_view
from ghviz.store import SECOND_BASELINE, EventTail, Run, RunFolderError, is_pair, open_run, pair_sides
from ghviz.twin import side_title
from ghviz.types import (
    Diagnosed,
    GHSwitch,
    LoggedEvent,
    Measured,
    MetricTable,
    Projection,
    Snapshot,
    SnapshotTaken,
    Started,
    Step,
)

_SPEED_STEPS = 60
"""Steps over which the speed is averaged."""


@dataclass
class Drawn:
    """One snapshot as the globe takes it."""

    coordinates: NDArray[np.float32]
    territory: Any
    centers: NDArray[np.float64]


@dataclass
class LiveSide:
    """One run while it grows.

    Attributes:
        run: its folder.
        losses: its step events so far.
        tables: metrics by step; where a projection is drawn, those of class centres are `corrected`.
        switches: flips of GH's switch.
        diagnoses: what GH was doing, by step.
        started: its first event.
        snapshots: by step.
        drawn: by step.
    """

    run: Run
    tail: EventTail
    losses: list[Step] = field(default_factory=list)
    tables: dict[int, MetricTable] = field(default_factory=dict)
    switches: list[GHSwitch] = field(default_factory=list)
    diagnoses: list[Diagnosed] = field(default_factory=list)
    started: Started | None = None
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    drawn: dict[int, Drawn] = field(default_factory=dict)

    def read(self) -> bool:
        """Take in new events; returns whether there were any."""
        events = self.tail.read()
        if self.tail.restarted:  # a resumed run went back to its checkpoint
            self.losses, self.switches, self.diagnoses = [], [], []
            for kept in (self.tables, self.snapshots, self.drawn):
                kept.clear()
        for event in events:
            self._take(event)
        return bool(events) or self.tail.restarted

    def _take(self, event: LoggedEvent) -> None:
        if isinstance(event, Step):
            self.losses.append(event)
        elif isinstance(event, Measured) and self.run.classes is not None:
            self.tables[event.step] = table_of(event, self.run.classes)
            self._correct(event.step)
        elif isinstance(event, GHSwitch):
            self.switches.append(event)
        elif isinstance(event, Diagnosed) and self.run.classes is not None:
            vertices = len(self.diagnoses[0].prior) if self.diagnoses else len(event.prior)
            if _is_sound(event, len(self.run.classes.names), vertices):
                self.diagnoses.append(event)
        elif isinstance(event, Started):
            self.started = self.started or event
        elif isinstance(event, SnapshotTaken):
            with suppress(RunFolderError):  # a file that is gone costs its picture, not the events after it
                snapshot = self.run.snapshot(event.step)
                if np.isfinite(snapshot.train).all():
                    self.snapshots[event.step] = snapshot
                    self._correct(event.step)

    def _correct(self, step: int) -> None:
        """Prepare numbers of class centres to stand beside those of a projection."""
        points = self.run.points
        if points is None or points.targets.shape[1] <= 3:
            return
        if step in self.tables and step in self.snapshots:
            self.tables[step] = corrected(self.tables[step], self.snapshots[step], points)

    @property
    def step(self) -> int:
        """The last step done."""
        return self.losses[-1].step if self.losses else 0

    @property
    def gh_starts_at(self) -> int | None:
        """The step at which GH's warm-up ends; None before the run has begun."""
        return gh_start(self.run, self.started)

    def speed(self) -> float:
        """Steps per second, lately; 0 where that is not known."""
        lately = self.losses[-_SPEED_STEPS:]
        seconds = lately[-1].time - lately[0].time if len(lately) > 1 else 0.0
        return (lately[-1].step - lately[0].step) / seconds if seconds > 0 else 0.0


def _is_sound(event: Diagnosed, classes: int, vertices: int) -> bool:
    """Whether the parts of an event fit each other and the run: a log may have been written by anybody."""
    same = len(event.prior) == len(event.mass) == len(event.owners) == vertices > 0
    table = len(event.plan) == len(event.plan_classes) and all(
        len(row) == len(event.plan_vertices) for row in event.plan
    )
    return (
        same
        and table
        and all(-1 <= owner < classes for owner in event.owners)
        and all(0 <= label < classes for label in event.plan_classes)
        and all(0 <= vertex < vertices for vertex in event.plan_vertices)
    )


class Live:
    """All sides of a pair, or a single run.

    Attributes:
        folder: of the pair or run.
        sides: by name: "base", "gh".
        scene: for the globe; None until every side has a snapshot.
        camera: where to look from at first.
        note: how it is drawn.
    """

    def __init__(self, folder: Path) -> None:
        """Follow the run or pair in `folder`.

        Raises:
            RunFolderError: it is neither.
        """
        self.folder = folder
        found = pair_sides(folder) if is_pair(folder) else {"": folder}
        runs = {side: open_run(path) for side, path in found.items() if side != SECOND_BASELINE}
        self.sides = {
            side or ("gh" if run.config.gh == "on" else "base"): LiveSide(run, EventTail(run.folder))
            for side, run in runs.items()
        }
        self.scene: bytes | None = None
        self.camera: Quaternion = IDENTITY
        self.note = ""
        self._targets: dict[str, NDArray[np.float32] | None] = {}
        self._reading = threading.Lock()

    def refresh(self) -> bool:
        """Read what is new and draw it; returns whether there was anything.

        One at a time: when a page is asked for again while it is being made, Streamlit starts the new run
        before it has stopped the old one, and what that one has read the new one would wait for in vain.

        Raises:
            RunFolderError: a file is broken or gone.
        """
        with self._reading:
            return self._refreshed()

    def _refreshed(self) -> bool:
        news = [side.read() for side in self.sides.values()]
        if any(side.snapshots.keys() - side.drawn.keys() for side in self.sides.values()):
            self._draw()
        steps = sorted(set.intersection(*(set(side.drawn) for side in self.sides.values())))
        if any(news) and steps:  # one side may be a snapshot ahead: both are shown at the same steps
            self.scene = self._encoded(steps)
        return any(news)

    @property
    def dimension(self) -> int:
        """Of the embeddings; 0 before the run has data."""
        points = next(iter(self.sides.values())).run.points
        return 0 if points is None else int(points.targets.shape[1])

    @property
    def newest(self) -> int:
        """The last step at which all sides are drawn; 0 where there is none."""
        return max(set.intersection(*(set(side.drawn) for side in self.sides.values())), default=0)

    def drawings(self) -> dict[str, Drawing]:
        """The sides as they are drawn now; of a projection, all snapshots are drawn in one basis."""
        with self._reading:  # while they are drawn anew there is nothing to look at
            return {name: _drawing(side) for name, side in self.sides.items()}

    def paper_side(self, name: str, step: int) -> PictureSide:
        """A side at the last snapshot up to a step, for a figure."""
        side = self.sides[name]
        assert side.run.points is not None
        nearest = max((each for each in side.drawn if each <= step), default=min(side.drawn))
        return PictureSide(
            title=side_title(side.run),
            coordinates=side.drawn[nearest].coordinates,
            labels=side.run.points.train_labels,
            targets=self._targets[name] if name == "gh" else None,
            table=side.tables.get(nearest),
        )

    def _draw(self) -> None:
        if not all(side.snapshots for side in self.sides.values()):
            return
        points = next(iter(self.sides.values())).run.points
        if points is None:
            return
        if points.targets.shape[1] > 3:  # the basis follows the last snapshots: all is drawn, and sent, anew
            for side in self.sides.values():
                side.drawn.clear()
        chosen = {
            name: [step for i, step in enumerate(sorted(side.snapshots)) if i == 0 or step not in side.drawn]
            for name, side in self.sides.items()
        }
        series = {name: [self.sides[name].snapshots[s] for s in steps] for name, steps in chosen.items()}
        views = sphere_view(series, points, align="first")
        labels = points.train_labels
        for name, view in views.items():
            for step, coordinates in zip(chosen[name], view.coordinates, strict=True):
                if step not in self.sides[name].drawn:
                    self.sides[name].drawn[step] = _drawn(coordinates, labels)
        self._look(views, labels, points.targets.shape[1])

    def _look(self, views: dict[str, Projection], labels: NDArray[np.int64], dimension: int) -> None:
        if self.camera == IDENTITY:
            self.camera = camera_hint(views.get("gh") or views["base"], labels)
        self.note = how_drawn(views, dimension) if dimension > 3 else ""
        self._targets = {name: view.targets for name, view in views.items()}

    def _encoded(self, steps: list[int]) -> bytes:
        first = next(iter(self.sides.values())).run
        assert first.classes is not None
        assert first.points is not None
        return encode_scene(
            [self._side(name, side, steps) for name, side in self.sides.items()],
            class_styles(first.classes),
            scene_id=f"{self.folder} live",
            thumbnails=first.points.thumbnails,
        )

    def _side(self, name: str, side: LiveSide, steps: list[int]) -> Side:
        assert side.run.points is not None
        drawn = [side.drawn[step] for step in steps]
        return Side(
            name=name,
            title=side_title(side.run),
            steps=steps,
            coordinates=[each.coordinates for each in drawn],
            labels=side.run.points.train_labels,
            territory=[each.territory for each in drawn],
            centers=[each.centers for each in drawn],
            targets=self._targets[name] if name == "gh" else None,
            switches=[(event.step, event.weight) for event in side.switches],
            captions=[caption(side.tables[step]) if step in side.tables else "" for step in steps],
            **identity(name),
        )


def _drawing(side: LiveSide) -> Drawing:
    assert side.run.points is not None
    assert side.run.classes is not None
    places = {step: each.coordinates for step, each in side.drawn.items()}
    return Drawing(
        points=side.run.points,
        classes=side.run.classes,
        steps=tuple(sorted(places)),
        snapshot=side.snapshots.__getitem__,
        coordinates=places.__getitem__,
    )


def _drawn(coordinates: NDArray[np.float32], labels: NDArray[np.int64]) -> Drawn:
    return Drawn(
        coordinates=coordinates,
        territory=painted(coordinates, labels),
        centers=class_means(coordinates, labels, int(labels.max()) + 1),
    )
