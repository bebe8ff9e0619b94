"""How each metric of a table is computed from the material of a snapshot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ghviz.metrics.center_cosines import cosines_of_centers, distance_from_simplex, mean_cosine_between
from ghviz.metrics.class_alignment import mean_distances
from ghviz.metrics.class_uniformity import mean_center_distance
from ghviz.metrics.evenness import evenness
from ghviz.metrics.frequency_slope import frequency_slope
from ghviz.metrics.inputs import tail_classes
from ghviz.metrics.knn_purity import knn_purity
from ghviz.metrics.material import Material
from ghviz.metrics.mean_resultant_length import length_of_means
from ghviz.metrics.nearest_neighbor_accuracy import tail_accuracy
from ghviz.metrics.silhouette import silhouette
from ghviz.metrics.tail_gap import nearest_angles, tail_mean
from ghviz.metrics.tail_territory import tail_territory
from ghviz.metrics.unbiased_center_cosines import mean_distances_of_cosines, nearest_angles_of_cosines
from ghviz.metrics.vmf_concentration import concentration_of

Values = NDArray[np.float64]
NEIGHBORS: Final = 3
"""Centres that `neighborhood_uniformity` looks at in a table; few, as there may be six classes in all."""


def near_distances_of_cosines(cosines: Values) -> Values:
    """Return the (L,) mean distances to the three nearest other centres, from (L, L) cosines."""
    others = np.where(np.eye(len(cosines), dtype=bool) | np.isnan(cosines), -np.inf, cosines)
    near = -np.sort(-others, axis=1)[:, : min(NEIGHBORS, max(len(cosines) - 1, 1))]
    known = np.isfinite(near)
    distances = np.sqrt(np.maximum(2 - 2 * np.where(known, near, 1.0), 0))
    counts = known.sum(axis=1)
    mean: Values = distances.sum(axis=1) / np.where(counts > 0, counts, np.nan)
    return mean


def _cosines(m: Material) -> Values:
    return m.cosines if m.unbiased else cosines_of_centers(m.centers)


def _class_uniformity(m: Material) -> Values:
    return mean_distances_of_cosines(m.cosines) if m.unbiased else mean_center_distance(m.centers)


def nearest_center_angles(m: Material) -> Values:
    """Return the (L,) degrees from each centre to the nearest other."""
    return nearest_angles_of_cosines(m.cosines) if m.unbiased else nearest_angles(m.centers)


def lengths(m: Material) -> Values:
    """Return the (L,) unbiased mean resultant lengths."""
    return length_of_means(m.means, m.counts)


PER_CLASS_VALUES: Final[dict[str, Callable[[Material], Values]]] = {
    "territory_share": lambda m: m.territory.share,
    "mean_resultant_length": lengths,
    "class_uniformity": _class_uniformity,
    "class_alignment": lambda m: mean_distances(m.rows, m.labels, m.num_classes, distinct=True),
    "nearest_neighbor_accuracy": lambda m: m.accuracy,
    "nearest_center_angle": nearest_center_angles,
    "neighborhood_uniformity": lambda m: near_distances_of_cosines(_cosines(m)),
    "sample_uniformity": lambda m: m.uniformity.per_class,
    "vmf_concentration": lambda m: concentration_of(lengths(m), m.rows.shape[1]),
    "within_class_variability": lambda m: m.variability.per_class,
    "effective_rank": lambda m: m.rank.per_class,
    "silhouette": lambda m: silhouette(m.rows, m.labels, num_classes=m.num_classes),
    "knn_purity": lambda m: knn_purity(m.rows, m.labels, num_classes=m.num_classes),
}
"""Name -> (L,) values; NaN where there is none."""


def mean_of_known(values: Values) -> float:
    """Return the mean over the classes that have a value."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


SUMMARIES: Final[dict[str, tuple[str, Callable[[Values, NDArray[np.int64]], float]]]] = {
    "frequency_slope": ("territory_share", lambda share, counts: frequency_slope(share, counts).slope),
    "tail_gap": ("nearest_center_angle", lambda angle, counts: tail_mean(angle, counts)),
    "tail_territory": ("territory_share", lambda share, counts: tail_territory(share, counts=counts)),
    "evenness": ("territory_share", lambda share, counts: evenness(share)),
    "tail_accuracy": (
        "nearest_neighbor_accuracy",
        lambda accuracy, counts: tail_accuracy(accuracy, counts=counts),
    ),
    "accuracy": ("nearest_neighbor_accuracy", lambda accuracy, counts: mean_of_known(accuracy)),
    "head_resultant_length": (
        "mean_resultant_length",
        lambda length, counts: float(length[int(np.argmax(counts))]),
    ),
    "class_uniformity": ("class_uniformity", lambda values, counts: mean_of_known(values)),
    "neighborhood_uniformity": ("neighborhood_uniformity", lambda values, counts: mean_of_known(values)),
    "class_alignment": ("class_alignment", lambda values, counts: mean_of_known(values)),
    "silhouette": ("silhouette", lambda values, counts: mean_of_known(values)),
    "knn_purity": ("knn_purity", lambda values, counts: mean_of_known(values)),
}
"""Name -> the metric per class that it sums up, and how, given the training counts of the classes."""

OVERALL: Final[dict[str, Callable[[Material], float]]] = {
    "simplex_distance": lambda m: distance_from_simplex(_cosines(m)),
    "tail_mean_cosine": lambda m: mean_cosine_between(_cosines(m), tail_classes(m.frequency)),
    "sample_uniformity": lambda m: m.uniformity.overall,
    "within_class_variability": lambda m: m.variability.overall,
    "effective_rank": lambda m: m.rank.overall,
}
"""Name -> one number that follows from the embeddings themselves, not from values per class."""
