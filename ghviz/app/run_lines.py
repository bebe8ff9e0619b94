"""A run in a few lines: state, size, and what is not as in its preset."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from html import escape

from ghviz.store import RunSummary
from ghviz.train.presets import PRESETS
from ghviz.types import RunConfig


def run_html(summary: RunSummary) -> str:
    """Name, state, size, age and configuration of a run."""
    state = summary.state
    progress = f"step {state.step:,} of {state.total_steps:,}" if state.total_steps else ""
    when = f"{datetime.fromtimestamp(summary.modified):%d %b %Y, %H:%M}" if summary.modified else ""
    facts = [summary.kind, progress, size_text(summary.size_bytes), when]
    line = "".join(f"<span>{escape(fact)}</span>" for fact in facts if fact)
    says = escape(state.message) if state.status in ("broken", "stopped", "empty") else ""
    config = "" if summary.config is None else escape(differences(summary.config))
    details = "<br>".join(filter(None, [says, config]))
    return (
        f'<div class="gz-run"><b>{escape(summary.name)}</b>'
        f'<span class="state {state.status}">{state.status}</span>{line}</div>'
        f'<p class="gz-note">{details}</p>'
    )


def differences(config: RunConfig) -> str:
    """The preset, and what the run has otherwise.

    >>> differences(RunConfig(preset="toy-circle", gh_weight=2.0, num_classes=6, seed=3))
    'toy-circle, seed 3: num classes 6 (10)'
    """
    preset = PRESETS.get(config.preset)
    given = asdict(RunConfig() if preset is None else preset.config)
    changed = [
        f"{name.replace('_', ' ')} {_text(value)} ({_text(given[name])})"
        for name, value in asdict(config).items()
        if value != given[name] and name not in ("preset", "seed", "gh")
    ]
    head = f"{config.preset}, seed {config.seed}"
    return f"{head}: {', '.join(changed)}" if changed else head


def size_text(size: int) -> str:
    """Bytes as a person reads them.

    >>> size_text(900), size_text(1_240_000)
    ('1 kB', '1.2 MB')
    """
    if size < 999_500:
        return f"{max(1, round(size / 1e3))} kB"
    return f"{size / 1e6:.1f} MB" if size < 999_500_000 else f"{size / 1e9:.1f} GB"


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "default" if value is None else str(value)
