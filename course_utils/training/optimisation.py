"""Momentum SGD as a recipe wants it, and the moving average of the weights."""

import copy

import torch
from torch import nn

from course_utils.training.device import Place
from course_utils.training.recipe import Recipe

_NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm)


def sgd(network: nn.Module, recipe: Recipe, place: Place) -> torch.optim.SGD:
    """SGD for all parameters of the network, in one kernel over all of them where PyTorch has one.

    The papers' weight decay falls on every parameter. With decay_all=False, biases and the parameters of normalisations are
    free of it. The learning rate is set before every step by whoever calls it.
    """
    fused = place.device.type in ("cpu", "cuda")
    groups = [{"params": list(network.parameters())}] if recipe.decay_all else _without_decay(network)
    options = {"momentum": recipe.momentum, "nesterov": recipe.nesterov, "weight_decay": recipe.weight_decay}
    return torch.optim.SGD(groups, lr=recipe.lr, fused=fused, **options)


def _without_decay(network: nn.Module) -> list[dict]:
    free = {id(layer.bias) for layer in network.modules() if getattr(layer, "bias", None) is not None}
    for layer in network.modules():
        if isinstance(layer, _NORMS):
            free |= {id(parameter) for parameter in layer.parameters(recurse=False)}
    parameters = list(network.parameters())
    decayed = [parameter for parameter in parameters if id(parameter) not in free]
    kept = [parameter for parameter in parameters if id(parameter) in free]
    return [{"params": decayed}, {"params": kept, "weight_decay": 0.0}] if kept else [{"params": decayed}]


class MovingAverage:
    """A copy of the network whose weights follow it slowly: after a step, decay of the old and 1 - decay of the new.

    In the first steps the decay is smaller, (1 + step) / (10 + step), so that the initial weights are soon forgotten. Buffers,
    such as running means, are averaged alike; whole numbers are copied.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.decay = decay
        self.network = copy.deepcopy(network).requires_grad_(False)
        self.steps = 0

    @torch.no_grad()
    def follow(self, network: nn.Module) -> None:
        """Take one step's weights in."""
        self.steps += 1
        new_share = 1 - min(self.decay, (1 + self.steps) / (10 + self.steps))
        mine, theirs = self.network.state_dict(), network.state_dict()
        real = [name for name, value in mine.items() if value.is_floating_point()]
        torch._foreach_lerp_([mine[name] for name in real], [theirs[name] for name in real], new_share)
        for name in mine.keys() - set(real):
            mine[name].copy_(theirs[name])

    def state_dict(self) -> dict:
        return {"steps": self.steps, "network": self.network.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        self.steps = state["steps"]
        self.network.load_state_dict(state["network"])
