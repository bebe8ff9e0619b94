"""The configuration that a command's other arguments change: that of --preset, at the length of --epochs."""

from __future__ import annotations

from itertools import pairwise

from ghviz.commands.parsing import BadArgumentsError
from ghviz.train.presets import PRESETS, preset_named
from ghviz.train.recipes import LENGTHS, scaled
from ghviz.types import RunConfig


def starting_point(arguments: list[str]) -> RunConfig:
    """A preset, GH's warm-up, ramp and refreshing in proportion where the arguments give it another length.

    As this is only what the arguments start from, those that name one of these themselves prevail.

    Args:
        arguments: the words after the command.

    Raises:
        BadArgumentsError: there is no such preset.
    """
    config = _preset(_word(arguments, "--preset") or "custom")
    epochs = _word(arguments, "--epochs")
    return scaled(config, int(epochs)) if epochs.isdecimal() and int(epochs) else config


def length_notes(config: RunConfig) -> list[str]:
    """What a person should know of a run's length before it begins: what was scaled, and if GH never acts."""
    usual = PRESETS[config.preset].config if config.preset in PRESETS else RunConfig()
    fitting = scaled(usual, config.epochs)
    notes = []
    changes = [
        f"--{name.replace('_', '-')} {getattr(config, name)} (was {getattr(usual, name)})"
        for name in LENGTHS
        if getattr(config, name) == getattr(fitting, name) != getattr(usual, name)
    ]
    if changes:
        notes.append(f"epochs {config.epochs:,} (was {usual.epochs:,}), hence {', '.join(changes)}")
    if config.gh == "on" and config.gh_warm_up >= config.epochs:
        notes.append(
            f"GH never acts: its warm-up of {config.gh_warm_up:,} epochs is not shorter than the run of "
            f"{config.epochs:,}"
        )
    return notes


def _word(arguments: list[str], flag: str) -> str:
    """What follows a flag, the last time that it is given; empty where it is not."""
    word = ""
    for one, following in pairwise([*arguments, ""]):
        if one == flag:
            word = following
        elif one.startswith(f"{flag}="):
            word = one.removeprefix(f"{flag}=")
    return word


def _preset(name: str) -> RunConfig:
    if name == "custom":
        return RunConfig()
    try:
        return preset_named(name).config
    except ValueError as error:
        raise BadArgumentsError(str(error)) from error
