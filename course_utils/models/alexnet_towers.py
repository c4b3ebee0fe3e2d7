"""Two towers side by side: a convolution in two groups, taken apart."""

import torch
from torch.nn import functional


def two_tower_conv(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None, stride=1, padding=0
) -> torch.Tensor:
    """A convolution in two towers: each half of the filters sees one half of the maps → (N, K, OH, OW).

    x: (N, C, H, W); weight: (K, C/2, KH, KW), of which the first K/2 filters belong to the first tower; bias: (K,) or None.
    stride and padding: an int or a pair (rows, columns). What `conv2d` does with groups=2.

    Raises ValueError if C or K is odd.
    """
    for name, count in (("C", x.shape[1]), ("K", len(weight))):
        if count % 2:
            raise ValueError(f"{name} must be even, so that each tower gets half, got {count}")
    biases = (None, None) if bias is None else bias.chunk(2)
    towers = zip(x.chunk(2, dim=1), weight.chunk(2), biases, strict=True)
    return torch.cat([functional.conv2d(*tower, stride, padding) for tower in towers], dim=1)
