"""What frozen features are worth for telling classes apart: numpy in, numpy out, one way of asking a file."""

from __future__ import annotations

from ghviz.evaluate.few_shot import FewShot, few_shot
from ghviz.evaluate.groups import (
    GroupAccuracy,
    accuracy_table,
    group_accuracy,
    groups_by_count,
    groups_by_rank,
)
from ghviz.evaluate.knn import knn
from ghviz.evaluate.linear_probe import linear_probe
from ghviz.evaluate.result import Accuracy, Evaluation

__all__ = [
    "Accuracy",
    "Evaluation",
    "FewShot",
    "GroupAccuracy",
    "accuracy_table",
    "few_shot",
    "group_accuracy",
    "groups_by_count",
    "groups_by_rank",
    "knn",
    "linear_probe",
]
