"""How fast the layers are beside PyTorch on the CPU, one thread each: `python tests/benchmarks/bench_layers.py`.

Prints two Markdown tables. A ratio is our processor time over PyTorch's, the medians of seven rounds that take turns, so
that a busy machine slows both alike; 1.0 is PyTorch and lower is better. Both sides get the same float32 arrays and do the
same work: forward keeps what backward needs, backward gives dx, dweight and dbias (`torch.autograd.grad` on a kept graph).
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from course_utils.layers import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    conv2d_backward,
    conv2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)

ROUNDS = 7
SECONDS_A_MEASUREMENT = 0.1


@dataclass(frozen=True)
class Convolution:
    """One convolution to time; a target is (realistic, ambitious), forward then backward."""

    name: str
    x: tuple[int, int, int, int]
    weight: tuple[int, int, int, int]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    forward: tuple[float, float] = (1.6, 1.3)
    backward: tuple[float, float] = (2.0, 1.3)


LENET = {"forward": (2.5, 2.0), "backward": (4.5, 2.0)}
POINTWISE = {"forward": (1.1, 1.0), "backward": (1.1, 1.0)}
VGG = Convolution("VGG 64→64, 112², 3x3", (4, 64, 112, 112), (64, 64, 3, 3), padding=1)
CONVOLUTIONS = (
    Convolution("LeNet conv2 6→16, 14², 5x5", (64, 6, 14, 14), (16, 6, 5, 5), **LENET),
    Convolution("3→32, 32², 3x3", (64, 3, 32, 32), (32, 3, 3, 3), padding=1),
    Convolution("32→64, 16², 3x3", (64, 32, 16, 16), (64, 32, 3, 3), padding=1),
    VGG,
    Convolution("1x1 256→64, 28²", (16, 256, 28, 28), (64, 256, 1, 1), **POINTWISE),
    Convolution("64→128, 56², 3x3 stride 2", (8, 64, 56, 56), (128, 64, 3, 3), stride=2, padding=1),
    Convolution("64→64, 28², 3x3 dilation 2", (16, 64, 28, 28), (64, 64, 3, 3), padding=2, dilation=2),
    Convolution("AlexNet conv1 3→96, 227², 11x11 stride 4", (4, 3, 227, 227), (96, 3, 11, 11), stride=4),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: milliseconds of ours and of PyTorch's, and the target ratios."""

    name: str
    what: str
    ours: float
    torch: float
    targets: tuple[float, float] | None

    def __str__(self) -> str:
        ratio = self.ours / self.torch
        realistic, ambitious = self.targets or ("–", "–")
        reached = "" if not self.targets else _verdict(ratio, *self.targets)
        return (
            f"| {self.name} | {self.what} | {self.ours:.2f} | {self.torch:.2f} "
            f"| {ratio:.2f} | {realistic} | {ambitious} | {reached} |"
        )


