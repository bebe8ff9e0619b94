"""A page with nothing but a globe on it, served from memory, and what tests want to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ghviz.app.globe.parts import with_options
from tests.browser import launch, require_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

ASSETS = Path(__file__).parents[2] / "ghviz" / "app" / "globe" / "assets"
SITE = "http://globe.test/"
PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0;--st-background-color:#ffffff;
--st-text-color:#202020;--st-font:sans-serif;background:#fff"><div id="host"></div>
<div style="height:2000px"></div>
<script type="module">
import mount from "/globe.js";
window.frames_ = []; window.reports = [];
document.addEventListener("ghviz-frame", (event) => window.frames_.push(event.detail));
const parentElement = document.getElementById("host").attachShadow({ mode: "open" });
window.show = async (name) => {
  const data = new Uint8Array(await (await fetch("/" + name)).arrayBuffer());
  mount({ data, parentElement, setStateValue: (key, value) => window.reports.push([key, value]) });
};
await window.show("first.bin");
</script>"""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    require_browser()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


class GlobePage:
    """A globe in a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.blobs: dict[str, bytes] = {}
        page.route(SITE + "**", self._answer)

    def _answer(self, route: Route) -> None:
        name = route.request.url.removeprefix(SITE)
        if name in self.blobs:
            route.fulfill(body=self.blobs[name], content_type="application/octet-stream")
        elif name.endswith(".js"):
            route.fulfill(body=(ASSETS / name).read_text("utf-8"), content_type="text/javascript")
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    def open(self, scene: bytes, **options: Any) -> None:
        self.blobs["first.bin"] = _blob(scene, options)
        self.page.goto(SITE)
        self.page.wait_for_function("window.frames_ && window.frames_.length > 0")

    def update(self, scene: bytes, **options: Any) -> None:
        """Another scene, or the same with other options."""
        name = f"update-{len(self.blobs)}.bin"
        self.blobs[name] = _blob(scene, options)
        self.page.evaluate("(name) => window.show(name)", name)

    @property
    def data(self) -> dict[str, str]:
        """What the globe says about itself: frame, step, mode, zoom, rotation."""
        found: dict[str, str] = self.page.locator(".globe").evaluate("(root) => ({...root.dataset})")
        return found

    @property
    def reports(self) -> list[dict[str, Any]]:
        """What was sent to Python so far."""
        return self._sent("view")

    @property
    def needs(self) -> list[str]:
        """How often, and for which scene, the whole was asked for."""
        return self._sent("need")

    def _sent(self, name: str) -> list[Any]:
        sent: list[Any] = self.page.evaluate("window.reports")
        return [value for key, value in sent if key == name]

    def wait(self, **expected: str) -> None:
        """Wait until the globe says this about itself."""
        condition = """(expected) => {
        const root = document.getElementById("host").shadowRoot.querySelector(".globe");
        return Object.entries(expected).every(([key, value]) => root.dataset[key] === value); }"""
        self.page.wait_for_function(condition, arg=expected)

    def settle(self) -> None:
        """Wait until no frame has been drawn for a while."""
        self.page.wait_for_function(
            "() => new Promise((done) => { const n = window.frames_.length;"
            "setTimeout(() => done(window.frames_.length === n), 400); })"
        )

    def center(self, side: int) -> tuple[float, float]:
        """Middle of a side's viewport, CSS pixels."""
        box = self.page.locator("canvas.over").bounding_box()
        assert box is not None
        return box["x"] + box["width"] * (1 + 2 * side) / 4, box["y"] + box["height"] / 2

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Colour on the canvas at a place of the page."""
        script = """(canvas, [x, y]) => { const box = canvas.getBoundingClientRect();
        const scale = canvas.width / box.width;
        const context = canvas.getContext("2d");
        return [...context.getImageData((x - box.x) * scale, (y - box.y) * scale, 1, 1).data]; }"""
        red, green, blue, _ = self.page.locator("canvas.base").evaluate(script, [x, y])
        return red, green, blue

    def picture(self) -> str:
        """The whole canvas, for comparing."""
        found: str = self.page.locator("canvas.base").evaluate("(canvas) => canvas.toDataURL()")
        return found


def _blob(scene: bytes, options: dict[str, Any]) -> bytes:
    defaults: dict[str, Any] = {
        "height": 520,
        "live": False,
        "step": None,
        "autoplay": False,
        "camera": {"rotation": [1, 0, 0, 0], "zoom": 1},
    }
    return with_options(scene, defaults | options)


@pytest.fixture
def globe(browser: Browser) -> Iterator[Callable[..., GlobePage]]:
    """Make globe pages; any script error fails the test."""
    contexts = []
    errors: list[str] = []

    def make(**context: Any) -> GlobePage:
        contexts.append(browser.new_context(**({"viewport": {"width": 1000, "height": 700}} | context)))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return GlobePage(page)

    yield make
    for context in contexts:
        context.close()
    assert not errors
