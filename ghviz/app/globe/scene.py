"""From the sides of a comparison to the bytes that the globe draws; `parts` describes their layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.app.globe.parts import Parts, extended, read_header

UNKNOWN: Final = 255
"""A value of a point that is not known."""
UNIT: Final = 32767
"""A coordinate of 1 as int16; finer than a tenth of a pixel on any screen."""

Ring = tuple[NDArray[Any], NDArray[Any]]
"""Arcs of the circle: where they start (radians, rising) and whose they are."""


@dataclass(frozen=True, kw_only=True)
class ClassStyle:
    """How a class looks; classes go from head to tail.

    Attributes:
        name: what to call it.
        count: training samples.
        color_light: hex colour on a light page.
        color_dark: hex colour on a dark page.
    """

    name: str
    count: int
    color_light: str
    color_dark: str


@dataclass(frozen=True, kw_only=True)
class Band:
    """How points look whose value lies in a range.

    Attributes:
        name: what to call it.
        at_least: lower end of the range, 0 to 1; the upper is that of the band before.
        color_light: hex colour on a light page.
        color_dark: hex colour on a dark page.
    """

    name: str
    at_least: float
    color_light: str
    color_dark: str


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the twins: a run's snapshots, all of the same n points.

    Attributes:
        name: "base" or "gh" (anything else is a neutral third).
        title: headline above the drawing, such as "SimCLR + GH".
        steps: (s,) rising optimisation steps, one a snapshot.
        coordinates: s arrays (n, 2) on the circle or (n, 3) on the sphere, unit rows.
        labels: (n,) class of each point, 0 = head.
        territory: s octahedral maps (side, side) of classes for spheres, or s rings (starts, classes) for
            circles (see `ghviz.projections.territory`); empty: nothing is painted.
        centers: s arrays (L, 2 or 3), mean vectors of the classes, NOT normalised: their length is the mean
            resultant length, shown as the length of the circle's spokes. NaN rows: no such class. May be
            empty.
        targets: (K, 2 or 3) GH's vertices, or None.
        switches: (step, weight) of every flip of GH's switch: ticks on the time slider.
        captions: s short sentences, one a snapshot, shown below the title.
        color_light: identity colour of the side on a light page.
        color_dark: the same on a dark page.
    """

    name: str
    title: str
    steps: Sequence[int]
    coordinates: Sequence[NDArray[Any]]
    labels: NDArray[Any]
    territory: Sequence[NDArray[Any] | Ring] = ()
    centers: Sequence[NDArray[Any]] = ()
    targets: NDArray[Any] | None = None
    switches: Sequence[tuple[int, float]] = ()
    captions: Sequence[str] = ()
    color_light: str = "#6b7280"
    color_dark: str = "#94a3b8"


def encode_scene(
    sides: Sequence[Side],
    classes: Sequence[ClassStyle],
    *,
    scene_id: str = "",
    thumbnails: NDArray[np.uint8] | None = None,
) -> bytes:
    """Return the blob that `twin_globe` shows; equal input gives equal bytes.

    Args:
        sides: one to three sides, all on the circle or all on the sphere.
        classes: (L,) from head to tail.
        scene_id: what the picture is of (run folder and projection). While it stays the same, new blobs
            continue the picture: camera, hidden classes and time stay where they are.
        thumbnails: (n, height, width) or (n, height, width, 3) uint8, shown when a point is hovered; the
            sides share them.

    Returns:
        The scene, whole; about 2 dim n bytes a snapshot and side.

    Raises:
        ValueError: if shapes disagree, a label names no class, or a coordinate is not finite.
    """
    if not 1 <= len(sides) <= 3:
        raise ValueError(f"a scene has one to three sides, got {len(sides)}")
    if not classes:
        raise ValueError("a scene needs at least one class")
    dimensions = {_dimension(side) for side in sides}
    if len(dimensions) != 1:
        raise ValueError(f"all sides must have the same dimension, got {sorted(dimensions)}")
    parts = Parts()
    described = {
        "id": scene_id,
        "kind": "circle" if dimensions == {2} else "sphere",
        "classes": [
            {"name": c.name, "count": c.count, "light": c.color_light, "dark": c.color_dark} for c in classes
        ],
        "tail_from": len(classes) - len(classes) // 2,
        "sides": [_described(side, parts, num_classes=len(classes)) for side in sides],
        "thumbnails": None
        if thumbnails is None
        else parts.add(thumbnails=(_checked_thumbnails(thumbnails), "uint8")),
    }
    return parts.scene(described)


