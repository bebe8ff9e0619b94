"""As many digits as it takes that a clear difference does not look like none."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ghviz.app.measure.findings import Found
from ghviz.metrics.catalog import MetricInfo


def rounded(info: MetricInfo, numbers: Iterable[Found], *, most: int = 2) -> MetricInfo:
    """The metric with more digits, if a number would look like what it is not.

    That is a clear difference or an end of its interval that looks like 0, and a difference that looks like
    that of two seeds, but is larger or smaller.

    Args:
        info: a metric.
        numbers: what was found of it.
        most: digits more, at most; in a column of many numbers one is enough.
    """
    numbers = list(numbers)
    clear = [each for each in numbers if each.verdict == "clear"]
    return info.fine_enough(
        [end for each in clear for end in (each.difference, *each.interval)],
        apart=[(abs(each.difference), each.noise) for each in numbers],
        most=most,
    )


def in_full(*numbers: float) -> list[str]:
    """Numbers as a CSV has them: every digit, and nothing for NaN.

    >>> in_full(0.1, float("nan"))
    ['0.1', '']
    """
    return ["" if math.isnan(number) else repr(float(number)) for number in numbers]
