"""Where a network is trained and with which numbers: chosen once, and said in a sentence."""

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from course_utils.training.recipe import Recipe


@dataclass(frozen=True)
class Place:
    """A device, and what is used of it. `sentence` tells all of that."""

    device: torch.device
    precision: str
    channels_last: bool
    compiled: bool
    name: str
    sentence: str

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    @property
    def memory_format(self) -> torch.memory_format:
        return torch.channels_last if self.channels_last else torch.contiguous_format

    def autocast(self) -> AbstractContextManager:
        """Within it, convolutions and products are computed in bfloat16, if that is the precision."""
        if self.precision == "bfloat16":
            return torch.autocast(self.device.type, dtype=torch.bfloat16)
        return nullcontext()

    def compile(self, network: nn.Module) -> nn.Module:
        return torch.compile(network) if self.compiled else network


def choose(recipe: Recipe, device: str | torch.device | None = None, local_rank: int = 0) -> Place:
    """The place for this recipe: the device asked for, else a GPU where there is one, else the processor.

    local_rank: which of the machine's processes this is, which takes the GPU of that number.
    Raises ValueError for an unknown device, and for CUDA where there is none, with what to do.
    """
    chosen = _device(device, local_rank)
    if chosen.type != "cuda":
        return _on_processor(recipe, chosen)
    bfloat16 = recipe.precision == "bfloat16" and torch.cuda.is_bf16_supported()
    name = torch.cuda.get_device_name(chosen)
    precision = "bfloat16" if bfloat16 else "float32"
    said = [f"in {precision}" if bfloat16 == (recipe.precision == "bfloat16") else "in float32, as it has no bfloat16"]
    said += ["channels last"] if recipe.channels_last else []
    said += ["compiled"] if recipe.compile else []
    sentence = f"Training on {name} ({chosen}) {', '.join(said)}."
    return Place(chosen, precision, recipe.channels_last, recipe.compile, name, sentence)


def _device(device: str | torch.device | None, local_rank: int) -> torch.device:
    if device is None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(
            f'device must be "cpu" or "cuda", or left out to let the course choose, got {device!r}'
        ) from error
    if chosen.type != "cuda":
        return chosen
    if not torch.cuda.is_available():
        reason = "this PyTorch is made for processors alone" if not torch.version.cuda else "PyTorch finds no GPU here"
        raise ValueError(
            f'device "{device}" was asked for, but {reason}: leave device out or use "cpu"; `course doctor` says more'
        )
    index = local_rank if chosen.index is None else chosen.index
    if index >= torch.cuda.device_count():
        raise ValueError(f"there are {torch.cuda.device_count()} GPUs here, counted from 0, got device {index}")
    return torch.device("cuda", index)


def _on_processor(recipe: Recipe, device: torch.device) -> Place:
    """What pays on a GPU is left out: on most processors bfloat16 and compiling cost more time than they save."""
    wanted = {
        "bfloat16": recipe.precision == "bfloat16",
        "channels last": recipe.channels_last,
        "compiling": recipe.compile,
    }
    left_out = [what for what, asked in wanted.items() if asked]
    threads = torch.get_num_threads()
    sentence = f"Training on {device} in float32 with {threads} thread{'s' * (threads != 1)}"
    sentence += f"; {' and '.join(left_out)} left to GPUs." if left_out else "."
    return Place(device, "float32", False, False, str(device), sentence)


@contextmanager
def repeatable():
    """Within it, cuDNN uses only what gives the same result every time, and does not choose by a stopwatch."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True):
        yield
