"""Random streams that depend on (seed, stream, number) alone, so that resuming and forking need no state.

Both runs of a pair draw the same order and the same augmentation because they share the seed, and step s
draws the same numbers whether the run was interrupted before it or not.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import torch


class Stream(IntEnum):
    """What the random numbers are for."""

    WEIGHTS = 1
    ORDER = 2
    VIEWS = 3
    SNAPSHOT = 4


def derived_seed(seed: int, stream: Stream, number: int = 0) -> int:
    """A 63-bit seed for the `number`-th use of a stream."""
    state = np.random.SeedSequence([seed, int(stream), number]).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))


def generator(seed: int, stream: Stream, number: int = 0, *, device: torch.device | str) -> torch.Generator:
    """A generator on a device for the `number`-th use of a stream."""
    return torch.Generator(device=device).manual_seed(derived_seed(seed, stream, number))
