import torch
from torch import nn

from ghviz.nets.mlp import mlp


def kinds(net):
    return [type(layer).__name__ for layer in net]


def test_layers():
    net, features = mlp((1, 8, 8), (128, 64), batch_norm=False)
    assert features == 64
    assert kinds(net) == ["Flatten", "Linear", "ReLU", "Linear", "ReLU"]
    assert [tuple(layer.weight.shape) for layer in net if isinstance(layer, nn.Linear)] == [
        (128, 64),
        (64, 128),
    ]


def test_layers_with_batch_norm():
    net, _ = mlp((2,), (7,), batch_norm=True)
    assert kinds(net) == ["Flatten", "Linear", "BatchNorm1d", "ReLU"]
    assert net[1].bias is None


def test_the_written_out_formula():
    torch.manual_seed(0)
    net, _ = mlp((3,), (5, 4), batch_norm=False)
    x = torch.randn(6, 3)
    hidden = (x @ net[1].weight.T + net[1].bias).clamp_min(0)
    torch.testing.assert_close(net(x), (hidden @ net[3].weight.T + net[3].bias).clamp_min(0))
