"""What happened when, on both sides of a pair: found once, and told in a short list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import streamlit as st

from ghviz.app.globe import Seek
from ghviz.app.pairs import Comparison, Record, Stamp, stamp
from ghviz.app.plain import plain
from ghviz.app.theme import note
from ghviz.metrics import Moment, events_of, series_of

SHORT: Final = 6
"""Happenings shown at once; the others when they are asked for."""
MOST: Final = 100
"""And never more than these."""
_WEIGHTS: Final = {
    "gh": 0,
    "rank-drop": 1,
    "merge": 2,
    "tail-overtakes": 2,
    "head-overtakes": 2,
    "split": 3,
}
"""What is shown first where there is too much."""


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A moment, and whose it is.

    Attributes:
        step: when.
        kind: as in `Moment`.
        side: "base", "gh", or "both" where both sides have it.
        text: what.
        count: pairs of classes to which it happened; 1 where it is not of pairs.
    """

    step: int
    kind: str
    side: str
    text: str
    count: int

    @property
    def told(self) -> str:
        """What, and on which side; the step is left to where it is written."""
        whose = {"base": "without GH, ", "gh": "with GH, ", "both": ""}[self.side]
        return self.text if self.kind == "gh" else whose + self.text

    @property
    def line(self) -> str:
        """The whole in a line."""
        return f"Step {self.step:,}: {self.told}"


def happenings(comparison: Comparison) -> list[Happening]:
    """Everything that happened, by step; remembered until the folder changes.

    Raises:
        RunFolderError: a snapshot can't be read.
        ValueError: a snapshot makes no sense.
    """
    return _happenings(str(comparison.folder), stamp(comparison.folder), comparison)


def shortest(found: list[Happening], most: int = SHORT) -> list[Happening]:
    """The most telling ones, by step."""
    ranked = sorted(found, key=lambda each: (_WEIGHTS[each.kind], -each.count, each.step))
    return sorted(ranked[:most], key=lambda each: (each.step, each.side))


def on_side(moments: Iterable[Moment], side: str, *, dimension: int = 3) -> list[Happening]:
    """The moments of a side.

    Args:
        moments: by step.
        side: "base" or "gh".
        dimension: of the embedding; in two the shares of an overtaking are of the circle.
    """
    return [
        Happening(
            step=moment.step,
            kind=moment.kind,
            side=side,
            text=_of_the_circle(moment) if dimension == 2 else moment.text,
            count=moment.count,
        )
        for moment in moments
    ]


def _of_the_circle(moment: Moment) -> str:
    """The text of a moment on a circle; classes may be called anything, so that only its end is looked at."""
    before, sphere, after = moment.text.rpartition(" of the sphere against ")
    if not sphere or not moment.kind.endswith("-overtakes"):
        return moment.text
    return f"{before} of the circle against {after}"


def happenings_block(found: list[Happening], *, key: str) -> None:
    """The list, each line a button that moves the slider there.

    Args:
        found: from `happenings`.
        key: of the globe that the slider belongs to.
    """
    if not found:
        note("Nothing that has a name happened: no centres merged or split, no rank dropped.")
        return
    shown = shortest(found)
    note(f"What happened when{'' if len(shown) == len(found) else ', in short'}: a click goes there.")
    told = tuple((each.step, each.told) for each in shown)
    if told != marks(key):
        st.session_state[f"{key}-marks"] = told
        st.rerun()  # the slider stands above the list, and is drawn before anything is measured
    with st.container(gap=None, key="moments"):
        _buttons(shown, key, "short")
        if len(shown) < len(found):
            with (
                st.popover(f"All {min(len(found), MOST)}", type="tertiary", key="moments-all"),
                st.container(gap=None),
            ):
                _buttons(found[:MOST], key, "all")


def wanted_step(key: str) -> Seek | None:
    """Where a click wants the slider of a globe to be; told once."""
    seek: Seek | None = st.session_state.pop(f"{key}-seek", None)
    return seek


def marks(key: str) -> tuple[tuple[int, str], ...]:
    """What is to be marked on the slider of a globe: what its list has shown."""
    found: tuple[tuple[int, str], ...] = st.session_state.get(f"{key}-marks", ())
    return found


def _buttons(found: list[Happening], key: str, where: str) -> None:
    for i, each in enumerate(found):
        st.button(
            plain(each.line),
            type="tertiary",
            key=f"moment-{where}-{i}",
            on_click=_go,
            args=(key, each.step),
            wrap=True,
        )


def _go(key: str, step: int) -> None:
    wishes = st.session_state["wishes"] = st.session_state.get("wishes", 0) + 1
    st.session_state[f"{key}-seek"] = Seek(step=step, id=wishes)


@st.cache_data(max_entries=16, show_spinner=False)
def _happenings(folder: str, seen: Stamp, _comparison: Comparison) -> list[Happening]:
    by_side = {side: _of_record(record, side) for side, record in _comparison.shown.items()}
    both = set.intersection(*({_same(each) for each in found} for found in by_side.values()))
    if len(by_side) == 1:
        both = set()
    found = []
    for side, mine in by_side.items():
        for each in mine:
            if _same(each) not in both:
                found.append(each)
            elif side == next(iter(by_side)):
                found.append(replace(each, side="both"))
    return sorted(found, key=lambda each: (each.step, each.side))


def _same(each: Happening) -> tuple[int, str, str]:
    return each.step, each.kind, each.text


def _of_record(record: Record, side: str) -> list[Happening]:
    series = series_of(
        (record.run.snapshot(step).train for step in record.steps),
        record.points.train_labels,
        steps=record.steps,
        classes=record.classes,
        territory_share=np.array([table.per_class["territory_share"] for table in record.tables]),
    )
    series = replace(
        series,
        switches=[(event.step, event.weight) for event in record.switches],
        initial_weight=record.run.config.initial_gh_weight,
        gh_starts_at=record.gh_starts_at,
    )
    return on_side(events_of(series), side, dimension=record.points.targets.shape[1])
