"""Numbers recorded by running the reference implementation; see tests/data/golden/README.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

FOLDER = Path(__file__).parent / "data" / "golden"


def arrays(name: str) -> dict[str, np.ndarray]:
    with np.load(FOLDER / f"{name}.npz") as file:
        return dict(file)


def tensors(name: str) -> dict[str, torch.Tensor]:
    return {key: torch.from_numpy(np.asarray(value)) for key, value in arrays(name).items()}


def assert_gradient_close(actual: torch.Tensor, expected: torch.Tensor) -> None:
    """Each component to 1e-4, or to 2e-6 of the largest: small ones are differences of larger numbers."""
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=2e-6 * expected.abs().max().item())
