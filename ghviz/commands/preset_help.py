"""What --help says of presets: which there are, and which settings come from them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, get_type_hints

import tyro

from ghviz.train.presets import PRESETS
from ghviz.types import RunConfig


def presets_text() -> str:
    """The presets, one a line."""
    width = max(map(len, PRESETS)) + 2
    lines = [f"  {name:<{width}}{preset.title}" for name, preset in PRESETS.items()]
    return "\n".join(["presets:", *lines])


def with_hints(config: RunConfig) -> RunConfig:
    """An equal configuration whose settings tell tyro where their defaults come from.

    A setting that some preset changes has no default that holds for all of them, so its help says "preset's".
    """
    types = get_type_hints(RunConfig, include_extras=True)
    annotations = {name: Annotated[types[name], _hint(config, name)] for name in types}
    kind: type[RunConfig] = type("Settings", (RunConfig,), {"__annotations__": annotations})
    return dataclass(frozen=True, kw_only=True)(kind)(**{name: getattr(config, name) for name in types})


def _hint(config: RunConfig, name: str) -> object:
    if name not in _set_by_presets():
        return tyro.conf.arg()
    if config.preset in PRESETS:
        return tyro.conf.arg(help_behavior_hint=lambda value: f"(preset {config.preset}: {value})")
    return tyro.conf.arg(help_behavior_hint=lambda value: f"(preset's, else {value})")


def _set_by_presets() -> set[str]:
    """Names of the settings that a preset changes."""
    plain = RunConfig()
    return {
        each.name
        for each in fields(RunConfig)
        for preset in PRESETS.values()
        if each.name != "preset" and getattr(preset.config, each.name) != getattr(plain, each.name)
    }
