"""The path around a residual block's layers, where input and output have different shapes (He et al. 2015, section 3.3).

| kind | where the shape changes | everywhere else |
| --- | --- | --- |
| "A" | pixels left out, channels of zeros appended: no parameters | x itself |
| "B" | a 1x1 convolution, the projection | x itself |
| "C" | a 1x1 convolution | a 1x1 convolution |
| "none" | no shortcut: a plain network | no shortcut |
"""

import torch
from torch import nn
from torch.nn import functional

KINDS = ("A", "B", "C", "none")


def make_shortcut(
    kind: str, in_channels: int, out_channels: int, stride: int = 1, batch_norm: bool = True
) -> nn.Module | None:
    """The module that x goes through on its way around a block; None where x itself is added, or nothing is.

    batch_norm: whether batch normalisation follows a projection.

    Raises ValueError for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f'shortcut must be "A", "B", "C" or "none", got {kind!r}')
    changes = stride != 1 or in_channels != out_channels
    if kind == "C" or (kind == "B" and changes):
        return projection(in_channels, out_channels, stride, batch_norm)
    return ZeroPadShortcut(in_channels, out_channels, stride) if kind == "A" and changes else None


def projection(in_channels: int, out_channels: int, stride: int = 1, batch_norm: bool = True) -> nn.Sequential:
    """Options B and C: a 1x1 convolution that looks at every `stride`-th pixel."""
    convolution = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels)) if batch_norm else nn.Sequential(convolution)


class ZeroPadShortcut(nn.Module):
    """Option A: every `stride`-th pixel of x, and zeros for the channels that x does not have. It has no parameters.

    The zeros follow x's channels, as in the authors' colleagues' code (fb.resnet.torch, 2016).
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        if out_channels < in_channels:
            raise ValueError(
                f"out_channels must be at least in_channels, {in_channels}, because zeros can only be appended; "
                f"got {out_channels}"
            )
        self.in_channels, self.out_channels, self.stride = in_channels, out_channels, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, out_channels, ceil(H / stride), ceil(W / stride))."""
        x = x[:, :, :: self.stride, :: self.stride]
        # From the last axis to the first: nothing for width and height, and only after the channels.
        return functional.pad(x, (0, 0, 0, 0, 0, self.out_channels - self.in_channels))

    def extra_repr(self) -> str:
        return f"{self.in_channels}, {self.out_channels}, stride={self.stride}"
