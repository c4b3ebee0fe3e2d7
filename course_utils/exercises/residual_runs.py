"""What the plans of homework 4's exercises call besides the student's part: what weights begin as, what a first step moves.

Arrays go in as tensors and come out as arrays or plain numbers. PyTorch is imported inside the functions, so that the
exercises can be read without it.
"""

from collections import Counter

import numpy as np

# The spread of fewer random numbers says little about how they were drawn.
_ENOUGH = 1000


def first_step(network, x: np.ndarray, zero_init: bool = False) -> tuple[dict[str, int], dict[str, int] | None]:
    """(scales, moved): how many of the normalisations' scales begin as 0 and how many as 1; and, with zero_init, how many
    parameters of each shape get a gradient other than 0 from the first batch.
    """
    import torch

    scales = first_scales(network)
    if not zero_init:
        return scales, None
    given = torch.from_numpy(x)
    network.to(given.dtype)
    out = network.train()(given.clone())
    out.backward(torch.from_numpy(np.random.default_rng(3).uniform(1, 2, tuple(out.shape))).to(out.dtype))
    moving = [
        "x".join(map(str, parameter.shape))
        for parameter in network.parameters()
        if parameter.grad is not None and bool((parameter.grad.abs() > 1e-4).any())
    ]
    return scales, dict(sorted(Counter(moving).items()))


def first_scales(network) -> dict[str, int]:
    """How many scales of normalisations are 0, and how many 1, such as {"0": 4, "1": 8}."""
    scales = [p.detach() for name, p in network.named_parameters() if name.endswith("weight") and p.ndim == 1]
    return {str(value): sum(int((scale == value).sum()) for scale in scales) for value in (0, 1)}


def scales_and_spreads(network) -> tuple[dict[str, int], dict[str, float]]:
    """(scales, spreads): as in `first_step`; and for each shape of convolution with many weights, their standard deviation
    in units of sqrt(2 / fan_out), rounded so much that all draws of one kind agree.
    """
    spreads = {}
    for parameter in network.parameters():
        if parameter.ndim == 4 and parameter.numel() >= _ENOUGH:
            weight = parameter.detach().numpy()
            fan_out = weight.shape[0] * weight[0, 0].size
            spread = float(weight.std() / np.sqrt(2 / fan_out))
            spreads["x".join(map(str, weight.shape))] = round(4 * spread) / 4
    return first_scales(network), dict(sorted(spreads.items()))


def probe_block() -> type:
    """A small block that shows how it was made: a 3x3 convolution and a normalisation, and with shortcut "B" one more layer.

    A network is judged with it, so that a student's own block, right or wrong, does not matter there.
    """
    from torch import nn
    from torch.nn import functional

    class ProbeBlock(nn.Module):
        expansion = 1

        def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
            super().__init__()
            self.conv = nn.Conv2d(in_channels, channels, 3, stride, padding=1, bias=False)
            self.bn = nn.BatchNorm2d(channels)
            self.more = nn.Conv2d(channels, channels, 1, bias=False) if shortcut == "B" else nn.Identity()
            if zero_init:
                nn.init.zeros_(self.bn.weight)

        def forward(self, x):
            return functional.relu(self.more(self.bn(self.conv(x))))

    return ProbeBlock


def run_stochastic_depth(
    stochastic_depth, x: np.ndarray, draws: np.ndarray, **settings
) -> tuple[np.ndarray, np.ndarray | None]:
    """(out, dx) for residuals that are 3x3 convolutions with biases, one for each row of draws."""
    import torch
    from torch import nn

    given = torch.from_numpy(x)
    residuals = []
    for number in range(len(draws)):
        rng = np.random.default_rng(number)
        conv = nn.Conv2d(x.shape[1], x.shape[1], 3, padding=1).to(given.dtype)
        with torch.no_grad():
            for parameter in conv.parameters():
                parameter.copy_(torch.from_numpy(rng.integers(-3, 4, tuple(parameter.shape)) / 4))
        residuals.append(conv)
    leaf = given.clone().requires_grad_()
    # Not a leaf itself: one of those may not be written over at all.
    out = stochastic_depth(residuals, leaf.clone(), torch.from_numpy(draws.copy()), **settings)
    if not isinstance(out, torch.Tensor):
        return out, None
    if out.grad_fn is not None:
        out.backward(torch.from_numpy(np.random.default_rng(5).integers(-3, 4, tuple(out.shape))).to(out.dtype))
    return out.detach().numpy(), None if leaf.grad is None else leaf.grad.numpy()
