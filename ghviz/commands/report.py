"""`report`: what the runs of a sweep say together."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ghviz.commands.parsing import parse
from ghviz.metrics import Moment
from ghviz.store import RunFolderError
from ghviz.sweep.collect import Collected, collected, unevaluated
from ghviz.sweep.happened import run_moments
from ghviz.sweep.render import latex, markdown, moments_csv, runs_csv, summary_csv
from ghviz.sweep.report import block_reports, goes_by_rank
from ghviz.sweep.words import why_nothing


@dataclass(frozen=True)
class ReportArguments:
    """Means, spread, paired differences and the table for a paper, of all runs below a folder."""

    folder: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="DIR")]
    """Folder of a sweep, or any folder with runs."""
    format: Literal["markdown", "csv", "latex", "runs", "moments"] = "markdown"
    """How to print it; runs: a CSV of every run's own numbers; moments: a CSV of everything that happened
    while they were trained (centres that merge, ranks that drop, classes that overtake others), with its
    step."""
    groups: Literal["auto", "rank", "count"] = "auto"
    """Borders of Many, Med and Few: by rank, as for CIFAR (34 %, 33 %, 33 % of the classes), or by count,
    as for ImageNet-LT (more than 100, fewer than 20 images); auto: what is usual for the data set."""


def report(arguments: list[str]) -> int:
    """Evaluate what is not evaluated yet, and print the report."""
    asked = parse(
        ReportArguments,
        arguments,
        command="report",
        example="python -m ghviz report runs/digits --format latex",
    )
    found = _evaluated(asked.folder)
    if not found.blocks:
        print(f"{asked.folder}: {why_nothing(found)}", file=sys.stderr)
    by_rank = [goes_by_rank(block, asked.groups) for block in found.blocks]
    if asked.format == "runs":
        print(runs_csv(found, by_rank=by_rank), end="")
    elif asked.format == "moments":
        print(moments_csv(found, _moments(found)), end="")
    else:
        print(_tables(found, asked), end="")
    return 0


def _tables(found: Collected, asked: ReportArguments) -> str:
    moments = {} if asked.format == "csv" else _moments(found)
    reports = block_reports(found, grouping=asked.groups, moments=moments)
    write = {"csv": summary_csv, "latex": latex}.get(asked.format, markdown)
    return write(reports, found.left_out)


def _moments(found: Collected) -> dict[Path, list[Moment]]:
    """What happened in each finished run; of a run whose snapshots can't be read, a sentence says so."""
    moments = {}
    for run in (run for block in found.blocks for run in block.numbers):
        try:
            moments[run.folder] = run_moments(run.folder)
        except RunFolderError as error:
            print(error, file=sys.stderr, flush=True)
    return moments


def _evaluated(folder: Path) -> Collected:
    """The runs below a folder, each with its evaluation where it can have one."""
    found = collected(folder)
    waiting = list(unevaluated(found))
    if not waiting:
        return found
    from ghviz.sweep.evaluation import evaluate_run

    for i, run in enumerate(waiting):
        print(f"evaluating {run} ({i + 1} of {len(waiting)})", file=sys.stderr, flush=True)
        try:
            evaluate_run(run)
        except RunFolderError as error:
            print(error, file=sys.stderr, flush=True)
    return collected(folder)
