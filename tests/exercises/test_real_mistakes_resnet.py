"""Mistakes such as learners make in the exercises of lesson 15, written as they write them; and right answers of theirs."""

import pytest
import torch
from mistake_table import MistakeTable, recognised_as
from torch import nn
from torch.nn import functional

from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import exercises

mistake = MistakeTable()


class Block(nn.Module):
    """What most learners share; a subclass changes one method."""

    expansion = 1

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.layers(in_channels, channels, stride)
        self.around(in_channels, channels, stride)

    def layers(self, in_channels, channels, stride):
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU()

    def around(self, in_channels, channels, stride):
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False), nn.BatchNorm2d(channels)
            )

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


@mistake("BasicBlock", "a ReLU before the sum, too", "relu after every bn")
class ReluAfterEveryNorm(Block):
    def forward(self, x):
        identity = self.shortcut(x)
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.conv2(x)))
        return functional.relu(x + identity)


@mistake("BasicBlock", "added in place after the last ReLU", "relu, then out += x")
class AddedAfter(Block):
    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out += self.shortcut(x)
        return out


@mistake("BasicBlock", "a ReLU before everything", "x = relu(x) first")
class ActivatedFirst(Block):
    def forward(self, x):
        return super().forward(self.relu(x))


@mistake("BasicBlock", "the shortcut begins behind the first layer", "x overwritten before identity is taken")
class OverwrittenX(Block):
    def forward(self, x):
        identity = self.shortcut(x)
        x = self.relu(self.bn1(self.conv1(x)))
        if isinstance(self.shortcut, nn.Sequential) and len(self.shortcut) == 0:
            identity = x
        x = self.bn2(self.conv2(x))
        return self.relu(x + identity)


@mistake("BasicBlock", "x written over", "x += out")
class WrittenOver(Block):
    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        x = self.shortcut(x)
        x += out
        return self.relu(x)


@mistake("BasicBlock", "projected only where the stride is 2", "if stride != 1")
class StrideAlone(Block):
    def around(self, in_channels, channels, stride):
        super().around(in_channels, channels, stride)
        if stride == 1:
            self.shortcut = nn.Sequential()


@mistake("BasicBlock", "projected only where the channels change", "if in_channels != channels")
class ChannelsAlone(Block):
    def around(self, in_channels, channels, stride):
        super().around(in_channels, channels, stride)
        if in_channels == channels:
            self.shortcut = nn.Identity()


@mistake("BasicBlock", "projected everywhere", "the if forgotten")
class Everywhere(Block):
    def around(self, in_channels, channels, stride):
        self.shortcut = nn.Sequential(
            nn.Conv2d(in_channels, channels, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(channels)
        )


@mistake("BasicBlock", "a projection without normalisation", "a bare 1x1")
class BareProjection(Block):
    def around(self, in_channels, channels, stride):
        super().around(in_channels, channels, stride)
        if len(self.shortcut):
            self.shortcut = nn.Conv2d(in_channels, channels, 1, stride, bias=False)


@mistake("BasicBlock", "a projection that does not halve", "the stride left out of the 1x1")
class NoStrideInProjection(Block):
    def around(self, in_channels, channels, stride):
        super().around(in_channels, channels, stride)
        if len(self.shortcut):
            self.shortcut[0] = nn.Conv2d(in_channels, channels, 1, bias=False)


@mistake("BasicBlock", "biases in the convolutions", "bias=False forgotten everywhere")
class Biases(Block):
    def layers(self, in_channels, channels, stride):
        super().layers(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1)

    def around(self, in_channels, channels, stride):
        super().around(in_channels, channels, stride)
        if len(self.shortcut):
            self.shortcut[0] = nn.Conv2d(in_channels, channels, 1, stride)


@mistake("BasicBlock", "the stride in both layers", "stride=stride twice")
class StrideTwice(Block):
    def layers(self, in_channels, channels, stride):
        super().layers(in_channels, channels, stride)
        self.conv2 = nn.Conv2d(channels, channels, 3, stride, 1, bias=False)


@mistake("BasicBlock", "no ReLU between the layers", "conv, bn, conv, bn")
class NoReluBetween(Block):
    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.bn1(self.conv1(x)))) + self.shortcut(x))


@mistake("BasicBlock", "one normalisation for both layers", "self.bn used twice")
class OneNorm(Block):
    def layers(self, in_channels, channels, stride):
        super().layers(in_channels, channels, stride)
        self.bn1 = self.bn2


@mistake("BasicBlock", "no padding", "padding forgotten")
class NoPadding(Block):
    def layers(self, in_channels, channels, stride):
        super().layers(in_channels, channels, stride)
        self.conv1 = nn.Conv2d(in_channels, channels, 3, stride, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, bias=False)


@mistake("BasicBlock", "no shortcut", "the sum forgotten, the projection never made")
class Plain(Block):
    def around(self, in_channels, channels, stride):
        pass

    def forward(self, x):
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))))


@mistake("BasicBlock", "joined instead of added", "torch.cat")
class Joined(Block):
    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(torch.cat((out, self.shortcut(x)), 1))


class Narrow(Block):
    """A bottleneck as most learners write it."""

    expansion = 4
    settings = ((1, 0), (3, 1), (1, 0))

    def strides(self, stride):
        return 1, stride, 1

    def widths(self, channels):
        return channels, channels, 4 * channels

    def layers(self, in_channels, channels, stride):
        parts, arriving = [], in_channels
        for (kernel, padding), step, width in zip(
            self.settings, self.strides(stride), self.widths(channels), strict=True
        ):
            conv = nn.Conv2d(arriving, width, kernel, step, padding, bias=False)
            parts += [conv, nn.BatchNorm2d(width), nn.ReLU()]
            arriving = width
        self.body = nn.Sequential(*parts[:-1])

    def around(self, in_channels, channels, stride):
        super().around(in_channels, self.widths(channels)[2], stride)

    def forward(self, x):
        return functional.relu(self.body(x) + self.shortcut(x))


