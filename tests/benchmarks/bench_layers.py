"""How fast the layers are beside PyTorch on the CPU, one thread each: `python tests/benchmarks/bench_layers.py`.

Prints two Markdown tables. A ratio is our processor time over PyTorch's, the medians of seven rounds that take turns, so
that a busy machine slows both alike; 1.0 is PyTorch and lower is better. Both sides get the same float32 arrays and do the
same work: forward keeps what backward needs, backward gives dx, dweight and dbias (`torch.autograd.grad` on a kept graph).
"Products" is the ratio that the bare matrix products would have: NumPy cannot do better without fewer multiplications.

Words after the name choose rows: `python tests/benchmarks/bench_layers.py LeNet pooling`. With `--system-allocator` memory
is handled as in any program that nobody tuned.
"""

import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, max_pool2d

from course_utils.layers import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    batch_norm_backward,
    batch_norm_forward,
    conv2d_backward,
    conv2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.layers.windows import TILE

THREADS = {"OMP_NUM_THREADS": "1"}
# Freed memory is kept rather than given back to the system, or whoever returns an array of several
# megabytes pays for its pages again at every call, now ours and now PyTorch, by the mood of the allocator.
ALLOCATOR = {
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_TRIM_THRESHOLD_": "10000000000",
    "MALLOC_TOP_PAD_": "100000000",
}
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
class Pooling:
    """One pooling to time, with its targets."""

    name: str
    functions: tuple[Callable, Callable, Callable]
    kernel_size: int
    stride: int
    forward: tuple[float, float] | None = None
    backward: tuple[float, float] | None = None
    both: tuple[float, float] | None = None


@dataclass(frozen=True)
class Normalisation:
    """One batch normalisation in training to time, with its targets."""

    name: str
    x: tuple[int, int, int, int]
    forward: tuple[float, float] = (1.2, 0.8)
    backward: tuple[float, float] = (2.3, 1.6)


MAXIMUM = (max_pool2d_forward, max_pool2d_backward, max_pool2d)
AVERAGE = (avg_pool2d_forward, avg_pool2d_backward, avg_pool2d)
POOLINGS = (
    Pooling("2x2 max pooling", MAXIMUM, 2, 2, forward=(0.5, 0.2), backward=(3.0, 1.5)),
    Pooling("3x3 stride 2 max pooling", MAXIMUM, 3, 2, both=(1.0, 0.6)),
    Pooling("2x2 average pooling", AVERAGE, 2, 2),
    Pooling("3x3 stride 2 average pooling", AVERAGE, 3, 2),
)

NORMALISATIONS = (
    Normalisation("batch norm, 64 channels, 32²", (32, 64, 32, 32)),
    Normalisation("batch norm, 64 channels, 56²", (8, 64, 56, 56)),
)


@dataclass(frozen=True)
class Row:
    """One line of the table: milliseconds of ours, of PyTorch's and of the bare products, and the target ratios."""

    name: str
    what: str
    ours: float
    torch: float
    targets: tuple[float, float] | None
    products: float | None = None

    def __str__(self) -> str:
        ratio = self.ours / self.torch
        floor = "" if self.products is None else f"{self.products / self.torch:.2f}"
        realistic, ambitious = self.targets or ("", "")
        reached = "" if not self.targets else _verdict(ratio, realistic, ambitious)
        return (
            f"| {self.name} | {self.what} | {self.ours:.2f} | {self.torch:.2f} | {ratio:.2f} | {floor} "
            f"| {realistic} | {ambitious} | {reached} |"
        )


def main() -> None:
    wanted = prepare(sys.argv[1:])
    print("| shape (batch) | what | ours, ms | PyTorch, ms | ratio | products | realistic | ambitious | reached |")
    print("|---|---|---:|---:|---:|---:|---:|---:|---|")
    tables = ((convolution_rows, CONVOLUTIONS), (pooling_rows, POOLINGS), (normalisation_rows, NORMALISATIONS))
    for rows, cases in tables:
        for case in cases:
            if not wanted or any(word in case.name for word in wanted):
                print(*rows(case), sep="\n", flush=True)
    print("\n| VGG shape, peak MB by tracemalloc | forward | backward |\n|---|---:|---:|")
    for batch in (1, VGG.x[0]):
        forward, backward = peak_memory(VGG, batch)
        print(f"| batch {batch}, results included | {forward:.1f} | {backward:.1f} |")


