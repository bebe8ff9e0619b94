"""As many digits as it takes that a clear difference does not look like none."""

from __future__ import annotations

from collections.abc import Iterable

from ghviz.app.measure.findings import Found
from ghviz.metrics.catalog import MetricInfo


def rounded(info: MetricInfo, numbers: Iterable[Found], *, most: int = 2) -> MetricInfo:
    """The metric with more digits, if one of its clear differences or an end of its interval looks like 0.

    Args:
        info: a metric.
        numbers: what was found of it.
        most: digits more, at most; in a column of many numbers one is enough.
    """
    clear = [each for each in numbers if each.verdict == "clear"]
    return info.fine_enough([end for each in clear for end in (each.difference, *each.interval)], most=most)
