"""The base methods by name. Reading the names loads no torch; a method is loaded when it is built."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch import nn

    from ghviz.ssl.method import Method


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A base method that can be chosen.

    Attributes:
        title: its name in print.
        text: what it does, in one sentence.
        where: module of `ghviz.ssl` and class, "module:Class".
        options: what can be set, with its default; all numbers.
    """

    title: str
    text: str
    where: str
    options: Mapping[str, float] = field(default_factory=dict)


METHODS: Final[dict[str, Entry]] = {
    "simclr": Entry(
        title="SimCLR",
        text="Two views of a sample attract each other and repel those of all other samples.",
        where="simclr:SimCLR",
        options={"temperature": 0.2},
    ),
    "focal": Entry(
        title="Focal",
        text="SimCLR in which pairs that are told apart already count less.",
        where="focal:Focal",
        options={"temperature": 0.2, "gamma": 2.0},
    ),
    "sdclr": Entry(
        title="SDCLR",
        text="SimCLR against a twin of the encoder that lacks the smallest weights, where the tail is.",
        where="sdclr:SDCLR",
        options={"temperature": 0.2, "fraction": 0.9},
    ),
    "bcl": Entry(
        title="BCL",
        text="SimCLR that augments samples more the higher their loss stays.",
        where="bcl:BCL",
        options={"temperature": 0.2, "momentum": 0.97},
    ),
    "dnc": Entry(
        title="DnC",
        text="SimCLR, then an expert for each cluster of the data, then one student of them all.",
        where="dnc:DnC",
        options={"temperature": 0.2, "clusters": 4, "base": 0.5, "experts": 0.3},
    ),
    "moco": Entry(
        title="MoCo v2",
        text="Views against the keys that a slowly moving copy of the encoder gave to earlier batches.",
        where="moco:MoCo",
        options={"temperature": 0.2, "momentum": 0.99, "queue": 4096},
    ),
    "vicreg": Entry(
        title="VICReg",
        text="Views agree, each dimension varies, no two dimensions vary together; no negatives.",
        where="vicreg:VICReg",
        options={"invariance": 25.0, "variance": 25.0, "covariance": 1.0},
    ),
    "barlow-twins": Entry(
        title="Barlow Twins",
        text="Each dimension agrees between the views and with no other dimension; no negatives.",
        where="barlow_twins:BarlowTwins",
        options={"off_diagonal": 5e-3},
    ),
}
"""All base methods; a new one is a file with a `Method` and an entry here."""


def entry(name: str) -> Entry:
    """The method of that name.

    Raises:
        ValueError: there is none; names the nearest.
    """
    if name not in METHODS:
        near = difflib.get_close_matches(name, METHODS, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {name!r}{hint}")
    return METHODS[name]


def options_of(name: str, given: Iterable[str]) -> dict[str, float]:
    """All options of a method: those given, the others at their defaults.

    Args:
        name: of the method.
        given: such as "gamma=3".

    Raises:
        ValueError: an option that the method does not have, or a value that is no number.

    >>> options_of("simclr", ["temperature=0.5"])
    {'temperature': 0.5}
    """
    known = entry(name).options
    options = dict(known)
    for text in given:
        option, _, value = text.partition("=")
        if option not in known:
            has = f"has the options {', '.join(known)}" if known else "has no options"
            raise ValueError(f"method {name!r} {has}, got {text!r}")
        try:
            options[option] = float(value)
        except ValueError:
            raise ValueError(
                f"an option is given as name=number, such as {option}=0.5, got {text!r}"
            ) from None
    return options


def build(name: str, encoder: nn.Module, num_samples: int, options: Mapping[str, float]) -> Method:
    """A method for a run.

    Args:
        name: in `METHODS`.
        encoder: the fresh encoder, to be measured or copied.
        num_samples: size of the training set.
        options: as `options_of` gives them.

    Raises:
        ValueError: an unknown method, or an option out of range.
    """
    module, kind = entry(name).where.split(":")
    made: Any = getattr(import_module(f"ghviz.ssl.{module}"), kind)
    method: Method = made(encoder, num_samples, **options)
    return method
