"""A Streamlit server on a free port and a headless Chromium that notes each frame of the globe."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # a benchmark is a script: its own folder is all that it can import from
from tests.browser import ARGUMENTS, find_browser  # noqa: E402

PATIENCE_S = 60.0
NOTE_FRAMES = """
window.ghvizFrames = [];
addEventListener("ghviz-frame", (event) => window.ghvizFrames.push({at: performance.now(), ...event.detail}));
"""


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Whatever Chromium or Chrome is on the path."""
    found = find_browser()
    if found is None:
        raise SystemExit("no Chromium or Chrome on the path: install one to run this benchmark")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        print(f"Chromium {browser.version}, headless, no GPU")
        yield browser
        browser.close()


def visitor(browser: Browser) -> BrowserContext:
    """A visitor with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_S * 1000)
    context.add_init_script(NOTE_FRAMES)
    return context


@contextlib.contextmanager
def server(script: Path, *, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """`streamlit run` of a script, as a process of its own; gives the address, at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"server.port": port, "server.headless": "true", "browser.gatherUsageStats": "false"}
    flags = [f"--{name}={value}" for name, value in {**options, "server.address": "localhost"}.items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(script), *flags],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait_for_server(address: str) -> None:
    """Until it answers."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
            return
        time.sleep(0.05)
    raise SystemExit(f"the server did not answer within {PATIENCE_S:g} s")


def wait_for_frame(page: Page) -> None:
    """Until the globe has drawn its first frame."""
    page.wait_for_function("window.ghvizFrames.length > 0", polling=20)
