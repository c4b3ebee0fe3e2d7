"""Mistakes such as learners make in the exercises of lesson 09, written as they write them; and right answers of theirs."""

import numpy as np
import pytest
import torch
from mistake_table import MistakeTable, recognised_as
from torch import nn
from torch.nn import functional

from course_utils import layers
from course_utils.checking import judge
from course_utils.checking.explain import explain
from course_utils.exercises import exercises
from course_utils.models.numpy_layers import Conv2dFunction as RightFunction

mistake = MistakeTable()


# The convolution as an operation of autograd.


class Crossing(torch.autograd.Function):
    """What most learners share: both ways by the course's functions, and the cache on ctx."""

    @staticmethod
    def forward(ctx, x, weight, bias, stride, padding, dilation, groups):
        b = None if bias is None else bias.numpy()
        out, ctx.cache = layers.conv2d_forward(x.numpy(), weight.numpy(), b, stride, padding, dilation, groups)
        return torch.from_numpy(out)

    @staticmethod
    def backward(ctx, dout):
        dx, dw, db = layers.conv2d_backward(dout.numpy(), ctx.cache)
        return torch.from_numpy(dx), torch.from_numpy(dw), None if db is None else torch.from_numpy(db), *[None] * 4


@mistake("Conv2dFunction", "gradients in another order", "weight's gradient first")
class WeightFirst(Crossing):
    @staticmethod
    def backward(ctx, dout):
        dx, dw, *rest = Crossing.backward(ctx, dout)
        return dw, dx, *rest


@mistake("Conv2dFunction", "no gradient for the bias", "two gradients and five times None")
class TwoGradients(Crossing):
    @staticmethod
    def backward(ctx, dout):
        dx, dw, _ = layers.conv2d_backward(dout.numpy(), ctx.cache)
        return torch.tensor(dx), torch.tensor(dw), None, None, None, None, None


@mistake("Conv2dFunction", "the settings left out", "conv2d_forward(x, weight, bias)")
class NoSettings(Crossing):
    @staticmethod
    def forward(ctx, x, weight, bias, *settings):
        out, ctx.cache = layers.conv2d_forward(x.numpy(), weight.numpy(), None if bias is None else bias.numpy())
        return torch.from_numpy(out)


@mistake("Conv2dFunction", "the settings forgotten on the way back", "a cache with defaults")
class CacheWithDefaults(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias, *settings):
        ctx.save_for_backward(x, weight, bias)
        b = bias.numpy() if bias is not None else None
        return torch.from_numpy(layers.conv2d_forward(x.numpy(), weight.numpy(), b, *settings)[0])

    @staticmethod
    def backward(ctx, dout):
        x, weight, bias = (None if t is None else t.numpy() for t in ctx.saved_tensors)
        dx, dw, db = layers.conv2d_backward(dout.numpy(), (x, weight, bias, 1, 0, 1, 1))
        return torch.from_numpy(dx), torch.from_numpy(dw), None if db is None else torch.from_numpy(db), *[None] * 4


@mistake("Conv2dFunction", "the incoming gradient ignored", "ones instead of dout")
class OnesForDout(Crossing):
    @staticmethod
    def backward(ctx, dout):
        return Crossing.backward(ctx, torch.ones_like(dout))


@mistake("Conv2dFunction", "no gradient for x", "only the parameters learn")
class ParametersOnly(Crossing):
    @staticmethod
    def backward(ctx, dout):
        return None, *Crossing.backward(ctx, dout)[1:]


@mistake("Conv2dFunction", "everything in float32", ".float() on the way out")
class Float(Crossing):
    @staticmethod
    def forward(ctx, *arguments):
        return Crossing.forward(ctx, *arguments).float()

    @staticmethod
    def backward(ctx, dout):
        return Crossing.backward(ctx, dout.to(torch.float64))


# The module.