@mistake("Bottleneck", "the output not expanded", "channels, channels, channels")
class NotExpanded(Narrow):
    def widths(self, channels):
        return channels, channels, channels


@mistake("Bottleneck", "a quarter of the middle's channels", "channels taken for what goes out")
class QuarterAgain(Narrow):
    def widths(self, channels):
        narrow = max(channels // 4, 1)
        return narrow, narrow, 4 * channels


@mistake("Bottleneck", "the stride in the first 1x1", "as in the paper")
class StrideFirst(Narrow):
    def strides(self, stride):
        return stride, 1, 1


@mistake("Bottleneck", "as wide in the middle as outside", "1x1 to 4 * channels at once")
class WideMiddle(Narrow):
    def widths(self, channels):
        return 4 * channels, 4 * channels, 4 * channels


@mistake("Bottleneck", "a projection to the middle's channels", "the BasicBlock's projection copied")
class CopiedProjection(Narrow):
    def around(self, in_channels, channels, stride):
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != 4 * channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, channels, 1, stride, bias=False), nn.BatchNorm2d(channels)
            )


@mistake("Bottleneck", "the shortcut of a basic block", "nothing of it changed")
class BasicShortcut(Narrow):
    def around(self, in_channels, channels, stride):
        Block.around(self, in_channels, channels, stride)


@mistake("Bottleneck", "a ReLU before the sum, too", "ReLU behind all three")
class ReluBehindAll(Narrow):
    def forward(self, x):
        return functional.relu(functional.relu(self.body(x)) + self.shortcut(x))


def network_of(block, widths_and_strides, depths, in_channels, channels, num_classes, expansion=None):
    """What learners share: the stem, the stages, the end."""
    parts = [nn.Conv2d(in_channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    arriving = channels
    for (width, stride), depth in zip(widths_and_strides, depths, strict=True):
        for step in [stride] + [1] * (depth - 1):
            parts.append(block(arriving, width, step))
            arriving = width * (block.expansion if expansion is None else expansion)
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes))


@mistake("resnet", "a stride in the first stage, too", "stride 2 at the start of every stage")
def strides_at_once(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels * 2**i, 2) for i in range(len(depths))]
    return network_of(block, stages, depths, in_channels, channels, num_classes)


@mistake("resnet", "never a stride", "the stride forgotten")
def no_strides(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels * 2**i, 1) for i in range(len(depths))]
    return network_of(block, stages, depths, in_channels, channels, num_classes)


@mistake("resnet", "the expansion forgotten", "right for basic blocks")
def no_expansion(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels * 2**i, 2 if i else 1) for i in range(len(depths))]
    return network_of(block, stages, depths, in_channels, channels, num_classes, expansion=1)


@mistake("resnet", "all stages of one width", "channels everywhere")
def one_width(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels, 2 if i else 1) for i in range(len(depths))]
    return network_of(block, stages, depths, in_channels, channels, num_classes)


@mistake("resnet", "one block less in each stage", "range(1, depth)")
def one_less(block, depths, channels=16, num_classes=10, in_channels=3):
    parts = [nn.Conv2d(in_channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    arriving = channels
    for i, depth in enumerate(depths):
        for j in range(1, depth):
            parts.append(block(arriving, channels * 2**i, 2 if i and j == 1 else 1))
            arriving = channels * 2**i * block.expansion
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(arriving, num_classes))


@mistake("resnet", "one block more in each stage", "the changing block and then depth more")
def one_more(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels * 2**i, 2 if i else 1) for i in range(len(depths))]
    return network_of(block, stages, [depth + 1 for depth in depths], in_channels, channels, num_classes)


@mistake("resnet", "a softmax at the end", "probabilities")
def with_softmax(block, depths, channels=16, num_classes=10, in_channels=3):
    stages = [(channels * 2**i, 2 if i else 1) for i in range(len(depths))]
    network = network_of(block, stages, depths, in_channels, channels, num_classes)
    return nn.Sequential(network, nn.Softmax(dim=-1))


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_is_recognised(exercise, function, named):
    assert recognised_as(exercise, function) == named


def test_an_error_in_every_case_is_not_taken_for_a_misconception():
    class Broken(Block):
        def forward(self, x):
            return self.conv3(x)

    verdict = judge(exercises()["BasicBlock"], Broken)
    assert verdict.status == "failed"
    assert verdict.misconception is None
    assert "conv3" in str(explain(verdict))


@pytest.mark.parametrize("inplace", [False, True])
def test_a_relu_in_place_behind_a_normalisation_is_right(inplace):
    class InPlace(Block):
        def layers(self, in_channels, channels, stride):
            super().layers(in_channels, channels, stride)
            self.relu = nn.ReLU(inplace=inplace)

    assert judge(exercises()["BasicBlock"], InPlace).status == "passed"


def test_weights_that_someone_drew_do_not_matter():
    class Zeros(Block):
        def __init__(self, in_channels, channels, stride=1):
            super().__init__(in_channels, channels, stride)
            nn.init.zeros_(self.bn2.weight)

    assert judge(exercises()["BasicBlock"], Zeros).status == "passed"


def test_a_list_of_layers_is_told_to_be_no_module():
    def resnet(block, depths, channels=16, num_classes=10, in_channels=3):
        return [nn.Conv2d(in_channels, channels, 3), nn.Flatten()]

    assert "must be an nn.Module, such as nn.Sequential(*layers), not a list" in str(
        explain(judge(exercises()["resnet"], resnet))
    )
