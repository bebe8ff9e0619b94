"""In a real browser: labels of marks over training steps neither cover nor strike each other."""

from __future__ import annotations

from itertools import pairwise

import plotly.io
import pytest

from ghviz.figures import charts, series
from ghviz.types import GHSwitch
from tests.browser import launch, require_browser
from tests.figures.samples import tables

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]

PLACES = """() => [...document.querySelectorAll(".annotation")].map((each) => {
  const [text, ground] = [each.querySelector("text"), each.querySelector(".bg")];
  const {left, right, top, bottom} = text.getBoundingClientRect();
  return {text: text.textContent, left, right, top, bottom, filled: getComputedStyle(ground).fillOpacity};
})"""


@pytest.mark.parametrize(("columns", "width", "count"), [(1, 300, 2), (2, 500, 2), (3, 560, 3)])
def test_labels_of_marks_are_legible(columns, width, count):
    """At the least width that a chart has: on a phone, and with two and three side by side."""
    require_browser()
    from playwright.sync_api import sync_playwright

    base, gh = tables([0.6] * 11), tables([0.6, 0.4] * 5 + [0.5])
    slope = series.metric_curve("frequency_slope", series.Label(title="Territory slope"), base, gh)
    parts = ((0.48, 1), (0.495, 0), (0.5, 2), (0.73, 0), (0.745, 1), (0.8, 0.5), (0.86, 0), (0.92, 1))
    last = base[-1].step
    switches = [GHSwitch(step=int(last * part), weight=weight, on=weight > 0) for part, weight in parts]
    marks = series.switch_marks(switches, warm_up_step=int(last * 0.4))
    figure = charts.metric_curves([slope] * count, marks, columns=columns)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page(viewport={"width": width, "height": figure.layout.height})
        page.set_content(plotly.io.to_html(figure, config={"responsive": True}))
        page.locator(".annotation").first.wait_for()
        found = page.evaluate(PLACES)
        browser.close()
    texts = sorted((e for e in found if "GH" in e["text"] or e["text"] == "warm-up"), key=lambda e: e["left"])
    dots = [e for e in found if e["text"] == "•"]
    assert len(texts) >= 4
    assert len(texts) + len(dots) == len(marks)
    for one, other in pairwise(texts):
        assert one["right"] <= other["left"], (one, other)
    assert all(e["filled"] == "1" for e in texts), "a mark's line would strike through them"
    assert min(e["top"] for e in dots) > max(e["bottom"] for e in texts)
