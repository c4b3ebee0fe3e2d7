"""ResNeXt: the published counts, and that a grouped block is the sum of its paths."""

import pytest
import torch
from networks import assert_traceable, disturb, longest_path, macs, on_meta, parameters, pictures
from state_digest import TORCHVISION, state_record
from torch.nn import functional

from course_utils import models
from course_utils.models.resnet import Bottleneck

TOTALS = {"resnext50_32x4d": 25_028_904, "resnext101_32x8d": 88_791_336, "resnext101_64x4d": 83_455_272}


@pytest.mark.parametrize("name", TOTALS)
def test_counts_and_state_dict_are_the_published_ones(name):
    network = on_meta(name)
    assert parameters(network) == TOTALS[name] == int(models.describe(name).parameters.replace(",", ""))
    assert state_record(network) == TORCHVISION[name]
    assert longest_path(network) == int(name.removeprefix("resnext").split("_")[0])
    published = models.describe(name).macs
    digits = len(published.removesuffix("e9").partition(".")[2])
    assert f"{macs(name) / 1e9:.{digits}f}e9" == published


def test_the_paper_compares_equal_costs():
    # Xie et al. 2017, table 1: 25.5 and 25.0 million parameters, 4.1 and 4.2 billion multiply-adds.
    assert [round(parameters(on_meta(name)) / 1e6, 1) for name in ("resnet50", "resnext50_32x4d")] == [25.6, 25.0]
    assert [round(macs(name) / 1e9, 1) for name in ("resnet50", "resnext50_32x4d")] == [4.1, 4.2]


def test_channels_of_a_path_double_from_stage_to_stage():
    network = on_meta("resnext50_32x4d")
    stages = (network.layer1, network.layer2, network.layer3, network.layer4)
    assert [stage[0].conv2.weight.shape[:2] for stage in stages] == [(128, 4), (256, 8), (512, 16), (1024, 32)]
    assert all(stage[0].conv2.groups == 32 for stage in stages)


@pytest.mark.parametrize("stride", [1, 2])
def test_split_transform_merge(stride):
    """Xie et al. 2017, figure 3: the grouped block (c) is the sum of its paths (a)."""
    groups, width, channels = 4, 3, 16
    # 12 inner channels, in 4 groups of 3.
    block = Bottleneck(channels, 4, stride, groups=groups, width_per_group=width * 16).eval()
    disturb(block)
    assert block.conv2.weight.shape == (groups * width, width, 3, 3)
    x = pictures(2, channels, 6)
    total = 0
    for path in range(groups):
        mine = slice(path * width, (path + 1) * width)
        out = normalised(functional.conv2d(x, block.conv1.weight[mine]), block.bn1, mine).clamp(min=0)
        out = functional.conv2d(out, block.conv2.weight[mine], stride=stride, padding=1)
        out = normalised(out, block.bn2, mine).clamp(min=0)
        total = total + functional.conv2d(out, block.conv3.weight[:, mine])
    expected = normalised(total, block.bn3, slice(None))
    expected += x if block.downsample is None else block.downsample(x)
    torch.testing.assert_close(block(x), expected.clamp(min=0))


def normalised(x, norm, channels):
    values = (norm.running_mean, norm.running_var, norm.weight, norm.bias)
    return functional.batch_norm(x, *(value[channels] for value in values), eps=norm.eps)


def test_traceable_and_the_same_each_time():
    network = models.create("resnext50_32x4d", 5, 2, seed=1)
    assert_traceable(network, pictures(2, 2, 33))
