"""One image file, of whatever kind, as a square of RGB bytes."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

SPARE = 3
"""A large image is first shrunk cheaply to this many times the side, then finely."""
_UNREADABLE = (  # what Pillow's readers raise on bytes that are not what they say
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    MemoryError,
    struct.error,
    Image.DecompressionBombError,
)


class BrokenImageError(ValueError):
    """An image can't be read; the message is the reason, in a few words.

    Attributes:
        is_passing: the fault need not be the file's own, such as a permission or a lack of memory: the same
            file may be readable another time.
    """

    def __init__(self, reason: str, *, is_passing: bool = False) -> None:
        """Give the reason."""
        super().__init__(reason)
        self.is_passing = is_passing


def decoded_image(path: Path, side: int) -> NDArray[np.uint8]:
    """The middle square of an image, brought to one size.

    The shorter side is brought to `side` and the middle of the longer one kept. Grey images get three equal
    channels, 16 bits are scaled to 8, transparent pixels lie over white, and a photograph stands as its
    camera says.

    Args:
        path: a file that Pillow can read.
        side: in pixels.

    Returns:
        (3, side, side) uint8.

    Raises:
        BrokenImageError: missing, cut off or no image.
    """
    try:
        with Image.open(path) as file:
            file.draft(
                None, (SPARE * side, SPARE * side)
            )  # a large JPEG is decoded at a fraction of its size
            rgb = as_rgb(ImageOps.exif_transpose(file))
        pixels = np.asarray(_square(rgb, side))
    except _UNREADABLE as error:
        raise BrokenImageError(_reason(error), is_passing=_is_passing(error)) from error
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def as_rgb(image: Image.Image) -> Image.Image:
    """An image of any mode as 8-bit RGB.

    Raises:
        ValueError: its pixels are floating-point numbers or have more than 16 bits: nobody knows their range.
    """
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode.startswith("I"):  # 16 bits, in one of several modes
        levels = np.asarray(image, dtype=np.float64)
        if levels.min() < 0 or levels.max() > 65535:
            raise ValueError(f"its pixels go from {levels.min():.0f} to {levels.max():.0f}, beyond 16 bits")
        image = Image.fromarray(np.rint(levels / 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _square(image: Image.Image, side: int) -> Image.Image:
    width, height = image.size
    edge = min(width, height)
    left, top = (width - edge) / 2, (height - edge) / 2
    box = (left, top, left + edge, top + edge)
    return image.resize((side, side), Image.Resampling.BICUBIC, box=box, reducing_gap=SPARE)


def _is_passing(error: BaseException) -> bool:
    """Whether it was the system that refused: Pillow's own errors have no number, but for odd offsets."""
    if isinstance(error, OSError):
        return error.errno not in (None, errno.EINVAL)
    return isinstance(error, MemoryError)


def _reason(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "missing"
    if isinstance(error, UnidentifiedImageError):
        return "not an image"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error).splitlines()[0] if str(error) else type(error).__name__
