"""The form of the Train page: a preset and what the visitor changes of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Final

import streamlit as st

from ghviz.app.errors import sentence
from ghviz.app.settings_data import (
    DATA_LABELS,
    DATA_SETS,
    MADE_TEST_SETS,
    data_bounds,
    data_settings,
    has_all_paths,
    missing_path,
)
from ghviz.app.theme import note
from ghviz.ssl.registry import METHODS, options_of
from ghviz.train.other_data import preset_for, start_from
from ghviz.train.presets import PRESETS
from ghviz.types import DataSet, RunConfig

PACES: Final = (10, 30, 60, 120, 300, 0)
TOY_PACE: Final = 60.0
"""Steps per second at which a toy run can be watched; unpaced it is over in seconds."""
_NEVER: Final = "GH never acts: its warm-up is not shorter than the training (both under Advanced)."


@dataclass(frozen=True)
class Number:
    """One number of the folded part of the form."""

    field: str
    label: str
    low: float
    high: float
    step: float


_TRAINING: Final = (
    Number("epochs", "Epochs", 1, 100_000, 10),
    Number("n_max", DATA_LABELS["n_max"], 2, 100_000, 10),
    Number("test_per_class", DATA_LABELS["test_per_class"], 1, 100_000, 1),
    Number("batch_size", "Batch size", 2, 8192, 16),
    Number("learning_rate", "Learning rate", 0.00001, 10.0, 0.0005),
    Number("temperature", "Temperature", 0.01, 5.0, 0.05),
    Number("view_strength", "Strength of the views", 0.01, 5.0, 0.05),
    Number("dimension", "Dimensions of the embedding", 2, 2048, 1),
    Number("snapshots", "Snapshots", 2, 400, 10),
)
_HARMONIZATION: Final = (
    Number("gh_warm_up", "GH's warm-up (epochs)", 0, 100_000, 10),
    Number("gh_ramp", "GH's ramp (epochs)", 0, 10_000, 1),
    Number("num_targets", "Vertices", 2, 4096, 1),
    Number("gh_prior_floor", "Floor of the prior", 0.0, 1.0, 0.05),
    Number("gh_temperature", "GH's temperature", 0.01, 5.0, 0.05),
    Number("gh_regularization", "Regularisation of the transport", 0.001, 1.0, 0.01),
)
LABELS: Final = {
    **DATA_LABELS,
    "method": "Base method",
    "method_options": "Settings of the base method",
    "gh_weight": "Weight of GH",
    "pace": "Pace",
    **{number.field: number.label for number in (*_TRAINING, *_HARMONIZATION)},
}
"""What the form calls a setting."""


def settings() -> tuple[RunConfig, RunConfig] | None:
    """Show the form.

    Returns:
        The configuration that the visitor wants and that of its preset; None while it makes no sense (which
        the form then says).
    """
    dataset, preset = _source()
    config = PRESETS[preset].config
    start = start_from(config, dataset)
    data = data_settings(start, dataset)
    changes = _method_weight_pace(start)
    hidden = {"n_max"} if data["profile"] == "given" else set()
    if dataset not in MADE_TEST_SETS:
        hidden.add("test_per_class")
    with st.expander("Advanced"):
        changes["method_options"] = _method_options(start, changes["method"])
        changes |= _advanced(start, [number for number in _TRAINING if number.field not in hidden])
        changes |= _advanced(start, _HARMONIZATION)
    if changes["gh_warm_up"] >= changes["epochs"]:
        st.warning(_NEVER, icon=":material/warning:")
    numbers = [number for number in (*_TRAINING, *_HARMONIZATION) if number.field in changes]
    bounds = {number.field: (number.low, number.high) for number in numbers} | data_bounds(dataset)
    if outside := out_of_bounds({**data, **changes}, bounds):
        st.error(outside, icon=":material/error:")
        return None
    if missing := missing_path(data, dataset):
        note(f"To start, fill in “{missing}”.")
        return None
    if not has_all_paths(data, dataset):
        return None
    if start.classes is not None and data["num_classes"] != len(start.classes):
        changes["classes"] = None
    try:
        return replace(start, **{"dataset": dataset, **data, **changes}), config
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return None


def in_the_forms_words(text: str) -> str:
    """A sentence of the command line, with settings called what the form calls them.

    >>> in_the_forms_words("there are 5 classes, but --num-classes = 10 asks for others")
    'there are 5 classes, but “Classes” = 10 asks for others'
    """
    flags = {field.replace("_", "-"): label for field, label in LABELS.items()}
    return re.sub(
        r"(?<![\w/'-])--([a-z]+(?:-[a-z]+)*)(?![\w/-])",
        lambda found: f"“{flags[found[1]]}”" if found[1] in flags else found[0],
        text,
    )


def out_of_bounds(values: dict[str, Any], bounds: dict[str, tuple[float, float]]) -> str:
    """What is to be said of the first number that is out of its range; empty where none is."""
    for field, (low, high) in bounds.items():
        if field in values and not low <= values[field] <= high:
            return f"{LABELS[field]} must be from {low:,g} to {high:,g}, not {values[field]:,g}."
    return ""


def _source() -> tuple[DataSet, str]:
    """Data set and preset; choosing one brings the other along."""
    state = st.session_state
    if state.get("preset") not in PRESETS:
        state["preset"] = next(iter(PRESETS))
    if "dataset" not in state:
        state["dataset"] = PRESETS[state["preset"]].config.dataset

    def follow_preset() -> None:
        state["dataset"] = PRESETS[state["preset"]].config.dataset

    def follow_data() -> None:
        state["preset"] = preset_for(state["dataset"])

    left, right = st.columns(2)
    left.selectbox(
        "Preset",
        list(PRESETS),
        key="preset",
        format_func=lambda name: f"{PRESETS[name].title} · {name}",
        on_change=follow_preset,
    )
    right.selectbox(
        "Data set", list(DATA_SETS), key="dataset", format_func=DATA_SETS.__getitem__, on_change=follow_data
    )
    preset = PRESETS[state["preset"]]
    note(f"{escape(preset.text)} {escape(preset.claim)}")
    if state["dataset"] != preset.config.dataset:
        usual = DATA_SETS[preset.config.dataset]
        note(f"That was with “{usual}”: other data get the same settings, not the same numbers.")
    return state["dataset"], state["preset"]


def _method_weight_pace(config: RunConfig) -> dict[str, Any]:
    method, weight, pace = st.columns(3)
    is_toy = config.dataset in ("toy-circle", "toy-sphere")
    known = config.method if config.method in METHODS else next(iter(METHODS))
    chosen = method.selectbox(
        LABELS["method"],
        list(METHODS),
        list(METHODS).index(known),
        format_func=lambda name: METHODS[name].title,
        key=f"method-{config.preset}",
        help="\n".join(f"- **{entry.title}**: {entry.text}" for entry in METHODS.values()),
    )
    if chosen != config.method:
        note(f"What the preset was measured to show, it showed with {METHODS[known].title}.")
    return {
        "method": chosen,
        "gh_weight": weight.slider(
            LABELS["gh_weight"],
            0.0,
            max(4.0, config.gh_weight),
            float(config.gh_weight),
            0.1,
            key=f"weight-{config.preset}",
            help="At 0 the run starts with GH switched off.",
        ),
        "pace": float(
            pace.select_slider(
                LABELS["pace"],
                PACES,
                TOY_PACE if is_toy else 0,
                format_func=pace_text,
                key=f"pace-{config.preset}",
            )
        ),
    }


def _method_options(config: RunConfig, method: str) -> tuple[str, ...]:
    """Settings of the base method that are not as its preset has them (the temperature stands below)."""
    given = config.method_options if method == config.method else ()
    before = options_of(method, given)
    names = [name for name in before if name != "temperature"]
    if not names:
        return given
    columns = st.columns(4)
    wanted = list(given)
    for i, name in enumerate(names):
        value = columns[i % 4].number_input(
            f"{METHODS[method].title}: {name.replace('_', ' ')}",
            value=before[name],
            format="%g",
            key=f"option-{config.preset}-{method}-{name}",
        )
        if value != before[name]:
            wanted.append(f"{name}={value!r}")
    return tuple(wanted)


def pace_text(pace: float) -> str:
    """How fast a training goes, in words."""
    return f"{pace:g} steps/s" if pace else "full speed"


def _advanced(config: RunConfig, numbers: Iterable[Number]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for i, number in enumerate(numbers):
        if i % 4 == 0:
            columns = st.columns(4)
        value = getattr(config, number.field)
        kind = type(value)
        changes[number.field] = columns[i % 4].number_input(
            number.label,
            value=value,  # no bounds here: the browser would keep back what is out of them, and say nothing
            step=kind(number.step),
            format="%d" if kind is int else "%g",
            key=f"{number.field}-{config.preset}",
        )
    return changes
