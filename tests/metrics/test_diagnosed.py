"""Reference and behaviour: a diagnosis as a line of the log, and the owners of vertices."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from ghviz.metrics.diagnosed import MOST_COLUMNS, MOST_ROWS, diagnosed
from ghviz.metrics.label_agreement import label_agreement
from ghviz.metrics.vertex_owners import vertex_owners
from ghviz.types import Diagnosed, DiagnosisReady


def ready(batch=12, vertices=4, *, counts=(30, 12, 3), seed=0):
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    nearest = generator.integers(-1, vertices, len(labels))
    votes = np.bincount(nearest[nearest >= 0], minlength=vertices)
    return DiagnosisReady(
        step=7,
        numbers={"live_vertices": 3, "gradient_cosine": float("nan")},
        prior=generator.dirichlet(np.ones(vertices)).astype(np.float32),
        mass=(votes / votes.sum()).astype(np.float32),
        nearest=nearest,
        labels=labels,
        plan=generator.dirichlet(np.full(vertices, 0.2), batch).astype(np.float32),
        batch=generator.permutation(len(labels))[:batch],
    )


def test_it_is_the_diagnosis_with_the_agreement_of_labels():
    given = ready()
    event = diagnosed(given)
    assert event.step == 7
    assert event.batch == 12
    assert event.numbers["live_vertices"] == 3
    assert event.numbers["gradient_cosine"] is None
    seen = given.nearest >= 0
    agreement = label_agreement(given.nearest[seen], given.labels[seen])
    assert (event.numbers["nmi"], event.numbers["adjusted_rand"]) == pytest.approx(agreement)
    in_batch = label_agreement(given.plan.argmax(axis=1), given.labels[given.batch])
    assert (event.numbers["batch_nmi"], event.numbers["batch_adjusted_rand"]) == pytest.approx(in_batch)
    assert event.prior == pytest.approx(given.prior.tolist(), abs=1e-6)
    assert event.mass == pytest.approx(given.mass.tolist(), abs=1e-6)


def test_the_plan_goes_from_head_to_tail_in_per_cent():
    given = ready()
    event = diagnosed(given)
    assert event.plan_classes == sorted(given.labels[given.batch].tolist())
    order = np.argsort(given.labels[given.batch], kind="stable")
    np.testing.assert_allclose(event.plan, 100 * given.plan[order], atol=0.5)
    assert event.plan_vertices == [0, 1, 2, 3]


def test_of_a_large_batch_the_tail_stays():
    event = diagnosed(ready(1000, 300, counts=(900, 200, 5, 1)))
    given = ready(1000, 300, counts=(900, 200, 5, 1))
    in_batch = np.bincount(given.labels[given.batch], minlength=4)
    kept = np.bincount(event.plan_classes, minlength=4)
    assert len(event.plan) == MOST_ROWS
    assert kept[2:].tolist() == in_batch[2:].tolist()
    assert abs(kept[0] - kept[1]) <= 1
    assert len(event.plan_vertices) == len(event.plan[0]) == MOST_COLUMNS
    heaviest = np.argsort(-given.plan.sum(axis=0))[:MOST_COLUMNS]
    assert event.plan_vertices == sorted(heaviest.tolist())
    assert len(msgspec.json.encode(event)) < 64_000  # at K = 300, of which prior, mass and owners are 8 kB


def test_before_any_sample_was_seen():
    given = ready()
    given.nearest[:] = -1
    event = diagnosed(given)
    assert event.numbers["nmi"] is None
    assert event.owners == [-1] * 4


def test_it_survives_the_log():
    event = diagnosed(ready())
    assert msgspec.json.decode(msgspec.json.encode(event), type=Diagnosed) == event


def test_owners_are_majorities():
    generator = np.random.default_rng(1)
    vertices, labels = generator.integers(0, 9, 400), generator.integers(0, 5, 400)
    owners = vertex_owners(vertices, labels, num_vertices=10)
    for vertex in range(9):
        counts = np.bincount(labels[vertices == vertex], minlength=5)
        assert counts[owners[vertex]] == counts.max()
    assert owners[9] == -1


def test_of_equals_the_rarer_class_owns_a_vertex():
    vertices = np.array([0, 0, 0, 0, 1, 1, 1])
    labels = np.array([0, 0, 1, 1, 0, 0, 1])
    assert vertex_owners(vertices, labels, num_vertices=2).tolist() == [1, 0]


def test_bad_vertices_are_one_sentence():
    with pytest.raises(ValueError, match=r"both be \(N,\), got \(2,\) and \(3,\)"):
        vertex_owners(np.array([0, 1]), np.array([0, 1, 1]), num_vertices=2)
    with pytest.raises(ValueError, match=r"lie in -1 \.\. 1, got 0 \.\. 2"):
        vertex_owners(np.array([0, 2]), np.array([0, 1]), num_vertices=2)
