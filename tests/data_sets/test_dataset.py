import pytest
import torch

from ghviz.data.dataset import load
from ghviz.types import RunConfig


def test_to_moves_the_tensors_and_nothing_else():
    data = load(RunConfig())
    moved = data.to("meta")
    for name in ("train_inputs", "train_labels", "test_inputs", "test_labels"):
        assert getattr(moved, name).device == torch.device("meta")
        assert getattr(moved, name).shape == getattr(data, name).shape
        assert getattr(data, name).device == torch.device("cpu")
    assert (moved.class_names, moved.counts) == (data.class_names, data.counts)


def test_an_unknown_data_set_is_named():
    with pytest.raises(ValueError, match=r"toy-circle.*npz, got 'mnist'"):
        load(RunConfig(dataset="mnist"))  # type: ignore[arg-type]


def test_nothing_touches_the_global_random_state():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    load(RunConfig(dataset="toy-sphere", num_classes=5))
    assert torch.equal(before, torch.get_rng_state())
