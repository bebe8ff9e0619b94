"""The door: what it makes of what a browser sends, and that it runs on a page."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ghviz.app.globe import Camera, GlobeState, _next, _rotation, _state, twin_globe
from ghviz.app.globe.parts import part_names, without
from tests.globe.samples import twins

START = Camera(rotation=(1.0, 0.0, 0.0, 0.0), zoom=1.0)


def state(view: Any, *, live: bool = False, step: int | None = 20) -> GlobeState:
    return _state(view, START, step, 30, live)


def test_a_browser_that_said_nothing_leaves_the_start() -> None:
    assert state(None) == GlobeState(camera=START, step=20, following=False)


def test_what_a_browser_says_counts() -> None:
    sent = {"camera": {"rotation": [0, 2, 0, 0], "zoom": 2.5}, "step": 10, "following": False}
    assert state(sent) == GlobeState(camera=Camera(rotation=(0.0, 1.0, 0.0, 0.0), zoom=2.5), step=10)


def test_a_follower_is_at_the_newest_step() -> None:
    sent = {"camera": {"rotation": [1, 0, 0, 0], "zoom": 1}, "step": 10, "following": True}
    assert state(sent, live=True).step == 30
    assert state(sent, live=True).following
    assert state(sent | {"following": False}, live=True).step == 10
    assert state(sent | {"following": False}).step == 10
    assert state(None, live=True) == GlobeState(camera=START, step=30, following=True)


def test_a_follower_is_at_the_newest_step_when_the_run_has_ended() -> None:
    turned = {
        "camera": {"rotation": [0, 1, 0, 0], "zoom": 1},
        "step": 10,
        "following": True,
    }  # 10 was the newest
    assert state(turned, live=False, step=None).step == 30
    assert not state(turned, live=False, step=None).following
    assert state(None, live=False, step=None).step == 30
    assert state(turned | {"following": False}, live=False, step=None).step == 10


@pytest.mark.parametrize(
    "odd",
    [
        "x",
        7,
        [],
        {"camera": 3},
        {"camera": {"rotation": "none", "zoom": "big"}, "step": "last"},
        {"camera": {"rotation": [0, 0, 0, 0], "zoom": math.inf}, "step": True},
        {"camera": {"rotation": [math.nan] * 4, "zoom": math.nan}, "step": 1.5},
    ],
)
def test_odd_things_fall_back_to_the_start(odd: Any) -> None:
    assert state(odd) == GlobeState(camera=START, step=20, following=False)


def test_a_step_beyond_the_end_is_the_end() -> None:
    assert state({"step": 400}).step == 30


def test_rotation_is_a_unit_quaternion() -> None:
    assert _rotation([0, 0, 3, 4], START.rotation) == (0.0, 0.0, 0.6, 0.8)
    assert _rotation([1, 2], START.rotation) == START.rotation
    assert _rotation(None, START.rotation) == START.rotation


def test_the_first_scene_is_sent_whole_then_news_only_and_no_news_is_the_same_again() -> None:
    short, long = twins(3), twins(3, steps=(0, 10, 20, 30))
    first = _next(short, None)
    assert without(short, first.held) == short
    assert _next(short, first) == first
    second = _next(long, first)
    assert part_names(without(long, second.held)) == part_names(long) - part_names(short)
    assert _next(long, second) == second


def test_wrong_bytes_are_refused_before_anything_is_shown() -> None:
    with pytest.raises(ValueError, match="not a scene"):
        twin_globe(b"", key="globe")


@pytest.mark.filterwarnings("ignore:Implicitly cleaning up:ResourceWarning")
def test_the_door_opens_on_a_page() -> None:
    from streamlit.testing.v1 import AppTest

    def page() -> None:
        import streamlit as st

        from ghviz.app.globe import Camera, twin_globe
        from tests.globe.samples import twins

        shown = twin_globe(twins(3), key="globe", camera=Camera(rotation=(0.0, 1.0, 0.0, 0.0)))
        st.text(f"{shown.step} {shown.camera.rotation} {shown.following}")

    app = AppTest.from_function(page).run(timeout=30)
    assert not app.exception
    assert app.text[0].value == "20 (0.0, 1.0, 0.0, 0.0) False"
    assert len(twins(3)) > 1000
