"""Mistakes such as learners make in the exercises of lesson 11, written as they write them; and right answers of theirs."""

import pytest
import torch
from mistake_table import MistakeTable, recognised_as
from torch import nn
from torch.nn import functional as F  # noqa: N812 (as learners import it)

from course_utils.checking import judge
from course_utils.exercises import exercises

mistake = MistakeTable()


# Two towers.


@mistake("two_tower_conv", "the bias added twice", "given to conv2d, and added again")
def bias_again(x, weight, bias=None, stride=1, padding=0):
    c, k = x.shape[1] // 2, weight.shape[0] // 2
    b1, b2 = (bias[:k], bias[k:]) if bias is not None else (None, None)
    y1 = F.conv2d(x[:, :c], weight[:k], b1, stride=stride, padding=padding)
    y2 = F.conv2d(x[:, c:], weight[k:], b2, stride=stride, padding=padding)
    y = torch.cat((y1, y2), 1)
    if bias is not None:
        y += bias[None, :, None, None]
    return y


@mistake("two_tower_conv", "the towers crossed", "lower and upper half exchanged")
def crossed(x, weight, bias=None, stride=1, padding=0):
    lower, upper = torch.split(x, x.size(1) // 2, dim=1)
    w1, w2 = torch.split(weight, weight.size(0) // 2)
    y = torch.cat([F.conv2d(upper, w1, None, stride, padding), F.conv2d(lower, w2, None, stride, padding)], dim=1)
    return y if bias is None else y + bias.view(1, -1, 1, 1)


@mistake("two_tower_conv", "both towers on the first maps", "a slice copied and not changed")
def copied_slice(x, weight, bias=None, stride=1, padding=0):
    half_in, half_out = x.shape[1] // 2, weight.shape[0] // 2
    b = bias if bias is not None else torch.zeros(weight.shape[0], dtype=x.dtype)
    first = F.conv2d(x[:, :half_in], weight[:half_out], b[:half_out], stride, padding)
    second = F.conv2d(x[:, :half_in], weight[half_out:], b[half_out:], stride, padding)
    return torch.cat([first, second], dim=1)


@mistake("two_tower_conv", "one set of filters for both towers", "weights shared")
def shared(x, weight, bias=None, stride=1, padding=0):
    a, b = x.chunk(2, 1)
    w = weight[: len(weight) // 2]
    y = torch.cat([F.conv2d(part, w, None, stride, padding) for part in (a, b)], 1)
    return y if bias is None else y + bias.view(1, -1, 1, 1)


@mistake("two_tower_conv", "joined as pictures", "torch.cat without dim")
def cat_without_dim(x, weight, bias=None, stride=1, padding=0):
    biases = bias.chunk(2) if bias is not None else (None, None)
    parts = zip(x.chunk(2, 1), weight.chunk(2), biases, strict=True)
    return torch.cat([F.conv2d(a, w, b, stride, padding) for a, w, b in parts])


@mistake("two_tower_conv", "the padding left out", "only the stride handed on")
def only_the_stride(x, weight, bias=None, stride=1, padding=0):
    return F.conv2d(x, weight, bias, stride=stride, groups=2)


@mistake("two_tower_conv", "the bias left out", "the halves of x and weight alone")
def without_bias(x, weight, bias=None, stride=1, padding=0):
    c, k = x.shape[1] // 2, weight.shape[0] // 2
    out = [F.conv2d(x[:, :c], weight[:k], stride=stride, padding=padding)]
    out.append(F.conv2d(x[:, c:], weight[k:], stride=stride, padding=padding))
    return torch.cat(out, dim=1)


@mistake("two_tower_conv", "weights cut off from the graph", "weight.data")
def detached(x, weight, bias=None, stride=1, padding=0):
    return F.conv2d(x, weight.data, bias, stride, padding, groups=2)


# AlexNet.


class Common(nn.Module):
    """What most learners share; a subclass changes a method or a setting."""

    paddings = 2, 2, 1
    reads = 6
    alpha, k = 5e-4, 2

    def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
        super().__init__()
        a, b, c, d, e = channels
        p1, p2, p3 = self.paddings
        self.conv1 = nn.Conv2d(3, a, 11, 4, p1)
        self.conv2 = nn.Conv2d(a, b, 5, 1, p2, groups=groups)
        self.conv3 = nn.Conv2d(b, c, 3, 1, p3)
        self.conv4 = nn.Conv2d(c, d, 3, 1, p3, groups=groups)
        self.conv5 = nn.Conv2d(d, e, 3, 1, p3, groups=groups)
        self.fc6 = nn.Linear(e * self.reads**2, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, num_classes)
        self.dropout = nn.Dropout()

    def pool(self, x):
        return F.max_pool2d(x, 3, 2)

    def front(self, x):
        x = F.relu(x)
        return self.pool(F.local_response_norm(x, 5, alpha=self.alpha, k=self.k))

    def convolved(self, x):
        x = self.front(self.conv2(self.front(self.conv1(x))))
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        return self.pool(F.relu(self.conv5(x)))

    def flat(self, x):
        return x.view(x.size(0), -1)

    def scores(self, x):
        x = self.dropout(F.relu(self.fc6(x)))
        x = self.dropout(F.relu(self.fc7(x)))
        return self.fc8(x)

    def forward(self, x):
        return self.scores(self.flat(self.convolved(x)))


@mistake("AlexNet", "no padding from the second layer on", "as on the lecture's board")
class Unpadded(Common):
    paddings = 2, 0, 0
    reads = 2


@mistake("AlexNet", "the padding of the second layer forgotten", "5x5 not padded, fc6 made to fit")
class SecondUnpadded(Common):
    paddings = 2, 0, 1
    reads = 5


@mistake("AlexNet", "pooled by 2x2", "windows of 2x2")
class SmallWindows(Common):
    def pool(self, x):
        return F.max_pool2d(x, 2)


@mistake("AlexNet", "alpha divided by the size of the window", "the paper's alpha as it is")
class PapersAlpha(Common):
    alpha = 1e-4


@mistake("AlexNet", "k left at 1", "PyTorch's k")
class DefaultK(Common):
    k = 1


@mistake("AlexNet", "normalised behind the pooling", "the order of the slides")
class SlidesOrder(Common):
    def front(self, x):
        return F.local_response_norm(self.pool(F.relu(x)), 5, alpha=self.alpha, k=self.k)


@mistake("AlexNet", "no normalisation", "as VGG's authors advise")
class WithoutNorm(Common):
    def front(self, x):
        return self.pool(F.relu(x))


@mistake("AlexNet", "dropout in evaluation, too", "F.dropout without training=self.training")
class FunctionalDropout(Common):
    def scores(self, x):
        x = F.dropout(F.relu(self.fc6(x)), 0.5)
        x = F.dropout(F.relu(self.fc7(x)), 0.5)
        return self.fc8(x)


@mistake("AlexNet", "no dropout", "made and never called")
class NeverCalled(Common):
    def scores(self, x):
        return self.fc8(F.relu(self.fc7(F.relu(self.fc6(x)))))


@mistake("AlexNet", "dropout in front of the first full connection", "as in torchvision")
class LikeTorchvision(Common):
    def scores(self, x):
        x = F.relu(self.fc6(self.dropout(x)))
        x = F.relu(self.fc7(self.dropout(x)))
        return self.fc8(x)


@mistake("AlexNet", "softmax at the end", "probabilities returned")
class Probabilities(Common):
    def forward(self, x):
        return F.softmax(super().forward(x), dim=1)


@mistake("AlexNet", "no ReLU between the full connections", "rectified in the convolutions only")
class StraightClassifier(Common):
    def scores(self, x):
        return self.fc8(self.dropout(self.fc7(self.dropout(self.fc6(x)))))


@mistake("AlexNet", "the batch flattened as well", "x.flatten()")
class FlattensAll(Common):
    def flat(self, x):
        return x.flatten()


@mistake("AlexNet", "the groups forgotten", "the argument not used")
class IgnoresGroups(Common):
    def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
        super().__init__(num_classes, channels, hidden, groups=1)


@mistake("AlexNet", "always the paper's sizes", "the numbers of the table typed in")
class TypedIn(Common):
    def __init__(self, num_classes=1000, channels=None, hidden=None, groups=2):
        super().__init__(num_classes, groups=groups)


@pytest.mark.parametrize(("exercise", "function", "named"), mistake)
def test_it_is_named(exercise, function, named):
    assert recognised_as(exercise, function) == named


def test_what_they_share_is_right():
    assert judge(exercises()["AlexNet"], Common).status == "passed"


def test_first_weights_may_be_any():
    """Whoever draws the weights as the paper does has not made a mistake."""

    class As2012(Common):
        def __init__(self, *arguments, **settings):
            super().__init__(*arguments, **settings)
            for layer in (self.conv1, self.conv2, self.conv3, self.conv4, self.conv5, self.fc6, self.fc7, self.fc8):
                nn.init.normal_(layer.weight, 0, 0.01)
                nn.init.zeros_(layer.bias)

    assert judge(exercises()["AlexNet"], As2012).status == "passed"


def test_a_forgotten_return_is_told():
    class NoReturn(Common):
        def forward(self, x):
            super().forward(x)

    verdict = judge(exercises()["AlexNet"], NoReturn)
    assert verdict.status == "failed"
    assert "None" in verdict.failure.difference.sentence


def test_groups_are_a_right_way_to_write_two_towers():
    def grouped(x, weight, bias=None, stride=1, padding=0):
        return F.conv2d(x, weight, bias, stride, padding, groups=2)

    assert judge(exercises()["two_tower_conv"], grouped).status == "passed"
