"""What the geometry of embeddings says about each class: numpy in, numpy out, one metric a file."""

from __future__ import annotations

from ghviz.metrics.center_cosines import (
    center_cosines,
    nearest_center_cosine,
    simplex_distance,
    tail_mean_cosine,
)
from ghviz.metrics.class_alignment import class_alignment
from ghviz.metrics.class_centers import class_centers
from ghviz.metrics.class_uniformity import class_uniformity
from ghviz.metrics.evenness import evenness
from ghviz.metrics.frequency_slope import frequency_slope
from ghviz.metrics.mean_resultant_length import mean_resultant_length
from ghviz.metrics.nearest_neighbor_accuracy import nearest_neighbor_accuracy, tail_accuracy
from ghviz.metrics.neighborhood_uniformity import neighborhood_uniformity
from ghviz.metrics.sampling import SampledWarning
from ghviz.metrics.table import measure
from ghviz.metrics.tail_gap import nearest_center_angle, tail_gap
from ghviz.metrics.tail_territory import tail_territory
from ghviz.metrics.territory_share import territory_share
from ghviz.metrics.vmf_concentration import vmf_concentration

__all__ = [
    "SampledWarning",
    "center_cosines",
    "class_alignment",
    "class_centers",
    "class_uniformity",
    "evenness",
    "frequency_slope",
    "mean_resultant_length",
    "measure",
    "nearest_center_angle",
    "nearest_center_cosine",
    "nearest_neighbor_accuracy",
    "neighborhood_uniformity",
    "simplex_distance",
    "tail_accuracy",
    "tail_gap",
    "tail_mean_cosine",
    "tail_territory",
    "territory_share",
    "vmf_concentration",
]
