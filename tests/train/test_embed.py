"""Embedding some of the inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from ghviz import embed
from ghviz.embed import embeddings


class Largest(TorchFunctionMode):
    """Remembers the most rows of bytes that an operation copied."""

    rows = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.dtype == torch.uint8 and not result._is_view():
            self.rows = max(self.rows, len(result))
        return result


def test_rows_are_taken_a_batch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(12, 3))
    inputs = torch.randint(0, 256, (100, 3, 4, 4), dtype=torch.uint8)[:, :, 1:3, 1:3]
    rows = torch.arange(99, 9, -1)
    monkeypatch.setattr(embed, "MOST_AT_ONCE", 8)
    with Largest() as largest:
        found = embeddings(encoder, inputs, rows=rows)
    np.testing.assert_allclose(found, embeddings(encoder, inputs)[rows.numpy()], rtol=1e-6, atol=1e-6)
    assert largest.rows == 8
