"""Finding a browser for the tests that need a real one, and starting it without the network."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def require_browser() -> str:
    """Return the path of a browser; without one skip the test, or fail where GHVIZ_REQUIRE_BROWSER=1."""
    path = find_browser()
    if path is None:
        sentence = "no Chromium or Chrome found: browser tests did not run"
        if os.environ.get("GHVIZ_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return path


def launch(playwright: Playwright) -> Browser:
    """Start the browser that `require_browser` finds, headless."""
    return playwright.chromium.launch(executable_path=require_browser(), args=ARGUMENTS)
