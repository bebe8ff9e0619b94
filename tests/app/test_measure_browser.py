"""In a real browser: Measure opens a metric's meaning, copies the table, and trains a second baseline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ghviz.cli import main
from tests.app.test_browser import address, page, place  # noqa: F401  (fixtures)
from tests.app.test_measure import make_clouds

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


def test_under_a_finger_neither_toolbar_nor_table_covers_anything(
    page: Page,  # noqa: F811
    address: str,  # noqa: F811
    place: Path,  # noqa: F811
) -> None:
    folder = make_clouds(place / "touched")
    phone = page.context.browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    shown = phone.new_page()
    shown.goto(f"{address}/measure?pair={folder}")
    table = shown.get_by_test_id("stDataFrame").first
    table.wait_for(timeout=60_000)
    shown.locator(".st-key-share-chart .js-plotly-plot").wait_for(timeout=60_000)
    toolbar = table.get_by_test_id("stElementToolbar").bounding_box()
    save = shown.get_by_role("button", name="Save").first.bounding_box()
    below = shown.locator(".st-key-dumbbells").bounding_box()
    grid = table.bounding_box()
    phone.close()
    assert toolbar["y"] >= save["y"] + save["height"]
    assert below["y"] >= grid["y"] + grid["height"]
