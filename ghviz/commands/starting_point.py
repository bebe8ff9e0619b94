"""The configuration that a command's other arguments change: that of a preset, at the length of --epochs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ghviz.commands.own_data import classes_in, holds_points
from ghviz.commands.parsing import BadArgumentsError
from ghviz.train.other_data import MOST_CLASSES, OWN, preset_for, start_from
from ghviz.train.presets import PRESETS, preset_named
from ghviz.train.recipes import LENGTHS, scaled
from ghviz.types import RunConfig


def starting_point(arguments: list[str]) -> RunConfig:
    """A preset, GH's warm-up, ramp and refreshing in proportion where the arguments give it another length.

    Where no preset is named, it is that of the data set, or the one to start from with data like these. Of a
    person's own data all classes are taken, where the arguments choose none.

    As this is only what the arguments start from, those that name one of these themselves prevail.

    Args:
        arguments: the words after the command.

    Raises:
        BadArgumentsError: there is no such preset.
    """
    config = _counted(_begun(arguments), arguments)
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
    if config.preset in PRESETS and config.dataset != usual.dataset:
        notes.append(
            f"dataset {config.dataset}, hence {config.num_classes} classes to take; what is not given is as "
            f"in the preset {config.preset}, which was made for {usual.dataset}"
        )
    if changes:
        notes.append(f"epochs {config.epochs:,} (was {usual.epochs:,}), hence {', '.join(changes)}")
    if config.gh == "on" and config.gh_warm_up >= config.epochs:
        notes.append(
            f"GH never acts: its warm-up of {config.gh_warm_up:,} epochs is not shorter than the run of "
            f"{config.epochs:,}"
        )
    return notes


def _begun(arguments: list[str]) -> RunConfig:
    """The configuration of the preset that is named, else of the one that suits the data set."""
    name, dataset = _word(arguments, "--preset"), _word(arguments, "--dataset")
    if name or dataset not in MOST_CLASSES:
        return _preset(name or "custom")
    if dataset == "npz" and holds_points(_word(arguments, "--data-path")):
        return RunConfig()
    return start_from(_preset(preset_for(dataset)), dataset)


def _counted(config: RunConfig, arguments: list[str]) -> RunConfig:
    """With all classes of a person's own data, where the arguments choose none.

    Which classes a preset takes is forgotten where there are to be more or fewer.
    """
    dataset, place = _word(arguments, "--dataset"), _word(arguments, "--data-path")
    wish = _word(arguments, "--num-classes")
    if _word(arguments, "--classes"):
        return config
    if wish:
        return replace(config, classes=None) if wish != str(config.num_classes) else config
    count = classes_in(dataset, place) if dataset in OWN and place else None
    return config if count is None else replace(config, num_classes=count, classes=None)


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
