"""What every benchmark prints: the machine it ran on, and samples as median and spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from ghviz.store import environment


def machine() -> str:
    """Hardware and versions in one line."""
    facts = environment()
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return (
        f"{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / 2**30:.0f} GiB; "
        f"{facts['system']}; Python {facts['python']}, ghviz {facts['ghviz']}, {packages}"
    )


def spread(values: Sequence[float], *, digits: int = 2) -> str:
    """Median [lower quartile, upper quartile] and how many."""
    if len(values) < 2:
        return f"{values[0]:.{digits}f} (n = 1)"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}] (n = {len(values)})"


def verdict(value: float, limit: float, *, unit: str) -> str:
    """The value beside the limit that the project sets itself."""
    return f"{value:.2f} {unit}, limit {limit:g} {unit}: {'kept' if value <= limit else 'BROKEN'}"
