"""The colours of ghviz, for screen and paper alike: classes from head to tail, the two sides, inks.

Colours are hex strings, so that one table serves the browser's canvas, Plotly and Matplotlib. Nothing here
loads a plotting library.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Theme = Literal["light", "dark"]

# Found by a search over OKLab: hue runs from cool (head) to warm (tail); every colour has a contrast of at
# least 3 : 1 against its background; and the smallest distance of any two (any two may be neighbours on the
# ring), for full colour vision and simulated protanopia, deuteranopia and tritanopia, is as large as the
# search could make it.
_TEN: Final[dict[Theme, tuple[str, ...]]] = {
    "light": (
        *("#4460e6", "#094885", "#0ea0c6", "#20917f", "#027c3a"),
        *("#ab9104", "#b24e00", "#960527", "#e7476b", "#ab39b2"),
    ),
    "dark": (
        *("#9ab3fe", "#3782d5", "#11aad2", "#5fddc5", "#79fb9f"),
        *("#e4c104", "#fb9661", "#cf7d7e", "#d54665", "#fcc3fe"),
    ),
}

# Which of the ten to take for fewer classes: the choice that keeps the smallest distance large.
_CHOICES: Final[dict[int, tuple[int, ...]]] = {
    1: (0,),
    2: (0, 8),
    3: (0, 5, 7),
    4: (1, 3, 5, 7),
    5: (1, 3, 5, 7, 9),
    6: (1, 2, 4, 5, 8, 9),
    7: (1, 2, 3, 4, 5, 8, 9),
    8: (1, 2, 3, 5, 6, 7, 8, 9),
    9: (0, 1, 2, 4, 5, 6, 7, 8, 9),
    10: tuple(range(10)),
}

# Beyond ten classes no set of separate colours works: colour is then the rank, on a scale whose lightness
# rises steadily from head to tail (so that it reads without any hue), cool to warm like the ten.
_SCALE: Final[dict[Theme, tuple[str, ...]]] = {
    "light": ("#14265e", "#12507f", "#1f7480", "#5a8460", "#a68a25", "#d9734a"),
    "dark": ("#4a72d8", "#2f93cf", "#43b3bd", "#86cf9f", "#dcd96a", "#ffe9c2"),
}

BASE_COLOR: Final[dict[Theme, str]] = {"light": "#6b7280", "dark": "#94a3b8"}
"""The side without GH, by theme."""

GH_COLOR: Final[dict[Theme, str]] = {"light": "#d9480f", "dark": "#ff8a4c"}
"""The side with GH, by theme."""


@dataclass(frozen=True, kw_only=True)
class Inks:
    """The colours of everything that is not a class or a side.

    Attributes:
        background: of the page.
        text: titles, labels.
        muted: secondary text, vertices.
        line: axes and outlines.
        grid: lines behind the data.
    """

    background: str
    text: str
    muted: str
    line: str
    grid: str


_INKS: Final[dict[Theme, Inks]] = {
    "light": Inks(background="#ffffff", text="#1a1d24", muted="#5c6370", line="#8b919c", grid="#e6e8ec"),
    "dark": Inks(background="#0e1117", text="#f2f4f8", muted="#a3abb8", line="#6b7482", grid="#262c36"),
}


def inks(*, dark: bool = False) -> Inks:
    """Colours of text, lines and background for one theme."""
    return _INKS[_theme(dark)]


def side_colors(*, dark: bool = False) -> tuple[str, str]:
    """Colours of the sides without and with GH."""
    theme = _theme(dark)
    return BASE_COLOR[theme], GH_COLOR[theme]


def class_colors(num_classes: int, *, dark: bool = False) -> list[str]:
    """Colours of the classes from head to tail.

    Up to ten classes get separate colours that stay apart for colour-blind eyes; more classes are coloured by
    rank on one scale of rising lightness.

    Args:
        num_classes: number of classes, at least 1.
        dark: for a dark background.

    Returns:
        Hex colours, one a class; class 0 is the head.

    Raises:
        ValueError: if there is no class.

    >>> class_colors(2)
    ['#4460e6', '#e7476b']
    >>> len(set(class_colors(100)))
    100
    """
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, got {num_classes}")
    theme = _theme(dark)
    if num_classes in _CHOICES:
        return [_TEN[theme][i] for i in _CHOICES[num_classes]]
    return [_on_scale(_SCALE[theme], rank / (num_classes - 1)) for rank in range(num_classes)]


def channels(color: str) -> tuple[int, int, int]:
    """Red, green and blue of a hex colour, 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mix(color: str, other: str, amount: float) -> str:
    """The colour on the straight line from `color` (amount 0) to `other` (amount 1), in sRGB.

    >>> mix("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = zip(channels(color), channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * amount):02x}" for a, b in pairs)


def relative_luminance(color: str) -> float:
    """Relative luminance of a colour, from 0 (black) to 1 (white).

    [0] Web Content Accessibility Guidelines 2.2, 2023, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance
    """
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _fractions(color))
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(color: str, other: str) -> float:
    """Contrast ratio of two colours, from 1 (none) to 21 (black on white).

    [0] Web Content Accessibility Guidelines 2.2, 2023, https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    darker, lighter = sorted((relative_luminance(color), relative_luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _theme(dark: bool) -> Theme:
    return "dark" if dark else "light"


def _on_scale(anchors: tuple[str, ...], position: float) -> str:
    place = position * (len(anchors) - 1)
    left = min(int(place), len(anchors) - 2)
    return mix(anchors[left], anchors[left + 1], place - left)


def _fractions(color: str) -> list[float]:
    return [channel / 255 for channel in channels(color)]
