import torch
from torch import nn

from ghviz.nets.convnet import convnet


def test_three_blocks():
    net, features = convnet((3, 32, 32), batch_norm=True)
    assert features == 128
    convolutions = [layer for layer in net if isinstance(layer, nn.Conv2d)]
    assert [tuple(layer.weight.shape) for layer in convolutions] == [
        (32, 3, 3, 3),
        (64, 32, 3, 3),
        (128, 64, 3, 3),
    ]
    assert all(layer.bias is None for layer in convolutions)
    assert sum(isinstance(layer, nn.MaxPool2d) for layer in net) == 2
    assert net[:-2](torch.rand(2, 3, 32, 32)).shape == (2, 128, 8, 8)


def test_without_batch_norm_there_is_a_bias():
    net, _ = convnet((1, 8, 8), batch_norm=False)
    assert all(layer.bias is not None for layer in net if isinstance(layer, nn.Conv2d))


def test_the_smallest_image():
    net, _ = convnet((1, 4, 4), batch_norm=False)
    assert net(torch.rand(2, 1, 4, 4)).shape == (2, 128)
