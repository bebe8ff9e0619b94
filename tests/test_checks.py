"""Behaviour: arrays, lists and numbers of the wrong kind are one sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from ghviz.gh import Harmonizer, gh_loss, sinkhorn, uniform_targets
from ghviz.gh.targets import max_cosine
from ghviz.ssl.barlow_twins import barlow_twins
from ghviz.ssl.bcl import LossMomentum, memorization_weights
from ghviz.ssl.focal import focal_nt_xent
from ghviz.ssl.moco import Queue, moco_loss
from ghviz.ssl.nt_xent import nt_xent
from ghviz.ssl.vicreg import vicreg

Z = torch.eye(4)
INDICES = torch.arange(4)


def harmonized(z1: Any, z2: Any, indices: Any) -> object:
    return Harmonizer(4, 4, num_targets=3)(z1, z2, indices)


TAKEN: dict[str, tuple[Callable[..., Any], dict[str, torch.Tensor]]] = {
    "nt_xent": (nt_xent, {"z1": Z, "z2": Z}),
    "focal_nt_xent": (focal_nt_xent, {"z1": Z, "z2": Z}),
    "vicreg": (vicreg, {"z1": Z, "z2": Z}),
    "barlow_twins": (barlow_twins, {"z1": Z, "z2": Z}),
    "moco_loss": (moco_loss, {"query": Z, "key": Z, "queue": Z}),
    "Queue": (lambda keys: Queue(8, 4).enqueue(keys), {"keys": Z}),
    "memorization_weights": (memorization_weights, {"momentum_losses": Z}),
    "LossMomentum": (LossMomentum(4).update, {"indices": INDICES, "losses": Z[0]}),
    "gh_loss": (gh_loss, {"z1": Z, "z2": Z, "targets": Z, "prior": torch.full((4,), 0.25)}),
    "sinkhorn": (sinkhorn, {"logits": Z, "prior": torch.full((4,), 0.25)}),
    "max_cosine": (max_cosine, {"targets": Z}),
    "Harmonizer": (harmonized, {"z1": Z, "z2": Z, "indices": INDICES}),
}
"""Public functions with arguments that are right."""


@pytest.mark.parametrize(
    ("name", "argument"), [(name, argument) for name, (_, right) in TAKEN.items() for argument in right]
)
def test_arrays_and_lists_where_tensors_are_wanted(name: str, argument: str) -> None:
    function, right = TAKEN[name]
    function(**right)
    for wrong, kind in ((right[argument].numpy(), "numpy.ndarray"), (right[argument].tolist(), "list")):
        sentence = f"^{argument} must be a torch tensor, got {kind}: convert it with "
        with pytest.raises(ValueError, match=sentence) as caught:
            function(**right | {argument: wrong})
        advice = str(caught.value).partition("convert it with ")[2]
        function(**right | {argument: eval(advice, {"torch": torch, argument: wrong})})


@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8])
def test_indices_of_another_dtype_learn_how_to_convert_them(dtype: torch.dtype) -> None:
    with pytest.raises(ValueError, match=rf"got {dtype} \(4,\): convert them with indices\.long\(\)$"):
        harmonized(Z, Z, INDICES.to(dtype))


@pytest.mark.parametrize(
    ("arguments", "change", "sentence"),
    [
        ((100.5, 4), {}, "num_samples must be a whole number, got 100.5"),
        (("100", 4), {}, "num_samples must be a whole number, got '100'"),
        ((100, 4.0), {}, "dimension must be a whole number, got 4.0"),
        ((100, 4), {"num_targets": 50.0}, "num_targets must be a whole number, got 50.0"),
        ((100, 4), {"seed": None}, "seed must be a whole number, got None"),
        ((100, 4), {"momentum": "ab"}, r"momentum\[0\] must be a finite number from 0 to 1, got 'a'"),
        ((100, 4), {"momentum": (0.9, None)}, r"momentum\[1\] must be .*, got None"),
        ((100, 4), {"momentum": 0.9}, "momentum must be two numbers, before and after the warm-up, got 0.9"),
        ((100, 4), {"weight": "1"}, "weight must be a finite number at least 0, got '1'"),
    ],
)
def test_numbers_of_the_wrong_kind(arguments: tuple[Any, Any], change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        Harmonizer(*arguments, **{"num_targets": 6, **change})


def test_numpys_whole_numbers_are_welcome() -> None:
    count = np.int64(6)
    assert Harmonizer(np.int32(10), np.int64(3), num_targets=count, momentum=[0.5, 1]).prior.shape == (6,)
    assert torch.equal(uniform_targets(count, 3), uniform_targets(6, 3))
