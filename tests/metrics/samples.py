"""Long-tailed clouds on the sphere, and transformations that no metric may notice."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from ghviz.types import ClassTable, Points, Snapshot

repeatable = settings(derandomize=True, deadline=None, max_examples=25)
seeds = st.integers(0, 2**31 - 1)
dimensions = st.sampled_from([2, 3, 5, 12])


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def cloud(seed, dimension, *, counts=(40, 17, 7, 3, 1), spread=0.4):
    """(n, d) float64 rows that are not normalised, and their labels."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    centers = unit(generator.standard_normal((len(counts), dimension)))
    return centers[labels] + spread * generator.standard_normal((len(labels), dimension)), labels


def rotation(seed, dimension):
    """A random orthogonal matrix, half of them with a reflection."""
    q, r = np.linalg.qr(np.random.default_rng(seed).standard_normal((dimension, dimension)))
    return q * np.sign(np.diag(r))


def simplex(num_classes):
    """(L, L) unit rows with cosines -1 / (L - 1)."""
    return unit(np.eye(num_classes) - 1 / num_classes)


def recorded(train, labels, *, test=None, test_labels=None, counts=None):
    """A snapshot with its points and classes, as a run holds them."""
    counts = np.bincount(labels) if counts is None else counts
    test = train if test is None else test
    test_labels = labels if test_labels is None else test_labels
    snapshot = Snapshot(step=30, epoch=3, train=np.float32(unit(train)), test=np.float32(unit(test)))
    targets = np.float32(unit(np.random.default_rng(1).standard_normal((8, train.shape[1]))))
    points = Points(
        train_labels=labels, train_indices=np.arange(len(labels)), test_labels=test_labels, targets=targets
    )
    names = tuple(f"class {c}" for c in range(len(counts)))
    return snapshot, points, ClassTable(names=names, counts=tuple(int(n) for n in counts))
