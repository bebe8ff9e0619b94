"""Colours of matrices over classes, on the screen and on paper, and of the numbers written on them."""

from __future__ import annotations

from typing import Final

import numpy as np

from ghviz.figures.palette import contrast, inks, mix

_COLD: Final = {False: "#4460e6", True: "#6f8dff"}
_WARM: Final = {False: "#d9480f", True: "#ff8a4c"}
_ON_COLORS: Final = ("#1a1d24", "#ffffff")


def limits(*, percent: bool) -> tuple[float, float]:
    """The least and the largest number: per cent of a row, or cosines."""
    return (0.0, 100.0) if percent else (-1.0, 1.0)


def matrix_scale(*, percent: bool, dark: bool = False) -> list[tuple[float, str]]:
    """Positions from 0 (the least number) to 1 (the largest) and their colours."""
    background = inks(dark=dark).background
    if percent:
        return [(0.0, background), (1.0, _COLD[dark])]
    return [(0.0, _COLD[dark]), (0.5, background), (1.0, _WARM[dark])]


def ink_on(value: float, *, percent: bool, dark: bool = False) -> str:
    """Black or white, whichever can be read better on the colour of a number.

    >>> ink_on(0.0, percent=True), ink_on(0.0, percent=True, dark=True)
    ('#1a1d24', '#ffffff')
    """
    low, high = limits(percent=percent)
    places, colors = zip(*matrix_scale(percent=percent, dark=dark), strict=True)
    position = float(np.clip((value - low) / (high - low), 0, 1))
    right = max(1, int(np.searchsorted(places, position)))
    start, end = places[right - 1], places[right]
    color = mix(colors[right - 1], colors[right], (position - start) / (end - start))
    return max(_ON_COLORS, key=lambda ink: contrast(color, ink))


def cell_text(value: float, digits: int) -> str:
    """A number of a matrix.

    >>> cell_text(-0.561, 2), cell_text(-0.001, 2)
    ('−0.56', '0.00')
    """
    return f"{round(float(value), digits) + 0.0:.{digits}f}".replace("-", "−")
