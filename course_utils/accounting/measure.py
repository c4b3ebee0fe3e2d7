"""The memory that PyTorch really takes, measured.

On the CPU every allocation of PyTorch's allocator is followed, with PyTorch's own profiler: tensors, and also what a
function takes for a moment inside, such as the copies that oneDNN makes for a convolution. A `TorchDispatchMode` or a sum
over `gc.get_objects()` would miss those. What the profiler does not see: matrix products' packed operands in MKL, Python
itself, and what the C library keeps of freed memory, which is why a process is larger than its tensors.
"""

import gc
from collections.abc import Callable, Iterator
from typing import Any

_RATE = 0.0


def measure_memory(step: Callable[[], Any], device: str = "cpu") -> int:
    """The most bytes that `step()` holds at any moment, beyond what was held when it began.

    It must not free memory from before: set gradients to None first. "cpu": what this thread allocates, as autograd on
    the CPU does. "cuda": torch.cuda.max_memory_allocated, in which every allocation is rounded up to 512 bytes.
    """
    import torch

    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        step()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    held = peak = 0
    for change in allocations(step):
        held += change
        peak = max(peak, held)
    return peak


def measure_network(
    network: Any,
    input_size: tuple[int, ...],
    batch_size: int = 1,
    *,
    training: bool = True,
    optimizer: str | None = "momentum",
    dtype: str = "float32",
    device: str = "cpu",
) -> int:
    """The peak of one training step, or of one forward pass without gradients: what `memory` predicts, measured.

    network: a torch module on the device. The step is the second, when the optimizer has its state: gradients are set to
    None, then forward, cross entropy, backward and the optimizer's step. The peak counts everything that the network and
    the step hold: input, parameters, gradients, optimizer state, buffers, activations and all temporaries. Weights stay
    as they were, with a rate of 0; running statistics of batch norm move on.
    """
    import torch

    images = torch.zeros(batch_size, *input_size, dtype=getattr(torch, dtype), device=device)
    labels = torch.zeros(batch_size, dtype=torch.long, device=device)
    was_training = network.training
    network.train(training)
    if not training:
        held = [images, *network.parameters(), *network.buffers()]
        with torch.no_grad():
            peak = measure_memory(lambda: network(images), device)
        network.train(was_training)
        return _bytes(held) + peak

    stepper = make_optimizer(optimizer, network.parameters())

    def step() -> None:
        cross_entropy(network(images), labels).backward()
        if stepper is not None:
            stepper.step()

    network.zero_grad()
    step()
    network.zero_grad()
    state = [value for values in (stepper.state.values() if stepper else ()) for value in values.values()]
    held = _bytes([images, labels, *network.parameters(), *network.buffers(), *state])
    peak = measure_memory(step, device)
    network.zero_grad()
    network.train(was_training)
    return held + peak


def allocations(step: Callable[[], Any]) -> Iterator[int]:
    """What `step()` allocates (bytes above 0) and frees (below 0) on the CPU, in order, in this thread."""
    # The profiler of today gives the same numbers, but writes two lines into the output whenever it runs.
    from torch.autograd import _disable_profiler_legacy, _enable_profiler_legacy, profiler_legacy

    # Old garbage that is collected on the way would count as freed, and in the size of what lay there when last profiled.
    gc.collect()
    was_collecting = gc.isenabled()
    gc.disable()
    _enable_profiler_legacy(profiler_legacy.profile(profile_memory=True).config())
    try:
        step()
    finally:
        threads = _disable_profiler_legacy()
        if was_collecting:
            gc.enable()
    return (event.cpu_memory_usage() for events in threads for event in events if event.kind() == "memory_alloc")


def make_optimizer(optimizer: str | None, parameters: Any) -> Any:
    """PyTorch's optimizer of that name, with a rate of 0; None for None. Raises ValueError for another name."""
    import torch

    makers = {
        None: lambda parameters: None,
        "sgd": lambda parameters: torch.optim.SGD(parameters, _RATE),
        "momentum": lambda parameters: torch.optim.SGD(parameters, _RATE, momentum=0.9),
        "adam": lambda parameters: torch.optim.Adam(parameters, _RATE),
    }
    if optimizer not in makers:
        raise ValueError(f'optimizer must be "sgd", "momentum", "adam" or None, got {optimizer!r}')
    return makers[optimizer](parameters)


def cross_entropy(scores: Any, labels: Any) -> Any:
    """The loss; the sum of the losses where a network has auxiliary outputs, as GoogLeNet in training."""
    from torch.nn import functional

    if isinstance(scores, tuple):
        return sum(functional.cross_entropy(each, labels) for each in scores)
    return functional.cross_entropy(scores, labels)


def _bytes(tensors: list[Any]) -> int:
    """Bytes of the tensors' memory; memory that two share counts once."""
    storages = {each.untyped_storage()._cdata: each.untyped_storage() for each in tensors if each is not None}
    return sum(storage.nbytes() for storage in storages.values())
