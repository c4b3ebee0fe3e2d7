"""The layers' functions as modules, named and called as PyTorch's.

Convolution and Linear draw their weights by Kaiming's rule for ReLU, in float32, from the `rng` that they are given; biases
start at 0. PyTorch's own default is another: uniform within 1/sqrt(fan_in).
"""

import numpy as np

from course_utils.layers.activation import (
    relu_backward,
    relu_forward,
    scaled_tanh_backward,
    scaled_tanh_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from course_utils.layers.arguments import Pair, check_generator, check_integer, check_number, check_pair
from course_utils.layers.batch_normalisation import batch_norm_backward, batch_norm_forward
from course_utils.layers.convolution import conv2d_backward, conv2d_forward
from course_utils.layers.dropout import dropout_backward, dropout_forward
from course_utils.layers.initialisation import kaiming_normal
from course_utils.layers.linear import linear_backward, linear_forward
from course_utils.layers.network import Layer, Parameter
from course_utils.layers.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    global_avg_pool2d_backward,
    global_avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.layers.response_normalisation import local_response_norm_backward, local_response_norm_forward
from course_utils.layers.subsampling import subsample2d_backward, subsample2d_forward

Setting = int | Pair


class _Weighted(Layer):
    """A layer with a weight and, unless its Parameter is None, a bias; `backward` sets both gradients."""

    functions = ()
    settings = ()

    def __init__(self, weight: np.ndarray, bias: np.ndarray | None) -> None:
        self.weight = Parameter(weight)
        self.bias = None if bias is None else Parameter(bias)

    def forward(self, x: np.ndarray) -> np.ndarray:
        bias = None if self.bias is None else self.bias.data
        out, self.cache = self.functions[0](x, self.weight.data, bias, *self.settings)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx, self.weight.grad, dbias = self.functions[1](dout, self.cache)
        if self.bias is not None:
            self.bias.grad = dbias
        return dx


class Conv2d(_Weighted):
    """A convolution with weight (out_channels, in_channels/groups, KH, KW). See `conv2d_forward`.

    With `input_gradient` set to False, backward returns None and saves the work: for the first layer of a network.
    """

    functions = conv2d_forward, conv2d_backward
    input_gradient = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Setting,
        stride: Setting = 1,
        padding: Setting = 0,
        dilation: Setting = 1,
        groups: int = 1,
        bias: bool = True,
        rng: np.random.Generator | None = None,
    ) -> None:
        channels = check_integer("in_channels", in_channels, least=1)
        filters = check_integer("out_channels", out_channels, least=1)
        groups = check_integer("groups", groups, least=1)
        if channels % groups or filters % groups:
            raise ValueError(f"groups must divide in_channels={channels} and out_channels={filters}, got {groups}")
        shape = (filters, channels // groups, *check_pair("kernel_size", kernel_size, least=1))
        super().__init__(kaiming_normal(shape, rng), np.zeros(filters, np.float32) if bias else None)
        self.settings = stride, padding, dilation, groups

    def backward(self, dout: np.ndarray) -> np.ndarray | None:
        dx, self.weight.grad, dbias = conv2d_backward(dout, self.cache, self.input_gradient)
        if self.bias is not None:
            self.bias.grad = dbias
        return dx

    def __repr__(self) -> str:
        filters, channels, *kernel = self.weight.data.shape
        stride, padding, dilation, groups = self.settings
        named = {"kernel_size": tuple(kernel), "stride": stride, "padding": padding}
        named |= {"dilation": dilation} if dilation != 1 else {}
        named |= {"groups": groups} if groups != 1 else {}
        described = ", ".join(f"{name}={value}" for name, value in named.items())
        return f"{type(self).__name__}({channels * groups}, {filters}, {described})"


class Linear(_Weighted):
    """A fully connected layer with weight (out_features, in_features). See `linear_forward`."""

    functions = linear_forward, linear_backward

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, rng: np.random.Generator | None = None
    ) -> None:
        features = check_integer("in_features", in_features, least=1)
        neurons = check_integer("out_features", out_features, least=1)
        super().__init__(kaiming_normal((neurons, features), rng), np.zeros(neurons, np.float32) if bias else None)

    def __repr__(self) -> str:
        neurons, features = self.weight.data.shape
        return f"Linear({features}, {neurons})"


