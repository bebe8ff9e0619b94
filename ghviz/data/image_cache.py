"""Image files decoded once: a list of them is one memory map of bytes in a cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ghviz.data.decode import BrokenImageError, decoded_image

MOST_NAMED = 20
"""Broken files that a message names."""
AT_ONCE = 256
"""Images decoded before they are written: what is held in memory."""
SAY_EVERY = 10.0
"""Seconds between two words on how far the decoding has come."""
FORGOTTEN_AFTER = 24 * 3600
"""Seconds without a write after which an unfinished file is nobody's."""
_VERSION = 1  # of what decoding gives; part of a cached file's name
_STORED = 8 / 7  # of the side of a view: the usual 256 for 224


class Failure(NamedTuple):
    """An image that can't be read."""

    path: str
    reason: str
    is_passing: bool = False
    """The fault need not be the file's own: it is looked at anew at each start."""


class UnreadableImagesError(ValueError):
    """Some images are missing or broken; `failures` says which, the message names 20 of them at most."""

    def __init__(self, failures: Sequence[Failure], *, total: int) -> None:
        """Say so of `failures` among `total` images."""
        self.failures = tuple(failures)
        named = ", ".join(f"{each.path} ({each.reason})" for each in self.failures[:MOST_NAMED])
        more = len(self.failures) - MOST_NAMED
        super().__init__(
            f"{len(self.failures):,} of {total:,} images are missing or broken, mend them or set skip_broken "
            f"to leave them out: {named}{f' and {more:,} more' if more > 0 else ''}"
        )


