"""Imported embeddings in a run folder, one snapshot after the other."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from pathlib import Path
from typing import Any

from ghviz.imports.prepared import MOST_POINTS, Prepared, prepare, same_points
from ghviz.metrics.table import measure, measured
from ghviz.store import RunFolderError, RunWriter, create_run, open_run
from ghviz.store.layout import SIDES, is_run
from ghviz.types import IMPORTED, Finished, Points, RunConfig, Snapshot, SnapshotTaken

_TWINS = {"base": "gh", "gh": "base"}


def save_snapshot(  # noqa: PLR0913 (one argument for each thing that can be told)
    folder: str | Path,
    embeddings: Any,
    labels: Any,
    *,
    step: int,
    class_names: Sequence[str] = (),
    test: tuple[Any, Any] | None = None,
    vertices: Any = None,
    title: str = "",
    points: int = MOST_POINTS,
) -> Path:
    """Write embeddings of any model where the app, `metrics` and `figure` find them.

    The first call makes the run folder, every later one adds a snapshot to it: the same samples in the same
    order, at a later step. DIR/base and DIR/gh of the same samples make DIR a pair.

    Args:
        folder: of the run.
        embeddings: (N, d) array or tensor, d >= 2; only the direction of a row counts.
        labels: (N,) whole numbers or names; the classes are ordered from head to tail here.
        step: optimisation steps so far, or any other number that grows.
        class_names: in the order of the labels; none: the labels themselves.
        test: embeddings and labels of a test set, for the accuracies.
        vertices: (K, d) `Harmonizer.targets`, to be drawn (in a pair: on both sides).
        title: what it is, such as "SimCLR + GH".
        points: samples kept at most, see `prepare`.

    Returns:
        The folder.

    Raises:
        ValueError: what is wrong with the arrays, in one sentence.
        RunFolderError: the folder holds something else, or can't be written.
    """
    content = prepare(
        embeddings, labels, class_names=class_names, test=test, vertices=vertices, points=points
    )
    return record(folder, content, step=step, title=title)


def record(
    folder: str | Path, content: Prepared, *, step: int, title: str = "", source: str | None = None
) -> Path:
    """Write prepared embeddings as a snapshot into a run folder that is new or was imported too.

    Args:
        folder: of the run.
        content: see `prepare`.
        step: later than those that the folder has; at least 0.
        title: what it is; empty: "imported".
        source: where the embeddings came from, to be remembered.

    Returns:
        The folder.

    Raises:
        ValueError: a step that is negative or no whole number.
        RunFolderError: the folder holds something else, or can't be written.
    """
    folder = Path(folder).absolute()
    try:
        step = index(step)  # numpy's whole numbers too
    except TypeError as error:
        raise ValueError(f"step must be a whole number, got {step!r}") from error
    if step < 0:
        raise ValueError(f"step must be at least 0, got {step}")
    _check_twin(folder, content)
    _check_sides(folder)
    if is_run(folder):
        _check_same(folder, content, step)
        writer = RunWriter.resume(folder)
    else:
        writer = create_run(folder, _config(folder, content, title, source))
    with writer:
        if open_run(folder).classes is None:
            writer.write_data(content.classes, content.points)
        snapshot = Snapshot(step=step, epoch=0, train=content.train, test=content.test)
        table = measure(snapshot, content.points, content.classes)
        writer.append(SnapshotTaken(step=step, epoch=0, file=writer.write_snapshot(snapshot)))
        writer.append(measured(table))
        writer.append(Finished(step=step))  # nothing here could go on with it
    return folder


def _config(folder: Path, content: Prepared, title: str, source: str | None) -> RunConfig:
    """All that is known of a run that was trained elsewhere; its other fields mean nothing."""
    has_gh = folder.name == "gh" or len(content.points.targets) > 0
    counts = content.classes.counts
    return RunConfig(
        preset=IMPORTED,
        dataset=IMPORTED,
        data_path=source,
        num_classes=len(counts),
        n_max=counts[0],
        ratio=counts[0] / counts[-1],
        profile="given",
        dimension=content.train.shape[1],
        method=title or (f"{IMPORTED} + GH" if has_gh else IMPORTED),
        gh="on" if has_gh else "off",
    )


def _check_same(folder: Path, content: Prepared, step: int) -> None:
    """A folder can take a further snapshot if it is of the same samples, and not of a training of ours."""
    run = open_run(folder)
    if run.config.preset != IMPORTED:
        raise RunFolderError(f"{folder} holds a run that was trained here: choose another folder.")
    if run.config.dimension != content.train.shape[1]:
        raise RunFolderError(
            f"{folder} holds {run.config.dimension} dimensions, these embeddings have "
            f"{content.train.shape[1]}: choose another folder."
        )
    if not _holds(run.points, content) or run.classes not in (None, content.classes):
        raise RunFolderError(
            f"{folder} holds other samples or labels: give the same in the same order, or another folder."
        )
    last = max(run.snapshot_steps(), default=-1)
    if step <= last:
        raise RunFolderError(
            f"{folder} has a snapshot at step {last} already: give a later step than that, or another "
            f"folder; got {step}."
        )


def _check_sides(folder: Path) -> None:
    """A run in the folder of a pair would hide its sides."""
    sides = [] if is_run(folder) else [side for side in SIDES if is_run(folder / side)]
    if sides:
        raise RunFolderError(
            f"{folder} holds the run{'s' * (len(sides) > 1)} {', '.join(sides)}, which a run in its place "
            f"would hide: give one of these, such as {folder / sides[0]}, or another folder."
        )


def _check_twin(folder: Path, content: Prepared) -> None:
    """The two sides of a pair are of the same samples."""
    twin = folder.with_name(_TWINS.get(folder.name, folder.name))
    if twin == folder or not is_run(twin):
        return
    run = open_run(twin)
    if (
        run.config.dimension != content.train.shape[1]
        or run.classes not in (None, content.classes)
        or not _holds(run.points, content)
    ):
        raise RunFolderError(
            f"{folder} would be a pair with {twin}, which holds other samples, labels or dimensions: "
            "a pair needs the same ones in the same order, so choose another folder."
        )


def _holds(points: Points | None, content: Prepared) -> bool:
    return points is None or same_points(points, content.points)
