"""The neighbour ledger as columns and as CSV: what became of neighbours, and what two seeds differ by."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ghviz.app.measure.rounding import in_full
from ghviz.metrics import GROUP_NAMES, NeighborGroups, NeighborLedger, frequency_groups
from ghviz.types import ClassTable

OWN: Final = "own class"
EVERY: Final = "all"
WITHIN: Final = "within seed noise"
BEYOND: Final = "beyond seed noise"

Float64 = NDArray[np.float64]


def ledger_rows(found: NeighborLedger, classes: ClassTable) -> dict[str, Any]:
    """The ledger as columns, sorted by change; classes without samples are left out."""
    order = _by_change(found)
    groups = frequency_groups(np.asarray(classes.counts))
    return {
        "Class": [classes.names[c] for c in order],
        "Kept": found.kept[order].round(2),
        "Lost": found.lost[order].round(2),
        **{f"Lost: {name}": found.lost_groups[order, g].round(2) for g, name in enumerate(GROUP_NAMES)},
        "Gained": found.gained[order].round(2),
        **{f"Gained: {name}": found.gained_groups[order, g].round(2) for g, name in enumerate(GROUP_NAMES)},
        "Group": [GROUP_NAMES[groups[c]] for c in order],
        "Samples": [classes.counts[c] for c in order],
    }


def seed_balance(first: NeighborGroups, second: NeighborGroups) -> Float64:
    """How far two seeds without GH lie apart in what classes neighbours are of: (L, 4), own class last.

    Args:
        first: of the baseline.
        second: of the second baseline; classes are compared at the same rank from head to tail.
    """
    ours, theirs = (np.column_stack([each.groups, each.own]) for each in (first, second))
    return np.abs(ours - theirs)


def balance_rows(found: NeighborLedger, classes: ClassTable, noise: Float64 | None) -> dict[str, Any]:
    """Gained minus lost as columns, each with the distance of two seeds if it is known, sorted by change.

    Args:
        found: the ledger.
        classes: names and counts.
        noise: (L, 4) from `seed_balance`; None where there is one baseline only.
    """
    order, net = _by_change(found), _balance(found)
    rows: dict[str, Any] = {"Class": [classes.names[c] for c in order]}
    for i, name in ((3, OWN), *enumerate(GROUP_NAMES)):
        rows[f"± {name}"] = net[order, i].round(2) + 0.0
        if noise is not None:
            rows[f"seeds: {name}"] = noise[order, i].round(2)
    return rows


def verdicts(changes: NDArray[Any], noise: NDArray[Any]) -> NDArray[np.str_]:
    """What is to be said of each change: within or beyond seed noise, or that it is not known.

    Compared as they are shown, with two digits: what looks equal is not told apart.

    Args:
        changes: of any shape.
        noise: distances of two seeds, the same shape; NaN: not known.
    """
    far = np.abs(changes).round(2) > noise.round(2)
    return np.where(np.isnan(noise), "unknown", np.where(far, BEYOND, WITHIN))


def ledger_csv(found: NeighborLedger, classes: ClassTable, noise: Float64 | None) -> str:
    """The ledger and its balance, a line for each class and group of neighbours, numbers in full.

    Of the neighbours of the own class only the difference is known; all of them have none: as many are
    gained as are lost.

    Args:
        found: the ledger.
        classes: names and counts.
        noise: (L, 4) from `seed_balance`; None where there is one baseline only.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            *("class", "group", "training_samples", "asked_samples", "neighbors_of"),
            *("kept", "lost", "gained", "difference", "seed_noise", "verdict"),
        ]
    )
    groups, net = frequency_groups(np.asarray(classes.counts)), _balance(found)
    noise = np.full_like(net, np.nan) if noise is None else noise
    said = verdicts(net, noise)
    for c in _by_change(found):
        about = [classes.names[c], GROUP_NAMES[groups[c]], classes.counts[c], found.asked[c]]
        writer.writerow([*about, EVERY, *in_full(found.kept[c], found.lost[c], found.gained[c]), "", "", ""])
        writer.writerow([*about, OWN, "", "", "", *in_full(net[c, 3], noise[c, 3]), said[c, 3]])
        for g, name in enumerate(GROUP_NAMES):
            moved = in_full(found.lost_groups[c, g], found.gained_groups[c, g], net[c, g], noise[c, g])
            writer.writerow([*about, name, "", *moved, said[c, g]])
    return text.getvalue()


def _balance(found: NeighborLedger) -> Float64:
    """(L, 4) gained minus lost of head, medium and tail classes, and of the own class."""
    return np.column_stack([found.gained_groups - found.lost_groups, found.own])


def _by_change(found: NeighborLedger) -> NDArray[np.int64]:
    """The classes with samples, the one that changed most first."""
    order = np.argsort(-np.nan_to_num(found.gained, nan=-1), kind="stable")
    return order[np.isfinite(found.gained[order])]
