"""What the geometry of embeddings says about each class: numpy in, numpy out, one metric a file."""

from __future__ import annotations

from ghviz.metrics.arrays import of_arrays
from ghviz.metrics.by_class import ByClass
from ghviz.metrics.center_cosines import (
    center_cosines,
    nearest_center_cosine,
    simplex_distance,
    tail_mean_cosine,
)
from ghviz.metrics.class_alignment import class_alignment
from ghviz.metrics.class_centers import class_centers
from ghviz.metrics.class_uniformity import class_uniformity
from ghviz.metrics.differences import Differences, differences, verdict
from ghviz.metrics.effective_rank import effective_rank
from ghviz.metrics.evenness import evenness
from ghviz.metrics.frequency_groups import GROUP_NAMES, frequency_groups
from ghviz.metrics.frequency_slope import FrequencySlope, frequency_slope
from ghviz.metrics.intervals.bootstrap import (
    Interval,
    interval,
    pair_cosines,
    pair_distances,
    pair_potentials,
    pair_replicates,
    score_replicates,
)
from ghviz.metrics.intervals.center_replicates import center_replicates
from ghviz.metrics.intervals.proportions import mean_interval, paired_interval, wilson_interval
from ghviz.metrics.intervals.territory_replicates import territory_replicates
from ghviz.metrics.knn_purity import knn_purity
from ghviz.metrics.label_agreement import LabelAgreement, label_agreement
from ghviz.metrics.material import Resampling
from ghviz.metrics.mean_resultant_length import mean_resultant_length
from ghviz.metrics.meetings import Meeting, meetings_of
from ghviz.metrics.moments import MetricSeries, Moment, events_of, series_of
from ghviz.metrics.nearest_neighbor_accuracy import nearest_neighbor_accuracy, tail_accuracy
from ghviz.metrics.neighbor_ledger import (
    NeighborGroups,
    NeighborLedger,
    neighbor_groups,
    neighbor_ledger,
)
from ghviz.metrics.neighborhood_uniformity import neighborhood_uniformity
from ghviz.metrics.reasons import SAMPLES_NEEDED, missing_reason
from ghviz.metrics.sample_uniformity import sample_uniformity
from ghviz.metrics.sampling import SampledWarning
from ghviz.metrics.seed_noise import SeedNoise, seed_noise
from ghviz.metrics.silhouette import silhouette
from ghviz.metrics.table import ALL_PER_CLASS, ALL_SUMMARY, EVERYTHING, measure
from ghviz.metrics.tail_gap import nearest_center_angle, tail_gap
from ghviz.metrics.tail_territory import tail_territory
from ghviz.metrics.territory_share import TerritoryShare, territory_share
from ghviz.metrics.unbiased_center_cosines import (
    mean_distances_of_cosines,
    nearest_angles_of_cosines,
    unbiased_center_cosines,
)
from ghviz.metrics.vmf_concentration import vmf_concentration
from ghviz.metrics.within_class_variability import within_class_variability

__all__ = [
    "ALL_PER_CLASS",
    "ALL_SUMMARY",
    "EVERYTHING",
    "GROUP_NAMES",
    "SAMPLES_NEEDED",
    "ByClass",
    "Differences",
    "FrequencySlope",
    "Interval",
    "LabelAgreement",
    "Meeting",
    "MetricSeries",
    "Moment",
    "NeighborGroups",
    "NeighborLedger",
    "Resampling",
    "SampledWarning",
    "SeedNoise",
    "TerritoryShare",
    "center_cosines",
    "center_replicates",
    "class_alignment",
    "class_centers",
    "class_uniformity",
    "differences",
    "effective_rank",
    "evenness",
    "events_of",
    "frequency_groups",
    "frequency_slope",
    "interval",
    "knn_purity",
    "label_agreement",
    "mean_distances_of_cosines",
    "mean_interval",
    "mean_resultant_length",
    "measure",
    "meetings_of",
    "missing_reason",
    "nearest_angles_of_cosines",
    "nearest_center_angle",
    "nearest_center_cosine",
    "nearest_neighbor_accuracy",
    "neighbor_groups",
    "neighbor_ledger",
    "neighborhood_uniformity",
    "of_arrays",
    "pair_cosines",
    "pair_distances",
    "pair_potentials",
    "pair_replicates",
    "paired_interval",
    "sample_uniformity",
    "score_replicates",
    "seed_noise",
    "series_of",
    "silhouette",
    "simplex_distance",
    "tail_accuracy",
    "tail_gap",
    "tail_mean_cosine",
    "tail_territory",
    "territory_replicates",
    "territory_share",
    "unbiased_center_cosines",
    "verdict",
    "vmf_concentration",
    "wilson_interval",
    "within_class_variability",
]
