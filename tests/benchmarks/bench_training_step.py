"""How fast a step of training is beside PyTorch on the CPU, one thread each: `python tests/benchmarks/bench_training_step.py`.

A step is forward, softmax with cross-entropy, backward and SGD with momentum, on a batch of 64 pictures of 28x28 pixels and
the network conv32, conv32, pool, conv64, pool, fc10, with ReLU after every convolution; all convolutions are 3x3 with padding
1. The first table is the whole step, in turns, by `train_step`; the second the same step part by part, where a part's input is
the output of the part before. As everywhere, PyTorch makes no gradient of the pictures, and neither do we.

Measured as `bench_layers.py` does, whose docstring says how; it takes `--system-allocator` too.
"""

import sys

import numpy as np
import torch
from bench_layers import interleaved, prepare

from course_utils.layers import SGD, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, train_step

BATCH, SIZE, TARGET = 64, 28, 1.1


def main() -> None:
    prepare(sys.argv[1:])
    rng = np.random.default_rng(0)
    x, labels = rng.standard_normal((BATCH, 1, SIZE, SIZE), dtype=np.float32), rng.integers(0, 10, BATCH)
    network, module = our_network(rng), torch_network()
    for theirs, ours in zip(module.parameters(), network.parameters(), strict=True):
        theirs.data = torch.tensor(ours.data)
    print("| | ours, ms | PyTorch, ms | ratio | target |\n|---|---:|---:|---:|---:|")
    optimizer = SGD(network.parameters(), lr=1e-3, momentum=0.9)
    t_optimizer = torch.optim.SGD(module.parameters(), lr=1e-3, momentum=0.9)
    t_x, t_labels = torch.tensor(x), torch.tensor(labels)
    ours, theirs = interleaved(
        lambda: train_step(network, optimizer, x, labels), lambda: torch_step(module, t_optimizer, t_x, t_labels)
    )
    print(f"| a step | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} | {TARGET} |\n")
    print("| part | ours, ms | PyTorch, ms | | ours, ms | PyTorch, ms |")
    print("|---|---:|---:|---|---:|---:|")
    for layer, t_layer in zip(network.layers, module, strict=True):
        x, t_x = part(layer, t_layer, x, t_x)


def our_network(rng: np.random.Generator) -> Sequential:
    network = Sequential(
        Conv2d(1, 32, 3, padding=1, rng=rng),
        ReLU(),
        Conv2d(32, 32, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Conv2d(32, 64, 3, padding=1, rng=rng),
        ReLU(),
        MaxPool2d(2),
        Flatten(),
        Linear(64 * 7 * 7, 10, rng=rng),
    )
    network.layers[0].input_gradient = False
    return network


def torch_network() -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.Conv2d(32, 32, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(32, 64, 3, padding=1),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(64 * 7 * 7, 10),
    )


def torch_step(
    module: torch.nn.Module, optimizer: torch.optim.Optimizer, x: torch.Tensor, labels: torch.Tensor
) -> float:
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(module(x), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def part(layer, t_layer, x: np.ndarray, t_x: torch.Tensor) -> tuple[np.ndarray, torch.Tensor]:
    """Print one layer's row, forward and backward, and return its outputs."""
    first = x.shape[1] == 1
    t_x = t_x.detach().requires_grad_(not first)
    out, t_out = layer(x), t_layer(t_x)
    # A gradient as it comes from the layer above, in the order of out in memory.
    dout = np.ones_like(out)
    t_dout = torch.ones_like(t_out)
    wanted = [*([] if first else [t_x]), *t_layer.parameters()]
    forward = interleaved(lambda: layer(x), lambda: t_layer(t_x))
    backward = interleaved(
        lambda: layer.backward(dout), lambda: torch.autograd.grad(t_out, wanted, t_dout, retain_graph=True)
    )
    print(f"| {layer} | {forward[0]:.2f} | {forward[1]:.2f} | | {backward[0]:.2f} | {backward[1]:.2f} |", flush=True)
    return out, t_out


if __name__ == "__main__":
    main()
