"""The sizes inside a network, seen by hooks."""

import torch
from torch import nn


def shapes(network: nn.Module, input_size: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The output size of every module by its name, the batch left out, for a picture of zeros of input_size."""
    found = {}
    hooks = [
        module.register_forward_hook(lambda _, __, out, name=name: found.__setitem__(name, tuple(out.shape[1:])))
        for name, module in network.named_modules()
        if name
    ]
    device = next(network.parameters()).device
    with torch.no_grad():
        network(torch.zeros(1, *input_size, device=device))
    for hook in hooks:
        hook.remove()
    return found


def sides(network: nn.Module, input_size: tuple[int, ...]) -> dict[str, int]:
    """The side of every square map by its module's name."""
    return {name: shape[-1] for name, shape in shapes(network, input_size).items() if len(shape) == 3}