@dataclass(frozen=True)
class _Plan:
    """A list of files and where its images lie or will lie."""

    paths: tuple[str, ...]
    stamps: tuple[tuple[int, int], ...]  # size and time of change; (-1, 0) where the file is missing
    side: int
    folder: Path

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.paths), 3, self.side, self.side

    @property
    def bytes(self) -> int:
        return math.prod(self.shape)

    @property
    def place(self) -> Path:
        listed = json.dumps([_VERSION, self.side, self.paths, self.stamps])
        name = hashlib.blake2b(listed.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
        return self.folder / f"{name}.npy"

    @property
    def verdict(self) -> Path:
        """The file that remembers which images of the list are broken."""
        return self.place.with_suffix(".broken.json")

    def without(self, failures: Sequence[Failure]) -> _Plan:
        broken = {each.path for each in failures}
        kept = [i for i, path in enumerate(self.paths) if path not in broken]
        return _Plan(
            tuple(self.paths[i] for i in kept),
            tuple(self.stamps[i] for i in kept),
            self.side,
            self.folder,
        )


def stored_side(image_size: int) -> int:
    """Side in pixels of the stored squares from which views of `image_size` are cropped: 8/7 of it."""
    return round(_STORED * image_size)


def stored_bytes(number: int, image_size: int) -> int:
    """Bytes that so many decoded images take."""
    return number * 3 * stored_side(image_size) ** 2


def cached_images(
    lists: Sequence[Sequence[Path]], *, image_size: int, folder: Path
) -> list[NDArray[np.uint8]]:
    """The images of some lists of files, decoded now or at an earlier start.

    A file of the cache is named by the paths, sizes and times of change of its images and by `image_size`: a
    changed image is decoded again. It appears only when it is whole. Which images are broken is remembered
    too; those that the system would not give (no permission, no memory) are tried again each time. No image
    is ever deleted but what was left unfinished a day ago; the folder can be deleted at any time.

    Args:
        lists: paths of the images, a list for each array.
        image_size: side in pixels of the views that will be made.
        folder: the cache, made if missing.

    Returns:
        One read-only memory map (n, 3, S, S) uint8 a list, with S = `stored_side(image_size)`.

    Raises:
        UnreadableImagesError: after all have been tried: some are missing or broken.
        ValueError: the cache folder has no room or can't be written.
    """
    side = stored_side(image_size)
    plans = [_plan(paths, side, folder) for paths in lists]
    total = sum(len(plan.paths) for plan in plans)
    if all(size < 0 for plan in plans for size, _ in plan.stamps):
        missing = [Failure(path, "missing") for plan in plans for path in plan.paths]
        raise UnreadableImagesError(missing, total=total)
    known = [_remembered(plan) for plan in plans]
    if None in known:
        needed = sum(plan.bytes for plan, faults in zip(plans, known, strict=True) if faults is None)
        _make_room(folder, needed=needed)
    faulty = [_decode(plan) if faults is None else faults for plan, faults in zip(plans, known, strict=True)]
    if failures := [failure for faults in faulty for failure in faults]:
        raise UnreadableImagesError(failures, total=total)
    maps = [images for images in map(_opened, plans) if images is not None]
    if len(maps) < len(plans):
        raise ValueError(f"{folder} lost what was just written there: is something else clearing it?")
    return maps


def _plan(paths: Sequence[Path], side: int, folder: Path) -> _Plan:
    return _Plan(
        tuple(str(path.absolute()) for path in paths), tuple(_stamp(path) for path in paths), side, folder
    )


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return -1, 0
    return found.st_size, found.st_mtime_ns


def _remembered(plan: _Plan) -> list[Failure] | None:
    """What is known to be wrong with a list's images; None: they are yet to be decoded."""
    try:
        faults = [Failure(*each) for each in json.loads(plan.verdict.read_bytes())]
    except (OSError, ValueError, TypeError):
        return None if _opened(plan) is None else []
    mended = (not isinstance(_attempt(each.path, plan.side), Failure) for each in faults if each.is_passing)
    return None if any(mended) else faults


def _opened(plan: _Plan) -> NDArray[np.uint8] | None:
    """The images of a list, if they are cached.

    Mapped read-only: Linux refuses a private writable map ("c") that is larger than the memory.
    """
    try:
        images = np.lib.format.open_memmap(plan.place, mode="r")
    except (OSError, ValueError):
        return None
    return images if images.dtype == np.uint8 and images.shape == plan.shape else None


def _make_room(folder: Path, *, needed: int) -> None:
    """Make the folder, clear what was left unfinished in it, and see whether the images fit.

    Raises:
        ValueError: they don't, or the folder can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for part in folder.glob("*.part"):
            if time.time() - part.stat().st_mtime > FORGOTTEN_AFTER:
                part.unlink(missing_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise ValueError(_unwritable(folder, error)) from error
    if needed > free:
        raise ValueError(
            f"the decoded images need {_size(needed)} in {folder}, {_size(free)} are free: "
            "set cache_path to a folder with more room, or take a smaller image_size"
        )


def _decode(plan: _Plan) -> list[Failure]:
    """Decode a list into its place; if some are broken, write down which, and the others in theirs."""
    say = f"Decoding {len(plan.paths):,} images into {plan.folder} ({_size(plan.bytes)}), this once"
    print(say, file=sys.stderr, flush=True)
    try:
        with _new_file(plan.folder) as file:
            failures = _write_images(file, plan)
            kept = plan.without(failures) if failures else plan
            if kept.paths:
                _finish(file, kept.place)
        if failures:
            with _new_file(plan.folder) as file:
                file.write(json.dumps(failures).encode())
                _finish(file, plan.verdict)
        else:
            plan.verdict.unlink(missing_ok=True)
    except OSError as error:
        raise ValueError(_unwritable(plan.folder, error)) from error
    except KeyboardInterrupt:
        raise KeyboardInterrupt("stopped while decoding; nothing was trained") from None
    return failures


def _write_images(file: IO[bytes], plan: _Plan) -> list[Failure]:
    """Write the images that can be read as one .npy; give the others.

    Written, not mapped: on a full disk a write fails with a sentence, a map kills the process.
    """
    failures: list[Failure] = []
    begin = _write_header(file, plan.shape)
    said = time.monotonic()
    with ThreadPoolExecutor(min(32, os.cpu_count() or 1)) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd but readable files
        for start in range(0, len(plan.paths), AT_ONCE):
            paths = plan.paths[start : start + AT_ONCE]
            for result in pool.map(lambda path: _attempt(path, plan.side), paths):
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    file.write(result.data)
            if time.monotonic() - said > SAY_EVERY:
                said = time.monotonic()
                print(f"  {start + len(paths):,} of {len(plan.paths):,}", file=sys.stderr, flush=True)
    file.seek(0)
    end = _write_header(file, (len(plan.paths) - len(failures), *plan.shape[1:]))
    assert begin == end, "numpy leaves room in its header for another number of rows"
    return failures


def _attempt(path: str, side: int) -> NDArray[np.uint8] | Failure:
    """The image, or what is wrong with it."""
    try:
        return decoded_image(Path(path), side)
    except BrokenImageError as error:
        return Failure(path, str(error), error.is_passing)


def _write_header(file: IO[bytes], shape: tuple[int, ...]) -> int:
    """Write what an .npy of bytes begins with; gives where its data begin."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()


@contextlib.contextmanager
def _new_file(folder: Path) -> Iterator[IO[bytes]]:
    """A file of its own name, gone at the end unless `_finish` gave it another."""
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as file:
        try:
            yield file
        finally:
            Path(file.name).unlink(missing_ok=True)


def _finish(file: IO[bytes], place: Path) -> None:
    """Give a file its name, once its bytes are on the disk."""
    file.flush()
    os.fsync(file.fileno())
    Path(file.name).chmod(0o644)
    Path(file.name).replace(place)


def _unwritable(folder: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"decoded images can't be kept in {folder} ({reason}): set cache_path to another folder"


def _size(number: int) -> str:
    """A number of bytes for a person to read."""
    unit, name = next(((u, n) for u, n in ((1e9, "GB"), (1e6, "MB")) if number >= u), (1e3, "kB"))
    return f"{number / unit:.1f} {name}"
