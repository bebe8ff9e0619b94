"""A run in a few lines: state, size, and what is not as in its preset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from html import escape
from itertools import pairwise
from pathlib import Path

from ghviz.app.settings import LABELS, pace_text
from ghviz.store import RunSummary, size_text
from ghviz.store.layout import SIDES
from ghviz.train.presets import PRESETS
from ghviz.types import IMPORTED, GHSwitch, RunConfig

MOST_FLIPS = 5
"""Switches of GH that are told one by one."""


def run_html(summary: RunSummary) -> str:
    """Name, state, size, age and configuration of a run."""
    state = summary.state
    progress = f"step {state.step:,} of {state.total_steps:,}" if state.total_steps else ""
    when = f"{datetime.fromtimestamp(summary.modified):%d %b %Y, %H:%M}" if summary.modified else ""
    facts = [summary.kind, progress, size_text(summary.size_bytes), when]
    line = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    says = escape(state.message) if state.status in ("broken", "stopped", "empty") else ""
    config = "" if summary.config is None else escape(differences(summary.config))
    flips = "" if summary.config is None else escape(switched(summary.switches(), summary.config))
    details = "<br>".join(filter(None, [says, config, flips]))
    return (
        f'<div class="gz-run"><b>{escape(_title(summary))}</b>'
        f'<span class="state {state.status}">{state.status}</span>{line}</div>'
        f'<p class="gz-note">{details}</p>'
    )


def _title(summary: RunSummary) -> str:
    """The name; of one side alone, whose pair is not there yet, with the pair's."""
    alone = summary.kind == "run" and summary.name in SIDES
    return f"{summary.path.parent.name}/{summary.name}" if alone else summary.name


def differences(config: RunConfig) -> str:
    """The preset, and what the run has otherwise; of an imported run what is known of it.

    >>> differences(RunConfig(preset="toy-circle", gh_weight=2.0, num_classes=6, pace=60.0, seed=3))
    'toy-circle, seed 3: classes 6 instead of 10, pace 60 steps/s instead of full speed'
    """
    if config.preset == IMPORTED:
        source = f" from {Path(config.data_path).name}" if config.data_path else ""
        return f"{config.method}: {config.num_classes} classes in {config.dimension} dimensions{source}"
    preset = PRESETS.get(config.preset)
    given = asdict(RunConfig() if preset is None else preset.config)
    changed = [
        f"{_label(name)} {_text(name, value)} instead of {_text(name, given[name])}"
        for name, value in asdict(config).items()
        if value != given[name] and name not in ("preset", "seed", "gh")
    ]
    head = f"{config.preset}, seed {config.seed}"
    return f"{head}: {', '.join(changed)}" if changed else head


def switched(switches: Sequence[GHSwitch], config: RunConfig) -> str:
    """When GH was switched, in a phrase; empty where nobody did.

    Args:
        switches: in the order of their steps.
        config: of the run; it says how GH began and what weight goes without saying.

    >>> flips = [GHSwitch(step=300, weight=0, on=False), GHSwitch(step=420, weight=2, on=True)]
    >>> switched(flips, RunConfig(gh_weight=2.0))
    'GH switched off at step 300, on at 420'
    """
    weights = [config.initial_gh_weight, *(switch.weight for switch in switches)]
    flips = [_flip(*each, config.weight_of_on) for each in pairwise(weights)]
    steps = [f"{switch.step:,}" for switch in switches]
    if len(flips) > MOST_FLIPS:
        return f"GH switched {len(flips)} times, at last {flips[-1]} at step {steps[-1]}"
    said = [f"{flip} at {'' if i else 'step '}{steps[i]}" for i, flip in enumerate(flips)]
    return f"GH switched {', '.join(said)}" if said else ""


def _flip(before: float, weight: float, weight_of_on: float) -> str:
    if weight == 0:
        return "off"
    if before == 0:
        return "on" if weight == weight_of_on else f"on with weight {weight:g}"
    return f"to weight {weight:g}"


def _label(name: str) -> str:
    """What the form calls a setting, inside a sentence."""
    label = LABELS.get(name, name.replace("_", " "))
    return label if label.startswith("GH") else label[0].lower() + label[1:]


def _text(name: str, value: object) -> str:
    if name == "pace" and isinstance(value, float):
        return pace_text(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "default" if value is None else str(value)
