"""What is said to be needed is what the metrics really need."""

from __future__ import annotations

import numpy as np
import pytest

from ghviz import metrics
from ghviz.metrics import SAMPLES_NEEDED, missing_reason
from tests.metrics.samples import cloud


def values_per_class(name, *data):
    extra = {"distinct": True} if name == "class_alignment" else {}
    result = getattr(metrics, name)(*data, num_classes=4, **extra)
    if isinstance(result, tuple):
        result = getattr(result, "per_class", getattr(result, "share", None))
    return np.diagonal(result) if name == "unbiased_center_cosines" else result.reshape(4, -1)[:, 0]


@pytest.mark.parametrize("name", SAMPLES_NEEDED)
def test_one_sample_less_than_needed_is_nan_with_a_reason(name):
    """Class 1 has what is needed, class 2 one sample less, class 3 none."""
    needed = SAMPLES_NEEDED[name]
    values = values_per_class(name, *cloud(1, 4, counts=(9, needed, needed - 1), spread=0.1))
    assert np.isnan(values).tolist() == [False, False, True, True]
    assert missing_reason(name, needed) is None
    assert "this one has" in missing_reason(name, needed - 1)


def test_reasons_read_well():
    assert missing_reason("silhouette", 1) == "needs 2 samples of a class, this one has 1"
    assert missing_reason("territory_share", 0) == "needs a sample of a class, this one has none"
    with pytest.raises(ValueError, match="no per-class metric 'shine'; there are class_alignment, "):
        missing_reason("shine", 1)
