"""The globe inside Streamlit: assets are served, gestures rerun the page once, and nothing loops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.browser import require_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route, WebSocket

Serve = Callable[[str], str]
ROOT = Path(__file__).parents[2]
GROWING = """
import streamlit as st
from ghviz.app.globe import twin_globe
from tests.globe.samples import twins

st.session_state.runs = st.session_state.get("runs", 0) + 1
st.session_state.many = st.session_state.get("many", 2)
if st.checkbox("shown", True):
    twin_globe(twins(3, steps=tuple(range(0, 10 * st.session_state.many, 10))), key="globe", live=True)
st.text(f"runs {st.session_state.runs}")
st.button("again")
if st.button("grow"):
    st.session_state.many += 1
    st.rerun()
"""
APP = """
import streamlit as st
from ghviz.app.globe import twin_globe
from tests.globe.samples import twins

st.session_state.runs = st.session_state.get("runs", 0) + 1
shown = twin_globe(twins(3), key="globe", autoplay=False)
st.text(f"runs {st.session_state.runs} step {shown.step} turned {shown.camera.rotation[0] < 0.99}")
st.button("again")
"""


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Run an app; return its address."""
    require_browser()
    running = []

    def start(app: str) -> str:
        (tmp_path / "app.py").write_text(app)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true"}
        options |= {"browser.gatherUsageStats": "false", "server.fileWatcherType": "none"}
        command = [sys.executable, "-m", "streamlit", "run", str(tmp_path / "app.py")]
        command += [f"--{name}={value}" for name, value in options.items()]
        with (tmp_path / "log.txt").open("w") as log:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            running.append(subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=log, stderr=log))
        return _when_up(f"http://127.0.0.1:{port}")

    yield start
    for process in running:
        process.terminate()
        process.wait(timeout=20)


def _when_up(address: str) -> str:
    for _ in range(240):
        try:
            with urlopen(f"{address}/_stcore/health", timeout=1):
                return address
        except (URLError, OSError):
            time.sleep(0.25)
    raise AssertionError("Streamlit did not start within a minute")


@pytest.mark.browser
@pytest.mark.slow
def test_one_rerun_a_gesture_none_for_anything_else(serve: Serve, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(serve(APP))
    said = page.locator("[data-testid=stText]")
    said.get_by_text("runs 1 step 20 turned False").wait_for()
    page.locator(".globe[data-frame]").wait_for()
    page.locator("[data-tool=targets]").click()
    page.locator("[data-class='1']").dblclick()
    page.wait_for_timeout(1200)
    assert said.inner_text() == "runs 1 step 20 turned False"

    box = page.locator("canvas.over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 220, steps=10)
    page.mouse.up()
    said.get_by_text("runs 2 step 20 turned True").wait_for()
    page.keyboard.press("Home")
    said.get_by_text("step 0").wait_for()
    page.wait_for_timeout(1200)
    assert said.inner_text() == "runs 3 step 0 turned True"

    turned = page.locator(".globe").get_attribute("data-rotation")
    page.get_by_role("button", name="again").click()
    said.get_by_text("runs 4 step 0 turned True").wait_for()
    page.wait_for_timeout(600)
    root = page.locator(".globe")
    assert (root.get_attribute("data-step"), root.get_attribute("data-rotation")) == ("0", turned)
    assert page.locator("[data-class='1']").get_attribute("aria-pressed") == "true"
    assert page.locator("[data-class='0']").get_attribute("aria-pressed") == "false"

    page.reload()
    said.get_by_text("runs 1 step 20 turned False").wait_for()
    page.locator(".globe[data-frame]").wait_for()
    assert errors == []
    context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_news_alone_travels_and_a_globe_put_up_again_asks_for_the_whole(
    serve: Serve, browser: Browser
) -> None:
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    page = context.new_page()
    page.set_default_timeout(30_000)
    received: list[int] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda payload: received.append(len(payload)))

    def largest_message(button: str) -> int:
        page.wait_for_timeout(700)
        received.clear()
        page.get_by_role("button", name=button, exact=True).click()
        page.wait_for_timeout(1200)
        return max(received)

    page.on("websocket", listen)
    page.goto(serve(GROWING))
    page.locator(".globe[data-step='10']").wait_for()
    whole = max(received)
    news = largest_message("grow")
    assert news < 0.6 * whole
    page.locator(".globe[data-step='20']").wait_for()
    page.wait_for_timeout(1500)  # it glides there
    frames = page.locator(".globe").get_attribute("data-frame")
    assert largest_message("again") <= news  # the same again, which Streamlit keeps from the globe
    assert page.locator(".globe").get_attribute("data-frame") == frames
    page.get_by_text("runs 4").wait_for()  # "grow" counts twice
    page.get_by_text("shown").click()
    page.locator(".globe").wait_for(state="detached")
    page.get_by_text("runs 5").wait_for()
    page.get_by_role("button", name="grow").click()
    page.get_by_text("runs 7").wait_for()
    page.get_by_text("shown").click()
    page.locator(".globe[data-step='30']").wait_for()
    page.get_by_text("runs 9").wait_for()  # shown, asked
    page.wait_for_timeout(1500)
    page.get_by_text("runs 9").wait_for()
    assert not page.get_by_text("Drawing …").is_visible()
    context.close()


@pytest.mark.browser
@pytest.mark.slow
def test_outlines_stand_in_for_the_picture_until_it_is_there(serve: Serve, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(30_000)
    held: list[Route] = []
    page.route("**/raster.js*", lambda route: held.append(route))
    with page.expect_request("**/raster.js*"):
        page.goto(serve(APP))
    page.get_by_text("Drawing …").wait_for()
    empty = page.locator("[data-testid=stText]").bounding_box()
    assert page.locator(".globe").count() == 0
    for route in held:
        route.continue_()
    page.locator(".globe[data-frame]").wait_for()
    page.get_by_text("Drawing …").wait_for(state="hidden")
    drawn = page.locator("[data-testid=stText]").bounding_box()
    assert empty is not None
    assert drawn is not None
    assert abs(empty["y"] - drawn["y"]) < 40  # what stands below does not jump
    context.close()
