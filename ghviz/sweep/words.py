"""What a report says in words: names, how accuracy was measured, and what a reader must know."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from ghviz.evaluate import groups_by_rank
from ghviz.ssl.registry import METHODS
from ghviz.sweep.collect import Block, Collected, RunNumbers, Switch
from ghviz.sweep.plan import shared_settings
from ghviz.types import RunConfig

MOST_UNLIKE: Final = 4
"""Settings that are named where groups of runs differ in more."""
MOST_REASONS: Final = 2
"""Reasons that are named at once, why there is nothing to show."""


def method_title(method: str) -> str:
    """What to call a method."""
    return METHODS[method].title if method in METHODS else method


def run_title(method: str, gh: Switch) -> str:
    """What to call a method without or with GH.

    >>> run_title("simclr", "on")
    'SimCLR + GH'
    """
    return method_title(method) + (" + GH" if gh == "on" else "")


def span(seeds: Sequence[int]) -> str:
    """Numbers, consecutive ones as a range.

    >>> span([0, 1, 2, 5])
    '0 to 2, 5'
    """
    breaks = [i + 1 for i, (a, b) in enumerate(pairwise(seeds)) if b != a + 1]
    parts = [list(part) for part in np.split(np.asarray(seeds), breaks)]
    return ", ".join(f"{part[0]} to {part[-1]}" if len(part) > 1 else f"{part[0]}" for part in parts)


def counted(number: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "run"), counted(2, "run")
    ('1 run', '2 runs')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def groups_text(run: RunNumbers, by_rank: bool) -> str:
    """Which classes are many, medium and few."""
    if len(run.classes.names) < 3:
        return "Fewer than three classes make no groups."
    if not by_rank:
        return "Many: classes of more than 100 training images; Few: of fewer than 20; Med: those between."
    sizes = np.bincount(groups_by_rank(np.asarray(run.classes.counts)), minlength=3)
    return (
        f"Many: the {sizes[0]} most frequent classes; Med: the next {sizes[1]}; Few: the {sizes[2]} rarest."
    )


def shots_of(measure: str) -> int:
    """The labelled samples of each class that a way of measuring accuracy takes; 0 if it is not few-shot.

    >>> shots_of("few_shot_5"), shots_of("knn")
    (5, 0)
    """
    return int(measure.removeprefix("few_shot_")) if measure.startswith("few_shot_") else 0


def how_measured(block: Block, measure: str) -> str:
    """How accuracy was measured, in a sentence."""
    if measure == "nearest":
        return (
            "1-nearest neighbour: the class of the nearest long-tailed training embedding (the projector's "
            "output, cosine), for balanced test samples; at the last snapshot."
        )
    shots = shots_of(measure)
    records = [run.evaluation for run in block.numbers if run.evaluation is not None]
    record = next(each for each in records if not shots or shots in each.few_shot)
    tested, taught = sum(record.test_counts), sum(record.train_counts)
    if shots:
        nearest = "sample, of one" if shots == 1 else f"mean, of {shots} samples"
        what = (
            f"Few-shot: the class with the nearest {nearest} drawn of each class (cosine; mean of 20 draws)"
        )
    elif measure == "linear_probe":
        what = (
            "Linear probe: one linear layer, trained as the reference code of GH does (Adam, 500 epochs, "
            "learning rate 1e-2 to 1e-6)"
        )
    else:
        what = f"k-nearest neighbours: k = {record.neighbors}, cosine, equal votes"
    source = (
        f"learned from a balanced training set ({taught:,} samples, {taught // len(record.train_counts)} of "
        f"each class), tested on {tested:,} balanced test samples"
        if record.protocol == "balanced"
        else f"learned from one half of the {tested:,} balanced test samples and tested on the other, both "
        "ways round, as these data have no balanced training set"
    )
    return f"{what}, on backbone features of the last checkpoint; {source}."


def notes_of(block: Block) -> list[str]:
    """What a reader must know of the runs, a sentence each."""
    notes = []
    numbers = block.numbers
    missing = sum(run.evaluation is None for run in numbers)
    if missing:
        notes.append(
            f"{counted(missing, 'run')} of {len(numbers)} not evaluated yet: no linear probe, no k-NN, no "
            "few-shot."
        )
    records = [run.evaluation for run in numbers if run.evaluation]
    without = sum(not record.few_shot for record in records)
    if 0 < without < len(records):
        notes.append(
            f"{counted(without, 'run')} of {len(numbers)} evaluated without few-shot, as it was once: delete "
            "evaluation.json in their folders to have it."
        )
    ways = {
        (e.protocol, tuple(e.train_counts), e.neighbors, tuple(e.test_counts))
        for run in numbers
        if (e := run.evaluation)
    }
    if len(ways) > 1:
        notes.append("The runs were evaluated in different ways (protocol or number of samples).")
    for method in block.methods:
        base, gh = block.runs.get((method, "off"), {}), block.runs.get((method, "on"), {})
        alone = sorted(base.keys() ^ gh.keys())
        if alone and base and gh:
            notes.append(
                f"{method_title(method)}: only one of the two runs is there for seed {span(alone)}; "
                "differences leave it out, means don't."
            )
    return notes


def why_nothing(found: Collected) -> str:
    """Why there is no table of a folder's runs, in one sentence or a few."""
    runs = len(found.left_out)
    if found.running:
        failed = f", {found.failed} failed" if found.failed else ""
        return f"No run is finished yet: {found.running} of {runs} {_is_are(found.running)} training{failed}."
    if found.failed == runs:
        what = f"All {runs} runs failed" if runs > 1 else "The only run failed"
    else:
        what = f"None of {runs} runs can be shown" if runs > 1 else "The only run can't be shown"
    reasons = list(dict.fromkeys(found.left_out.values()))
    more = len(reasons) - MOST_REASONS
    others = [f"And {counted(more, 'other reason')}: see below."] * (more > 0)
    return f"{what}: {' '.join([*reasons[:MOST_REASONS], *others])}"


def unlike_settings(configs: Sequence[RunConfig]) -> list[list[str]]:
    """The settings in which groups of runs of the same name differ, such as ["epochs 8"]; none where the name
    is theirs alone."""
    names = [name_of(config) for config in configs]
    settings = [shared_settings(config) for config in configs]
    found = []
    for name, own in zip(names, settings, strict=True):
        others = [each for each, other in zip(settings, names, strict=True) if other == name]
        unlike = [key for key, value in own.items() if any(each[key] != value for each in others)]
        found.append([f"{key.replace('_', ' ')} {_short(own[key])}" for key in unlike])
    return found


def told_apart(configs: Sequence[RunConfig]) -> list[str]:
    """What tells groups of runs of the same name apart, in a few words, which no two of them share."""
    names, settings = [name_of(config) for config in configs], unlike_settings(configs)
    brief = [_brief(said) for said in settings]
    keys = list(zip(names, brief, strict=True))
    return [
        text if keys.count(key) == 1 else ", ".join(said)
        for key, text, said in zip(keys, brief, settings, strict=True)
    ]


def name_of(config: RunConfig) -> str:
    """What runs are called: their preset, or the data set if they have none."""
    return config.preset if config.preset != "custom" else config.dataset


def _is_are(number: int) -> str:
    return "is" if number == 1 else "are"


def _brief(said: list[str]) -> str:
    more = len(said) - MOST_UNLIKE
    return ", ".join(said if more <= 0 else [*said[:MOST_UNLIKE], f"and {counted(more, 'more setting')}"])


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else "none" if value is None else str(value)
