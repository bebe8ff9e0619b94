"""UMAP layouts: from the folder, else computed once in the background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ghviz.app import layouts
from ghviz.app.layouts import layout_job, stored_layouts
from ghviz.app.pairs import read_comparison
from ghviz.projections.umap import layout_arrays
from ghviz.store import write_layouts
from tests.store.builders import make_pair


def test_none_stored(runs: Path) -> None:
    assert stored_layouts(read_comparison(make_pair(runs / "pair"))) is None


def test_stored_ones_must_reach_the_last_snapshot(runs: Path) -> None:
    comparison = read_comparison(make_pair(runs / "pair"))
    plane = np.zeros((5, 2), dtype=np.float32)
    write_layouts(comparison.folder, layout_arrays({"base": {40: plane}, "gh": {30: plane}}))
    assert stored_layouts(comparison) is None
    write_layouts(comparison.folder, layout_arrays({"base": {40: plane}, "gh": {40: plane}}))
    assert stored_layouts(comparison) is not None


def test_computed_once_and_kept(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = []

    def fake(snapshots, *, previous=None, progress):
        starts.append(previous)
        progress(len(snapshots), len(snapshots))
        return [np.full((5, 2), len(starts), dtype=np.float32) for _ in snapshots]

    monkeypatch.setattr(layouts, "umap_layouts", fake)
    comparison = read_comparison(make_pair(runs / "pair"))
    job = layout_job(comparison)
    assert layout_job(comparison) is job
    assert job.thread is not None
    job.thread.join(10)
    assert (job.done, job.total, job.error) == (8, 8, "")
    assert starts[0] is None
    assert starts[1] is not None  # GH begins where base began
    stored = stored_layouts(comparison)
    assert stored is not None
    assert list(stored["gh"]) == [10, 20, 30, 40]


def test_failure_is_kept_as_a_sentence(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_, **__):
        raise ValueError("too few points")

    monkeypatch.setattr(layouts, "umap_layouts", fail)
    job = layout_job(read_comparison(make_pair(runs / "other")))
    assert job.thread is not None
    job.thread.join(10)
    assert job.error == "too few points"
    assert job.layouts is None
