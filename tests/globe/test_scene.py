"""The blob: what goes in comes out, and wrong input is refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ghviz.app.globe.parts import (
    HEADER,
    PART,
    part_names,
    read_header,
    scene_hash,
    with_options,
    without,
)
from ghviz.app.globe.scene import UNIT, encode_scene
from tests.globe.samples import classes, clusters, side, twins, valued


def parts(scene: bytes) -> dict[str, dict[str, NDArray[Any]]]:
    """All arrays of all parts, read from the written layout alone."""
    at = HEADER.size + HEADER.unpack_from(scene)[3]
    found = {}
    while at < len(scene):
        digest, length, described = PART.unpack_from(scene, at)
        start = at + PART.size + described
        assert at % 8 == start % 8 == 0
        places = json.loads(scene[at + PART.size : start])
        assert all(place["offset"] % 8 == 0 for place in places.values())
        found[digest.hex()] = {
            name: np.frombuffer(
                scene, place["dtype"], int(np.prod(place["shape"])), start + place["offset"]
            ).reshape(place["shape"])
            for name, place in places.items()
        }
        at += PART.size + length
    return found


@pytest.mark.parametrize("dimension", [2, 3])
def test_arrays_come_back_as_they_went_in(dimension: int) -> None:
    scene = twins(dimension)
    header = read_header(scene)
    first = header["sides"][0]
    assert header["kind"] == ("circle" if dimension == 2 else "sphere")
    assert header["tail_from"] == 2
    arrays = parts(scene)
    coordinates = arrays[first["snapshots"][1]]["coordinates"] / UNIT
    assert np.abs(coordinates - clusters(dimension, seed=10)).max() < 1 / UNIT
    assert (arrays[first["labels"]]["labels"] == np.repeat(np.arange(4), 12)).all()
    assert first["captions"] == ["caption 0", "caption 10", "caption 20"]
    assert header["sides"][1]["switches"] == [[10, 1.0]]
    assert first["targets"] is None
    assert arrays[header["thumbnails"]]["thumbnails"].shape == (48, 4, 4)


def test_territory_of_sphere_and_circle() -> None:
    sphere, circle = twins(3), twins(2)
    snapshots = read_header(sphere)["sides"][0]["snapshots"]
    maps = np.stack([parts(sphere)[name]["map"] for name in snapshots])
    assert maps.dtype == np.uint8
    assert (maps == np.stack(side(3).territory)).all()
    ring = parts(circle)[read_header(circle)["sides"][0]["snapshots"][1]]
    starts, owners = side(2).territory[1]
    assert np.allclose(ring["starts"], starts)
    assert (ring["owners"] == owners).all()


def test_a_growing_scene_needs_its_new_parts_only() -> None:
    before, after = twins(3), twins(3, steps=(0, 10, 20, 30))
    news = without(after, part_names(before))
    assert read_header(news) == read_header(after)
    assert scene_hash(news) == scene_hash(after) != scene_hash(before)
    header = read_header(after)
    assert part_names(news) == {side["snapshots"][-1] for side in header["sides"]}
    assert part_names(before) | part_names(news) == part_names(after)
    assert without(after, ()) == after
    assert len(news) < 0.4 * len(after)


def test_what_is_equal_is_held_once() -> None:
    header = read_header(twins(3))
    assert header["sides"][0]["labels"] == header["sides"][1]["labels"]
    assert (
        len(parts(twins(3)))
        == len(set(header["sides"][0]["snapshots"] + header["sides"][1]["snapshots"])) + 3
    )


def test_equal_input_gives_equal_bytes_and_any_change_another_hash() -> None:
    assert twins(3) == twins(3)
    assert twins(3)[16:24] != twins(3, steps=(0, 10, 21))[16:24]


def test_values_are_further_parts_of_the_same_picture() -> None:
    plain = twins(3)
    scene = valued(plain)
    header = read_header(scene)
    assert header["bands"]["title"] == "Placement"
    assert [(band["name"], band["from"]) for band in header["bands"]["items"]] == [("good", 90), ("bad", 0)]
    base, gh = header["sides"]
    assert base["values"][:2] == [None, None]
    assert base["snapshots"] == read_header(plain)["sides"][0]["snapshots"]
    assert parts(scene)[base["values"][2]]["values"].tolist() == [95] * 36 + [255] * 12
    assert parts(scene)[gh["values"][2]]["values"].tolist() == [20] * 36 + [255] * 12
    assert part_names(without(scene, part_names(plain))) == {base["values"][2], gh["values"][2]}
    assert header["id"] == read_header(plain)["id"]


def test_options_stand_before_the_scene() -> None:
    scene = twins(2)
    blob = with_options(scene, {"live": True, "note": "ä"})
    length = int.from_bytes(blob[4:8], "little")
    assert blob[:4] == b"GHVO"
    assert length % 8 == 0
    assert json.loads(blob[8 : 8 + length]) == {"live": True, "note": "ä"}
    assert blob[8 + length :] == scene


def test_center_of_a_class_that_is_not_there_stays_nan() -> None:
    centers = [np.where(np.arange(4)[:, None] == 2, np.nan, each) for each in side(3).centers]
    scene = encode_scene([side(3, centers=centers)], classes(4))
    first = parts(scene)[read_header(scene)["sides"][0]["snapshots"][0]]
    assert np.isnan(first["centers"][2]).all()
    assert np.isfinite(first["centers"][1]).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"territory": [np.zeros((4, 4))] * 2}, "territory must have one entry a snapshot"),
        ({"captions": ["one"]}, "captions must have"),
        ({"labels": np.full(48, 4)}, "from 0 to 3"),
        ({"labels": np.zeros(47, dtype=int)}, r"must be \(48,\)"),
        ({"coordinates": [np.full((48, 3), np.nan)] * 3}, "must be finite"),
        ({"coordinates": [np.zeros((48, 4))] * 3}, r"\(n, 2\) or \(n, 3\)"),
        ({"coordinates": [np.zeros((48, 3)), np.zeros((47, 3)), np.zeros((48, 3))]}, "same points"),
        ({"centers": [np.zeros((3, 3))] * 3}, "centers must be"),
        ({"targets": np.zeros((5, 2))}, "targets must be"),
        ({"territory": [(np.zeros(1), np.zeros(1))] * 3}, "not rings"),
        ({"territory": [np.zeros((4, 5))] * 3}, "square octahedral"),
    ],
)
def test_wrong_sides_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        encode_scene([side(3, **changes)], classes(4))


def test_wrong_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="steps must rise"):
        encode_scene([side(3, steps=(0, 20, 10))], classes(4))
    with pytest.raises(ValueError, match="steps must have one entry"):
        encode_scene([replace(side(3), steps=(0, 10))], classes(4))


def test_wrong_scenes_are_refused() -> None:
    with pytest.raises(ValueError, match="one to three sides"):
        encode_scene([], classes(4))
    with pytest.raises(ValueError, match="same dimension"):
        encode_scene([side(2), side(3)], classes(4))
    with pytest.raises(ValueError, match="at least one class"):
        encode_scene([side(2)], [])
    with pytest.raises(ValueError, match="thumbnails"):
        encode_scene([side(2)], classes(4), thumbnails=np.zeros((4, 4), dtype=np.uint8))
    with pytest.raises(ValueError, match="not a scene"):
        read_header(b"GHVZ")
    with pytest.raises(ValueError, match="not a scene of version 2"):
        read_header(b"X" * 64)
