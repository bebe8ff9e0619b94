"""The metrics that ask for embeddings and labels alone, for those who try or time every one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ghviz.metrics.center_cosines import (
    center_cosines,
    nearest_center_cosine,
    simplex_distance,
    tail_mean_cosine,
)
from ghviz.metrics.class_alignment import class_alignment
from ghviz.metrics.class_centers import class_centers
from ghviz.metrics.class_uniformity import class_uniformity
from ghviz.metrics.effective_rank import effective_rank
from ghviz.metrics.knn_purity import knn_purity
from ghviz.metrics.mean_resultant_length import mean_resultant_length
from ghviz.metrics.neighborhood_uniformity import neighborhood_uniformity
from ghviz.metrics.sample_uniformity import sample_uniformity
from ghviz.metrics.silhouette import silhouette
from ghviz.metrics.tail_gap import nearest_center_angle, tail_gap
from ghviz.metrics.territory_share import territory_share
from ghviz.metrics.unbiased_center_cosines import unbiased_center_cosines
from ghviz.metrics.vmf_concentration import vmf_concentration
from ghviz.metrics.within_class_variability import within_class_variability

GEOMETRY: Final[dict[str, Callable[..., Any]]] = {
    metric.__name__: metric
    for metric in (
        center_cosines,
        class_alignment,
        class_centers,
        class_uniformity,
        effective_rank,
        knn_purity,
        mean_resultant_length,
        nearest_center_angle,
        nearest_center_cosine,
        neighborhood_uniformity,
        sample_uniformity,
        silhouette,
        simplex_distance,
        tail_gap,
        tail_mean_cosine,
        territory_share,
        unbiased_center_cosines,
        vmf_concentration,
        within_class_variability,
    )
}
"""Name -> the metric, to be called with embeddings (N, d) and labels (N,)."""