def coloured(
    scene: bytes,
    values: Mapping[str, Mapping[int, NDArray[Any]]],
    bands: Sequence[Band],
    *,
    title: str,
) -> bytes:
    """Return a scene whose points have the colour of a value instead of that of their class.

    The picture goes on as it is, and of its parts only the values are new.

    Args:
        scene: from `encode_scene`.
        values: side name -> step -> (n,) 0 to 1; NaN, and steps that are left out, are not known.
        bands: colours from high to low; the last should begin at 0.
        title: what the value is called.

    Raises:
        ValueError: if `scene` is not from `encode_scene`.
    """
    header, parts = read_header(scene), Parts()
    items = [
        {"name": b.name, "from": round(100 * b.at_least), "light": b.color_light, "dark": b.color_dark}
        for b in bands
    ]
    header["bands"] = {"title": title, "items": items}
    for side in header["sides"]:
        known = values.get(side["name"], {})
        side["values"] = [
            parts.add(values=(_in_percent(known[step]), "uint8")) if step in known else None
            for step in side["steps"]
        ]
    return extended(scene, header, parts)


def _in_percent(values: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isfinite(values), np.floor(100 * np.nan_to_num(values) + 1e-9), UNKNOWN)


def _dimension(side: Side) -> int:
    shapes = {np.shape(snapshot) for snapshot in side.coordinates}
    if len(shapes) != 1:
        raise ValueError(
            f"side {side.name!r}: every snapshot must hold the same points, got shapes {sorted(shapes)}"
        )
    shape = shapes.pop()
    if len(shape) != 2 or shape[1] not in (2, 3) or shape[0] < 1:
        raise ValueError(f"side {side.name!r}: coordinates must be (n, 2) or (n, 3) with n >= 1, got {shape}")
    return int(shape[1])


def _described(side: Side, parts: Parts, *, num_classes: int) -> dict[str, Any]:
    _check(side, num_classes=num_classes)
    territory = _territory(side)
    snapshots = [
        parts.add(
            coordinates=(np.rint(np.asarray(coordinates) * UNIT).clip(-UNIT, UNIT), "int16"),
            centers=(np.asarray(side.centers[i]), "float32") if len(side.centers) else None,
            **(territory[i] if territory else {}),
        )
        for i, coordinates in enumerate(side.coordinates)
    ]
    return {
        "name": side.name,
        "title": side.title,
        "light": side.color_light,
        "dark": side.color_dark,
        "steps": [int(step) for step in side.steps],
        "captions": list(side.captions),
        "switches": [[int(step), float(weight)] for step, weight in side.switches],
        "snapshots": snapshots,
        "labels": parts.add(labels=(np.asarray(side.labels), "uint16")),
        "targets": None if side.targets is None else parts.add(targets=(side.targets, "float32")),
    }


def _check(side: Side, *, num_classes: int) -> None:
    snapshots, n, dimension = len(side.coordinates), len(side.coordinates[0]), _dimension(side)
    for name in ("steps", "territory", "centers", "captions"):
        length = len(getattr(side, name))
        if length != snapshots and (length or name == "steps"):
            raise ValueError(
                f"side {side.name!r}: {name} must have one entry a snapshot ({snapshots}), got {length}"
            )
    if any(later <= earlier for earlier, later in zip(side.steps, side.steps[1:], strict=False)):
        raise ValueError(f"side {side.name!r}: steps must rise, got {list(side.steps)}")
    labels = np.asarray(side.labels)
    if labels.shape != (n,) or labels.min() < 0 or labels.max() >= num_classes:
        raise ValueError(f"side {side.name!r}: labels must be ({n},) integers from 0 to {num_classes - 1}")
    if not all(np.isfinite(snapshot).all() for snapshot in side.coordinates):
        raise ValueError(f"side {side.name!r}: coordinates must be finite; this snapshot can't be drawn")
    if any(np.shape(center) != (num_classes, dimension) for center in side.centers):
        raise ValueError(f"side {side.name!r}: centers must be ({num_classes}, {dimension}) each")
    if side.targets is not None and np.shape(side.targets)[1:] != (dimension,):
        raise ValueError(
            f"side {side.name!r}: targets must be (K, {dimension}), got {np.shape(side.targets)}"
        )


def _territory(side: Side) -> list[dict[str, tuple[NDArray[Any], str]]]:
    """Rings or maps, one a snapshot; none where nothing is painted."""
    if not len(side.territory):
        return []
    if isinstance(side.territory[0], tuple):
        if _dimension(side) != 2:
            raise ValueError(f"side {side.name!r}: spheres take octahedral maps, not rings")
        return [
            {"starts": (np.asarray(starts), "float32"), "owners": (np.asarray(owners), "uint16")}
            for starts, owners in side.territory
        ]
    maps = np.stack([np.asarray(each) for each in side.territory])
    if _dimension(side) != 3 or maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise ValueError(
            f"side {side.name!r}: territory must be square octahedral maps of a sphere, got {maps.shape}"
        )
    return [{"map": (each, "uint8" if each.max() < 256 else "uint16")} for each in maps]


def _checked_thumbnails(thumbnails: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if thumbnails.dtype != np.uint8 or not (
        thumbnails.ndim == 3 or (thumbnails.ndim == 4 and thumbnails.shape[3] == 3)
    ):
        raise ValueError(
            "thumbnails must be uint8 (n, height, width) or (n, height, width, 3), "
            f"got {thumbnails.dtype} {thumbnails.shape}"
        )
    return thumbnails
