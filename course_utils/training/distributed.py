"""Several processes that train one network together, each on its share of every batch; `torchrun` starts them.

`torchrun --nproc_per_node=2 -m course_utils.cli train cifar-resnet20` says by the variables RANK, WORLD_SIZE and LOCAL_RANK
which process is which. Gradients travel by NCCL between GPUs and by Gloo between processors.
"""

import atexit
import os
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


@dataclass(frozen=True)
class Group:
    """This process among `size`: `rank` counts all of them, `local_rank` those of this machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and shows progress."""
        return self.rank == 0

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network as it is called in training: its gradients become means over all processes."""
        if self.size == 1:
            return network
        return DistributedDataParallel(network, device_ids=[device] if device.type == "cuda" else None)

    def sum(self, values: torch.Tensor) -> torch.Tensor:
        """The sum over all processes, in all of them."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def copy_buffers(self, network: nn.Module) -> None:
        """Give every process the buffers of the first, such as the running means of batch normalisation."""
        if self.size > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def from_first(self, value: Any) -> Any:
        """What the first process has, in all of them."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, 0)
        return box[0]

    def from_all(self, value: Any) -> list[Any]:
        """What every process has, in all of them, in the order of their ranks."""
        if self.size == 1:
            return [value]
        values = [None] * self.size
        distributed.all_gather_object(values, value)
        return values


def processes(cuda: bool) -> Group:
    """The group that this process belongs to, alone where nobody has started several.

    It is made when it is first asked for and lasts as long as the process, for PyTorch cannot make it twice from torchrun's
    variables. Raises ValueError if those are there in part.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Group()
    missing = [name for name in ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise ValueError(f"WORLD_SIZE asks for several processes, but {', '.join(missing)} is not set: use torchrun")
    local_rank = int(os.environ["LOCAL_RANK"])
    if not distributed.is_initialized():
        if cuda:
            torch.cuda.set_device(local_rank)
        distributed.init_process_group("nccl" if cuda else "gloo")
        atexit.register(distributed.destroy_process_group)
    return Group(distributed.get_rank(), distributed.get_world_size(), local_rank)
