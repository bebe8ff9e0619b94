"""Our losses are lightly's: by its recorded results, and by lightly itself where it is installed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ghviz.ssl.barlow_twins import barlow_twins
from ghviz.ssl.moco import moco_loss
from ghviz.ssl.nt_xent import nt_xent
from ghviz.ssl.vicreg import vicreg
from tests.data.oracles import make

OURS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "vicreg": lambda z1, z2, _: vicreg(z1, z2),
    "vicreg_other": lambda z1, z2, _: vicreg(z1, z2, invariance=10, variance=5, covariance=2, eps=0.01),
    "barlow_twins": lambda z1, z2, _: barlow_twins(z1, z2),
    "barlow_twins_other": lambda z1, z2, _: barlow_twins(z1, z2, off_diagonal=0.1),
    "nt_xent": lambda z1, z2, _: nt_xent(z1, z2).mean(),
    "moco": lambda z1, z2, queue: moco_loss(z1, z2, queue).mean(),
}


def recorded(case: int) -> dict[str, Tensor]:
    with np.load(make.__file__.replace("make.py", f"lightly_{case}.npz")) as file:
        return {name: torch.from_numpy(file[name]) for name in file}


def assert_close(actual: Tensor, expected: Tensor) -> None:
    """To 1e-5, of small components of a gradient to 1e-6 of its largest."""
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-6 * expected.abs().max().item())


@pytest.mark.parametrize("case", make.CASES)
@pytest.mark.parametrize("name", OURS)
def test_value_and_gradients_as_recorded(name: str, case: int) -> None:
    data = recorded(case)
    z1, z2 = (data[view].clone().requires_grad_() for view in ("z1", "z2"))
    loss = OURS[name](z1, z2, data["queue"])
    loss.backward()
    assert_close(loss.detach(), data[name])
    assert_close(z1.grad, data[f"{name}_grad1"])
    if name == "moco":
        assert z2.grad is None, "no gradient flows to the keys"
    else:
        assert_close(z2.grad, data[f"{name}_grad2"])


@pytest.mark.parametrize("case", make.CASES)
def test_lightly_still_says_so(case: int) -> None:
    pytest.importorskip("lightly.loss", reason="pip install --no-deps lightly")
    data = recorded(case)
    found = {**make.inputs(case), **make.outputs(**make.inputs(case))}
    assert found.keys() == data.keys()
    for name, value in found.items():
        assert_close(value, data[name])
