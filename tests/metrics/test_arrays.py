"""Arrays of one's own are measured as a snapshot of a run is, and what does not fit is said."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz.metrics import EVERYTHING, Resampling, measure, of_arrays
from tests.metrics.samples import cloud, recorded


def test_arrays_are_measured_as_a_snapshot_is():
    rows, labels = cloud(1, 4, counts=(30, 12, 6))
    test, test_labels = cloud(2, 4, counts=(5, 5, 5))
    how = {"metrics": EVERYTHING, "resampling": Resampling(draws=100)}
    own = measure(*of_arrays(7 * rows, labels, test=test, test_labels=test_labels), **how)
    as_run = measure(*recorded(rows, labels, test=test, test_labels=test_labels), **how)
    for name, value in as_run.summary.items():
        assert own.summary[name] == pytest.approx(value, abs=1e-6, nan_ok=True), name
    assert own.summary_certainty["tail_gap"].low == pytest.approx(
        as_run.summary_certainty["tail_gap"].low, abs=1e-3
    )
    assert own.classes.names == ("0", "1", "2")
    assert own.classes.counts == (30, 12, 6)


def test_without_test_samples_there_are_no_accuracies():
    rows, labels = cloud(1, 4, counts=(30, 12, 6))
    table = measure(*of_arrays(rows, labels, names=("a", "b", "c", "none")))
    assert np.isnan(table.summary["accuracy"])
    assert np.isfinite(table.summary["tail_gap"])
    assert table.classes.counts == (30, 12, 6, 0)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"test": np.ones((2, 3))}, "belong together, got no test_labels"),
        ({"test_labels": np.zeros(2, dtype=int)}, "belong together, got no test$"),
        (
            {"test": np.ones((1, 2)), "test_labels": np.zeros(1, dtype=int)},
            "dimensions as embeddings, 3, got 2",
        ),
        ({"test": np.ones((1, 3)), "test_labels": np.array([9])}, "^test and test_labels: labels must"),
        ({"names": ("one",)}, "labels must"),
    ],
)
def test_what_does_not_fit_is_said(more, said):
    with pytest.raises(ValueError, match=said):
        of_arrays(np.ones((3, 3)), np.array([0, 1, 1]), **more)


def test_measure_says_how_arrays_are_measured():
    with pytest.raises(
        TypeError, match=r"got ndarray; for arrays: measure\(\*of_arrays\(embeddings, labels\)\)"
    ):
        measure(np.ones((3, 3)), np.array([0, 1, 1]), 2)