class Module(nn.Module):
    """What most learners share; a subclass changes one method."""

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True):
        super().__init__()
        self.settings = stride, padding, dilation, groups
        kh, kw = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
        self.limit = 1 / (in_channels // groups * kh * kw) ** 0.5
        self.make((out_channels, in_channels // groups, kh, kw), bias)

    def make(self, shape, bias):
        self.weight = nn.Parameter((torch.rand(shape) * 2 - 1) * self.limit)
        self.bias = nn.Parameter((torch.rand(shape[0]) * 2 - 1) * self.limit) if bias else None

    def forward(self, x):
        return RightFunction.apply(x, self.weight, self.bias, *self.settings)


@mistake("Conv2d", "no parameters", "requires_grad is not enough")
class RequiresGrad(Module):
    def make(self, shape, bias):
        self.weight = torch.empty(shape).uniform_(-self.limit, self.limit).requires_grad_()
        self.bias = torch.empty(shape[0]).uniform_(-self.limit, self.limit).requires_grad_() if bias else None


@mistake("Conv2d", "a bias that is no parameter", "only the weight is one")
class PlainBias(Module):
    def make(self, shape, bias):
        super().make(shape, bias)
        drawn = self.bias
        del self.bias
        self.bias = drawn.detach().requires_grad_() if bias else None


@mistake("Conv2d", "first weights between 0 and 1", "torch.rand as it is")
class Rand(Module):
    def make(self, shape, bias):
        self.weight = nn.Parameter(torch.rand(shape))
        self.bias = nn.Parameter(torch.rand(shape[0])) if bias else None


@mistake("Conv2d", "first weights of spread 1", "torch.randn as it is")
class Randn(Module):
    def make(self, shape, bias):
        self.weight = nn.Parameter(torch.randn(shape))
        self.bias = nn.Parameter(torch.randn(shape[0])) if bias else None


@mistake("Conv2d", "first weights by Kaiming's rule", "nn.init.kaiming_normal_")
class Kaiming(Module):
    def make(self, shape, bias):
        super().make(shape, bias)
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")


@mistake("Conv2d", "first biases of 0", "torch.zeros for the bias")
class ZeroBias(Module):
    def make(self, shape, bias):
        super().make(shape, bias)
        self.bias = nn.Parameter(torch.zeros(shape[0])) if bias else None


@mistake("Conv2d", "always a bias", "the argument is not looked at")
class AlwaysBias(Module):
    def make(self, shape, bias):
        super().make(shape, True)


@mistake("Conv2d", "weights cut off from the graph", "detach before apply")
class Detached(Module):
    def forward(self, x):
        bias = None if self.bias is None else self.bias.detach()
        return RightFunction.apply(x, self.weight.detach(), bias, *self.settings)


@mistake("Conv2d", "the settings not handed on", "defaults in forward")
class Defaults(Module):
    def forward(self, x):
        return RightFunction.apply(x, self.weight, self.bias, 1, 0, 1, 1)


# The epoch.


@mistake("fit_one_epoch", "gradients that pile up", "zero_grad forgotten")
def forgets_zero_grad(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    total, right, n = 0, 0, 0
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        out = model(x)
        step_loss = loss(out, y)
        step_loss.backward()
        optimizer.step()
        total += step_loss.item() * x.shape[0]
        right += (out.argmax(1) == y).sum().item()
        n += x.shape[0]
    return total / n, right / n


@mistake("fit_one_epoch", "gradients that pile up", "zero_grad before the loop")
def zeroes_once(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    optimizer.zero_grad()
    return forgets_zero_grad(model, batches, optimizer, loss, device)


def epoch(model, batches, optimizer, loss, device, step):
    """What the mistakes below share: step(x, y) gives the loss and the scores of one batch."""
    model.train()
    total, right, n = 0, 0, 0
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        value, out = step(x, y)
        total += value.item() * len(x)
        right += (out.argmax(1) == y).sum().item()
        n += len(x)
    return total / n, right / n


@mistake("fit_one_epoch", "a model that stays what it was", "zero_grad between backward and step")
def zeroes_too_late(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    def step(x, y):
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.zero_grad()
        optimizer.step()
        return value, out

    return epoch(model, batches, optimizer, loss, device, step)


@mistake("fit_one_epoch", "a model that stays what it was", "step before backward")
def steps_too_early(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    def step(x, y):
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        optimizer.step()
        value.backward()
        return value, out

    return epoch(model, batches, optimizer, loss, device, step)


@mistake("fit_one_epoch", "softmax before the loss", "probabilities to cross_entropy")
def softmax_twice(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    def step(x, y):
        optimizer.zero_grad()
        out = torch.softmax(model(x), dim=1)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        return value, out

    return epoch(model, batches, optimizer, loss, device, step)


@mistake("fit_one_epoch", "means of the batches' means", "losses and accuracies in lists, and np.mean")
def means_of_lists(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    losses, accuracies = [], []
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        losses.append(value.item())
        accuracies.append((out.argmax(dim=1) == y).float().mean().item())
    return np.mean(losses), np.mean(accuracies)


@mistake("fit_one_epoch", "the graph kept in the sum", "loss instead of loss.item()")
def sums_tensors(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    total, right, n = 0.0, 0, 0
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        total += value * len(y)
        right += (out.argmax(dim=1) == y).sum()
        n += len(y)
    return total / n, right / n


@mistake("fit_one_epoch", "the graph kept in the sum", "item() only at the end")
def sums_tensors_and_turns_them_into_a_number(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    mean, share = sums_tensors(model, batches, optimizer, loss, device)
    return mean.item(), share.item()


@mistake("fit_one_epoch", "the graph kept in the sum", "all scores kept in a list")
def keeps_all_scores(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    kept = []

    def step(x, y):
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        kept.append(out)
        return value, out

    return epoch(model, batches, optimizer, loss, device, step)


@mistake("fit_one_epoch", "an end after the first batch", "return inside the loop")
def returns_too_soon(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    total, right, n = 0.0, 0, 0
    for x, y in batches:
        x, y = x.to(device), y.to(device)
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        total += value.item() * len(y)
        right += (out.argmax(dim=1) == y).sum().item()
        n += len(y)
        return total / n, right / n


@mistake("fit_one_epoch", "a batch that is not moved", "x.to(device) without keeping the result")
def moves_in_vain(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.train()
    total, right, n = 0.0, 0, 0
    for x, y in batches:
        x.to(device)
        y.to(device)
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        total += value.item() * len(y)
        right += (out.argmax(dim=1) == y).sum().item()
        n += len(y)
    return total / n, right / n


@mistake("fit_one_epoch", "trained in evaluation", "model.eval() copied from the loop below")
def in_evaluation(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
    model.eval()
    train, model.train = model.train, lambda mode=True: model
    try:
        return zero_then(model, batches, optimizer, loss, device)
    finally:
        model.train = train


def zero_then(model, batches, optimizer, loss, device):
    def step(x, y):
        optimizer.zero_grad()
        out = model(x)
        value = loss(out, y)
        value.backward()
        optimizer.step()
        return value, out

    return epoch(model, batches, optimizer, loss, device, step)


@pytest.mark.parametrize(("exercise", "written", "named"), mistake)
def test_it_is_recognised(exercise, written, named):
    assert recognised_as(exercise, written) == named


# What has no name of its own is told in PyTorch's words.


class TooFew(Crossing):
    @staticmethod
    def backward(ctx, dout):
        return Crossing.backward(ctx, dout)[:3]


def test_too_few_gradients_are_told_in_pytorchs_words():
    text = str(explain(judge(exercises()["Conv2dFunction"], TooFew)))
    assert "returned an incorrect number of gradients (expected 7, got 3)" in text


class NoForward(Module):
    def forward(self, x):
        return None


def test_a_forward_that_returns_nothing_is_told_so():
    text = str(explain(judge(exercises()["Conv2d"], NoForward)))
    assert "`out` is None. Does every way through your function end in a `return`?" in text


def test_other_names_for_the_parameters_are_told():
    class Other(Module):
        def make(self, shape, bias):
            self.w, self.bias = nn.Parameter(torch.zeros(shape)), nn.Parameter(torch.zeros(shape[0]))

    assert "has no attribute 'weight'" in str(explain(judge(exercises()["Conv2d"], Other)))


def test_parameters_that_differ_are_shown_by_name_and_shape():
    text = str(explain(judge(exercises()["Conv2d"], RequiresGrad)))
    assert "`parameters` is {}, expected {'weight': (1, 1, 2, 2), 'bias': (1,)}." in text


def test_the_calls_are_shown_as_they_would_be_typed():
    text = str(explain(judge(exercises()["Conv2dFunction"], WeightFirst)))
    assert "out, dx, dweight, dbias = " not in text
    assert "apply_and_go_back(Conv2dFunction, x, weight, dout, bias" in text


def test_a_loss_of_pytorch_is_shown_with_its_module():
    def fit_one_epoch(model, batches, optimizer, loss=functional.cross_entropy, device="cpu"):
        return zero_then(model, batches, optimizer, functional.cross_entropy, device)

    text = str(explain(judge(exercises()["fit_one_epoch"], fit_one_epoch)))
    assert "Looks like: the loss that was asked for ignored." in text
    assert "fit_one_epoch(model, batches, optimizer, loss=torch.nn.functional.multi_margin_loss)" in text
