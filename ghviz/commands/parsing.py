"""Arguments as frozen dataclasses, read by tyro; what is wrong with them becomes one sentence."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, TypeVar

import msgspec
import tyro

from ghviz.types import RunConfig

T = TypeVar("T")
_MISREAD = (
    (
        r"Error parsing (\S+): no type matching (.+?) could be .*?from \[(.*?)\].*$",
        r"\1 must be \2, got \3",
    ),
    (r"Error parsing (\S+): Could not find valid parse for arguments: \[(.*?)\]", r"\1 can't be read: \2"),
    (r"Error parsing (\S+): invalid literal for int\(\) with base 10: ", r"\1 must be a whole number, got "),
    (r"Error parsing (\S+): could not convert string to float: ", r"\1 must be a number, got "),
    (r"\{None\}\|", ""),
    (r"\{\[INT \[INT \.\.\.\]\]\}", "whole numbers"),
    (r"must be INT,", "must be a whole number,"),
    (r"must be FLOAT,", "must be a number,"),
)
"""What tyro says of a value of another type, and what is said instead."""
_TITLES = "Unrecognized options|Required options|Invalid choice|Parsing error|Value error|Missing argument"


class BadArgumentsError(ValueError):
    """The arguments make no sense; one sentence."""


def parse(kind: type[T], arguments: Sequence[str], *, command: str, example: str, more: str = "") -> T:
    """Read a command's arguments.

    Args:
        kind: dataclass of the arguments; its docstring is the help's first sentence.
        arguments: the words after the command.
        command: its name.
        example: shown by --help.
        more: shown by --help below the example.

    Raises:
        BadArgumentsError: unknown or missing arguments, or values out of range.
        SystemExit: code 0, after --help.
    """
    said = io.StringIO()
    description = f"{(kind.__doc__ or '').strip()}\n\nexample: {example}\n\n{more}".strip()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(kind, prog=f"ghviz {command}", description=description, args=list(arguments))
    except SystemExit as exit_:
        if not exit_.code:
            raise
        raise BadArgumentsError(_sentence(said.getvalue(), command)) from exit_
    except ValueError as error:  # from a dataclass's __post_init__
        raise BadArgumentsError(str(error)) from error


def _sentence(boxed: str, command: str) -> str:
    """tyro's box as one line."""
    text = re.sub(
        r"\x1b\[[0-9;]*m|[\u2500-\u257f]|-{4,}", " ", boxed
    )  # a box of hyphens where no others show
    text = re.split(r"For full helptext|Argument helptext", text)[0]
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(rf"^({_TITLES})\s+(?=\S)", "", text)
    text = re.sub(r"Perhaps you meant:\s*(--[\w-]+).*", r"- did you mean \1?", text)
    for pattern, plain in _MISREAD:
        text = re.sub(pattern, plain, text)
    text = re.sub(rf"Missing from ghviz {command}:", "missing:", text)
    return f"{text or 'bad arguments'} (ghviz {command} --help shows an example)"


def checked(config: RunConfig) -> RunConfig:
    """The configuration, if every value is in its range.

    Raises:
        BadArgumentsError: names the field, what was expected and what came.
    """
    values: dict[str, Any] = msgspec.to_builtins(config)
    for name, value in values.items():
        if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):
            raise BadArgumentsError(f"--{name.replace('_', '-')} must be a finite number, got {value}")
    try:
        return msgspec.convert(values, RunConfig)
    except msgspec.ValidationError as error:
        place = re.search(r"at `\$\.(\w+)", str(error))
        field = place.group(1) if place else ""
        expectation = re.sub(r" - at .*", "", str(error))
        flag = f"--{field.replace('_', '-')}: " if field else ""
        raise BadArgumentsError(f"{flag}{expectation}, got {values.get(field)!r}") from error


def with_flags(sentence: str) -> str:
    """A sentence that calls settings by their flags; whatever stands in quotes or in a path stays.

    >>> with_flags("n_max = 3 in data_path/x: set image_root.")
    '--n-max = 3 in data_path/x: set --image-root.'
    """
    names = "|".join(each.name for each in fields(RunConfig) if "_" in each.name)
    around = r"\w/\\'\"-"
    return re.sub(
        rf"(?<![{around}.])({names})(?![{around}]|\.\w)",
        lambda found: f"--{found[1].replace('_', '-')}",
        sentence,
    )
