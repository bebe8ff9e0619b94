"""Style of paper figures: fonts, sizes, and column widths of venues; dictionaries and numbers, no drawing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Final, Literal, cast

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tueplots import figsizes

Venue = Literal["neurips", "iclr", "icml", "cvpr"]
Width = Literal["full", "column"] | float

TITLE_PT: Final = 9.0
TEXT_PT: Final = 8.0
SMALL_PT: Final = 7.0
HAIRLINE_PT: Final = 0.5
THIN_SPACE: Final = "\u2009"  # between thousands
MAX_VECTOR_POINTS: Final = 20_000  # beyond it the points alone become pixels, so that the file stays small

_LOCK: Final = RLock()  # Matplotlib's settings belong to the process; pages run in threads


def paper_style() -> dict[str, Any]:
    """Matplotlib settings of all paper figures: STIX, embedded as TrueType, glyphs as paths in SVG."""
    return {
        # Both families come with Matplotlib, so that a figure is the same on every machine. The second only
        # stands in for characters that STIX lacks.
        "font.family": ["STIXGeneral", "DejaVu Sans"],
        "mathtext.fontset": "stix",
        "font.size": TEXT_PT,
        "axes.titlesize": TITLE_PT,
        "axes.labelsize": TEXT_PT,
        "xtick.labelsize": SMALL_PT,
        "ytick.labelsize": SMALL_PT,
        "axes.linewidth": HAIRLINE_PT,
        "xtick.major.width": HAIRLINE_PT,
        "ytick.major.width": HAIRLINE_PT,
        "xtick.major.size": 2.5,
        "ytick.major.size": 2.5,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "text.parse_math": False,  # class names may hold dollar signs
        "pdf.fonttype": 42,  # TrueType: many venues refuse Type 3
        "pdf.compression": 9,
        "svg.fonttype": "path",
        "svg.hashsalt": "ghviz",  # element names in SVG repeat from one run to the next
    }


@contextmanager
def paper() -> Iterator[None]:
    """Draw or save in the paper style; one thread at a time."""
    with _LOCK, mpl.rc_context(cast(Any, paper_style())):
        yield


def inches(width: Width, *, venue: Venue = "neurips") -> float:
    """Width of a figure in inches.

    Args:
        width: "full" text width, one "column", or inches.
        venue: whose page; NeurIPS and ICLR have one column.

    Raises:
        ValueError: if a width in inches is too small or larger than a page, or the venue is unknown.
    """
    if isinstance(width, int | float):
        if not 2.5 <= width <= 20:
            raise ValueError(f"width must be between 2.5 and 20 inches, got {width:g}")
        return float(width)
    sizes = {
        "neurips": (figsizes.neurips2024, figsizes.neurips2024),
        "iclr": (figsizes.iclr2024, figsizes.iclr2024),
        "icml": (figsizes.icml2024_full, figsizes.icml2024_half),
        "cvpr": (figsizes.cvpr2024_full, figsizes.cvpr2024_half),
    }
    if venue not in sizes or width not in ("full", "column"):
        raise ValueError(
            f"expected a venue among {', '.join(sizes)} and width 'full', 'column' or inches, "
            f"got {venue!r} and {width!r}"
        )
    size = sizes[venue][width == "column"]()["figure.figsize"]
    return float(size[0])


def blank_figure(width: float, height: float, *, background: str) -> Figure:
    """An empty figure of that many inches, without pyplot's global state."""
    figure = Figure(figsize=(width, height), facecolor=background, dpi=200)
    FigureCanvasAgg(figure)
    return figure


def labelled(figure: Figure, caption: str, /, **shows: object) -> Figure:
    """Let a figure carry its caption and what it shows, for `save` to write into the file."""
    figure.set_label(json.dumps({**shows, "caption": caption}, ensure_ascii=False))
    return figure


def label_of(figure: Figure) -> tuple[str, dict[str, Any]]:
    """Caption of a figure, and what it shows."""
    shows = dict(json.loads(str(figure.get_label()) or "{}"))
    return str(shows.pop("caption", "")), shows
