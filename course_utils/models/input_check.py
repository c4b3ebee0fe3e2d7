"""Pictures that a network cannot take, refused in words before the first layer sees them."""

import torch
from torch import nn

from course_utils.accounting import TooSmall, summary


class _InputCheck:
    """A hook that looks at a batch before the network does."""

    def __init__(self, name: str, in_channels: int, published: tuple[int, int], smallest: int, fixed: bool) -> None:
        self.name = name
        self.in_channels = in_channels
        self.published = published
        self.smallest = smallest
        self.fixed = fixed

    def __call__(self, network: nn.Module, arguments: tuple) -> None:
        x = arguments[0]
        # What torch.fx passes through a network is no tensor and has no size to look at.
        if not isinstance(x, torch.Tensor):
            return
        if x.ndim != 4:
            remedy = "; a single picture becomes a batch with x[None]" if x.ndim == 3 else ""
            raise ValueError(f"x must be a batch (N, C, H, W) for {self.name}, got shape {tuple(x.shape)}{remedy}")
        if not x.is_floating_point():
            raise TypeError(f"x must be floating point for {self.name}, got {x.dtype}; convert it with x.float() / 255")
        if x.shape[1] != self.in_channels:
            raise ValueError(
                f"x has {x.shape[1]} channels, but this {self.name} was made for {self.in_channels}; make it with "
                f"create({self.name!r}, in_channels={x.shape[1]}), or change the pictures"
            )
        height, width = x.shape[2:]
        if self.fixed and (height, width) != self.published:
            raise ValueError(
                f"x has pictures of {height}x{width}, but {self.name} takes {self.published[0]}x{self.published[1]} "
                "alone, since its fully connected layers have a weight for every place; resize the pictures"
            )
        if min(height, width) < self.smallest:
            raise ValueError(
                f"x has pictures of {height}x{width}, too small for {self.name}, which needs "
                f"{self.smallest}x{self.smallest}{self._where(network, height, width)}; enlarge them, or take a network "
                "for small pictures, such as resnet20_cifar"
            )

    def _where(self, network: nn.Module, height: int, width: int) -> str:
        """The layer at which such a picture is used up, with what it gets and needs."""
        try:
            summary(network, (self.in_channels, height, width))
        except TooSmall as error:
            got, needed = ("x".join(map(str, size)) for size in (error.got, error.needed))
            return f": {error.layer} would get {got} and needs {needed}"
        return ""


def check_inputs(
    network: nn.Module, name: str, in_channels: int, published: tuple[int, int], smallest: int, fixed: bool
) -> None:
    """From now on the network refuses batches that it cannot take, with a ValueError or TypeError that says why.

    name: what to call the network; in_channels: the channels it was made for; published: the height and width it was
    published for; smallest, fixed: as in `registry.Entry`.
    """
    network.register_forward_pre_hook(_InputCheck(name, in_channels, published, smallest, fixed))
