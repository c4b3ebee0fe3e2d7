"""Right answers to the exercises of lesson 11, by PyTorch's own operations."""

from torch import nn
from torch.nn import functional


def two_tower_conv(x, weight, bias=None, stride=1, padding=0):
    return functional.conv2d(x, weight, bias, stride, padding, groups=2)


class AlexNet(nn.Module):
    """Layers by name, sizes worked out by the layers themselves."""

    def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
        super().__init__()
        self.conv1 = nn.Conv2d(3, channels[0], kernel_size=11, stride=4, padding=2)
        self.conv2 = nn.Conv2d(channels[0], channels[1], kernel_size=5, padding="same", groups=groups)
        self.conv3 = nn.Conv2d(channels[1], channels[2], kernel_size=3, padding="same")
        self.conv4 = nn.Conv2d(channels[2], channels[3], kernel_size=3, padding="same", groups=groups)
        self.conv5 = nn.Conv2d(channels[3], channels[4], kernel_size=3, padding="same", groups=groups)
        self.fc6 = nn.Linear(channels[4] * 36, hidden)
        self.fc7 = nn.Linear(hidden, hidden)
        self.fc8 = nn.Linear(hidden, num_classes)

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = functional.local_response_norm(conv(x).relu(), 5, 5 * 1e-4, 0.75, 2)
            x = functional.max_pool2d(x, 3, 2)
        x = self.conv4(self.conv3(x).relu()).relu()
        x = functional.max_pool2d(self.conv5(x).relu(), 3, 2)
        x = x.reshape(len(x), -1)
        for full in (self.fc6, self.fc7):
            x = functional.dropout(full(x).relu(), training=self.training)
        return self.fc8(x)