class Subsample2d(_Weighted):
    """LeNet-5's trainable subsampling: a coefficient and a bias a channel. See `subsample2d_forward`.

    It starts as average pooling: the coefficient is 1 over the number of entries in a window.
    """

    functions = subsample2d_forward, subsample2d_backward

    def __init__(self, channels: int, kernel_size: Setting = 2, stride: Setting | None = None) -> None:
        rows, columns = check_pair("kernel_size", kernel_size, least=1)
        channels = check_integer("channels", channels, least=1)
        weight = np.full(channels, 1 / (rows * columns), np.float32)
        super().__init__(weight, np.zeros(channels, np.float32))
        self.settings = kernel_size, stride

    def __repr__(self) -> str:
        return f"Subsample2d({len(self.weight.data)}, kernel_size={self.settings[0]})"


class BatchNorm2d(Layer):
    """Batch normalisation of (N, C, H, W) with running statistics. See `batch_norm_forward`."""

    axes = 4

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1) -> None:
        features = check_integer("num_features", num_features, least=1)
        self.weight = Parameter(np.ones(features, np.float32))
        self.bias = Parameter(np.zeros(features, np.float32))
        self.running_mean = np.zeros(features, np.float32)
        self.running_var = np.ones(features, np.float32)
        self.eps, self.momentum = eps, momentum

    def forward(self, x: np.ndarray) -> np.ndarray:
        if x.ndim != self.axes:
            raise ValueError(f"x must have {self.axes} axes, got shape {x.shape}")
        out, self.running_mean, self.running_var, self.cache = batch_norm_forward(
            x,
            self.weight.data,
            self.bias.data,
            self.running_mean,
            self.running_var,
            self.training,
            self.momentum,
            self.eps,
        )
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        dx, self.weight.grad, self.bias.grad = batch_norm_backward(dout, self.cache)
        return dx

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.weight.data)})"


class BatchNorm1d(BatchNorm2d):
    """Batch normalisation of (N, C) with running statistics. See `batch_norm_forward`."""

    axes = 2


class _Plain(Layer):
    """A layer without parameters: its two functions, and what is passed to the first after x."""

    functions = ()
    settings = ()

    def forward(self, x: np.ndarray) -> np.ndarray:
        out, self.cache = self.functions[0](x, *self.settings)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return self.functions[1](dout, self.cache)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.settings))})"


class ReLU(_Plain):
    """max(x, 0)."""

    functions = relu_forward, relu_backward


class Tanh(_Plain):
    """The hyperbolic tangent."""

    functions = tanh_forward, tanh_backward


class Sigmoid(_Plain):
    """1 / (1 + exp(-x))."""

    functions = sigmoid_forward, sigmoid_backward


class ScaledTanh(_Plain):
    """LeNet-5's squashing function, 1.7159 tanh(2x/3)."""

    functions = scaled_tanh_forward, scaled_tanh_backward


class MaxPool2d(_Plain):
    """Max pooling. See `max_pool2d_forward`."""

    functions = max_pool2d_forward, max_pool2d_backward

    def __init__(self, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0) -> None:
        self.settings = kernel_size, kernel_size if stride is None else stride, padding


class AvgPool2d(MaxPool2d):
    """Average pooling. See `avg_pool2d_forward`."""

    functions = avg_pool2d_forward, avg_pool2d_backward


class GlobalAvgPool2d(_Plain):
    """The mean of each channel: (N, C, H, W) to (N, C, 1, 1)."""

    functions = global_avg_pool2d_forward, global_avg_pool2d_backward


class LocalResponseNorm(_Plain):
    """AlexNet's normalisation across channels. See `local_response_norm_forward`."""

    functions = local_response_norm_forward, local_response_norm_backward

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.settings = size, alpha, beta, k


class Dropout(Layer):
    """Dropout with probability p in training, the identity in evaluation. See `dropout_forward`."""

    def __init__(self, p: float = 0.5, rng: np.random.Generator | None = None) -> None:
        check_generator(rng)
        self.p, self.rng = check_number("p", p, below=1), rng

    def forward(self, x: np.ndarray) -> np.ndarray:
        out, self.cache = dropout_forward(x, self.p, self.training, self.rng)
        return out

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dropout_backward(dout, self.cache)

    def __repr__(self) -> str:
        return f"Dropout(p={self.p})"


class Flatten(Layer):
    """(N, C, H, W) to (N, C·H·W)."""

    def forward(self, x: np.ndarray) -> np.ndarray:
        self.cache = x.shape
        return x.reshape(len(x), int(np.prod(x.shape[1:])))

    def backward(self, dout: np.ndarray) -> np.ndarray:
        return dout.reshape(self.cache)
