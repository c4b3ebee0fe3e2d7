"""What several tests ask of a network: its counts, its depth, its tracing, and a batch of pictures."""

import torch
from torch import fx, nn

from course_utils import models

WEIGHTED = (nn.Conv2d, nn.Linear)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def on_meta(name: str, **options) -> nn.Module:
    """A network without memory, in evaluation mode."""
    return models.create(name, device="meta", **options).eval()


def pictures(count: int, channels: int, height: int, width: int | None = None, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, channels, height, width or height, generator=torch.Generator().manual_seed(seed))


def longest_path(network: nn.Module) -> int:
    """How many layers with weights stand one behind the other, on the longest way from the picture to the scores."""
    graph = fx.symbolic_trace(network)
    modules, depths = dict(graph.named_modules()), {}
    for node in graph.graph.nodes:
        weighted = node.op == "call_module" and isinstance(modules[node.target], WEIGHTED)
        depths[node] = max((depths[before] for before in node.all_input_nodes), default=0) + weighted
    return max(depths.values())


def macs(name: str, **options) -> int:
    """Multiply-accumulates of the convolutions and linear layers for one picture, from the sizes that are seen."""
    network, total = on_meta(name, **options), []
    for module in network.modules():
        if isinstance(module, WEIGHTED):
            module.register_forward_hook(lambda m, _, out: total.append(out[0].numel() * m.weight[0].numel()))
    network(torch.empty(1, *models.describe(name).input_size, device="meta"))
    return sum(total)


def assert_traceable(network: nn.Module, x: torch.Tensor) -> None:
    """torch.fx follows it, and what it wrote down computes the same; twice in evaluation mode gives the same."""
    network.eval()
    with torch.no_grad():
        out = network(x)
        assert torch.equal(network(x), out)
        assert torch.equal(fx.symbolic_trace(network)(x), out)
        assert torch.isfinite(out).all()


def disturb(network: nn.Module, seed: int = 0) -> None:
    """Gives all normalisations other statistics and scales than those of the start, so that none can be left out."""
    generator = torch.Generator().manual_seed(seed)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d | nn.LayerNorm):
            tensors = [
                module.weight,
                module.bias,
                getattr(module, "running_mean", None),
                getattr(module, "running_var", None),
            ]
            for tensor in tensors:
                if tensor is not None:
                    tensor.data.uniform_(0.5, 1.5, generator=generator)
