"""Why a class has no value: a NaN that says so."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

SAMPLES_NEEDED: Final = MappingProxyType(
    {
        "class_alignment": 2,  # `distinct=True`; with i = j included one is enough, and gives 0
        "class_centers": 1,
        "class_uniformity": 1,
        "effective_rank": 3,
        "knn_purity": 2,
        "mean_resultant_length": 2,
        "nearest_center_angle": 1,
        "nearest_center_cosine": 1,
        "neighborhood_uniformity": 1,
        "sample_uniformity": 2,
        "silhouette": 2,
        "territory_share": 1,
        "unbiased_center_cosines": 3,
        "vmf_concentration": 2,
        "within_class_variability": 3,
    }
)
"""Samples that a class needs for a value of a metric; with fewer it is NaN."""


def missing_reason(metric: str, count: int) -> str | None:
    """Return why a class of `count` samples has no value of a metric, or None if the count is no reason.

    Args:
        metric: name of a metric with one value a class.
        count: samples of the class, at least 0.

    Raises:
        ValueError: for a metric that is not known.

    Example:
        >>> missing_reason("effective_rank", 2)
        'needs 3 samples of a class, this one has 2'
        >>> missing_reason("effective_rank", 3) is None
        True
    """
    if metric not in SAMPLES_NEEDED:
        raise ValueError(f"no per-class metric {metric!r}; there are {', '.join(SAMPLES_NEEDED)}")
    if count >= SAMPLES_NEEDED[metric]:
        return None
    needed = "a sample" if SAMPLES_NEEDED[metric] == 1 else f"{SAMPLES_NEEDED[metric]} samples"
    return f"needs {needed} of a class, this one has {count or 'none'}"