def main() -> None:
    torch.set_num_threads(1)
    wanted = sys.argv[1:]
    print(f"numpy {np.__version__}, torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}\n")
    print("| shape (batch) | what | ours, ms | PyTorch, ms | ratio | realistic | ambitious | reached |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    for row in (*convolution_rows(wanted), *pooling_rows(wanted)):
        print(row, flush=True)
    print("\n| VGG shape, peak MB by tracemalloc | forward | backward |\n|---|---:|---:|")
    for batch in (1, VGG.x[0]):
        forward, backward = peak_memory(VGG, batch)
        print(f"| batch {batch}, results included | {forward:.1f} | {backward:.1f} |")


def convolution_rows(wanted: list[str]) -> Iterator[Row]:
    for case in CONVOLUTIONS:
        if wanted and not any(word in case.name for word in wanted):
            continue
        x, weight, bias = _convolution_arrays(case, case.x[0])
        how = (case.stride, case.padding, case.dilation)
        out, cache = conv2d_forward(x, weight, bias, *how)
        dout = _normal(out.shape)
        tensors = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
        t_out, t_dout = F.conv2d(*tensors, *how), torch.tensor(dout)
        name = f"{case.name} ({case.x[0]})"
        pair = _interleaved(lambda: conv2d_forward(x, weight, bias, *how), lambda: F.conv2d(*tensors, *how))
        yield Row(name, "forward", *pair, case.forward)
        pair = _interleaved(
            lambda: conv2d_backward(dout, cache),
            lambda: torch.autograd.grad(t_out, tensors, t_dout, retain_graph=True),
        )
        yield Row(name, "backward", *pair, case.backward)


def pooling_rows(wanted: list[str]) -> Iterator[Row]:
    x = _normal((32, 64, 32, 32))
    tensor = torch.tensor(x, requires_grad=True)
    maximum = (max_pool2d_forward, max_pool2d_backward, F.max_pool2d)
    average = (avg_pool2d_forward, avg_pool2d_backward, F.avg_pool2d)
    cases = (
        ("2x2 max", maximum, 2, 2, (0.5, 0.2), (3.0, 1.5), None),
        ("3x3 stride 2 max", maximum, 3, 2, None, None, (1.0, 0.6)),
        ("2x2 average", average, 2, 2, None, None, None),
        ("3x3 stride 2 average", average, 3, 2, None, None, None),
    )
    for name, (forward, backward, t_pool), kernel_size, stride, *targets in cases:
        if wanted and not any(word in name for word in wanted):
            continue
        out, cache = forward(x, kernel_size, stride)
        dout = _normal(out.shape)
        t_out, t_dout = t_pool(tensor, kernel_size, stride), torch.tensor(dout)
        name = f"{name} pooling, 64 channels, 32² (32)"
        f_ours, f_torch = _interleaved(
            lambda: forward(x, kernel_size, stride), lambda: t_pool(tensor, kernel_size, stride)
        )
        b_ours, b_torch = _interleaved(
            lambda: backward(dout, cache),
            lambda: torch.autograd.grad(t_out, tensor, t_dout, retain_graph=True),
        )
        yield Row(name, "forward", f_ours, f_torch, targets[0])
        yield Row(name, "backward", b_ours, b_torch, targets[1])
        yield Row(name, "both", f_ours + b_ours, f_torch + b_torch, targets[2])


def peak_memory(case: Convolution, batch: int) -> tuple[float, float]:
    """Peak megabytes (10⁶ bytes) that forward and backward allocate, their results included, their inputs not."""
    x, weight, bias = _convolution_arrays(case, batch)
    out, cache = conv2d_forward(x, weight, bias, case.stride, case.padding, case.dilation)
    dout = _normal(out.shape)
    return (
        _peak(lambda: conv2d_forward(x, weight, bias, case.stride, case.padding, case.dilation)),
        _peak(lambda: conv2d_backward(dout, cache)),
    )


def _convolution_arrays(case: Convolution, batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return _normal((batch, *case.x[1:])), _normal(case.weight), _normal(case.weight[:1])


def _normal(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def _interleaved(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Median milliseconds of processor time a call, of both, measured in turns."""
    pair = [(call, _repetitions(call)) for call in (ours, theirs)]
    times = [[_milliseconds(call, count) for call, count in pair] for _ in range(ROUNDS)]
    our_times, their_times = zip(*times, strict=True)
    return statistics.median(our_times), statistics.median(their_times)


def _repetitions(call: Callable[[], object]) -> int:
    call()
    return max(1, round(1000 * SECONDS_A_MEASUREMENT / max(_milliseconds(call, 2), 0.001)))


def _milliseconds(call: Callable[[], object], count: int) -> float:
    start = time.process_time()
    for _ in range(count):
        call()
    return 1000 * (time.process_time() - start) / count


def _peak(call: Callable[[], object]) -> float:
    tracemalloc.start()
    call()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def _verdict(ratio: float, realistic: float, ambitious: float) -> str:
    if ratio <= ambitious:
        return "ambitious"
    return "realistic" if ratio <= realistic else "missed"


if __name__ == "__main__":
    main()
