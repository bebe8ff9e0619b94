"""Which runs a sweep consists of, where they lie, and whether what lies there is the run that is meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from itertools import product
from pathlib import Path, PurePath
from typing import Any, Final, Literal

from ghviz.ssl.registry import entry
from ghviz.store import Run, RunFolderError, open_run
from ghviz.store.layout import is_run
from ghviz.sweep.evaluation_file import has_evaluation
from ghviz.types import RunConfig

MOST_RUNS: Final = 10_000
"""Runs of a sweep at most: more of them are a slip of the keyboard."""
SIDES: Final = {"off": "base", "on": "gh"}
"""Name of a run's folder by whether GH is on: two of them side by side are a pair."""
ELSEWHERE: Final = ("device", "compile", "pace", "threads", "cache_path", "image_root")
"""Settings that say where and how fast, not what: they may differ between the machines of one sweep."""
_RANGE = re.compile(r"(\d+)(?:-(\d+))?", re.ASCII)

Standing = Literal["finished", "running", "to do"]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One run of a sweep.

    Attributes:
        config: what to train.
        folder: where it goes.
    """

    config: RunConfig
    folder: Path

    @property
    def name(self) -> str:
        """Its folder inside the sweep's, such as simclr-seed-0003/gh."""
        return f"{self.folder.parent.name}/{self.folder.name}"


def seeds_of(text: str) -> list[int]:
    """The seeds that a text such as "0-4" or "1,5,7-9" names, ascending.

    Raises:
        ValueError: it names none, or too many.

    >>> seeds_of("7,0-2,1")
    [0, 1, 2, 7]
    """
    seeds: set[int] = set()
    for part in text.split(","):
        match = _RANGE.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"seeds are numbers and ranges such as 0-4 or 1,5,7-9, got {text!r}")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise ValueError(f"a range of seeds goes upwards, such as {last}-{first}, got {part.strip()!r}")
        if last - first >= MOST_RUNS:
            raise ValueError(f"a sweep has at most {MOST_RUNS:,} runs, got the seeds {part.strip()}")
        seeds.update(range(first, last + 1))
    return sorted(seeds)


def words_of(text: str, *, known: Sequence[str] | None = None, what: str) -> list[str]:
    """The words of a list such as "off,on", each once, in their order.

    Raises:
        ValueError: there is none, or one that is not known.
    """
    words = list(dict.fromkeys(word for part in text.split(",") if (word := part.strip())))
    wrong = [word for word in words if known is not None and word not in known]
    if not words or wrong:
        choices = f"of {', '.join(known)}" if known is not None else "such as simclr,focal"
        raise ValueError(f"{what} must be a list {choices}, got {text!r}")
    return words


def planned_runs(config: RunConfig, out: Path, *, methods: str, gh: str, seeds: str) -> list[Planned]:
    """Every run of a sweep: by method and seed, without GH first.

    Args:
        config: what all of them share.
        out: folder of the sweep.
        methods: such as "simclr,focal".
        gh: "off", "on" or "off,on".
        seeds: such as "0-4".

    Raises:
        ValueError: a list that can't be read, an unknown method, or too many runs.
    """
    named = words_of(methods, what="methods")
    for method in named:
        entry(method)
    combinations = list(product(named, seeds_of(seeds), words_of(gh, known=tuple(SIDES), what="gh")))
    if len(combinations) > MOST_RUNS:
        raise ValueError(f"a sweep has at most {MOST_RUNS:,} runs, this one would have {len(combinations):,}")
    return [
        Planned(
            config=replace(config, method=method, seed=seed, gh="on" if switch == "on" else "off"),
            folder=out / f"{method}-seed-{seed:04d}" / SIDES[switch],
        )
        for method, seed, switch in combinations
    ]


def standing(planned: Planned) -> Standing:
    """How far a planned run is: finished (and evaluated), being trained by some process, or to be worked on.

    Raises:
        RunFolderError: its folder holds a run of other settings, or can't be read.
    """
    if not is_run(planned.folder):
        return "to do"
    run = open_run(planned.folder)
    check_same(run, planned.config)
    status = run.state().status
    if status == "running":
        return "running"
    return "finished" if status == "finished" and has_evaluation(run.folder) else "to do"


def check_same(run: Run, config: RunConfig) -> None:
    """Refuse a folder that holds another run than the one that is meant.

    Raises:
        RunFolderError: names the settings that differ.
    """
    there, meant = settings_of(run.config), settings_of(config)
    differing = [
        f"{name.replace('_', ' ')} {there[name]} instead of {meant[name]}"
        for name in meant
        if there[name] != meant[name]
    ]
    if differing:
        raise RunFolderError(
            f"{run.folder} holds a run of other settings ({', '.join(differing)}): choose another --out"
        )


def settings_of(config: RunConfig) -> dict[str, Any]:
    """What makes a run the run it is: all settings but those of `ELSEWHERE`; of a path its last part."""
    settings = {name: value for name, value in asdict(config).items() if name not in ELSEWHERE}
    for name in ("data_path", "test_list"):
        if settings[name] is not None:
            settings[name] = PurePath(settings[name]).name
    return settings


def comparable(config: RunConfig) -> str:
    """The same text for runs that differ in method, GH and seed alone (and in `ELSEWHERE`)."""
    return repr(list(shared_settings(config).items()))


def shared_settings(config: RunConfig) -> dict[str, object]:
    """The settings that runs which can be compared have in common."""
    free = ("method", "gh", "seed", "snapshots", "snapshot_points")
    settings = settings_of(config)
    return {each.name: settings.get(each.name) for each in fields(config) if each.name not in free}


def command_of(planned: Planned, out: Path, settings: Sequence[str]) -> list[str]:
    """The words after `python -m ghviz` that train one run of a sweep, wherever they are run.

    Args:
        planned: the run.
        out: folder of the sweep, as it was given.
        settings: as they were given for all runs.
    """
    config = planned.config
    own = ["--methods", config.method, "--gh", config.gh, "--seeds", str(config.seed), "--out", str(out)]
    return ["sweep", *own, *settings]
