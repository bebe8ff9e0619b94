"""The blob: what goes in comes out, and wrong input is refused in a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ghviz.app.globe.scene import HEADER, UNIT, encode_scene, read_header, with_options
from tests.globe.samples import classes, clusters, side, twins


def array(scene: bytes, place: dict[str, Any]) -> NDArray[Any]:
    start = HEADER.size + HEADER.unpack_from(scene)[3] + place["offset"]
    count = int(np.prod(place["shape"]))
    return np.frombuffer(scene, place["dtype"], count, start).reshape(place["shape"])


@pytest.mark.parametrize("dimension", [2, 3])
def test_arrays_come_back_as_they_went_in(dimension: int) -> None:
    scene = twins(dimension)
    header = read_header(scene)
    first = header["sides"][0]
    assert header["kind"] == ("circle" if dimension == 2 else "sphere")
    assert header["tail_from"] == 2
    coordinates = array(scene, first["coordinates"]) / UNIT
    assert np.abs(coordinates[1] - clusters(dimension, seed=10)).max() < 1 / UNIT
    assert (array(scene, first["labels"]) == np.repeat(np.arange(4), 12)).all()
    assert first["captions"] == ["caption 0", "caption 10", "caption 20"]
    assert header["sides"][1]["switches"] == [[10, 1.0]]
    assert first["targets"] is None
    assert array(scene, header["thumbnails"]).shape == (48, 4, 4)


def test_every_array_starts_on_a_multiple_of_eight() -> None:
    scene = twins(3)
    assert (HEADER.size + HEADER.unpack_from(scene)[3]) % 8 == 0
    places = [value for value in read_header(scene)["sides"][1].values() if isinstance(value, dict)]
    assert all(place.get("offset", 0) % 8 == 0 for place in places)


def test_territory_of_sphere_and_circle() -> None:
    sphere, circle = twins(3), twins(2)
    maps = array(sphere, read_header(sphere)["sides"][0]["territory"]["maps"])
    assert maps.shape == (3, 64, 64)
    assert maps.dtype == np.uint8
    assert (maps == np.stack(side(3).territory)).all()
    ring = read_header(circle)["sides"][0]["territory"]
    ends = array(circle, ring["ends"])
    starts, owners = side(2).territory[1]
    assert np.allclose(array(circle, ring["starts"])[ends[0] : ends[1]], starts)
    assert (array(circle, ring["classes"])[ends[0] : ends[1]] == owners).all()


def test_equal_input_gives_equal_bytes_and_any_change_another_hash() -> None:
    assert twins(3) == twins(3)
    assert twins(3)[16:24] != twins(3, steps=(0, 10, 21))[16:24]


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
    assert np.isnan(array(scene, read_header(scene)["sides"][0]["centers"])[0, 2]).all()


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
    with pytest.raises(ValueError, match="not a scene of version 1"):
        read_header(b"X" * 64)
