"""Stochastic gradient descent with momentum, in two conventions, and schedules for the learning rate."""

import math
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from course_utils.layers.arguments import check_floating, check_integer, check_number, check_same_dtype

# A reduction below this is not made, as in PyTorch.
_LEAST_CHANGE = 1e-8


def sgd_momentum_step(
    weight: np.ndarray,
    gradient: np.ndarray,
    velocity: np.ndarray,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """One step as PyTorch makes it: v = momentum·v + (g + weight_decay·w), then w = w - lr·v.

    weight, gradient, velocity: arrays of one shape and dtype; the first velocity is zeros. With nesterov the weight takes
    the step ahead, w - lr·(g + weight_decay·w + momentum·v) with the new v.
    Returns the new weight and velocity; the arguments stay as they are.

    Raises TypeError if an array is not floating point or the dtypes differ, ValueError if the shapes differ, lr or
    weight_decay is negative, or momentum is outside [0, 1).
    """
    lr, momentum, weight_decay = _check(weight, gradient, velocity, lr, momentum, weight_decay)
    gradient = gradient + weight_decay * weight
    velocity = momentum * velocity + gradient
    step = gradient + momentum * velocity if nesterov else velocity
    return weight - lr * step, velocity


def classical_momentum_step(
    weight: np.ndarray,
    gradient: np.ndarray,
    velocity: np.ndarray,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """One step as Polyak (1964) and Sutskever et al. (2013) write it: v = momentum·v - lr·(g + weight_decay·w), w = w + v.

    With the same lr all the time the weights are those of `sgd_momentum_step`, whose velocity is this one divided by -lr.
    When lr changes, they part: here the old velocity keeps the lr it was made with, there it takes the new one.
    Arguments, results and errors are those of `sgd_momentum_step`.
    """
    lr, momentum, weight_decay = _check(weight, gradient, velocity, lr, momentum, weight_decay)
    velocity = momentum * velocity - lr * (gradient + weight_decay * weight)
    return weight + velocity, velocity


class Trained(Protocol):
    """What `SGD` needs of a parameter: an array, and its gradient or None."""

    data: np.ndarray
    grad: np.ndarray | None


class SGD:
    """The steps of `sgd_momentum_step` for all parameters of a network, in place.

    parameters: objects with the arrays `data` and `grad`; one whose grad is None is left alone. `lr` may be set between
    steps.

    Raises ValueError if there are no parameters, lr or weight_decay is negative, or momentum is outside [0, 1).
    """

    def __init__(
        self,
        parameters: Iterable[Trained],
        lr: float,
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError(
                "parameters must hold at least one parameter, as network.parameters() gives them, got none"
            )
        self.lr = check_number("lr", lr)
        self.momentum = check_number("momentum", momentum, below=1)
        self.weight_decay = check_number("weight_decay", weight_decay)
        self.nesterov = nesterov
        self._velocities = [np.zeros_like(parameter.data) for parameter in self.parameters]
        # Products are made here, so that a step allocates nothing.
        self._products = [np.empty_like(parameter.data) for parameter in self.parameters]

    def step(self) -> None:
        """Change every parameter's data by its gradient. Raises ValueError if a gradient has another shape."""
        self.lr = check_number("lr", self.lr)
        for parameter, velocity, product in zip(self.parameters, self._velocities, self._products, strict=True):
            if parameter.grad is not None:
                self._update(parameter.data, parameter.grad, velocity, product)

    def _update(self, data: np.ndarray, gradient: np.ndarray, velocity: np.ndarray, product: np.ndarray) -> None:
        if gradient.shape != data.shape:
            raise ValueError(f"grad must have the shape of data, {data.shape}, got {gradient.shape}")
        if self.weight_decay:
            gradient = np.add(gradient, np.multiply(data, self.weight_decay, out=product), out=product)
        if self.momentum:
            velocity *= self.momentum
            velocity += gradient
        if self.nesterov or not self.momentum:
            data -= np.multiply(gradient, self.lr, out=product)
        if self.momentum:
            data -= np.multiply(velocity, self.lr * (self.momentum if self.nesterov else 1), out=product)


class StepLR:
    """Multiplies the optimizer's lr by gamma after every step_size epochs, as PyTorch's."""

    def __init__(self, optimizer: SGD, step_size: int, gamma: float = 0.1) -> None:
        self.optimizer = optimizer
        self.step_size = check_integer("step_size", step_size, least=1)
        self.gamma = check_number("gamma", gamma)
        self.epoch = 0

    def step(self) -> None:
        """To be called at the end of an epoch."""
        self.epoch += 1
        if self.epoch % self.step_size == 0:
            self.optimizer.lr *= self.gamma


class ReduceLROnPlateau:
    """Multiplies the optimizer's lr by factor when a loss has not fallen for more than `patience` epochs, as PyTorch's.

    A loss has fallen if it is below (1 - threshold) times the best one.
    """

    def __init__(self, optimizer: SGD, factor: float = 0.1, patience: int = 10, threshold: float = 1e-4) -> None:
        self.optimizer = optimizer
        self.factor = check_number("factor", factor, below=1)
        self.patience = check_integer("patience", patience, least=0)
        self.threshold = check_number("threshold", threshold)
        self.best, self.waited = math.inf, 0

    def step(self, loss: float) -> None:
        """To be called at the end of an epoch, with its loss, as a rule the validation's."""
        self.waited += 1
        if loss < self.best * (1 - self.threshold):
            self.best, self.waited = loss, 0
        if self.waited > self.patience:
            self.waited = 0
            reduced = self.factor * self.optimizer.lr
            if self.optimizer.lr - reduced > _LEAST_CHANGE:
                self.optimizer.lr = reduced


def _check(
    weight: Any, gradient: Any, velocity: Any, lr: Any, momentum: Any, weight_decay: Any
) -> tuple[float, float, float]:
    check_floating("weight", weight)
    for name, array in (("gradient", gradient), ("velocity", velocity)):
        check_floating(name, array)
        if array.shape != weight.shape:
            raise ValueError(f"{name} must have the shape of weight, {weight.shape}, got {array.shape}")
        check_same_dtype(name, array, "weight", weight)
    return (
        check_number("lr", lr),
        check_number("momentum", momentum, below=1),
        check_number("weight_decay", weight_decay),
    )
