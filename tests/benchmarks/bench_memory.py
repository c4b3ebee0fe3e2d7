"""Memory predicted and measured on the CPU: `python tests/benchmarks/bench_memory.py [--threads N] [network …]`.

A row is one network with one batch: the peak that `memory` predicts, the peak that `measure_network` sees of PyTorch's
allocator, and the first by the second; once for a training step with momentum, once for a forward pass without gradients.
It takes some minutes, and 2.5 GB for VGG-16.
"""

import sys

import torch

from course_utils import models
from course_utils.accounting import measure_network, memory

SMALL = ("lenet5", "nin_cifar", "resnet20_cifar", "resnet56_cifar")
LARGE = (
    *(
        "alexnet",
        "alexnet_two_tower",
        "vgg16",
        "vgg16_bn",
        "googlenet",
        "googlenet_2014",
        "resnet18",
        "plain18",
        "resnet50",
    ),
    *("preact_resnet50", "resnext50_32x4d", "se_resnet50", "densenet121", "mobilenet_v2", "convnext_tiny"),
)
BATCHES = dict.fromkeys(SMALL, (32, 128)) | dict.fromkeys(LARGE, (2, 8))


def main() -> None:
    chosen = sys.argv[1:]
    if "--threads" in chosen:
        place = chosen.index("--threads")
        torch.set_num_threads(int(chosen[place + 1]))
        del chosen[place : place + 2]
    print(
        f"{torch.get_num_threads()} thread(s), PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}\n"
    )
    print("| network | batch | training: predicted, MB | measured, MB | ratio | worst moment |", end="")
    print(" inference: predicted, MB | measured, MB | ratio |\n|---|---:|---:|---:|---:|---|---:|---:|---:|")
    for name in chosen or BATCHES:
        network, input_size = models.create(name, seed=0), models.describe(name).input_size
        for batch_size in BATCHES[name]:
            cells = [name, str(batch_size)]
            for training in (True, False):
                predicted = memory(network, input_size, batch_size, training=training)
                measured = measure_network(network, input_size, batch_size, training=training)
                cells += [f"{predicted.peak / 1e6:.2f}", f"{measured / 1e6:.2f}", f"{predicted.peak / measured:.4f}"]
                cells += [f"{predicted.peak_at}, {predicted.phase}"] if training else []
            print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
