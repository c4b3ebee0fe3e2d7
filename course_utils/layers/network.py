"""Layers as objects that keep their parameters, and a chain of them: what PyTorch calls modules."""

import numpy as np


class Parameter:
    """An array that training changes, `data`, and the gradient of the loss with respect to it, `grad`.

    grad is None until a backward pass has been made. trained: a boolean array of the shape of data, False for entries that
    stay as they are; None for all True.
    """

    def __init__(self, data: np.ndarray, trained: np.ndarray | None = None) -> None:
        self.data = data
        self.grad: np.ndarray | None = None
        self.trained = trained

    @property
    def count(self) -> int:
        """How many numbers are trained."""
        return self.data.size if self.trained is None else int(np.count_nonzero(self.trained))


class Layer:
    """A step of a network: `forward` keeps what `backward` needs.

    A layer of one's own defines both; whatever Parameter it sets as an attribute is found by `parameters`.
    """

    training = True
    cache = None

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The output for a batch x."""
        raise NotImplementedError(f"{type(self).__name__} must define forward")

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """dx, the gradient with respect to the x of the latest forward, from dout, that with respect to its output.

        Every parameter's `grad` is set to its gradient. Nothing is added to what stood there, unlike in PyTorch: there is
        no `zero_grad` to call.
        """
        raise NotImplementedError(f"{type(self).__name__} must define backward")

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.forward(x)

    def parameters(self) -> list[Parameter]:
        """The layer's parameters, in the order in which they were set."""
        return [value for value in vars(self).values() if isinstance(value, Parameter)]

    def train(self, training: bool = True) -> "Layer":
        """Switch to training, which matters to batch normalisation and dropout. Returns the layer."""
        self.training = training
        return self

    def eval(self) -> "Layer":
        """Switch to evaluation. Returns the layer."""
        return self.train(False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Sequential(Layer):
    """Layers one after another: the output of each is the input of the next."""

    def __init__(self, *layers: Layer) -> None:
        self.layers = layers

    def forward(self, x: np.ndarray) -> np.ndarray:
        """The last layer's output. Raises ValueError, naming the layer, if an array does not fit it."""
        for index, layer in enumerate(self.layers):
            try:
                x = layer(x)
            except ValueError as error:
                raise ValueError(f"layer {index}, {layer}, cannot take shape {x.shape}: {error}") from error
        return x

    def backward(self, dout: np.ndarray) -> np.ndarray:
        """The gradient with respect to the network's x; the parameters' gradients are set on the way."""
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def parameters(self) -> list[Parameter]:
        """The parameters of all layers, in their order."""
        return [parameter for layer in self.layers for parameter in layer.parameters()]

    def train(self, training: bool = True) -> "Sequential":
        """Switch all layers. Returns the network."""
        for layer in self.layers:
            layer.train(training)
        return super().train(training)

    def predict(self, x: np.ndarray, batch_size: int = 256) -> np.ndarray:
        """The scores of all of x in evaluation mode, a batch at a time; the mode is as before afterwards."""
        was_training = self.training
        self.eval()
        try:
            starts = range(0, max(1, len(x)), batch_size)
            return np.concatenate([self.forward(x[start : start + batch_size]) for start in starts])
        finally:
            self.train(was_training)

    def __repr__(self) -> str:
        return "\n".join(["Sequential(", *(f"    {layer!r}," for layer in self.layers), ")"])


def count_parameters(layer: Layer) -> int:
    """How many numbers training changes in a layer or a network."""
    return sum(parameter.count for parameter in layer.parameters())
