"""In a real browser: what the Runs page said of a bad name is gone when the form is opened again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.app.test_browser import address, page, place, wait_for  # noqa: F401  (fixtures)

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_a_rename_begins_afresh_and_a_deletion_asks_first(page: Page, address: str, place: Path) -> None:  # noqa: F811
    page.goto(f"{address}/runs")
    rename = page.get_by_role("button", name="Rename").first
    rename.click()
    name = page.get_by_label("New name")
    name.fill("../elsewhere")
    name.press("Enter")
    page.get_by_text("no slash and no leading dot").wait_for()
    page.keyboard.press("Escape")
    name.wait_for(state="hidden")
    rename.click()
    name.wait_for()
    wait_for(lambda: name.input_value() == "given", "the present name in the form")
    wait_for(lambda: page.get_by_text("no slash and no leading dot").count() == 0, "the error's end")
    name.fill("taken")
    name.press("Enter")
    page.get_by_text("given is now taken.").wait_for()
    assert (place / "taken" / "gh").is_dir()
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_text("Delete this pair?").wait_for()
    assert (place / "taken").is_dir()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("taken is deleted.").wait_for()
    assert not (place / "taken").exists()
    page.get_by_text("Nothing was trained here yet.").wait_for()
