"""The state of a training run as named tensors: what a checkpoint holds, without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer


@dataclass(frozen=True, kw_only=True)
class SavedState:
    """A checkpoint as it comes back from a disk.

    Attributes:
        step: optimisation steps finished.
        tensors: tensors or arrays by name, as `state_tensors` named them.
    """

    step: int
    tensors: Mapping[str, Any]


def state_tensors(modules: Mapping[str, nn.Module], optimizer: Optimizer) -> dict[str, Tensor]:
    """All tensors of modules and optimiser, as "module/name" and "optimizer/parameter/name".

    The tensors are the live ones, not copies.
    """
    tensors = {
        f"{prefix}/{name}": value
        for prefix, module in modules.items()
        for name, value in module.state_dict().items()
    }
    for parameter, values in optimizer.state_dict()["state"].items():
        for name, value in values.items():
            if value is not None:  # SGD has no momentum buffer before its first step
                tensors[f"optimizer/{parameter}/{name}"] = torch.as_tensor(value)
    return tensors


def load_state(saved: Mapping[str, Any], modules: Mapping[str, nn.Module], optimizer: Optimizer) -> None:
    """Put the tensors of a checkpoint back where `state_tensors` took them from.

    Raises:
        ValueError: the checkpoint does not fit the model.
    """
    tensors = {name: torch.from_numpy(np.array(value)) for name, value in saved.items()}
    try:
        for prefix, module in modules.items():
            module.load_state_dict(_below(tensors, prefix))
    except RuntimeError as error:
        raise ValueError(
            f"the checkpoint does not fit the configuration: {error}".replace("\n", " ")
        ) from error
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in _below(tensors, "optimizer").items():
        parameter, entry = name.split("/")
        state.setdefault(int(parameter), {})[entry] = value
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = prefix + "/"
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
