"""Train says of a projection what Compare says of it, at the picture looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from ghviz.app import live_reality
from ghviz.app.globe import Camera, GlobeState
from ghviz.app.globe.parts import read_header
from ghviz.app.live import Live
from ghviz.app.numbers import as_drawn
from ghviz.app.opened import opened
from ghviz.app.reality import drawings, reality_at
from ghviz.metrics import measure
from ghviz.metrics.table import measured
from ghviz.store import RunWriter, create_run
from ghviz.twin import HEADLINES
from ghviz.types import ClassTable, Points, Snapshot, SnapshotTaken
from tests.app.conftest import button, open_page, said
from tests.metrics.samples import cloud, unit
from tests.store.builders import a_step, config, started

COUNTS = (40, 17, 7, 4)
CLASSES = ClassTable(names=tuple("abcd"), counts=COUNTS)
TRUST = "How far to trust the picture, class by class"
ASK = "Measure how far the picture of step {} can be trusted"


def picture(writer: RunWriter, points: Points, step: int, seed: int) -> None:
    """One more snapshot and its metrics."""
    rows, _ = cloud(seed + step, points.targets.shape[1], counts=COUNTS, spread=0.7)
    test, _ = cloud(seed + step, points.targets.shape[1], counts=(5,) * 4, spread=0.7)
    train, held_out = (np.float32(unit(each)) for each in (rows, test))
    snapshot = Snapshot(step=step, epoch=step // 4, train=train, test=held_out)
    writer.append(a_step(step))
    writer.append(SnapshotTaken(step=step, epoch=step // 4, file=writer.write_snapshot(snapshot)))
    writer.append(measured(measure(snapshot, points, CLASSES)))


class Growing:
    """A pair in the middle of its training."""

    def __init__(self, folder: Path, stack: ExitStack, dimension: int) -> None:
        self.folder = folder
        self.points = Points(
            train_labels=np.repeat(np.arange(4), COUNTS),
            train_indices=np.arange(sum(COUNTS)),
            test_labels=np.repeat(np.arange(4), 5),
            targets=np.eye(8, dimension, dtype=np.float32),
        )
        self.writers = []
        for side, gh in (("base", "off"), ("gh", "on")):
            writer = stack.enter_context(create_run(folder / side, config(num_classes=4, gh=gh)))
            writer.write_environment({"python": "3"})
            writer.write_data(CLASSES, self.points)
            writer.append(started())
            self.writers.append(writer)
        self.to(10)

    def to(self, step: int) -> None:
        """Take a picture of both sides."""
        for seed, writer in enumerate(self.writers):
            picture(writer, self.points, step, seed)


@pytest.fixture
def growing(runs: Path, request: pytest.FixtureRequest) -> Iterator[Growing]:
    with ExitStack() as stack:
        yield Growing(runs / "pair", stack, getattr(request, "param", 8))


def test_train_says_what_compare_says(growing: Growing) -> None:
    growing.to(20)
    live = Live(growing.folder)
    live.refresh()
    comparison, drawn = opened(growing.folder)
    here, there = (reality_at(sides, step=20) for sides in (live.drawings(), drawings(comparison, drawn)))
    for side, each in here.items():
        assert each.headlines == there[side].headlines
        np.testing.assert_array_equal(each.quality.placement, there[side].quality.placement)
        np.testing.assert_array_equal(each.closeness.shown, there[side].closeness.shown)
        table, other = live.sides[side].tables[20], comparison.sides[side].table_at(20)
        assert table.corrected == other.corrected != ()
        assert table.summary == other.summary
    captions = [side["captions"] for side in read_header(drawn.scene)["sides"]]
    assert [side["captions"] for side in read_header(live.scene or b"")["sides"]] == captions


def test_train_shows_numbers_as_drawn_and_how_far_to_trust_them(growing: Growing) -> None:
    app = open_page("train", run=str(growing.folder))
    assert not app.exception
    comparison, drawn = opened(growing.folder)
    found = reality_at(drawings(comparison, drawn), step=10)
    shown = said(app)
    assert "trustworthiness" in shown
    for key in HEADLINES:
        assert as_drawn(key, {side: each.headlines for side, each in found.items()}) in shown
    assert "corrected for the scatter of few samples" in shown
    assert TRUST in [each.label for each in app.expander]
    app.session_state["live-trust"] = True
    app.run()
    assert [len(each.value) for each in app.dataframe] == [4]


def test_train_measures_many_points_only_when_asked(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_reality, "LIVE_AT_ONCE", 2 * sum(COUNTS) ** 2 - 1)
    app = open_page("train", run=str(growing.folder))
    assert not app.exception
    assert "trustworthiness" not in said(app)
    button(app, ASK.format(10)).click().run()
    assert "trustworthiness" in said(app)
    assert ASK.format(10) not in [each.label for each in app.button]
    growing.to(20)  # another picture
    app.run()
    assert "trustworthiness" not in said(app)
    assert ASK.format(20) in [each.label for each in app.button]
    monkeypatch.setattr(live_reality, "LIVE_AT_ONCE", 2 * sum(COUNTS) ** 2)
    app.run()
    assert "trustworthiness" in said(app)


def test_a_pair_that_rests_is_measured_by_itself(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        folder = Growing(runs / "pair", stack, 8).folder
    monkeypatch.setattr(live_reality, "LIVE_AT_ONCE", 0)
    app = open_page("train", run=str(folder))
    assert not app.exception
    assert "trustworthiness" in said(app)


def test_train_colours_by_placement(growing: Growing, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[bytes] = []
    real = live_reality.twin_globe
    monkeypatch.setattr(
        live_reality, "twin_globe", lambda one, **named: given.append(one) or real(one, **named)
    )
    app = open_page("train", run=str(growing.folder))
    assert "bands" not in read_header(given[-1])
    app.segmented_control(key="live-colour").set_value("placement").run()
    assert not app.exception
    header = read_header(given[-1])
    assert header["bands"]["title"] == "Placement"
    growing.to(20)
    app.run()
    known = [[one is not None for one in side["values"]] for side in read_header(given[-1])["sides"]]
    assert known == [[True, True]] * 2
    monkeypatch.setattr(live_reality, "LIVE_AT_ONCE", 0)
    growing.to(30)
    app.run()
    known = [[one is not None for one in side["values"]] for side in read_header(given[-1])["sides"]]
    assert known == [[False, False, True]] * 2  # the one looked at


def test_a_step_that_is_scrubbed_to_is_coloured_at_once(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The globe tells its step after it was given its scene; at rest nothing would run the page again."""
    given: list[bytes] = []
    at = GlobeState(camera=Camera(), step=20)
    monkeypatch.setattr(live_reality, "twin_globe", lambda one, **_: given.append(one) or at)
    monkeypatch.setattr(live_reality, "LIVE_AT_ONCE", 0)
    growing.to(20)
    app = open_page("train", run=str(growing.folder))
    app.segmented_control(key="live-colour").set_value("placement").run()
    at = GlobeState(camera=Camera(), step=10)
    app.run()
    assert not app.exception
    known = [[one is not None for one in side["values"]] for side in read_header(given[-1])["sides"]]
    assert known == [[True, True]] * 2


