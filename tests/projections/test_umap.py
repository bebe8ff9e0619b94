"""UMAP chains. A process's first fit compiles for many seconds, so one test does all that needs a fit."""

from __future__ import annotations

import threading
from itertools import pairwise

import numpy as np
import pytest

from ghviz.projections import umap
from ghviz.projections.align import moved_onto
from tests.metrics.samples import cloud, unit


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_chain_of_layouts():
    from sklearn.manifold import trustworthiness

    start, _ = cloud(0, 16, counts=(60, 40, 20, 10), spread=0.3)
    noise = 0.03 * np.random.default_rng(1).standard_normal(start.shape)
    snapshots = [np.float32(start + i * noise) for i in range(4)]
    seen = []
    layouts = umap.umap_layouts(snapshots, progress=lambda done, total: seen.append((done, total)))

    assert seen == [(i, 4) for i in range(5)]
    assert all(layout.shape == (130, 2) and layout.dtype == np.float32 for layout in layouts)
    for rows, layout in zip(snapshots, layouts, strict=True):
        assert trustworthiness(rows, layout, n_neighbors=10, metric="cosine") > 0.85
    alone = [umap.umap_layouts([rows])[0] for rows in snapshots]
    alone = [alone[0], *(moved_onto(layout, alone[0]) for layout in alone[1:])]
    assert drift(layouts) < 0.7 * drift(alone)  # what moves in a chain has moved

    # two threads at once: served one after the other, each with the numbers that it gets alone
    again: dict[int, list[np.ndarray]] = {}
    threads = [
        threading.Thread(target=lambda i=i: again.update({i: umap.umap_layouts(snapshots)})) for i in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i in range(2):
        np.testing.assert_array_equal(again[i], layouts)

    continued = umap.umap_layouts(snapshots[1:], previous=layouts[0])
    np.testing.assert_allclose(continued[0], layouts[1], atol=1e-4)  # float32 in between
    other = umap.umap_layouts(snapshots[:1], seed=1)[0]
    assert not np.array_equal(other, layouts[0])

    # what must not raise, warn or be NaN: total collapse, a circle, few points, more neighbours than points
    for rows in (np.ones((40, 3)), unit(start[:, :2]), start[:5], start[:12]):
        (layout,) = umap.umap_layouts([rows], neighbors=15)
        assert np.isfinite(layout).all()

    with pytest.raises(InterruptedError):
        umap.umap_layouts(snapshots, progress=interrupt)
    assert not umap._LOCK.locked()


def drift(layouts):
    """Mean step between layouts, against their spread."""
    return np.mean(
        [np.linalg.norm(b - a, axis=1).mean() / np.sqrt(a.var(0).sum()) for a, b in pairwise(layouts)]
    )


def interrupt(done, total):
    if done == 1:
        raise InterruptedError


def test_neighbours_are_exact_and_by_cosine():
    rows = unit(cloud(0, 7)[0])
    indices, distances = umap._cosine_neighbors(rows, 6)
    cosines = rows @ rows.T
    np.testing.assert_array_equal(indices[:, 0], np.arange(len(rows)))
    np.testing.assert_array_equal(indices, np.argsort(-cosines, axis=1)[:, :6])
    np.testing.assert_allclose(
        distances, 1 - np.take_along_axis(cosines, indices.astype(int), axis=1), atol=1e-6
    )
    copies = np.repeat(rows[:3], 4, axis=0)
    np.testing.assert_array_equal(umap._cosine_neighbors(copies, 3)[0][:, 0], np.arange(12))


@pytest.mark.parametrize(
    ("snapshots", "options", "message"),
    [
        ([], {}, "snapshots must be"),
        ([np.ones((4, 3))], {}, "n >= 5"),
        ([np.ones((6, 3)), np.ones((7, 3))], {}, "alike"),
        ([np.ones((6, 3))], {"neighbors": 1}, "neighbors must be at least 2"),
        ([np.ones((6, 3))], {"previous": np.ones((6, 3))}, r"previous must be \(6, 2\)"),
        ([np.full((6, 3), np.nan)], {}, "finite"),
        ([np.zeros((6, 3))], {}, "zero rows"),
    ],
)
def test_bad_input_is_one_sentence(snapshots, options, message):
    with pytest.raises(ValueError, match=message):
        umap.umap_layouts(snapshots, **options)


def test_layouts_go_through_a_flat_file():
    generator = np.random.default_rng(0)
    layouts = {
        side: {step: np.float32(generator.standard_normal((6, 2))) for step in (0, 300, 123456789)}
        for side in ("base", "gh")
    }
    arrays = umap.layout_arrays({**layouts, "gh": dict(reversed(layouts["gh"].items()))})
    assert all(array.flags.c_contiguous and array.dtype == np.float32 for array in arrays.values())
    back = umap.layouts_from_arrays(arrays)
    assert list(back) == ["base", "gh"]
    for side, by_step in layouts.items():
        assert list(back[side]) == [0, 300, 123456789]
        for step, layout in by_step.items():
            np.testing.assert_array_equal(back[side][step], layout)
    for name, array in [("base", np.ones((6, 2))), ("base/x", np.ones((6, 2))), ("base/3", np.ones((6, 3)))]:
        with pytest.raises(ValueError, match="side/step"):
            umap.layouts_from_arrays({name: array})


def test_view_of_layouts():
    view = umap.umap_view([np.zeros((5, 2)), np.ones((5, 2))])
    assert (view.kind, view.kept, view.targets) == ("umap", None, None)
    assert [c.dtype for c in view.coordinates] == [np.float32] * 2
