"""Small torch networks with what a tracer meets: functions, sharing, parameters used directly, several outputs."""

import torch
from torch import nn
from torch.nn import functional


class Functions(nn.Module):
    """Written as many learners write: functions instead of modules, and a view with the batch's size."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 8, 3, bias=False)
        self.fc = nn.Linear(8 * 3 * 3, 5)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.avg_pool2d(torch.relu(self.conv2(x)), kernel_size=2, ceil_mode=True)
        x = x.view(x.size(0), -1)
        return functional.dropout(self.fc(x), 0.5, training=self.training)


class Sharing(nn.Module):
    """One module called twice, and a second whose weight is the first's."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 3, padding=1)
        self.second = nn.Conv2d(3, 3, 3, padding=1)
        self.second.weight = self.first.weight
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.second(self.relu(self.first(x)))) + self.first(x)


class Scaled(nn.Module):
    """A parameter and a buffer used directly, channels last in between, and a mean for a pool."""

    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6))
        self.norm = nn.LayerNorm(6)
        self.wide = nn.Linear(6, 12)
        self.scale = nn.Parameter(torch.ones(12, 1, 1))
        self.bias = nn.Parameter(torch.zeros(12, 1, 1))
        self.register_buffer("fixed", torch.ones(12, 1, 1))

    def forward(self, x):
        x = self.wide(self.norm(self.block(x).permute(0, 2, 3, 1))).permute(0, 3, 1, 2)
        x = 2 * (self.scale * x + self.bias) * self.fixed
        return x.mean((2, 3))


class Heads(nn.Module):
    """A second head in training alone."""

    def __init__(self):
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3)
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.head, self.extra = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x):
        x = torch.flatten(self.pool(self.body(x)), 1)
        return (self.head(x), self.extra(x)) if self.training else self.head(x)


class Doubling(nn.Module):
    """A module that says itself how it counts."""

    def __init__(self):
        super().__init__()
        self.inside = nn.Conv2d(4, 8, 1, bias=False)

    def forward(self, x):
        return self.inside(x[:, :, ::2, ::2])

    def accounting_step(self):
        return "Window", {"kernel_size": 1, "stride": 2, "out_channels": 8, "weights": 32, "macs_per_place": 32}


class DependsOnShape(nn.Module):
    """A way that torch.fx cannot follow."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3)

    def forward(self, x):
        x = self.conv(x)
        return x * 2 if x.sum() > 0 else x


class Upsampling(nn.Module):
    """Something that has no rule, after which hooks still count."""

    def __init__(self):
        super().__init__()
        self.up = nn.ConvTranspose2d(3, 4, 2, stride=2)
        self.conv = nn.Conv2d(4, 2, 3)

    def forward(self, x):
        return self.conv(self.up(x))[:, :, 1:]


# Each with an input size.
NETWORKS = {
    "sequential": (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.Flatten(), nn.Linear(144, 2)), (3, 8, 8)),
    "functions": (Functions, (1, 14, 14)),
    "sharing": (Sharing, (3, 5, 7)),
    "scaled": (Scaled, (6, 5, 4)),
    "heads": (Heads, (3, 6, 6)),
    "own": (lambda: nn.Sequential(nn.Conv2d(3, 4, 3), Doubling(), nn.GroupNorm(2, 8)), (3, 9, 9)),
    "one layer": (lambda: nn.Conv2d(3, 4, 3), (3, 8, 8)),
}
