import pytest
import torch
import torchvision
from torch import nn

from ghviz.nets.resnet import resnet18, resnet50


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


@pytest.mark.parametrize(("build", "blocks"), [(resnet18, 8), (resnet50, 16)])
def test_without_batch_norm_every_block_starts_as_its_shortcut(build, blocks):
    torch.manual_seed(0)
    net, _ = build((3, 32, 32), batch_norm=False)
    assert not list(net.buffers())
    seen = []
    for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
        for block in stage:
            block.register_forward_hook(lambda block, inputs, output: seen.append((block, *inputs, output)))
    features = net(torch.rand(4, 3, 32, 32))
    assert len(seen) == blocks
    for block, inputs, output in seen:
        shortcut = inputs if block.downsample is None else block.downsample(inputs)
        torch.testing.assert_close(output, shortcut.relu())
    assert features.std() > 1e-3
    assert all(parameter.requires_grad for parameter in net.parameters())


def test_resnet50_is_torchvisions_without_the_classifier():
    torch.manual_seed(0)
    reference = torchvision.models.resnet50()
    torch.manual_seed(0)
    net, features = resnet50((3, 64, 64), batch_norm=True)
    assert features == reference.fc.in_features == 2048
    assert size(net) == size(reference) - size(reference.fc) == 23_508_032
    reference.fc = nn.Identity()
    assert net.state_dict().keys() == reference.state_dict().keys()
    reference.load_state_dict(net.state_dict())
    inputs = torch.rand(2, 3, 64, 64)
    torch.testing.assert_close(net.eval()(inputs), reference.eval()(inputs))


def test_resnet50_takes_grey_images():
    net, _ = resnet50((1, 64, 64), batch_norm=True)
    assert net.conv1.stride == (2, 2)
    assert net(torch.rand(2, 1, 64, 64)).shape == (2, 2048)
