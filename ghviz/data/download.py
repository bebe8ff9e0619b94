"""One file from the web into a cache folder: checked, all or nothing."""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import IO

CHUNK = 1 << 20  # bytes
TIMEOUT = 30  # seconds without a byte


def cached_file(url: str, folder: Path, *, md5: str) -> Path:
    """The file of a URL in a cache folder, downloaded if it isn't there.

    The download is written beside its place and renamed only when it is whole and its MD5 is right, so what
    lies under the file's name is never half a file. A file that a person put there is checked too.

    Args:
        url: where the file is published; its last part is the file's name.
        folder: cache folder, made if missing.
        md5: hex digest that the publisher states.

    Returns:
        Path of the file.

    Raises:
        ValueError: no connection, no space or a damaged file; one sentence that says what to do.
    """
    place = folder / url.rsplit("/", 1)[1]
    if place.exists():
        if _md5(place) != md5:
            raise ValueError(
                f"{place} is damaged (its MD5 is not {md5}): delete it, and it is downloaded again from {url}"
            )
        return place
    try:
        _download(url, place, md5)
    except (OSError, http.client.HTTPException) as error:
        raise ValueError(
            f"could not download {url} ({_reason(error)}): check the connection, "
            f"or put {place.name} into {folder} yourself, or set data_path to a folder that holds it"
        ) from error
    return place


def _download(url: str, place: Path, md5: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.md5(usedforsecurity=False)
    with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
        _announce(place, answer.headers.get("Content-Length"))
        with tempfile.NamedTemporaryFile(dir=place.parent, prefix=f".{place.name}.", delete=False) as part:
            try:
                while chunk := answer.read(CHUNK):
                    digest.update(chunk)
                    part.write(chunk)
                if digest.hexdigest() != md5:
                    raise ValueError(
                        f"what came from {url} is damaged (its MD5 is not {md5}): "
                        f"try again, or put {place.name} into {place.parent} yourself"
                    )
                _move(part, place)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise


def _move(part: IO[bytes], place: Path) -> None:
    """Give the finished file its name, once its bytes are on the disk."""
    part.flush()
    os.fsync(part.fileno())
    Path(part.name).chmod(0o644)
    Path(part.name).replace(place)


def _announce(place: Path, length: str | None) -> None:
    size = f" ({int(length) / 1e6:.0f} MB)" if length else ""
    print(f"Downloading {place.name}{size} to {place.parent}", file=sys.stderr, flush=True)


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", "") or error) or type(error).__name__
