"""The table of the classes as a person reads it: few digits, and what may be chance in grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ghviz.app.measure.class_table import Line
from ghviz.app.measure.rounding import rounded
from ghviz.figures.palette import inks
from ghviz.metrics.catalog import MetricInfo

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler


def styled(lines: Sequence[Line], info: MetricInfo, *, dark: bool, seeds: bool) -> Styler:
    """The table with numbers as a person reads them, and what may be chance in grey."""
    import pandas as pd

    info = rounded(info, [line.found for line in lines], most=1)
    frame = pd.DataFrame(
        {
            "Class": [line.name for line in lines],
            "n": [line.count for line in lines],
            "Measured": [line.measured for line in lines],
            "Group": [line.group for line in lines],
            "Without GH": [line.found.base for line in lines],
            "With GH": [line.found.gh for line in lines],
            "Difference": [line.found.difference for line in lines],
            "95 % from": [line.found.interval[0] for line in lines],
            "95 % to": [line.found.interval[1] for line in lines],
            "Two seeds": [line.found.noise for line in lines],
            "Verdict": [said(line, info) for line in lines],
        }
    )
    known = {"Measured": (frame["Measured"] != frame["n"]).any(), "Group": any(frame["Group"])}
    known |= {
        "95 % from": frame["95 % from"].notna().any(),
        "95 % to": frame["95 % to"].notna().any(),
        "Two seeds": seeds,
    }
    frame = frame.drop(columns=[column for column, there in known.items() if not there])
    muted, good, bad = (
        inks(dark=dark).muted,
        "#5fd39a" if dark else "#1a7f4b",
        "#ff8f86" if dark else "#b3261e",
    )

    def colours(row: pd.Series[object]) -> list[str]:
        found = lines[int(str(row.name))].found
        colour = {"better": good, "worse": bad}.get(found.goes(info.key), "")
        colour = colour if found.verdict == "clear" else muted
        inked = {
            **dict.fromkeys(("Difference", "95 % from", "95 % to", "Verdict"), colour),
            "Two seeds": muted,
        }
        return [f"color: {inked[column]}" if inked.get(column) else "" for column in frame.columns]

    style = frame.style.apply(colours, axis=1)
    for column, written in _written(info).items():
        if column in frame.columns:
            style = style.format(written, subset=[column], na_rep="–")
    return style


def _written(info: MetricInfo) -> dict[str, Callable[[float], str]]:
    """How the numbers of each column are written."""

    def change(value: float) -> str:
        return info.format(value, signed=True)

    return {
        **dict.fromkeys(("Without GH", "With GH"), info.format),
        **dict.fromkeys(("Difference", "95 % from", "95 % to"), change),
        "Two seeds": lambda value: "±" + change(value).lstrip("+"),
    }


def said(line: Line, info: MetricInfo) -> str:
    """What the last column says of a class."""
    return line.found.word(info.key) or line.found.reason or "no value"
