"""Where head, medium and tail begin: by rank, by count as for ImageNet-LT, or as the visitor says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import streamlit as st

from ghviz.evaluate.groups import groups_by_count, groups_by_rank

GROUPS: Final = ("Many", "Medium", "Few")
"""Names of the groups, from head to tail."""
BY_COUNT: Final = ("imagenet-lt", "places-lt")
"""Data sets whose papers go by count; the others go by rank, as for CIFAR."""
_WAYS: Final = {"rank": "By rank", "count": "By training samples"}
_MOST: Final = 10**9


@dataclass(frozen=True, kw_only=True)
class Borders:
    """How classes are grouped.

    Attributes:
        by: rank of frequency, or number of training samples.
        many: by count: a class with more than this is many.
        few: by count: a class with fewer than this is few.
    """

    by: Literal["rank", "count"] = "rank"
    many: int = 100
    few: int = 20

    def groups(self, counts: Sequence[int]) -> list[str]:
        """The group of each class; empty where three groups by rank would need more classes."""
        if self.by == "rank" and len(counts) < len(GROUPS):
            return [""] * len(counts)
        given = np.asarray(counts, dtype=np.int64)
        found = (
            groups_by_rank(given)
            if self.by == "rank"
            else groups_by_count(given, many=self.many, few=self.few)
        )
        return [GROUPS[group] for group in found]

    @property
    def text(self) -> str:
        """The borders in words.

        >>> Borders(by="count").text
        'Many: over 100 training samples; Few: under 20'
        """
        if self.by == "rank":
            return "Many: the first 34 % of the classes by frequency; Few: the last 33 %"
        return f"Many: over {self.many:,} training samples; Few: under {self.few:,}"


def default_borders(data_set: str) -> Borders:
    """The borders that papers on a data set use."""
    return Borders(by="count" if data_set in BY_COUNT else "rank")


def chosen_borders(data_set: str) -> Borders:
    """Let the visitor choose the borders."""
    usual = default_borders(data_set)
    with st.popover("Groups", icon=":material/segment:", key="borders"):
        way = st.segmented_control(
            "Groups",
            list(_WAYS),
            format_func=lambda each: _WAYS[each],
            default=usual.by,
            required=True,
            key=f"borders-by-{usual.by}",
        )
        borders = Borders(by="count" if way == "count" else "rank")
        if borders.by == "count":
            many = st.number_input(
                "Many: more training samples than", 1, _MOST, borders.many, key="borders-many"
            )
            few = st.number_input(
                "Few: fewer than", 0, many + 1, min(borders.few, many + 1), key="borders-few"
            )
            borders = Borders(by="count", many=int(many), few=int(few))
            st.caption("As for ImageNet-LT and Places-LT: 100 and 20. A group may be empty.")
        else:
            st.caption(f"As for CIFAR-LT. {borders.text}.")
    return borders
