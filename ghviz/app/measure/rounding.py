"""As many digits as it takes that a clear difference does not look like none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from ghviz.app.measure.findings import Found
from ghviz.metrics.catalog import MetricInfo

MOST_MORE: Final = 2
"""Digits added to one number; in a column of many one more is enough."""


def rounded(info: MetricInfo, numbers: Iterable[Found], *, most: int = MOST_MORE) -> MetricInfo:
    """The metric with more digits, if one of its clear differences or an end of its interval looks like 0.

    Args:
        info: a metric.
        numbers: what was found of it.
        most: digits more, at most.
    """
    ends = [end for each in numbers if each.verdict == "clear" for end in (each.difference, *each.interval)]
    for more in range(most + 1):
        finer = replace(info, digits=info.digits + more)
        if not any(round(end, finer.digits) == 0 for end in ends):
            return finer
    return finer
