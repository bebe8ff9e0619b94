"""Sweeps as the page reads them: which there are, and what one says; read anew when a run has changed."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import streamlit as st

from ghviz.app.pairs import Stamp
from ghviz.metrics import Moment
from ghviz.store import RunFolderError, RunSummary, find_runs, open_run
from ghviz.store.layout import EVALUATION_FILE, EVENTS_FILE
from ghviz.sweep.collect import Block, Collected, collected, run_folders
from ghviz.sweep.grids import NO_INTERVAL, TOO_FEW
from ghviz.sweep.happened import happened, run_moments
from ghviz.sweep.report import BlockReport, Difference, block_reports

_MEMBER: Final = re.compile(r".+-seed-\d+")
_FILES: Final = (EVENTS_FILE, EVALUATION_FILE)


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A sweep's folder with what it says.

    Attributes:
        collection: its runs.
        reports: one a group of runs that can be compared.
    """

    collection: Collected
    reports: list[BlockReport]


def sweep_folders(root: Path) -> list[Path]:
    """Folders below `root` that a sweep has filled, that of the newest run first; those without a
    finished run come last, and of these those that are being trained first."""
    best: dict[Path, int] = {}
    for summary in find_runs(root):
        for folder in (summary.path, summary.path.parent):  # a pair, or one side of it
            if _MEMBER.fullmatch(folder.name):
                best[folder.parent] = max(best.get(folder.parent, 0), _worth(summary))
    return sorted(best, key=lambda folder: -best[folder])  # stable: the newest first


def _worth(summary: RunSummary) -> int:
    """2 where there is a finished run, 1 where one is being trained, else 0."""
    if summary.state.status == "finished" or any(map(_is_finished, summary.sides.values())):
        return 2
    return int(summary.state.status == "running")


def _is_finished(run: Path) -> bool:
    try:
        return open_run(run).state().status == "finished"
    except RunFolderError:
        return False


def stamp(folder: Path) -> Stamp:
    """What changes whenever a run below the folder has something new to show.

    Raises:
        RunFolderError: there is no such folder.
    """
    return _stamp([run / name for run in run_folders(folder) for name in _FILES])


def _stamp(files: Sequence[Path]) -> Stamp:
    stats = [(path, path.stat()) for path in files if path.is_file()]
    return tuple((str(path), status.st_mtime_ns, status.st_size) for path, status in stats)


def opened(folder: Path) -> Opened:
    """A sweep, from memory where nothing has changed.

    Raises:
        RunFolderError: there is no such folder, or no run in it.
    """
    return _opened(str(folder), stamp(folder))


@st.cache_resource(max_entries=8, show_spinner="Reading the runs …")
def _opened(folder: str, seen: Stamp) -> Opened:
    found = collected(Path(folder))
    return Opened(collection=found, reports=block_reports(found))


def moments_of(blocks: Sequence[Block]) -> tuple[dict[Path, list[Moment]], list[str]]:
    """What happened in each finished run, from memory where it has not changed; and of those whose snapshots
    can't be read, a sentence each."""
    moments, unread = {}, []
    for run in (run for block in blocks for run in block.numbers):
        try:
            moments[run.folder] = _moments(str(run.folder), _stamp([run.folder / EVENTS_FILE]))
        except RunFolderError as error:
            unread.append(str(error))
    return moments, unread


def with_moments(found: Opened) -> list[BlockReport]:
    """The reports of a sweep with what happened when, for which every snapshot is read."""
    moments, _ = moments_of(found.collection.blocks)
    pairs = zip(found.collection.blocks, found.reports, strict=True)
    return [replace(report, moments=happened(block, moments)) for block, report in pairs]


@st.cache_data(max_entries=512, show_spinner=False)
def _moments(folder: str, seen: Stamp) -> list[Moment]:
    return run_moments(Path(folder))


def verdict(difference: Difference) -> str:
    """What can be said of a difference, in words; empty where it is clear."""
    if difference.verdict != "uncertain":
        return "" if difference.verdict == "clear" else difference.verdict
    if math.isfinite(difference.paired.low):
        holds = difference.paired.low <= 0 <= difference.paired.high
        return f"uncertain: the interval {'holds zero' if holds else 'has no width'}"
    return NO_INTERVAL if math.isfinite(difference.paired.noise) else TOO_FEW


def lead(report: BlockReport) -> Sequence[tuple[str, Difference]]:
    """The gains that a reader asks for first: of the average accuracy, by method, as measured first."""
    if not report.papers:
        return []
    rows = report.papers[0].rows
    return [(row.title.removesuffix(" + GH"), row.gain) for row in rows if row.gain is not None]
