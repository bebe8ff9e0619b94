import pytest
import torch
from torch import nn

from ghviz.nets.encoder import build
from ghviz.nets.mlp import mlp
from ghviz.types import RunConfig

NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)
CASES = pytest.mark.parametrize(
    ("net", "shape", "features"),
    [
        ("mlp", (2,), 48),
        ("mlp", (3, 8, 8), 48),
        ("convnet", (1, 8, 8), 128),
        ("convnet", (3, 64, 64), 128),
        ("resnet18", (1, 8, 8), 512),
        ("resnet18", (3, 32, 32), 512),
        ("resnet50", (3, 64, 64), 2048),
    ],
)


def config(net, **changes):
    return RunConfig(net=net, **({"hidden": (32, 48), "dimension": 5} | changes))


@CASES
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("projector_hidden", [0, 16])
def test_features_and_embedding(net, shape, features, batch_norm, projector_hidden):
    torch.manual_seed(0)
    encoder = build(config(net, batch_norm=batch_norm, projector_hidden=projector_hidden), shape)
    inputs = torch.rand(4, *shape)
    z = encoder(inputs)
    assert z.shape == (4, 5)
    assert encoder.num_features == features
    assert encoder.dimension == 5
    encoder.eval()
    found = encoder.features(inputs)
    assert found.shape == (4, features)
    torch.testing.assert_close(encoder.projector(found), encoder(inputs))
    encoder.train()(inputs).square().sum().backward()
    assert all(
        parameter.grad is not None and parameter.grad.isfinite().all() for parameter in encoder.parameters()
    )


@CASES
def test_without_batch_norm_there_is_none(net, shape, features):
    encoder = build(config(net, projector_hidden=16), shape)
    assert not [module for module in encoder.modules() if isinstance(module, NORMS)]
    assert not list(encoder.buffers())
    torch.manual_seed(0)
    inputs = torch.rand(6, *shape)
    together, alone = encoder(inputs), torch.cat([encoder(row[None]) for row in inputs])
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)  # no sample sees another


@CASES
def test_with_batch_norm_every_layer_has_one(net, shape, features):
    encoder = build(config(net, projector_hidden=16, batch_norm=True), shape)
    layers = [module for module in encoder.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
    norms = [module for module in encoder.modules() if isinstance(module, NORMS)]
    assert len(norms) == len(layers)
    assert isinstance(encoder.projector[-1], nn.BatchNorm1d)


@CASES
def test_the_seed_decides_the_weights(net, shape, features):
    states = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        states.append(build(config(net), shape).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])


@pytest.mark.parametrize("dimension", [2, 3, 128])
def test_any_dimension(dimension):
    assert build(config("mlp", dimension=dimension), (2,))(torch.rand(3, 2)).shape == (3, dimension)


@pytest.mark.parametrize(
    ("net", "shape", "sentence"),
    [
        ("convnet", (2,), r"net 'convnet' needs images .* got samples of shape \(2,\): choose net 'mlp'"),
        ("convnet", (3, 3, 9), r"of 4 x 4 or more"),
        ("resnet18", (2,), r"net 'resnet18' needs images .* got samples of shape \(2,\): choose net 'mlp'"),
        ("resnet50", (2,), r"net 'resnet50' needs images .* got samples of shape \(2,\): choose net 'mlp'"),
    ],
)
def test_nets_that_do_not_fit_the_data(net, shape, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(config(net, hidden=()), shape)


def test_an_mlp_has_a_hidden_layer():
    with pytest.raises(ValueError, match="an MLP needs at least one hidden layer"):
        mlp((2,), (), batch_norm=False)
    with pytest.raises(ValueError, match="'mlp' needs at least one width"):
        config("mlp", hidden=())