@pytest.mark.parametrize("growing", [3], indirect=True)
def test_the_embedding_itself_has_nothing_to_be_said_against(growing: Growing) -> None:
    app = open_page("train", run=str(growing.folder))
    assert not app.exception
    assert "as drawn" not in said(app)
    assert TRUST not in [each.label for each in app.expander]
    assert "live-colour" not in {each.key for each in app.segmented_control}
    live = Live(growing.folder)
    live.refresh()
    assert live.sides["gh"].tables[10].corrected == ()


def test_a_page_that_is_asked_for_again_waits_for_what_is_being_read(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, drawing, go_on = Live(growing.folder), threading.Event(), threading.Event()
    draw = Live._draw

    def slowly(one: Live) -> None:
        drawing.set()
        assert go_on.wait(20)
        draw(one)

    monkeypatch.setattr(Live, "_draw", slowly)
    scenes: list[bytes | None] = []

    def look() -> None:
        live.refresh()
        scenes.append(live.scene)

    first, second = threading.Thread(target=look), threading.Thread(target=look)
    first.start()
    assert drawing.wait(20)
    second.start()
    second.join(0.3)
    assert second.is_alive()
    go_on.set()
    for each in (first, second):
        each.join(20)
    assert len(scenes) == 2
    assert None not in scenes
