import torch
from torch import nn

from ghviz.nets.projector import projector


def test_no_hidden_layer_is_one_linear_layer():
    for batch_norm in (False, True):
        head = projector(64, 2, hidden=0, batch_norm=batch_norm)
        assert isinstance(head, nn.Linear)
        assert head.weight.shape == (2, 64)
        assert head.bias is not None


def test_without_batch_norm():
    head = projector(64, 3, hidden=32, batch_norm=False)
    assert [type(layer) for layer in head] == [nn.Linear, nn.ReLU, nn.Linear]
    assert all(layer.bias is not None for layer in head if isinstance(layer, nn.Linear))


def test_with_batch_norm_as_in_the_paper():
    head = projector(512, 128, hidden=512, batch_norm=True)
    assert [type(layer) for layer in head] == [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear, nn.BatchNorm1d]
    assert head[3].bias is None
    assert head[3].weight.shape == (128, 512)
    torch.manual_seed(0)
    z = head(torch.randn(256, 512))
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(128), atol=1e-5, rtol=0)
    torch.testing.assert_close(z.std(dim=0, correction=0), torch.ones(128), atol=1e-3, rtol=0)


def test_every_direction_of_the_circle_can_be_reached():
    torch.manual_seed(0)
    angles = torch.atan2(*projector(8, 2, hidden=0, batch_norm=False)(torch.randn(2000, 8)).T)
    assert torch.histc(angles, bins=8, min=-torch.pi, max=torch.pi).min() > 0
