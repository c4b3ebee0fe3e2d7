"""ConvNeXt-T: a ResNet-50 rebuilt with what was learned from transformers (Liu et al. 2022, table 9).

| part | output |
| --- | --- |
| 4x4, stride 4, norm | 96x56x56 |
| 3 blocks of 96 | 96x56x56 |
| norm, 2x2, stride 2; 3 blocks of 192 | 192x28x28 |
| norm, 2x2, stride 2; 9 blocks of 384 | 384x14x14 |
| norm, 2x2, stride 2; 3 blocks of 768 | 768x7x7 |
| average, norm, classifier | classes |

A block has a 7x7 convolution of each channel alone, one normalisation (over the channels of a pixel, `LayerNorm`), and two
layers that see one pixel at a time and all its channels: C → 4C → C, with one GELU between. What it adds is multiplied by a
learned number per channel that starts at 0.000001. Names and shapes of the weights are torchvision's.
"""

import torch
from torch import nn
from torch.nn import functional

from course_utils.models.registry import Entry


class Permute(nn.Module):
    """The axes of x in another order, such as (0, 2, 3, 1) for (N, C, H, W) → (N, H, W, C)."""

    def __init__(self, *order: int):
        super().__init__()
        self.order = order

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.permute(x, self.order)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.order))


class LayerNorm2d(nn.LayerNorm):
    """Each pixel's channels with mean 0 and variance 1, then scaled and shifted per channel. x: (N, C, H, W)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.permute(x, (0, 2, 3, 1))
        x = functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return torch.permute(x, (0, 3, 1, 2))


class StochasticDepth(nn.Module):
    """Silences a whole block's residual, with probability p for each picture of the batch (Huang et al. 2016).

    What is kept is divided by 1 - p, so that the mean stays; in evaluation everything is kept as it is.

    Raises ValueError if p is not from 0 to below 1.
    """

    def __init__(self, p: float):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"p must be at least 0 and below 1, got {p}")
        self.p = p

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, C, H, W) → the same shape."""
        if not self.training or self.p == 0:
            return x
        # One number a picture, broadcast over the rest; dropout of ones draws and scales it.
        kept = functional.dropout(torch.ones_like(x[:, :1, :1, :1]), self.p)
        return x * kept

    def extra_repr(self) -> str:
        return f"p={self.p}"


class ConvNeXtBlock(nn.Module):
    """x plus its scaled residual. depth_dropout: the probability that a picture goes past it in training."""

    def __init__(self, channels: int, depth_dropout: float, layer_scale: float = 1e-6):
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size=7, padding=3, groups=channels),
            Permute(0, 2, 3, 1),
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, 4 * channels),
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            Permute(0, 3, 1, 2),
        )
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))
        self.stochastic_depth = StochasticDepth(depth_dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, channels, H, W) → the same shape."""
        return x + self.stochastic_depth(self.layer_scale * self.block(x))


class ConvNeXt(nn.Module):
    """depths, widths: blocks and channels of each stage. depth_dropout: of the last block; the first has 0, linear between."""

    def __init__(
        self,
        num_classes: int,
        in_channels: int,
        depths: tuple[int, ...] = (3, 3, 9, 3),
        widths: tuple[int, ...] = (96, 192, 384, 768),
        depth_dropout: float = 0.1,
    ):
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(in_channels, widths[0], kernel_size=4, stride=4), _norm(widths[0]))
        probabilities = iter(torch.linspace(0, depth_dropout, sum(depths), device="cpu").tolist())
        parts = [stem]
        for number, (depth, width) in enumerate(zip(depths, widths, strict=True)):
            if number:
                before = widths[number - 1]
                parts.append(nn.Sequential(_norm(before), nn.Conv2d(before, width, kernel_size=2, stride=2)))
            parts.append(nn.Sequential(*(ConvNeXtBlock(width, next(probabilities)) for _ in range(depth))))
        self.features = nn.Sequential(*parts)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(_norm(widths[-1]), nn.Flatten(1), nn.Linear(widths[-1], num_classes))
        self._initialise()

    def _initialise(self) -> None:
        """Weights from a normal distribution of standard deviation 0.02, biases 0 (the authors' code)."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: (N, in_channels, H, W) → (N, num_classes)."""
        return self.classifier(self.avgpool(self.features(x)))


def _norm(channels: int) -> LayerNorm2d:
    return LayerNorm2d(channels, eps=1e-6)


ENTRIES = (
    Entry(
        "convnext_tiny",
        ConvNeXt,
        "convnext",
        "Liu et al. 2022, table 9",
        parameters="28,589,128",
        macs="4.456e9",
        source="torchvision's documentation",
        smallest=32,
        torchvision="convnext_tiny",
    ),
)
