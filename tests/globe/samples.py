"""Small scenes with a known picture."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ghviz.app.globe.scene import Band, ClassStyle, Side, coloured, encode_scene
from ghviz.projections.territory import territory_map, territory_ring

COLORS = ("#d00000", "#00a000", "#0000d0", "#c08000", "#8000c0", "#008080")


def classes(count: int) -> list[ClassStyle]:
    return [
        ClassStyle(name=f"class {i}", count=64 >> i, color_light=COLORS[i % 6], color_dark=COLORS[i % 6])
        for i in range(count)
    ]


def clusters(dimension: int, *, seed: int, num_classes: int = 4, per_class: int = 12) -> NDArray[Any]:
    """Points (num_classes * per_class, dimension), class after class, tight around fixed centres."""
    generator = np.random.default_rng(seed)
    if dimension == 2:
        angles = 2 * np.pi * np.arange(num_classes) / num_classes + 0.3
        centers = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    else:
        centers = np.array([[0, 0, 1], [0, 1, 0.1], [1, 0, 0.1], [0, 0, -1], [-1, 0, 0.2], [0, -1, 0.3]])
        centers = centers[:num_classes] / np.linalg.norm(centers[:num_classes], axis=1, keepdims=True)
    points = np.repeat(centers, per_class, axis=0)
    points = points + 0.08 * generator.normal(size=points.shape)
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def side(dimension: int, name: str = "base", *, steps: tuple[int, ...] = (0, 10, 20), **changes: Any) -> Side:
    coordinates = [clusters(dimension, seed=step) for step in steps]
    labels = np.repeat(np.arange(4), 12)
    territory = territory_ring if dimension == 2 else territory_map
    values: dict[str, Any] = {
        "name": name,
        "title": {"base": "SimCLR", "gh": "SimCLR + GH"}[name],
        "steps": steps,
        "coordinates": coordinates,
        "labels": labels,
        "territory": [territory(each, labels) for each in coordinates],
        "centers": [np.stack([each[labels == c].mean(axis=0) for c in range(4)]) for each in coordinates],
        "captions": [f"caption {step}" for step in steps],
    }
    return Side(**(values | changes))


BANDS = (
    Band(name="good", at_least=0.9, color_light="#00c8ff", color_dark="#00c8ff"),
    Band(name="bad", at_least=0.0, color_light="#ff00c8", color_dark="#ff00c8"),
)


def valued(scene: bytes, *, steps: tuple[int, ...] = (20,)) -> bytes:
    """Twins by value: base is all good, GH all bad, at some steps; class 3 is not known."""
    unknown = np.where(np.arange(48) < 36, 0.0, np.nan)
    values = {"base": unknown + 0.95, "gh": unknown + 0.2}
    return coloured(
        scene, {name: dict.fromkeys(steps, each) for name, each in values.items()}, BANDS, title="Placement"
    )


def twins(dimension: int, *, steps: tuple[int, ...] = (0, 10, 20), scene_id: str = "sample") -> bytes:
    targets = np.eye(dimension, dtype=np.float32)
    sides = [
        side(dimension, steps=steps),
        side(dimension, "gh", steps=steps, targets=targets, switches=[(10, 1.0)]),
    ]
    thumbnails = np.arange(48 * 4 * 4, dtype=np.uint8).reshape(48, 4, 4)
    return encode_scene(sides, classes(4), scene_id=scene_id, thumbnails=thumbnails)
