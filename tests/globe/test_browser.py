"""The globe in a real browser: pictures, hands, time, and what is told to Python."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from ghviz.app.globe import encode_scene
from ghviz.app.globe.parts import part_names, without
from ghviz.projections.territory import territory_ring
from tests.globe import samples
from tests.globe.conftest import GlobePage
from tests.globe.samples import classes, twins, valued

pytestmark = pytest.mark.browser
Make = Callable[..., GlobePage]


def test_plays_once_at_load_and_rests_at_the_end(globe: Make) -> None:
    page = globe()
    page.open(twins(3), autoplay=True)
    assert page.data["mode"] == "playing"
    page.wait(mode="paused", step="20")
    page.settle()
    steps = page.page.evaluate("window.frames_.map((frame) => frame.step)")
    assert steps == sorted(steps)
    assert {0, 10, 20} <= set(steps)
    assert page.page.locator(".head span").all_inner_texts() == ["caption 20", "caption 20"]
    assert page.reports == []


def test_rests_where_it_is_told_to_and_draws_no_idle_frames(globe: Make) -> None:
    page = globe()
    page.open(twins(2), step=10)
    page.settle()
    assert page.data["step"] == "10"
    frames = page.data["frame"]
    page.page.wait_for_timeout(500)
    assert page.data["frame"] == frames


def test_steps_are_written_with_their_thousands_set_apart(globe: Make) -> None:
    """As the page around them is."""
    steps = (0, 1200, 12800)
    gh = samples.side(3, "gh", steps=steps, switches=[(1100, 1.0)])
    page = globe()
    page.open(encode_scene([samples.side(3, steps=steps), gh], classes(4), scene_id="long"), step=1200)
    page.settle()
    line = page.page.get_by_text("step 1,200 / 12,800", exact=True)
    assert line.count() == 1
    slider = page.page.locator("input[type=range]").first
    assert slider.get_attribute("aria-valuetext") == "step 1,200 of 12,800"
    assert page.page.locator(".ticks span").get_attribute("title") == "GH on at step 1,100"


def test_texts_of_flips_fit_beside_each_other_at_any_width(globe: Make) -> None:
    """On a phone the newest are written; in a wide window all; pointed at, each says what it is."""
    switches = [(4, 1.0), (5, 0.0), (6, 2.0), (7, 0.0), (8, 1.0), (17, 0.0)]
    gh = samples.side(3, "gh", steps=(0, 10, 20), switches=switches)
    scene = encode_scene([samples.side(3, steps=(0, 10, 20)), gh], classes(4), scene_id="flips")
    page = globe(viewport={"width": 390, "height": 800})
    page.open(scene)
    page.settle()
    written = page.page.locator(".ticks em")

    def boxes() -> list[tuple[float, float]]:
        found = written.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().toJSON())")
        return sorted((box["left"], box["right"]) for box in found)

    def apart() -> bool:
        ends = boxes()
        return all(a[1] <= b[0] for a, b in pairwise(ends))

    assert apart()
    few = len(boxes())
    assert 2 <= few < 6
    assert "GH off" in written.all_inner_texts()
    assert len(page.page.locator(".ticks span").all()) == 6
    assert page.page.locator(".ticks span").first.get_attribute("title") == "GH on at step 4"
    page.page.set_viewport_size({"width": 1600, "height": 800})
    page.settle()
    assert len(boxes()) > few
    assert apart()
    page.page.set_viewport_size({"width": 390, "height": 800})
    page.settle()
    assert len(boxes()) == few
    assert apart()


def test_reduced_motion_does_not_play(globe: Make) -> None:
    page = globe(reduced_motion="reduce")
    page.open(twins(3), autoplay=True)
    page.settle()
    assert page.data["step"] == "20"
    assert set(page.page.evaluate("window.frames_.map((frame) => frame.mode)")) == {"paused"}


def test_the_nearest_class_faces_the_viewer_in_its_colour(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.page.locator("[data-tool=centers]").click()
    page.settle()
    for side in (0, 1):
        x, y = page.center(side)
        red, green, blue = page.pixel(x + 45, y + 5)  # beside the cluster of class 0, in its red territory
        assert red > green + 60
        assert red > blue + 60
    assert page.pixel(3, 300) == (255, 255, 255)


def test_dragging_turns_both_sides_and_is_told_once(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.settle()
    before = [page.pixel(page.center(side)[0] + 45, page.center(side)[1] + 5) for side in (0, 1)]
    x, y = page.center(0)
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    for i in range(1, 13):
        page.page.mouse.move(x - 25 * i, y)  # from class 0 to class 2
    assert page.reports == []
    page.page.mouse.up()
    page.settle()
    after = [page.pixel(page.center(side)[0] + 45, page.center(side)[1] + 5) for side in (0, 1)]
    assert before[0] != after[0]
    assert before[1] != after[1]
    assert len(page.reports) == 1
    w, _, turned, _ = page.reports[0]["camera"]["rotation"]
    assert turned < -0.3
    assert w < 0.95
    assert page.reports[0]["step"] == 20


def test_a_circle_turns_like_a_dial(globe: Make) -> None:
    page = globe()
    page.open(twins(2))
    x, y = page.center(1)
    page.page.mouse.move(x + 100, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 70, y - 70, steps=6)
    page.page.mouse.up()
    page.settle()
    _, i, j, k = page.reports[-1]["camera"]["rotation"]
    assert k > 0.3
    assert (i, j) == (0, 0)


def test_wheel_zooms_with_ctrl_or_focus_only(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.page.mouse.move(*page.center(0))
    page.page.mouse.wheel(0, 300)
    page.page.wait_for_function("window.scrollY > 0")
    assert page.data["zoom"] == "1.000"
    page.page.evaluate("window.scrollTo(0, 0)")
    page.page.keyboard.down("Control")
    page.page.mouse.wheel(0, -120)
    page.page.keyboard.up("Control")
    page.settle()
    zoom = float(page.data["zoom"])
    assert zoom > 1.2
    assert page.page.evaluate("window.scrollY") == 0
    page.page.locator("canvas.over").focus()
    page.page.mouse.wheel(0, 120)
    page.settle()
    assert float(page.data["zoom"]) < zoom
    assert page.reports[-1]["camera"]["zoom"] == pytest.approx(float(page.data["zoom"]), abs=1e-3)


def test_legend_hides_solos_and_highlights(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    item = page.page.locator("[data-class='1']")
    states = page.page.locator("[data-class]")
    item.dblclick()
    assert [each.get_attribute("aria-pressed") for each in states.all()] == [
        "false",
        "true",
        "false",
        "false",
    ]
    page.page.mouse.move(2, 2)
    page.settle()
    red, green, blue = page.pixel(page.center(0)[0] + 45, page.center(0)[1] + 5)
    assert max(red, green, blue) - min(red, green, blue) < 12  # class 0 is hidden: no colour
    item.dblclick()
    assert {each.get_attribute("aria-pressed") for each in states.all()} == {"true"}
    page.page.mouse.move(2, 2)
    page.settle()
    plain = page.picture()
    item.hover()
    page.settle()
    assert page.picture() != plain
    page.page.locator("[data-legend=tail]").click()
    assert [each.get_attribute("aria-pressed") for each in states.all()] == ["false", "false", "true", "true"]
    assert page.reports == []


def test_hover_tells_class_count_share_and_shows_the_sample(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.settle()
    tip = page.page.locator(".tip")
    x, y = page.center(0)
    places = [(x + dx, y + dy) for dx in range(-24, 25, 8) for dy in range(-24, 25, 8)]
    for place in places:  # the points of class 0 lie around the middle
        page.page.mouse.move(*place)
        if tip.locator("canvas").count():
            break
    assert tip.inner_text().startswith("class 0")
    assert "64 samples" in tip.inner_text()
    assert tip.locator("canvas").count() == 1
    page.page.mouse.move(x + 90, y + 10)
    assert "territory of class 0" in tip.inner_text()
    assert "% of the sphere" in tip.inner_text()
    page.page.mouse.move(3, 350)
    assert not tip.is_visible()


def test_keys(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("ArrowLeft")
    page.wait(step="10")
    page.page.keyboard.press("Home")
    page.wait(step="0")
    page.page.keyboard.press("ArrowRight")
    page.wait(step="10")
    page.page.keyboard.press("End")
    page.wait(step="20")
    page.page.keyboard.press("Space")
    page.wait(mode="playing")
    page.page.keyboard.press("Space")
    page.wait(mode="paused")
    page.page.keyboard.press("+")
    page.settle()
    assert page.data["zoom"] == "1.250"
    rotation = page.data["rotation"]
    page.page.keyboard.press("Shift+ArrowUp")
    page.settle()
    assert page.data["rotation"] != rotation
    page.page.keyboard.press("0")
    page.wait(zoom="1.000", rotation="1.0000 0.0000 0.0000 0.0000")


def test_slider_scrubs_smoothly_and_settles_on_a_snapshot(globe: Make) -> None:
    page = globe()
    page.open(twins(2))
    page.settle()
    rest = page.picture()
    slider = page.page.locator("input[type=range]")
    slider.evaluate("(s) => { s.value = 13; s.dispatchEvent(new Event('input')); }")
    page.settle()
    between = page.picture()
    assert between != rest
    assert page.data["step"] == "10"
    assert page.reports == []
    slider.evaluate("(s) => s.dispatchEvent(new Event('change'))")
    page.settle()
    assert page.picture() not in (between, rest)
    assert page.reports[-1]["step"] == 10
    assert page.page.locator(".ticks span").get_attribute("title") == "GH on at step 10"


def test_live_follows_until_scrubbed_away_and_keeps_the_camera(globe: Make) -> None:
    page = globe()
    page.open(twins(3), live=True)
    page.wait(mode="following", step="20")
    page.page.locator("[data-tool=in]").click()
    page.page.locator("[data-class='2']").click()
    page.update(twins(3, steps=(0, 10, 20, 30)), live=True)
    page.wait(mode="following", step="30", zoom="1.250")
    heads = [head.bounding_box() for head in page.page.locator(".head").all()]
    assert [round(head["x"]) for head in heads if head] == [0, 505]
    assert page.page.locator("[data-class='2']").get_attribute("aria-pressed") == "false"
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("Home")
    page.wait(mode="paused", step="0")
    page.update(twins(3, steps=(0, 10, 20, 30, 40)), live=True)
    page.settle()
    assert page.data["step"] == "0"
    assert page.reports[-1] | {"camera": None} == {"camera": None, "step": 0, "following": False}
    page.page.locator(".live").click()
    page.wait(mode="following", step="40")
    page.update(twins(3, steps=(0, 10, 20, 30, 40)), live=False)
    page.wait(mode="paused", step="40")


@pytest.mark.parametrize("first_live", [True, False])
def test_a_follower_goes_on_to_the_end_of_the_run_and_rests_there(globe: Make, first_live: bool) -> None:
    page = globe()
    page.open(twins(2), live=True)
    page.wait(mode="following", step="20")
    page.page.locator("[data-tool=in]").click()  # tells Python a camera, and that it follows
    page.update(twins(2, steps=(0, 10, 20, 30) if first_live else (0, 10, 20)), live=first_live)
    page.update(twins(2, steps=(0, 10, 20, 30, 40)), live=False)
    page.wait(mode="paused", step="40")
    page.settle()
    assert page.page.locator(".step").inner_text() == "step 40 / 40"
    assert page.reports[-1]["following"] is True
    page.update(twins(2, steps=(0, 10, 20, 30, 40, 50)), live=True)  # resumed
    page.wait(mode="following", step="50")
    assert len(page.reports) == 1


def test_a_resumed_run_is_followed_again_and_python_hears_of_it(globe: Make) -> None:
    page = globe()
    page.open(twins(2))
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("Home")
    page.wait(step="0")
    page.update(twins(2), live=True)
    page.wait(mode="following", step="20")
    page.page.wait_for_function("window.reports.length === 2")
    assert page.reports[-1]["following"] is True


def test_sides_whose_newest_steps_differ_for_a_moment_are_followed(globe: Make) -> None:
    page = globe()
    page.open(twins(2), live=True)
    ahead = [samples.side(2, steps=(0, 10, 20, 30)), samples.side(2, "gh", steps=(0, 10, 20))]
    page.update(encode_scene(ahead, classes(4), scene_id="sample"), live=True)
    page.wait(step="30")
    assert page.page.locator(".head span").all_inner_texts() == ["caption 30", "caption 20"]
    page.update(twins(2, steps=(0, 10, 20, 30)), live=False)
    page.wait(mode="paused", step="30")
    page.settle()
    assert page.page.locator(".head span").all_inner_texts() == ["caption 30", "caption 30"]


def test_a_growing_scene_is_drawn_from_its_news(globe: Make) -> None:
    short, long = twins(3), twins(3, steps=(0, 10, 20, 30))
    whole = globe()
    whole.open(long)
    whole.settle()
    page = globe()
    page.open(short)
    page.update(without(long, part_names(short)))
    page.wait(mode="paused", step="30")
    page.settle()
    assert page.picture() == whole.picture()
    assert page.needs == []


def test_a_gap_keeps_the_picture_and_asks_for_the_whole_until_it_comes(globe: Make) -> None:
    scenes = [twins(2, steps=tuple(range(0, 10 * n, 10))) for n in (2, 3, 4)]
    page = globe()
    page.open(scenes[0], live=True)
    page.settle()
    page.update(without(scenes[2], part_names(scenes[1])), live=True)
    page.page.wait_for_function("window.reports.length === 2", timeout=9000)  # unanswered, it asks again
    first, second = page.needs
    assert first != second
    assert page.data["step"] == "10"
    page.update(scenes[2], live=True)
    page.wait(step="30")
    page.page.wait_for_timeout(5000)
    assert len(page.needs) == 2


def test_the_same_scene_again_changes_nothing_and_another_one_starts_anew(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.page.locator("[data-tool=in]").click()
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("Home")
    page.settle()
    before = page.picture()
    page.update(twins(3), camera={"rotation": [0, 1, 0, 0], "zoom": 1})
    page.settle()
    assert page.picture() == before
    page.update(twins(2, scene_id="other"), autoplay=False)
    page.wait(step="20", zoom="1.000")


def test_points_take_the_colour_of_their_value(globe: Make) -> None:
    page = globe()
    page.open(twins(3), step=20)
    page.page.locator("[data-tool=centers]").click()
    page.page.locator("[data-tool=territory]").click()
    page.settle()
    count = """(canvas, [left, red, green, blue]) => { const half = canvas.width / 2;
    const { data } = canvas.getContext("2d").getImageData(left * half, 0, half, canvas.height);
    let n = 0;
    for (let i = 0; i < data.length; i += 4)
      n += Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue) < 12;
    return n; }"""

    def pixels(side: int, *color: int) -> int:
        found: int = page.page.locator("canvas.base").evaluate(count, [side, *color])
        return found

    good, bad, red = (0, 200, 255), (255, 0, 200), (208, 0, 0)
    assert not page.page.locator(".bands").is_visible()
    assert pixels(0, *red) > 200
    page.update(valued(twins(3)), step=20)
    page.settle()
    assert pixels(0, *good) > 200 < pixels(1, *bad)
    assert pixels(0, *red) == pixels(0, *bad) == pixels(1, *good) == 0
    assert page.page.locator(".bands").inner_text().split("\n") == ["Placement", "good", "bad"]
    x, y = page.center(0)
    tip = page.page.locator(".tip")
    for dx in range(-24, 25, 6):
        page.page.mouse.move(x + dx, y)
        if "placement" in tip.inner_text():
            break
    assert "placement 0.95" in tip.inner_text()
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("Home")
    page.wait(step="0")
    page.settle()
    assert pixels(0, *good) == pixels(1, *bad) == 0  # not known at this step: grey
    page.update(twins(3), step=20)
    page.settle()
    assert pixels(0, *red) > 200
    assert not page.page.locator(".bands").is_visible()


def test_a_wish_moves_the_slider_once_and_python_hears_of_it(globe: Make) -> None:
    page = globe()
    page.open(twins(2), moments=[[10, "the centres of a and b merge"]])
    page.settle()
    assert page.page.locator(".ticks b").get_attribute("title") == "Step 10: the centres of a and b merge"
    page.update(twins(2), seek={"step": 9, "id": 1}, moments=[])
    page.wait(step="10", mode="paused")  # the snapshot nearest to it
    page.page.wait_for_function("window.reports.length > 0")
    assert page.reports[-1]["step"] == 10
    assert page.reports[-1]["following"] is False
    assert page.page.locator(".ticks b").count() == 0
    page.page.locator("canvas.over").focus()
    page.page.keyboard.press("Home")
    page.wait(step="0")
    page.update(twins(2), seek={"step": 9, "id": 1})
    page.settle()
    assert page.data["step"] == "0"
    page.update(twins(2), seek={"step": 20, "id": 2})
    page.wait(step="20")


def test_narrow_screens_stack_the_twins_and_nothing_overflows(globe: Make) -> None:
    page = globe(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page.open(twins(3))
    page.settle()
    heads = [head.bounding_box() for head in page.page.locator(".head").all()]
    assert heads[0] is not None
    assert heads[1] is not None
    assert heads[1]["y"] > heads[0]["y"] + 250
    assert page.page.evaluate("document.documentElement.scrollWidth") <= 390
    width = page.page.locator("canvas.base").evaluate("(canvas) => canvas.width")
    assert width == 780


@pytest.mark.parametrize("width", [390, 1000])
def test_every_class_of_a_circle_is_named_however_little_it_owns(globe: Make, width: int) -> None:
    count, sizes = 10, np.array([200, 2, 3, 1, 2, 60, 2, 2, 40, 80])
    labels = np.repeat(np.arange(count), sizes)
    angles = np.linspace(0, 2 * np.pi, len(labels), endpoint=False)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring = territory_ring(points, labels)
    sides = [
        samples.side(2, name, steps=(0,), coordinates=[points], labels=labels, territory=[ring], centers=[])
        for name in ("base", "gh")
    ]
    page = globe(viewport={"width": width, "height": 844})
    page.page.add_init_script(
        """const write = CanvasRenderingContext2D.prototype.fillText; window.written = [];
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
          const { e, f } = this.getTransform();
          window.written.push([text, x + e, y + f, this.measureText(text).width]);
          write.call(this, text, x, y); };"""
    )
    page.open(encode_scene(sides, classes(count), scene_id="small"))
    page.settle()
    page.page.evaluate("window.written = []")
    page.page.locator("[data-tool=territory]").click()
    page.settle()
    written = page.page.evaluate("window.written")
    names = [f"class {i}" for i in range(count)]
    assert sorted(text for text, *_ in written) == sorted(2 * names)
    boxes = [(x, y - 7, x + long, y + 7) for _, x, y, long in written]
    box = page.page.locator("canvas.base").bounding_box()
    assert box is not None
    assert all(x >= 0 and y >= 0 and x2 <= box["width"] and y2 <= box["height"] for x, y, x2, y2 in boxes)
    for i, (left, top, right, bottom) in enumerate(boxes):
        for x, y, x2, y2 in boxes[:i]:
            assert left >= x2 or x >= right or top >= y2 or y >= bottom


def test_the_same_picture_twice(globe: Make) -> None:
    pictures = []
    for _ in range(2):
        page = globe()
        page.open(twins(3), camera={"rotation": [0.9, 0.3, 0.2, 0.1], "zoom": 1.3})
        page.settle()
        pictures.append(page.picture())
    assert pictures[0] == pictures[1]


def test_data_of_another_kind_is_one_sentence(globe: Make) -> None:
    page = globe()
    page.open(twins(3))
    page.update(b"GHVZ" + bytes(60))
    page.page.wait_for_selector(".problem")
    assert "can't be drawn" in page.page.locator(".problem").inner_text()