def prepare(words: list[str]) -> list[str]:
    """Set threads and allocator, by a fresh start if need be, print the versions; the words but `--system-allocator`."""
    wanted = [word for word in words if word != "--system-allocator"]
    settings = THREADS | ({} if len(wanted) < len(words) else ALLOCATOR)
    if not settings.items() <= os.environ.items():
        # They are read when a process starts.
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **settings})
    torch.set_num_threads(1)
    print(f"numpy {np.__version__}, torch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}\n")
    return wanted


def convolution_rows(case: Convolution) -> Iterator[Row]:
    x, weight, bias = _convolution_arrays(case, case.x[0])
    how = (case.stride, case.padding, case.dilation)
    out, cache = conv2d_forward(x, weight, bias, *how)
    dout = _normal(out.shape)
    tensors = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    t_out, t_dout = conv2d(*tensors, *how), torch.tensor(dout)
    name = f"{case.name} ({case.x[0]})"
    products = _products(weight, out)
    pair = interleaved(lambda: conv2d_forward(x, weight, bias, *how), lambda: conv2d(*tensors, *how))
    yield Row(name, "forward", *pair, case.forward, products)
    pair = interleaved(
        lambda: conv2d_backward(dout, cache),
        lambda: torch.autograd.grad(t_out, tensors, t_dout, retain_graph=True),
    )
    yield Row(name, "backward", *pair, case.backward, 2 * products)


def pooling_rows(case: Pooling) -> Iterator[Row]:
    forward, backward, t_pool = case.functions
    x = _normal((32, 64, 32, 32))
    tensor = torch.tensor(x, requires_grad=True)
    how = (case.kernel_size, case.stride)
    out, cache = forward(x, *how)
    dout = _normal(out.shape)
    t_out, t_dout = t_pool(tensor, *how), torch.tensor(dout)
    name = f"{case.name}, 64 channels, 32² (32)"
    ours, theirs = interleaved(lambda: forward(x, *how), lambda: t_pool(tensor, *how))
    yield Row(name, "forward", ours, theirs, case.forward)
    back_ours, back_theirs = interleaved(
        lambda: backward(dout, cache), lambda: torch.autograd.grad(t_out, tensor, t_dout, retain_graph=True)
    )
    yield Row(name, "backward", back_ours, back_theirs, case.backward)
    yield Row(name, "both", ours + back_ours, theirs + back_theirs, case.both)


def normalisation_rows(case: Normalisation) -> Iterator[Row]:
    x, channels = _normal(case.x), case.x[1]
    weight, bias, running_mean, running_var = np.ones((4, channels), np.float32)
    *_, cache = batch_norm_forward(x, weight, bias, running_mean, running_var)
    dout = _normal(case.x[::-1]).reshape(case.x)
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, weight, bias)]
    buffers = [torch.tensor(array) for array in (running_mean, running_var)]
    t_out, t_dout = batch_norm(leaves[0], *buffers, *leaves[1:], training=True), torch.tensor(dout)
    name = f"{case.name} ({case.x[0]})"
    pair = interleaved(
        lambda: batch_norm_forward(x, weight, bias, running_mean, running_var),
        lambda: batch_norm(leaves[0], *buffers, *leaves[1:], training=True),
    )
    yield Row(name, "forward", *pair, case.forward)
    pair = interleaved(
        lambda: batch_norm_backward(dout, cache),
        lambda: torch.autograd.grad(t_out, leaves, t_dout, retain_graph=True),
    )
    yield Row(name, "backward", *pair, case.backward)


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


def _products(weight: np.ndarray, out: np.ndarray) -> float:
    """Milliseconds of the matrix products of a forward pass, in tiles of the layer's size, with everything in place."""
    places = out.size // len(weight)
    filters = weight.reshape(len(weight), -1)
    columns = _normal((filters.shape[1], min(TILE, places)))
    result = np.empty((len(filters), columns.shape[1]), np.float32)
    once, _ = interleaved(lambda: np.matmul(filters, columns, out=result), lambda: None)
    return once * places / columns.shape[1]


def interleaved(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
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
