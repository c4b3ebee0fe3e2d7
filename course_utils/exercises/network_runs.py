"""What the plans of exercises call that build blocks and networks in PyTorch: weights are put in, arrays go through.

Learners name the parts of a block as they like, so a weight's numbers depend on its shape alone. Nothing is lost by that:
two layers of the same shape could always exchange their names. PyTorch is imported inside the functions, so that the
exercises can be read without it.
"""

from collections import Counter

import numpy as np


def parts_of(network) -> tuple[dict[str, int], int | None]:
    """How many parameters there are of each shape, such as {"4x2x3x3": 1, "4": 4}, and the expansion, if it has one.

    Raises TypeError for what is no module, such as a list of layers.
    """
    import torch

    if not isinstance(network, torch.nn.Module):
        raise TypeError(
            f"what comes back must be an nn.Module, such as nn.Sequential(*layers), not a {type(network).__name__}"
        )
    shapes = ("x".join(map(str, parameter.shape)) for parameter in network.parameters())
    return dict(sorted(Counter(shapes).items())), getattr(network, "expansion", None)


def run_network(network, x: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """(out, dx, evaluated): the output in training mode, x's gradient for fixed gradients of the output, and the output in
    evaluation mode, with fixed numbers for all parameters and statistics.

    dx is None where the way back fails because something was written over.
    """
    import torch

    given = torch.from_numpy(x)
    network.to(given.dtype)
    _fill(network)
    # Not a copy: a learner who changes it changes the case's array, which is looked at afterwards.
    with torch.no_grad():
        evaluated = network.eval()(given)
    leaf = given.clone().requires_grad_()
    # A leaf may not be written over at all; what a block is given in a network is none.
    out = network.train()(leaf.clone())
    return _array(out), _gradient(out, leaf), _array(evaluated)


def _fill(network) -> None:
    """Put numbers into all parameters and running statistics that depend on nothing but kind and shape.

    Other buffers are the network's own business, such as zeros to append.
    """
    import torch

    statistics = [one for one in network.named_buffers() if one[0].endswith(("running_mean", "running_var"))]
    with torch.no_grad():
        for name, tensor in (*network.named_parameters(), *statistics):
            kind = "weight" if tensor.ndim > 1 else name.rpartition(".")[2]
            tensor.copy_(torch.from_numpy(_numbers(kind, tuple(tensor.shape))))


def _numbers(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Weights on both sides of 0; scales and variances, which are vectors, from 0.5 to 2."""
    rng = np.random.default_rng([len(kind), *kind.encode(), *shape])
    positive = kind == "running_var" or (kind == "weight" and len(shape) == 1)
    numbers = rng.integers(2, 9, shape) / 4 if positive else rng.integers(-4, 5, shape) / 4
    # So large that a sum over the inputs stays of the size of one of them.
    return numbers / np.sqrt(np.prod(shape[1:]))


def _gradient(out, leaf) -> np.ndarray | None:
    import torch

    if not isinstance(out, torch.Tensor) or out.grad_fn is None:
        return None
    dout = torch.from_numpy(np.random.default_rng(out.ndim).integers(-3, 4, tuple(out.shape)).astype(float))
    try:
        out.backward(dout.to(out.dtype))
    except RuntimeError as error:
        if "inplace" not in str(error):
            raise
        return None
    return None if leaf.grad is None else _array(leaf.grad)


def _array(tensor) -> np.ndarray:
    return tensor.detach().numpy() if hasattr(tensor, "detach") else tensor
