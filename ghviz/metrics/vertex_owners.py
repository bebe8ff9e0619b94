"""Which class does each vertex of GH's structure belong to?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def vertex_owners(vertices: NDArray[Any], labels: NDArray[Any], *, num_vertices: int) -> NDArray[np.int64]:
    """Return the class that has most of each vertex's samples.

    With more vertices than classes a large class spreads over several of them, so that matching one vertex
    with one class would count only a part of it: each vertex is matched with its majority instead, and the
    prior of a class is the sum over its vertices, to be held against its share of the samples. A class may
    come out without any vertex: its samples sit where another class has more.

    Args:
        vertices: (N,) integers 0 .. K-1, the vertex of each sample; -1: none.
        labels: (N,) integers 0 .. L-1.
        num_vertices: K.

    Returns:
        (K,) class; -1 where no sample is. Of equals the one of which it is the larger part, the rarer class.

    Raises:
        ValueError: for different lengths or vertices out of range.

    Example:
        >>> vertex_owners(np.array([0, 0, 0, 2, -1]), np.array([0, 0, 1, 1, 1]), num_vertices=3)
        array([ 0, -1,  1])
    """
    vertices, labels = np.asarray(vertices), np.asarray(labels)
    if vertices.shape != labels.shape or vertices.ndim != 1:
        raise ValueError(f"vertices and labels must both be (N,), got {vertices.shape} and {labels.shape}")
    if len(vertices) and not -1 <= vertices.min() <= vertices.max() < num_vertices:
        raise ValueError(
            f"vertices must lie in -1 .. {num_vertices - 1}, got {vertices.min()} .. {vertices.max()}"
        )
    owners = np.full(num_vertices, -1, dtype=np.int64)
    there = vertices >= 0
    if not there.any():
        return owners
    num_classes = int(labels.max()) + 1
    pairs, both = np.unique(vertices[there] * num_classes + labels[there], return_counts=True)
    vertex, label = np.divmod(pairs, num_classes)
    sizes = np.bincount(labels, minlength=num_classes)
    order = np.lexsort((-sizes[label], both, vertex))  # the last of each vertex has most, then is rarest
    owners[vertex[order]] = label[order]
    return owners
