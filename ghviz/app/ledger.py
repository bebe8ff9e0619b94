"""Tables that open on demand: how well each class is placed, and what became of its neighbours."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.errors import one_sentence
from ghviz.app.ledger_rows import BEYOND, OWN, balance_rows, ledger_csv, ledger_rows, seed_balance, verdicts
from ghviz.app.pairs import Comparison
from ghviz.app.reality import content
from ghviz.app.theme import is_dark, note
from ghviz.figures.palette import inks
from ghviz.metrics import (
    GROUP_NAMES,
    NeighborGroups,
    NeighborLedger,
    SampledWarning,
    neighbor_groups,
    neighbor_ledger,
)
from ghviz.projections.quality import PictureQuality
from ghviz.store import SECOND_BASELINE
from ghviz.types import ClassTable

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

NEIGHBORS: Final = 10
_SIDES: Final = {"base": "without GH", "gh": "with GH"}


def ledger_block(comparison: Comparison, *, step: int, when: str) -> None:
    """What became of each class's neighbours with GH, computed when it is opened.

    Args:
        comparison: a pair.
        step: shown.
        when: the same in words.
    """
    with st.expander(
        "Neighbours kept, lost and gained, class by class", key="ledger", on_change="rerun"
    ) as box:
        if not box.open:
            return
        with one_sentence():
            _ledger_and_balance(comparison, step, when)


def _ledger_and_balance(comparison: Comparison, step: int, when: str) -> None:
    """Both tables, what is to be known about them, and both to copy."""
    sides = {
        side: record.run.snapshot(record.steps[record.index_at(step)]).train
        for side, record in comparison.sides.items()
    }
    record = comparison.any_side
    labels, counts = record.points.train_labels, np.asarray(record.classes.counts)
    base, gh = sides["base"], sides["gh"]
    found = _ledger(content(base, gh, labels, counts), base, gh, labels, counts)
    noise = _noise_of(comparison, sides)
    st.dataframe(
        ledger_rows(found, record.classes),
        column_config=_ledger_columns(),
        hide_index=True,
        key="ledger-table",
    )
    note(
        f"At {when}. Of the {min(NEIGHBORS, len(labels) - 1)} nearest neighbours of a sample, by cosine in "
        "all dimensions, mean over the class: how many are the same with GH, how many it loses and gains, "
        "and of which classes these are. The class that changed most comes first. Another seed would change "
        f"neighbours too; how many is not known.{_asked(found, labels)}"
    )
    st.dataframe(
        _greyed(balance_rows(found, record.classes, noise), dark=is_dark()),
        column_config=_balance_columns(seeds=noise is not None),
        placeholder="–",
        hide_index=True,
        key="balance-table",
    )
    note(f"Gained minus lost: how many more neighbours with GH are of each group. {_seeds(noise)}")
    _copies(ledger_csv(found, record.classes, noise), f"{comparison.folder.name}-step-{step}-neighbours.csv")


def _copies(text: str, file: str) -> None:
    with st.popover("Copy", icon=":material/content_copy:", key="ledger-copy"):
        st.caption("Both tables as CSV, numbers in full")
        st.code(text, language=None, height=160, width=480)
        st.download_button("CSV", text, file_name=file, mime="text/csv", on_click="ignore", key="ledger-csv")


def _asked(found: NeighborLedger, labels: NDArray[np.int64]) -> str:
    """What is said where not every sample was asked."""
    if found.asked.sum() == len(labels):
        return ""
    return f" Of larger classes {found.asked.max():,} drawn samples are asked."


def _noise_of(comparison: Comparison, sides: Mapping[str, NDArray[Any]]) -> NDArray[np.float64] | None:
    """The distance of two seeds; None where there is one baseline only, or of other classes."""
    if SECOND_BASELINE not in sides:
        return None
    found = []
    for side in ("base", SECOND_BASELINE):
        record = comparison.sides[side]
        labels, counts = record.points.train_labels, np.asarray(record.classes.counts)
        found.append(_groups(content(sides[side], labels, counts), sides[side], labels, counts))
    return seed_balance(*found) if found[0].groups.shape == found[1].groups.shape else None


def _seeds(noise: NDArray[np.float64] | None) -> str:
    """What is said of seeds below the balance."""
    if noise is None:
        return "All grey: whether two seeds differ as much is not known, as there is no second baseline."
    return (
        "“Two seeds”: how far two runs without GH lie apart that differ in their seed alone; grey: within "
        f"seed noise{', or not known' if np.isnan(noise).any() else ''}. Another seed mostly trains on other "
        "samples, so that no neighbour can be kept or lost between them, but of which classes neighbours are "
        "can be compared, class by class at the same rank of frequency. What is not grey has no interval: it "
        "may still be chance."
    )


def _greyed(rows: dict[str, Any], *, dark: bool) -> Styler:
    """The balance with signs, and in grey what is within seed noise or of which that is not known."""
    import pandas as pd

    frame, grey = pd.DataFrame(rows), f"color: {inks(dark=dark).muted}"
    seeds = [name for name in frame if name.startswith("seeds: ")]
    looks = pd.DataFrame("", index=frame.index, columns=frame.columns)
    changes = [name for name in frame if name.startswith("± ")]
    looks[[*changes, *seeds]] = grey
    for name in seeds:
        change = f"± {name.removeprefix('seeds: ')}"
        far = verdicts(frame[change].to_numpy(), frame[name].to_numpy()) == BEYOND
        looks.loc[far, change] = ""
    style = frame.style.apply(lambda _: looks, axis=None)
    style = style.format("±{:.2f}", subset=seeds, na_rep="–")
    return style.format(lambda value: f"{value:+.2f}".replace("-", "−"), subset=changes)


def placement_block(
    sides: Mapping[str, PictureQuality], classes: ClassTable, *, dimension: int, when: str, key: str = "trust"
) -> None:
    """Trustworthiness and continuity of a picture for every class, head to tail.

    Args:
        sides: quality of each side's picture.
        classes: names and counts.
        dimension: of the embedding.
        when: the step shown, in words.
        key: of the block.
    """
    title = "How far to trust the picture, class by class"
    with st.expander(title, key=key, on_change="rerun") as box:
        if not box.open:
            return
        rows = placement_rows(sides, classes)
        two_digits = st.column_config.NumberColumn(format="%.2f")
        config = {name: two_digits for name in rows if name not in ("Class", "Samples")}
        st.dataframe(rows, column_config=config, hide_index=True, key=f"{key}-table")
        note(
            f"At {when}. Trustworthiness falls with neighbours in the picture that are none in the "
            f"{dimension} dimensions, continuity with neighbours there that are none in the picture. 1: none "
            "is wrong; about 0.5: points anywhere."
        )


def placement_rows(sides: Mapping[str, PictureQuality], classes: ClassTable) -> dict[str, Any]:
    """The quality of a picture as columns, head to tail."""
    rows: dict[str, Any] = {"Class": list(classes.names), "Samples": list(classes.counts)}
    for side, each in sides.items():
        rows[f"Trustworthiness {_SIDES[side]}"] = each.trustworthiness.per_class.round(2)
        rows[f"Continuity {_SIDES[side]}"] = each.continuity.per_class.round(2)
    return rows


def _ledger_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    plain = {name: number(format="%.2f") for name in ("Kept", "Lost", "Gained")}
    of_groups = {
        f"{way}: {name}": number(f"of {name}", format="%.2f", help=f"{way} neighbours of {name} classes")
        for way in ("Lost", "Gained")
        for name in GROUP_NAMES
    }
    return {"Class": st.column_config.Column(pinned=True), **plain, **of_groups}


def _balance_columns(*, seeds: bool) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    columns: dict[str, Any] = {"Class": st.column_config.Column(pinned=True)}
    for name in (OWN, *GROUP_NAMES):
        whose = "the same class" if name == OWN else f"{name} classes"
        columns[f"± {name}"] = number(help=f"Neighbours of {whose}, gained minus lost")
        if seeds:
            columns[f"seeds: {name}"] = number("two seeds", help=f"The same between two seeds: {whose}")
    return columns


@st.cache_data(max_entries=100, show_spinner="Comparing neighbours …")
def _groups(key: str, _rows: NDArray[Any], _labels: NDArray[Any], _counts: NDArray[Any]) -> NeighborGroups:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)
        return neighbor_groups(_rows, _labels, neighbors=NEIGHBORS, counts=_counts)


@st.cache_data(max_entries=100, show_spinner="Comparing neighbours …")
def _ledger(
    key: str,
    _base: NDArray[Any],
    _gh: NDArray[Any],
    _labels: NDArray[Any],
    _counts: NDArray[Any],
) -> NeighborLedger:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SampledWarning)
        return neighbor_ledger(_base, _gh, _labels, neighbors=NEIGHBORS, counts=_counts)
