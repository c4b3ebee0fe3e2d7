"""How much memory a network takes, before it is run: what a training step holds at its worst moment, by source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from course_utils.accounting.memory_ledger import SOURCES, Moment
from course_utils.accounting.memory_simulation import OPTIMIZERS, Settings, simulate
from course_utils.accounting.memory_table import as_html, as_text
from course_utils.accounting.steps import Step
from course_utils.accounting.volumes import Size
from course_utils.layers.arguments import check_integer

DTYPES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Memory:
    """Bytes at the worst moment of a step: `sources` add up to `peak`, which is reached in the step `peak_at`.

    sources: "input" (pictures and labels), "parameters", "gradients" (of the parameters, as far as they exist then),
    "optimizer state", "buffers", "activations" (kept for the way back), "temporaries" (other activations, gradients of
    activations, what a function takes for a moment) and "workspace" (copies that convolutions compute on).
    phase: where in the step the peak lies, "forward", "loss", "backward" or "optimizer". kept: all activations that are
    kept when the way back begins. timeline: every layer on its way forward and back, in order.
    """

    title: str
    batch_size: int
    training: bool
    optimizer: str | None
    sources: Mapping[str, int]
    peak: int
    peak_at: str
    phase: str
    kept: int
    timeline: tuple[Moment, ...]

    def __str__(self) -> str:
        return as_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return as_html(self)


def memory(
    network: Any,
    input_size: Size,
    batch_size: int = 1,
    *,
    training: bool = True,
    optimizer: str | None = "momentum",
    dtype: str = "float32",
    inplace: bool | None = None,
    device: str = "cpu",
    threads: int | None = None,
) -> Memory:
    """The peak of one training step in the steady state, or of a forward pass without gradients (training=False).

    network: a torch module, on whatever device, or plain Steps. input_size: of one picture, (C, H, W). The training step
    is the second: gradients set to None, forward, cross entropy, backward, the optimizer's step ("sgd", "momentum",
    "adam", or None for no step). inplace: None takes each ReLU as the network says, True or False counts all of them so.
    device "cuda": a dropout's mask has a byte a number, Adam's temporaries are as large as all parameters, and there is
    no workspace, because what a GPU's convolutions take depends on what its library tries. threads: PyTorch's on the CPU,
    which decide how it convolves; None: as many as it uses now.

    Compared with measured peaks in float32 on an x86-64 CPU with AVX-512: tests/benchmarks/README.md has the table.
    Elsewhere the workspace differs, which shows in small networks: LeNet-5's peak by half. Training is within 1%,
    but for ConvNeXt (6% too little: a picture with its channels last is convolved in another way) and LeNet-5 of 1998
    (half: its layers hide what they are made of). Without gradients a network whose code holds a variable longer than it
    needs takes up to 7% more than predicted. On a GPU nothing was compared.

    Raises ValueError for an unknown optimizer, dtype or device, TypeError for what is no network, and what `summary` raises
    for a network that it cannot count.
    """
    steps = _steps(network, training)
    settings = _settings(batch_size, training, optimizer, dtype, inplace, device, threads)
    return _simulated(network, steps, input_size, settings)


def largest_batch(
    network: Any, input_size: Size, available_bytes: int, *, training: bool = True, **options: Any
) -> int:
    """The most pictures at once with which a step stays within `available_bytes`, as `memory` predicts; 0 if not even one.

    options: those of `memory`: optimizer, dtype, inplace, device, threads.
    """
    steps = _steps(network, training)

    def fits(batch_size: int) -> bool:
        settings = _settings(batch_size, training, **options)
        return _simulated(network, steps, input_size, settings).peak <= available_bytes

    if not fits(1):
        return 0
    low, high = 1, 2
    while fits(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _steps(network: Any, training: bool) -> Sequence[Step]:
    """The steps in that mode: auxiliary heads run in training only."""
    if isinstance(network, Sequence) and all(isinstance(step, Step) for step in network):
        return network
    from torch import nn

    from course_utils.accounting.tracing import trace

    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a torch module or a sequence of Step, got {network!r}")
    was_training = network.training
    try:
        return trace(network.train(training))
    finally:
        network.train(was_training)


def _settings(
    batch_size: int,
    training: bool,
    optimizer: str | None = "momentum",
    dtype: str = "float32",
    inplace: bool | None = None,
    device: str = "cpu",
    threads: int | None = None,
) -> Settings:
    check_integer("batch_size", batch_size, least=1)
    known = {"optimizer": (optimizer, OPTIMIZERS), "dtype": (dtype, DTYPES), "device": (device, DEVICES)}
    for name, (value, values) in known.items():
        if value not in values:
            raise ValueError(f"{name} must be {' or '.join(map(repr, values))}, got {value!r}")
    if threads is None:
        import torch

        threads = torch.get_num_threads()
    return Settings(batch_size, training, optimizer, DTYPES[dtype], inplace, device, threads)


def _simulated(network: Any, steps: Sequence[Step], input_size: Size, settings: Settings) -> Memory:
    ledger = simulate(steps, input_size, settings, _parameters(network))
    worst = ledger.moments[ledger.peak_moment]
    return Memory(
        title="Network" if isinstance(network, Sequence) else type(network).__name__,
        batch_size=settings.batch_size,
        training=settings.training,
        optimizer=settings.optimizer if settings.training else None,
        sources={source: ledger.sources_at_peak.get(source, 0) for source in SOURCES},
        peak=ledger.peak,
        peak_at=worst.name,
        phase=worst.phase,
        kept=sum(moment.kept for moment in ledger.moments),
        timeline=tuple(ledger.moments),
    )


def _parameters(network: Any) -> int | None:
    """How many numbers a torch module learns, those of parts that do not run among them; None for plain steps."""
    return None if isinstance(network, Sequence) else sum(parameter.numel() for parameter in network.parameters())
