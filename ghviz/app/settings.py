"""The form of the Train page: a preset and what the visitor changes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import Any, Final

import streamlit as st

from ghviz.app.errors import sentence
from ghviz.app.theme import note
from ghviz.ssl.registry import METHODS, options_of
from ghviz.train.presets import PRESETS
from ghviz.types import DataSet, RunConfig

DATA_SETS: Final[dict[DataSet, str]] = {
    "toy-circle": "Toy: points on the circle",
    "toy-sphere": "Toy: points on the sphere",
    "digits": "Handwritten digits",
    "cifar10": "CIFAR-10",
    "cifar100": "CIFAR-100",
    "npz": "Own images (.npz)",
}
_PRESET_OF: Final[dict[str, str]] = {"cifar100": "cifar10-short", "npz": "cifar10-short"}
"""Data sets without a preset of their own, and the one to start from."""
_MOST_CLASSES: Final[dict[str, int]] = {"digits": 10, "cifar10": 10, "cifar100": 100, "npz": 1000}
PACES: Final = (10, 30, 60, 120, 300, 0)
TOY_PACE: Final = 60.0
"""Steps per second at which a toy run can be watched; unpaced it is over in seconds."""


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
    Number("n_max", "Samples of the largest class", 2, 100_000, 10),
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
    "num_classes": "Classes",
    "classes": "Labels taken",
    "ratio": "Ratio of the largest to the smallest class",
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
    changes: dict[str, Any] = {"dataset": dataset}
    changes |= _data(config, dataset)
    changes |= _method_weight_pace(config)
    with st.expander("Advanced"):
        changes["method_options"] = _method_options(config, changes["method"])
        changes |= _advanced(config, _TRAINING)
        changes |= _advanced(config, _HARMONIZATION)
    if config.classes is not None and changes["num_classes"] != len(config.classes):
        changes["classes"] = None
    try:
        return replace(config, **changes), config
    except ValueError as error:
        st.error(sentence(error), icon=":material/error:")
        return None


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
        fitting = [name for name, each in PRESETS.items() if each.config.dataset == state["dataset"]]
        state["preset"] = fitting[0] if fitting else _PRESET_OF[state["dataset"]]

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
    return state["dataset"], state["preset"]


def _data(config: RunConfig, dataset: str) -> dict[str, Any]:
    classes, ratio, seed = st.columns(3)
    key = f"{config.preset}-{dataset}"
    changes: dict[str, Any] = {
        "num_classes": classes.number_input(
            LABELS["num_classes"], 2, _MOST_CLASSES.get(dataset, 20), config.num_classes, key=f"classes-{key}"
        ),
        "ratio": ratio.number_input(
            LABELS["ratio"],
            1.0,
            100_000.0,
            float(config.ratio),
            step=1.0,
            format="%g",
            key=f"ratio-{key}",
        ),
        "seed": seed.number_input("Seed", 0, 2**31, 7, key="seed"),
    }
    if dataset in ("cifar10", "cifar100", "npz"):
        label = "The .npz file" if dataset == "npz" else "Folder or .npz of the data (empty: download)"
        path = st.text_input(label, config.data_path or "", key=f"path-{key}").strip()
        changes["data_path"] = path or None
    return changes


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


def _advanced(config: RunConfig, numbers: tuple[Number, ...]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    columns = st.columns(4)
    for i, number in enumerate(numbers):
        value = getattr(config, number.field)
        kind = type(value)
        changes[number.field] = columns[i % 4].number_input(
            number.label,
            kind(number.low),
            kind(number.high),
            value,
            kind(number.step),
            format="%d" if kind is int else "%g",
            key=f"{number.field}-{config.preset}",
        )
    return changes
