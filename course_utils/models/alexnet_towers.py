"""AlexNet as lesson 11 builds it: two towers side by side, in any width.

The same network as `models.create("alexnet_two_tower")`, layer by layer, for other numbers of maps and with one tower as well.
"""

import torch
from torch import nn
from torch.nn import functional

PAPER = (96, 256, 384, 384, 256)


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


class AlexNet(nn.Module):
    """The network of Krizhevsky et al. 2012, section 3.5: pictures (N, 3, 224, 224) to scores (N, num_classes).

    channels: the maps of the five convolutions; hidden: the neurons of the first two full connections. groups: 2 for the
    paper's towers, where conv2, conv4 and conv5 see their own half, or 1 for a single tower. Weights start as
    PyTorch starts them.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        channels: tuple[int, int, int, int, int] = PAPER,
        hidden: int = 4096,
        groups: int = 2,
    ) -> None:
        super().__init__()
        c1, c2, c3, c4, c5 = channels
        # The paper's alpha is 1e-4; PyTorch divides it by the size of the window.
        norm, pool = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0), nn.MaxPool2d(3, stride=2)
        self.features = nn.Sequential(
            *(nn.Conv2d(3, c1, 11, stride=4, padding=2), nn.ReLU(), norm, pool),
            *(nn.Conv2d(c1, c2, 5, padding=2, groups=groups), nn.ReLU(), norm, pool),
            *(nn.Conv2d(c2, c3, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(c3, c4, 3, padding=1, groups=groups), nn.ReLU()),
            *(nn.Conv2d(c4, c5, 3, padding=1, groups=groups), nn.ReLU(), pool),
        )
        self.classifier = nn.Sequential(
            *(nn.Flatten(), nn.Linear(c5 * 6 * 6, hidden), nn.ReLU(), nn.Dropout(0.5)),
            *(nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(0.5)),
            nn.Linear(hidden, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.features(x))
