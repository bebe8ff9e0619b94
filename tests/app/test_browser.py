"""In a real browser: Compare plays, and Train starts, is switched, and shows it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ghviz.store import open_run, update_control
from ghviz.types import GHSwitch
from tests.app.conftest import ROOT
from tests.browser import launch, require_browser
from tests.store.builders import make_pair

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]
PATIENCE = 90.0
"""Seconds: a busy machine is slow, and a timed assertion lies."""


def wait_for(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen in {PATIENCE:.0f} s"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("app")
    make_pair(folder / "runs" / "given", switch=20)
    return folder / "runs"


@pytest.fixture(scope="module")
def address(place: Path) -> Iterator[str]:
    """The app, served from a free port."""
    require_browser()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    server = subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={**os.environ, "GHVIZ_RUNS": str(place), "GHVIZ_PRETRAINED": str(place.parent / "pretrained")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://localhost:{port}"
    try:
        wait_for(lambda: is_up(url), "the app's start")
        yield url
    finally:
        server.terminate()
        server.wait(20)


def is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = launch(playwright)
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.set_default_timeout(PATIENCE * 1000)
        opened.add_init_script(
            "window.frames_ = 0; document.addEventListener('ghviz-frame',"
            "(event) => { window.frames_ += 1; window.shown_ = event.detail.step; });"
        )
        yield opened
        browser.close()


def picture(page: Page) -> bytes:
    """The globe as pixels."""
    return page.locator("canvas").first.screenshot()


def seen(page: Page) -> str:
    return page.locator("[data-testid=stMain]").inner_text()


def own(page: Page, name: str) -> Locator:
    """A button of the app; Streamlit has a Stop of its own, above, while a script takes long."""
    return page.locator("[data-testid=stMain]").get_by_role("button", name=name, exact=True)


def test_compare_opens_a_pair_already_moving(page: Page, address: str) -> None:
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(address)
    page.locator("canvas").first.wait_for()
    first = page.evaluate("window.frames_")
    page.wait_for_function(f"window.frames_ > {first} + 5")
    page.get_by_text("Frequency slope").first.wait_for()
    page.get_by_text("Over training").wait_for()
    assert "the rarest class holds" in seen(page)
    assert [url for url in outside if not url.startswith((address, "data:", "blob:"))] == []


def test_save_gives_the_picture(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("canvas").first.wait_for()
    page.get_by_text("Save", exact=True).first.click()
    with page.expect_download() as download:
        page.get_by_text("PDF (vector)").first.click()
    saved = download.value
    assert saved.suggested_filename == "given-step-40.pdf"
    assert Path(saved.path()).read_bytes().startswith(b"%PDF")


def test_train_start_flip_stop_resume(page: Page, address: str, place: Path) -> None:
    page.goto(f"{address}/train")
    page.get_by_text("Advanced").click()
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("150")
    epochs.press("Tab")
    page.get_by_role("button", name="Start", exact=True).click()
    page.locator("canvas").first.wait_for()
    folder = place / "toy-circle-7"
    assert re.search(r"run=.*toy-circle-7", page.url)

    page.wait_for_timeout(2500)
    assert not (folder / "gh" / "control.json").exists()  # looking on wishes nothing
    before = picture(page)
    switch = page.locator("label", has_text="GH").locator("visible=true").first
    switch.click()
    wait_for(lambda: switches(folder), "the flip")
    wait_for(lambda: picture(page) != before, "another picture")
    page.get_by_text("GH is off").wait_for()
    page.get_by_text("GH off", exact=True).first.wait_for()  # the mark on the globe's slider
    assert switches(folder)[0].on is False

    page.reload()
    page.get_by_text("GH is off").wait_for()  # the run is the truth, and looking at it switches nothing
    page.evaluate(WATCH_TWO_TOOLBARS)
    own(page, "Stop").click()
    wait_for(lambda: open_run(folder / "gh").state().status != "running", "the stop")
    page.get_by_role("button", name="Resume").wait_for()
    assert [event.on for event in switches(folder)] == [False]
    assert open_run(folder / "base").state().status == "stopped"

    page.get_by_role("button", name="Resume").click()
    page.get_by_text("resuming").wait_for()
    own(page, "Stop").wait_for()
    update_control(folder, pace=0.0)
    page.get_by_text("Finished after 750 steps").wait_for()
    page.wait_for_function("window.shown_ === 750")
    base, gh = (open_run(folder / side).snapshot(750).train for side in ("base", "gh"))
    acts_from = 300  # the end of GH's warm-up: switched off before it, GH has done nothing
    assert (base == gh).all() == (switches(folder)[0].step < acts_from)
    assert page.evaluate("window.twoToolbars") is False


WATCH_TWO_TOOLBARS = """
window.twoToolbars = false;
new MutationObserver(() => {
  const buttons = [...document.querySelectorAll("button")];
  const bars = buttons.filter((each) => each.innerText.includes("Open in Compare"));
  if (bars.length > 1) window.twoToolbars = true;
}).observe(document.body, { childList: true, subtree: true });
"""


def test_every_flip_is_heard(page: Page, address: str, place: Path) -> None:
    """At any distance from the page's own looks, which come once a second; also before the first picture."""
    folder = place / "flipped"
    words = ["pair", "--preset", "toy-circle", "--epochs", "2000", "--pace", "30", "--out", str(folder)]
    trainer = subprocess.Popen([sys.executable, "-m", "ghviz", *words], stdout=subprocess.DEVNULL)
    try:
        wait_for((folder / "gh" / "format.json").is_file, "the pair's first file")
        page.goto(f"{address}/train?run={folder}")
        switch = page.locator("label", has_text="GH").locator("visible=true").first
        for number, pause in enumerate((0.0, 0.5, 1.0, 1.3, 2.0, 2.7)):
            page.wait_for_timeout(pause * 1000)
            switch.click()
            wait_for(lambda count=number: len(switches(folder)) == count + 1, f"flip {number + 1}")
        assert [event.on for event in switches(folder)] == [False, True] * 3
    finally:
        trainer.terminate()
        trainer.wait(20)


def switches(folder: Path) -> list[GHSwitch]:
    return [event for event in open_run(folder / "gh").events() if isinstance(event, GHSwitch)]


def test_narrow_page_does_not_scroll_sideways(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for name in ("", "train", "runs"):
        page.goto(f"{address}/{name}")
        page.locator("[data-testid=stMain] .gz-note").first.wait_for()
        # while a page is being drawn, something may stand out for a moment
        page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 390")


def is_ringed_by_keyboard(page: Page, link: Locator) -> bool:
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    return link.evaluate(
        "link => link.matches(':focus-visible') && getComputedStyle(link).outlineStyle === 'solid'"
    )


def test_narrow_page_shows_the_way_to_all_pages(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    for name, path in (("Train", "train"), ("Runs", "runs"), ("Compare", "")):
        link = page.get_by_role("link", name=name)
        link.wait_for()
        box = link.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        wait_for(partial(is_ringed_by_keyboard, page, link), "the focus ring")  # loading pages move focus
        link.press("Enter")
        page.wait_for_url(re.compile(rf"^{address}/{path}(\?.*)?$"))
