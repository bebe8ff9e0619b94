"""`import`: embeddings that were computed elsewhere, as a run folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from numpy.typing import NDArray

from ghviz.commands.parsing import BadArgumentsError, parse
from ghviz.imports import MOST_POINTS, Prepared, prepare, record
from ghviz.imports.files import Source, labels_in, listed, open_source, said_of

_NAMES = "class_names"
"""Array of a .npz that names the classes."""


@dataclass(frozen=True)
class ImportArguments:
    """Make a run folder of embeddings, so that the app, metrics and figure can open them."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Embeddings, a row a sample: .npz, .npy, .parquet or .csv; several, in order: a snapshot each."""
    labels: str
    """Array or column of the file that holds the labels; or a file of their own."""
    out: Path
    """Folder of the run: DIR/base and DIR/gh of the same samples make DIR a pair."""
    embeddings: tuple[str, ...] = ()
    """Array or columns that hold the embeddings, where the file has others too."""
    names: tuple[str, ...] = ()
    """Names of the classes in the order of their labels, or one text file with a name a line; none: the array
    class_names of a .npz, else the labels themselves."""
    steps: tuple[int, ...] = ()
    """The training step of each file, rising; none: 0, 1, 2, ..."""
    test: tuple[Path, ...] = ()
    """Embeddings of a test set, a file for each of the others: what the accuracies need."""
    test_labels: Path | None = None
    """Labels of the test set, where they are in a file of their own."""
    title: str = ""
    """What to call it, such as "SimCLR + GH"; empty: imported."""
    points: int = MOST_POINTS
    """Samples kept at most; of more, a random subset with at least five of each class."""


def import_(arguments: list[str]) -> int:
    """Read, check all, and only then write."""
    asked = parse(
        ImportArguments,
        arguments,
        command="import",
        example="python -m ghviz import embeddings.npz --labels labels --out runs/mine",
    )
    steps = _steps(asked)
    contents = [_content(asked, i) for i in range(len(asked.files))]
    for path, content in zip(asked.files, contents, strict=True):
        if content.train.shape[1] != contents[0].train.shape[1] or not content.has_points_of(contents[0]):
            raise BadArgumentsError(
                f"{path} must hold the samples of {asked.files[0]}: as many, in the same order, with the "
                "same labels and dimensions"
            )
    for path, content, step in zip(asked.files, contents, steps, strict=True):
        record(asked.out, content, step=step, title=asked.title, source=str(path.absolute()))
    _say(asked.out, contents[-1], steps)
    return 0


def _steps(asked: ImportArguments) -> list[int]:
    """The step of each file."""
    if not asked.files:
        raise BadArgumentsError("import needs at least one file of embeddings")
    if asked.points < 2:
        raise BadArgumentsError(f"--points must be at least 2, got {asked.points}")
    steps = list(asked.steps) or list(range(len(asked.files)))
    if len(steps) != len(asked.files) or steps != sorted(set(steps)) or steps[0] < 0:
        raise BadArgumentsError(
            f"--steps must be rising numbers from 0 on, one for each of the {len(asked.files)} files, got "
            f"{' '.join(map(str, steps))}"
        )
    if asked.test and len(asked.test) != len(asked.files):
        raise BadArgumentsError(
            f"--test must name a file for each of the {len(asked.files)}, got {len(asked.test)}"
        )
    return steps


def _content(asked: ImportArguments, i: int) -> Prepared:
    path = asked.files[i]
    source = open_source(path)
    embeddings, labels, test = _embeddings(path, source, asked), _labels(path, source, asked), None
    if asked.test:
        tested = open_source(asked.test[i])
        test = _embeddings(asked.test[i], tested, asked), _test_labels(asked.test[i], tested, asked)
    names = _names(asked, path, source)
    try:
        return prepare(embeddings, labels, class_names=names, test=test, points=asked.points)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _embeddings(path: Path, source: Source, asked: ImportArguments) -> NDArray[Any]:
    names = source.names()
    unknown = [name for name in asked.embeddings if name not in names]
    if unknown:
        raise BadArgumentsError(f"{path} has no {unknown[0]!r}: it has {listed(names)}")
    with said_of(path):
        return source.matrix(asked.embeddings, [asked.labels, _NAMES])


def _labels(path: Path, source: Source, asked: ImportArguments) -> NDArray[Any]:
    names = source.names()
    if asked.labels in names:
        with said_of(path):
            return source.column(asked.labels)
    if Path(asked.labels).is_file():
        return labels_in(Path(asked.labels))
    none_of = "" if names == [""] else f" and none of {listed(names)} in {path}"
    raise BadArgumentsError(f"--labels {asked.labels!r} is no file{none_of}")


def _test_labels(path: Path, source: Source, asked: ImportArguments) -> NDArray[Any]:
    if asked.test_labels is not None:
        return labels_in(asked.test_labels)
    if asked.labels not in source.names() and Path(asked.labels).is_file():
        raise BadArgumentsError(f"say by --test-labels FILE where the labels of {path} are")
    return _labels(path, source, asked)


def _names(asked: ImportArguments, path: Path, source: Source) -> list[str]:
    """What the classes are called, if that is told."""
    if len(asked.names) == 1 and Path(asked.names[0]).is_file():
        with said_of(Path(asked.names[0])):
            return Path(asked.names[0]).read_text(encoding="utf-8").splitlines()
    if not asked.names and path.suffix.lower() == ".npz" and _NAMES in source.names():
        with said_of(path):
            return [str(name) for name in np.atleast_1d(source.column(_NAMES))]
    return list(asked.names)


def _say(folder: Path, content: Prepared, steps: list[int]) -> None:
    names, counts = content.classes.names, content.classes.counts
    kept, total = len(content.train), sum(counts)
    points = f"{total:,} points" if kept == total else f"{kept:,} of {total:,} points"
    snapshots = "1 snapshot" if len(steps) == 1 else f"{len(steps)} snapshots"
    print(
        f"{folder}: {snapshots} of {points} in {content.train.shape[1]} dimensions; {len(names)} classes "
        f"from {names[0]} ({counts[0]:,}) to {names[-1]} ({counts[-1]:,})."
    )
    print("Open it by its folder on the app's Runs page, or see: python -m ghviz metrics " + str(folder))
