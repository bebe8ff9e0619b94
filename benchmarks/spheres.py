"""How fast the twin spheres turn: 2 x 20,000 points on painted territory, under a dragging hand.

    python benchmarks/spheres.py [--points 20000] [--seconds 6]

A frame's time is what drawing it took; the rate is that of the frames that arrived during the drag.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from browser import chromium, server, visitor, wait_for_frame, wait_for_server
from playwright.sync_api import Page
from report import machine, spread

from ghviz.app.globe.scene import ClassStyle, Side, encode_scene
from ghviz.figures.palette import class_colors
from ghviz.projections.territory import territory_map

RATE_WANTED = 30.0
PAGE = """
import os
from pathlib import Path
import streamlit as st
from ghviz.app.globe import twin_globe
st.set_page_config(layout="wide")
twin_globe(Path(os.environ["GHVIZ_SCENE"]).read_bytes(), key="globe", autoplay=False)
"""


def scene(points: int, num_classes: int = 10) -> bytes:
    """Two spheres of long-tailed clusters at two steps."""
    rng = np.random.default_rng(0)
    share = np.geomspace(64, 1, num_classes)
    labels = np.sort(rng.choice(num_classes, size=points, p=share / share.sum()))
    centers = rng.normal(size=(num_classes, 3))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    sides = []
    for name in ("base", "gh"):
        snapshots = []
        for width in (0.6, 0.35):
            cloud = centers[labels] + width * rng.normal(size=(points, 3))
            snapshots.append((cloud / np.linalg.norm(cloud, axis=1, keepdims=True)).astype(np.float32))
        territory = [territory_map(snapshot, labels) for snapshot in snapshots]
        sides.append(
            Side(
                name=name,
                title=name,
                steps=[0, 100],
                coordinates=snapshots,
                labels=labels,
                territory=territory,
            )
        )
    light, dark = class_colors(num_classes), class_colors(num_classes, dark=True)
    counts = np.bincount(labels, minlength=num_classes).tolist()
    classes = [
        ClassStyle(name=f"class {c}", count=counts[c], color_light=light[c], color_dark=dark[c])
        for c in range(num_classes)
    ]
    return encode_scene(sides, classes, scene_id="benchmark")


def drag(page: Page, seconds: float) -> list[dict[str, float]]:
    """Frames while a hand turns the left sphere."""
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.ghvizFrames = []")
    begun = time.perf_counter()
    while (spent := time.perf_counter() - begun) < seconds:
        page.mouse.move(x + 120 * np.sin(2 * spent), y + 80 * np.sin(3 * spent))
    frames: list[dict[str, float]] = page.evaluate("window.ghvizFrames")
    page.mouse.up()
    return frames


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=6.0)
    asked = parser.parse_args()
    print(machine(), f"load {os.getloadavg()[0]:.1f}", sep="; ")
    with tempfile.TemporaryDirectory() as name:
        script, blob = Path(name) / "page.py", Path(name) / "scene.bin"
        script.write_text(PAGE, encoding="utf-8")
        blob.write_bytes(scene(asked.points))
        environment = {"GHVIZ_SCENE": str(blob)}
        with chromium() as browser, server(script, environment=environment) as address:
            wait_for_server(address)
            with visitor(browser) as context:
                page = context.new_page()
                page.goto(address)
                wait_for_frame(page)
                drag(page, 1.0)
                frames = drag(page, asked.seconds)
                page.wait_for_timeout(500)
                still = page.evaluate("window.ghvizFrames.at(-1).ms")
    gaps = np.diff([frame["at"] for frame in frames])
    rate = 1000 / statistics.mean(gaps)
    print(f"2 x {asked.points:,} points, painted, 1280 x 900; dragged for {asked.seconds:g} s")
    print(
        f"  drawing a frame    {spread([frame['ms'] for frame in frames])} ms; mean "
        f"{statistics.mean(frame['ms'] for frame in frames):.2f} ms; at rest, sharp: {still:.2f} ms"
    )
    print(f"  between two frames {spread(gaps.tolist())} ms")
    print(
        f"  {rate:.1f} frames a second, wanted {RATE_WANTED:g}: {'kept' if rate >= RATE_WANTED else 'BROKEN'}"
    )


if __name__ == "__main__":
    main()
