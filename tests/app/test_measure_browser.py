"""In a real browser: Measure opens a metric's meaning, copies the table, and trains a second baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ghviz.cli import main
from tests.app.test_browser import address, page, place  # noqa: F401  (fixtures)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_measure_says_what_it_measures_and_trains_a_second_baseline(
    page: Page,  # noqa: F811
    address: str,  # noqa: F811
    place: Path,  # noqa: F811
) -> None:
    folder = place / "measured"
    words = ["--preset", "toy-circle", "--epochs", "4", "--snapshots", "3", "--out", str(folder)]
    assert main(["pair", *words]) == 0
    page.goto(f"{address}/measure?pair={folder}")
    page.get_by_role("heading", name="Over training").wait_for()
    page.locator(".gz-table summary", has_text="Tail gap").click()
    page.get_by_text("mean over the rarer half of the classes of the angle").wait_for()
    page.get_by_role("button", name="Copy").first.click()
    page.get_by_text(r"\toprule").wait_for()
    with page.expect_download() as download:
        page.get_by_text("CSV of every metric").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("metric,class,training_samples")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Train a second baseline").click()
    page.get_by_text("Two seeds", exact=True).first.wait_for()
    assert (folder / "base-b" / "config.json").is_file()
    assert page.get_by_role("button", name="Train a second baseline").count() == 0
