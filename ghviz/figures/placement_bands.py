"""How well a point is placed, in four words and colours; loads no plotting library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class PlacementBand:
    """A range of placements (`ghviz.projections.quality`).

    Attributes:
        name: what to call it.
        at_least: lower end; the upper is that of the band before.
        light: hex colour on a light page.
        dark: hex colour on a dark page.
    """

    name: str
    at_least: float
    light: str
    dark: str


# What is well placed is quiet, what is badly placed stands out. The borders are fixed, so that pictures can
# be compared; points that lie anywhere have 0.5. No name says that a point is where it should be: some of its
# ten neighbours may be wrong, by a few ranks, at 0.95 and even at 0.99.
BANDS: Final = (
    PlacementBand(name="well (0.95 and more)", at_least=0.95, light="#aeb9c9", dark="#55627a"),
    PlacementBand(name="roughly (0.85)", at_least=0.85, light="#e0a800", dark="#e4c104"),
    PlacementBand(name="badly (0.7)", at_least=0.7, light="#d9480f", dark="#fb7a3c"),
    PlacementBand(name="very badly (below; chance: 0.5)", at_least=0.0, light="#86003f", dark="#ff5fa2"),
)
"""From well placed to badly."""
TITLE: Final = "Placement"
NOT_ASKED: Final = len(BANDS)
"""What stands for the band of a point that was not measured: of very many, some are drawn."""


def band_of(placement: NDArray[Any]) -> NDArray[np.int64]:
    """Return the band (n,) of each placement; `NOT_ASKED` for NaN.

    >>> band_of(np.array([1.0, 0.95, 0.9, 0.7, 0.2, np.nan])).tolist()
    [0, 0, 1, 2, 3, 4]
    """
    borders = np.array([band.at_least for band in BANDS[:-1]])
    values = np.asarray(placement)
    return np.where(np.isnan(values), NOT_ASKED, (values[:, None] < borders).sum(axis=1))
