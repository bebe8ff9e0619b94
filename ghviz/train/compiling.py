"""Whether torch.compile works here: found out before training, by compiling one addition."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor


@cache
def check_compiler(device_type: str) -> None:
    """Compile something tiny, past torch's cache, on the kind of device that will train.

    Args:
        device_type: such as "cpu".

    Raises:
        ValueError: it can't be done; says what torch says.
    """

    def one_more(values: Tensor) -> Tensor:
        return values + 1

    try:
        torch.compile(one_more, options={"fx_graph_cache": False})(torch.zeros(8, device=device_type))
    except Exception as error:  # whatever a compiler, its driver or a missing header may raise
        said = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        needed = "Triton and a C compiler" if device_type == "cuda" else "a C++ compiler, such as g++"
        raise ValueError(
            f"torch.compile does not work on this machine's {device_type}: install {needed}, or leave out "
            f"--compile on (torch says: {said[0]})"
        ) from error
