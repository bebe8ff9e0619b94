import torch
import torchvision
from torch import nn

from ghviz.nets.resnet import resnet18


def size(net):
    return sum(parameter.numel() for parameter in net.parameters())


def test_parameters_are_torchvisions_but_for_stem_and_classifier():
    original = torchvision.models.resnet18()
    net, features = resnet18((3, 32, 32), batch_norm=True)
    assert features == original.fc.in_features == 512
    assert size(net) == size(original) - size(original.fc) - size(original.conv1) + 64 * 3 * 3 * 3
    assert size(net) == 11_168_832


def test_the_stem_keeps_every_pixel():
    net, _ = resnet18((3, 32, 32), batch_norm=True)
    assert net.conv1.stride == (1, 1)
    seen = {}
    net.layer1.register_forward_pre_hook(lambda _, inputs: seen.update(stem=inputs[0].shape))
    net.layer4.register_forward_hook(lambda *hooked: seen.update(last=hooked[2].shape))
    net(torch.rand(2, 3, 32, 32))
    assert seen == {"stem": (2, 64, 32, 32), "last": (2, 512, 4, 4)}


def test_the_same_function_as_torchvisions_net_with_the_same_weights():
    torch.manual_seed(0)
    net, _ = resnet18((3, 16, 16), batch_norm=True)
    reference = torchvision.models.resnet18()
    reference.conv1 = nn.Conv2d(3, 64, 3, stride=1, padding=1, bias=False)
    reference.maxpool, reference.fc = nn.Identity(), nn.Identity()
    reference.load_state_dict(net.state_dict())
    inputs = torch.rand(2, 3, 16, 16)
    torch.testing.assert_close(net.eval()(inputs), reference.eval()(inputs))


def test_without_batch_norm_the_signal_keeps_its_size():
    torch.manual_seed(0)
    net, _ = resnet18((3, 32, 32), batch_norm=False)
    assert not list(net.buffers())
    features = net(torch.rand(4, 3, 32, 32))
    assert 1e-2 < features.std() < 1e2
    assert all(parameter.requires_grad for parameter in net.parameters())
