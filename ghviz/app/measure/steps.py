"""Every metric over training, both sides in each chart."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import streamlit as st

from ghviz.app import charted
from ghviz.app.charts import curves_block
from ghviz.app.measure.findings import Embeddings, plain_tables
from ghviz.app.pairs import Comparison
from ghviz.app.theme import note
from ghviz.figures.series import Curve
from ghviz.metrics.catalog import METRICS
from ghviz.metrics.table import ALL_SUMMARY, SUMMARY
from ghviz.metrics.values import mean_of_known
from ghviz.types import MetricTable

_RECORDED: Final = ("class_uniformity", "class_alignment", "mean_resultant_length", "nearest_center_angle")
"""Metrics per class that are measured while a run trains, whose mean over the classes is shown."""
_OTHER_MEANS: Final = ("mean_resultant_length", "nearest_center_angle", "vmf_concentration")
"""Metrics per class that no summary of `measure` is the mean of."""
_PLAIN: Final = "Metrics of class centres are plain here, not corrected for small classes."
Tables = tuple[MetricTable, ...]


def steps_section(comparison: Comparison, embeddings: Embeddings) -> None:
    """What was recorded while it trained, and all other metrics when they are asked for."""
    base, gh = (comparison.sides[side] for side in ("base", "gh"))
    if len(base.steps) == 1 and len(gh.steps) == 1:
        return
    marks, name = charted.marks(gh), f"{comparison.folder.name}-metrics"
    recorded = embeddings == "train"
    if recorded:
        curves_block("Over training", _recorded(base.tables, gh.tables), marks, name=name)
        note(f"As measured while it trained; accuracies are of the test embeddings. {_PLAIN}")
    else:
        st.subheader("Over training", anchor=False)
    title = "Every other metric over training" if recorded else "Every metric over training"
    with st.expander(title, key=f"all-{embeddings}", on_change="rerun") as box:
        if not box.open:
            return
        with st.spinner("Measuring every snapshot …"):
            tables = plain_tables(base, embeddings), plain_tables(gh, embeddings)
        curves = _others(*tables, recorded=recorded)
        curves_block("Measured from the snapshots", curves, marks, name=f"{name}-{embeddings}")
        note(_PLAIN)


def _recorded(base: Tables, gh: Tables) -> list[Curve]:
    curves = [charted.curve(key, base, gh) for key in SUMMARY if charted.is_measured(key, base, gh)]
    return curves + [_mean_curve(key, base, gh) for key in _RECORDED]


def _others(base: Tables, gh: Tables, *, recorded: bool) -> list[Curve]:
    """All metrics; without those of `_recorded` where these stand above."""
    above = {*SUMMARY, *_RECORDED} if recorded else set()
    keys = [key for key in ALL_SUMMARY if key not in above and charted.is_measured(key, base, gh)]
    means = [key for key in _OTHER_MEANS if key not in above]
    return [charted.curve(key, base, gh) for key in keys] + [_mean_curve(key, base, gh) for key in means]


def _mean_curve(key: str, base: Tables, gh: Tables) -> Curve:
    """The mean over classes of a metric per class."""
    base, gh = (
        tuple(replace(table, summary={key: mean_of_known(table.per_class[key])}) for table in tables)
        for tables in (base, gh)
    )
    drawn = charted.curve(key, base, gh)
    return replace(drawn, text=replace(charted.label(METRICS[key]), title=f"{METRICS[key].title}, mean"))
