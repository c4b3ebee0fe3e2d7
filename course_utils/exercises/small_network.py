"""A network of one layer or two with its optimizer, made from a case's arrays, for exercises that train."""

import numpy as np

from course_utils import layers


def small_network(
    weight: np.ndarray,
    bias: np.ndarray,
    before: str | None = None,
    rng: np.random.Generator | None = None,
    lr: float = 0.5,
    momentum: float = 0.0,
    training: bool = True,
    left_over: float | None = None,
) -> tuple[layers.Sequential, layers.SGD]:
    """A new network and the optimizer of its parameters: a Linear layer with weight (C, D) and bias (C,).

    before: "Dropout" or "BatchNorm1d", a layer in front of it. training: the mode in which someone left it. left_over:
    the number that fills every gradient, as if from an earlier batch; None for a network that has seen none.
    """
    classes, features = weight.shape
    linear = layers.Linear(features, classes, rng=np.random.default_rng(0))
    linear.weight.data, linear.bias.data = weight.copy(), bias.copy()
    network = layers.Sequential(*_before(before, features, rng, weight.dtype), linear).train(training)
    if left_over is not None:
        for parameter in network.parameters():
            parameter.grad = np.full_like(parameter.data, left_over)
    return network, layers.SGD(network.parameters(), lr, momentum)


def _before(name: str | None, features: int, rng: np.random.Generator | None, dtype: np.dtype) -> list[layers.Layer]:
    if name == "Dropout":
        return [layers.Dropout(0.5, rng)]
    if name != "BatchNorm1d":
        return []
    norm = layers.BatchNorm1d(features)
    norm.running_mean, norm.running_var = norm.running_mean.astype(dtype), norm.running_var.astype(dtype)
    for parameter in norm.parameters():
        parameter.data = parameter.data.astype(dtype)
    return [norm]


def last_layer(network: layers.Sequential) -> tuple[np.ndarray, np.ndarray]:
    """The weight and the bias of the network's Linear layer."""
    linear = network.layers[-1]
    return linear.weight.data, linear.bias.data
