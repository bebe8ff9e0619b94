"""The bytes of a scene: a description, and the parts it speaks of, so that only new parts need to travel.

A part (one snapshot of one side, or the labels, or the thumbnails) is named by the hash of its content. The
description names all parts; the bytes may leave out those that the browser holds already. The layout,
little-endian:

- magic "GHVZ", version (uint16), flags (uint16, 0), length of the description (uint32), 4 bytes of nothing,
  8 bytes of its hash; the description, JSON padded with spaces to a multiple of 8;
- any number of parts: 8 bytes of hash, length of what follows (uint32), length of its JSON (uint32); JSON,
  padded likewise; arrays, each on a multiple of 8. The JSON says of each array {"offset", "dtype", "shape"},
  the offset counted from the first array.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

MAGIC: Final = b"GHVZ"
OPTIONS_MAGIC: Final = b"GHVO"
VERSION: Final = 2
HEADER: Final = struct.Struct("<4sHHI4x8s")
PART: Final = struct.Struct("<8sII")
OPTIONS_HEADER: Final = struct.Struct("<4sI")

_DTYPES: Final = {"int16": "<i2", "uint8": "|u1", "uint16": "<u2", "uint32": "<u4", "float32": "<f4"}


class Parts:
    """Parts of a scene in the making; equal ones are held once."""

    def __init__(self) -> None:
        """None yet."""
        self._bodies: dict[bytes, bytes] = {}

    def add(self, **arrays: tuple[NDArray[Any], str] | None) -> str:
        """Add a part of arrays, each with the dtype that it gets; return its name."""
        places: dict[str, Any] = {}
        chunks: list[bytes] = []
        size = 0
        for name, given in arrays.items():
            if given is None:
                continue
            array, dtype = given
            data = np.ascontiguousarray(array, dtype=_DTYPES[dtype]).tobytes()
            places[name] = {"offset": size, "dtype": dtype, "shape": list(array.shape)}
            chunks += [data, bytes(-len(data) % 8)]
            size += len(data) + -len(data) % 8
        text = _padded(places)
        body = b"".join([text, *chunks])
        digest = _hash(body)
        self._bodies[digest] = PART.pack(digest, len(body), len(text)) + body
        return digest.hex()

    def scene(self, description: Mapping[str, Any]) -> bytes:
        """Return the description with all parts."""
        text = _padded(description)
        return b"".join(
            [HEADER.pack(MAGIC, VERSION, 0, len(text), _hash(text)), text, *self._bodies.values()]
        )


def extended(scene: bytes, description: Mapping[str, Any], more: Parts) -> bytes:
    """Return the scene with another description, and more parts before its own."""
    return more.scene(description) + scene[_parts_start(scene) :]


def read_header(scene: bytes) -> dict[str, Any]:
    """Return the description.

    Raises:
        ValueError: if the bytes are not a scene of this version.
    """
    end = _parts_start(scene)
    header: dict[str, Any] = json.loads(scene[HEADER.size : end])
    return header


def scene_hash(scene: bytes) -> bytes:
    """Return the hash of the description; as that names all parts, equal hashes mean equal pictures."""
    digest: bytes = HEADER.unpack_from(scene)[-1]
    return digest


def part_names(scene: bytes) -> frozenset[str]:
    """Return the names of the parts that the bytes hold."""
    return frozenset(name for name, _, _ in _parts(scene))


def without(scene: bytes, held: Collection[str]) -> bytes:
    """Return the scene without the parts of these names."""
    kept = [scene[begin:end] for name, begin, end in _parts(scene) if name not in held]
    return b"".join([scene[: _parts_start(scene)], *kept])


def with_options(scene: bytes, options: Mapping[str, Any]) -> bytes:
    """Return options (JSON) and scene as one blob: a component takes bare bytes or a dict, never both."""
    text = _padded(options)
    return OPTIONS_HEADER.pack(OPTIONS_MAGIC, len(text)) + text + scene


def _parts(scene: bytes) -> Iterator[tuple[str, int, int]]:
    """Each part's name, and where it begins and ends."""
    begin = _parts_start(scene)
    while begin < len(scene):
        digest, length, _ = PART.unpack_from(scene, begin)
        end = begin + PART.size + length
        yield digest.hex(), begin, end
        begin = end


def _parts_start(scene: bytes) -> int:
    if len(scene) < HEADER.size:
        raise ValueError("not a scene: use the bytes that encode_scene returns")
    magic, version, _, length, _ = HEADER.unpack_from(scene)
    if magic != MAGIC or version != VERSION:
        raise ValueError(f"not a scene of version {VERSION}: use the bytes that encode_scene returns")
    return HEADER.size + int(length)


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()


def _padded(value: Any) -> bytes:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    return text + b" " * (-len(text) % 8)
