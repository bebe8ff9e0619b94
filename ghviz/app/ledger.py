"""Two tables that open on demand: how well each class is placed, and what became of its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ghviz.app.errors import one_sentence
from ghviz.app.pairs import Comparison
from ghviz.app.reality import content
from ghviz.app.theme import note
from ghviz.metrics import GROUP_NAMES, NeighborLedger, frequency_groups, neighbor_ledger
from ghviz.projections.quality import PictureQuality
from ghviz.types import ClassTable

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
            base, gh = (
                record.run.snapshot(record.steps[record.index_at(step)]).train
                for record in (comparison.sides["base"], comparison.sides["gh"])
            )
            record = comparison.any_side
            labels, counts = record.points.train_labels, np.asarray(record.classes.counts)
            found = _ledger(content(base, gh, labels, counts), base, gh, labels, counts)
            st.dataframe(
                ledger_rows(found, record.classes),
                column_config=_ledger_columns(),
                hide_index=True,
                key="ledger-table",
            )
            k = min(NEIGHBORS, len(labels) - 1)
            note(
                f"At {when}. Of the {k} nearest neighbours of a sample, by cosine in all dimensions, mean "
                "over the class: how many are the same with GH, how many it loses and gains, and of which "
                "classes these are. The class that changed most comes first. There is no seed noise beside "
                "these numbers: another seed mostly trains on other samples, with no neighbours in common."
            )


def ledger_rows(found: NeighborLedger, classes: ClassTable) -> dict[str, Any]:
    """The ledger as columns, sorted by change; classes without samples are left out."""
    order = np.argsort(-np.nan_to_num(found.gained, nan=-1), kind="stable")
    order = order[np.isfinite(found.gained[order])]
    groups = frequency_groups(np.asarray(classes.counts))
    return {
        "Class": [classes.names[c] for c in order],
        "Samples": [classes.counts[c] for c in order],
        "Group": [GROUP_NAMES[groups[c]] for c in order],
        "Kept": found.kept[order].round(2),
        "Lost": found.lost[order].round(2),
        **{f"Lost: {name}": found.lost_groups[order, g].round(2) for g, name in enumerate(GROUP_NAMES)},
        "Gained": found.gained[order].round(2),
        **{f"Gained: {name}": found.gained_groups[order, g].round(2) for g, name in enumerate(GROUP_NAMES)},
        "Own class": found.own[order].round(2) + 0.0,
    }


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
    own = number("± own class", format="%+.2f", help="Neighbours of the same class, gained minus lost")
    return {"Class": st.column_config.Column(pinned=True), **plain, **of_groups, "Own class": own}


@st.cache_data(max_entries=100, show_spinner="Comparing neighbours …")
def _ledger(
    key: str,
    _base: NDArray[Any],
    _gh: NDArray[Any],
    _labels: NDArray[Any],
    _counts: NDArray[Any],
) -> NeighborLedger:
    return neighbor_ledger(_base, _gh, _labels, neighbors=NEIGHBORS, counts=_counts)
