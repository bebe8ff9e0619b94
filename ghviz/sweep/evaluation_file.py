"""The small file in a run folder that says how well labels can be read off its features."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from ghviz.store import RunFolderError
from ghviz.store.atomic import read_bytes, write_json
from ghviz.store.errors import reading
from ghviz.store.layout import EVALUATION_FILE

Protocol = Literal["balanced", "halves"]
"""What classifiers learn from: a balanced training set; or each half of the test set for the other half."""


class EvaluationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Accuracy per class of classifiers on a run's frozen features, on balanced test data.

    Attributes:
        step: of the checkpoint whose features they are.
        protocol: what they learned from.
        train_counts: (L,) samples that they learned from, of each class.
        test_counts: (L,) samples that they were tested on.
        neighbors: k of the k-NN classifier.
        linear_probe: (L,) accuracy in 0 .. 1; None for a class without test samples.
        knn: (L,) likewise.
        few_shot: k to (L,) likewise, from k labelled samples of each class; none in files of before it was
            measured, nor for a k that a class has too few samples for.
    """

    step: int
    protocol: Protocol
    train_counts: list[int]
    test_counts: list[int]
    neighbors: int
    linear_probe: list[float | None]
    knn: list[float | None]
    few_shot: dict[int, list[float | None]] = {}


def has_evaluation(folder: Path) -> bool:
    """Whether a run was evaluated."""
    return (folder / EVALUATION_FILE).is_file()


def read_evaluation(folder: Path) -> EvaluationRecord | None:
    """The evaluation of a run; None where there is none.

    Raises:
        RunFolderError: broken.
    """
    path = folder / EVALUATION_FILE
    if not path.is_file():
        return None
    with reading(path):
        record = msgspec.json.decode(read_bytes(path), type=EvaluationRecord)
        lists = [record.linear_probe, record.knn, *record.few_shot.values()]
        if all(len(each) == len(record.test_counts) for each in lists):
            return record
    raise RunFolderError(f"{path} is broken: its lists have different lengths.")


def write_evaluation(folder: Path, record: EvaluationRecord) -> None:
    """Put an evaluation into a run folder.

    Raises:
        RunFolderError: it could not be written.
    """
    write_json(folder / EVALUATION_FILE, record)
