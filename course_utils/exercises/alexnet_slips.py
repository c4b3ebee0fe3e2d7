"""AlexNet with one slip in it: the wrong variants that the exercise knows."""

import functools

# How wide the last volume is where something has been forgotten.
_SIDES = {"conv2 padding": 5, "no padding": 2, "conv1 padding": 5, "no last pool": 13}


@functools.cache
def wrong_alexnet(slip: str) -> type:
    """AlexNet with one slip in it."""
    import torch
    from torch import nn

    class AlexNet(nn.Module):
        def __init__(self, num_classes=1000, channels=(96, 256, 384, 384, 256), hidden=4096, groups=2):
            super().__init__()
            if slip == "the paper's sizes":
                channels, hidden = (96, 256, 384, 384, 256), 4096
            convolutions = _convolutions(slip, channels, groups)
            self.features = nn.Sequential(*_features(slip, convolutions))
            self.classifier = nn.Sequential(*_classifier(slip, channels[-1], hidden, num_classes))

        def forward(self, x):
            return self.classifier(torch.flatten(self.features(x), 0 if slip == "flattened whole" else 1))

    return AlexNet


def _convolutions(slip: str, channels: tuple[int, ...], groups: int) -> list:
    """The five convolutions."""
    from torch import nn

    c1, c2, c3, c4, c5 = channels
    first, second, third = {
        "no padding": (2, 0, 0),
        "conv1 padding": (0, 2, 1),
        "conv2 padding": (2, 0, 1),
    }.get(slip, (2, 2, 1))
    two = 1 if slip == "no groups" else groups
    three = groups if slip == "groups in conv3" else 1
    return [
        nn.Conv2d(3, c1, 11, stride=4, padding=first, bias=slip != "no biases"),
        nn.Conv2d(c1, c2, 5, padding=second, groups=two, bias=slip != "no biases"),
        nn.Conv2d(c2, c3, 3, padding=third, groups=three, bias=slip != "no biases"),
        nn.Conv2d(c3, c4, 3, padding=third, groups=two, bias=slip != "no biases"),
        nn.Conv2d(c4, c5, 3, padding=third, groups=two, bias=slip != "no biases"),
    ]


def _features(slip: str, convolutions: list) -> list:
    """The convolutions with all that stands between them."""
    from torch import nn

    norm = {
        "alpha divided": lambda: nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0),
        "norm's defaults": lambda: nn.LocalResponseNorm(5),
        "k of 1": lambda: nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75),
        "no norm": nn.Identity,
    }.get(slip, lambda: nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2.0))
    pool = {"pooled by 2": lambda: nn.MaxPool2d(2), "averaged": lambda: nn.AvgPool2d(3, 2)}.get(
        slip, lambda: nn.MaxPool2d(3, 2)
    )
    relu = nn.Tanh if slip == "tanh" else nn.Identity if slip == "no relu" else nn.ReLU
    layers = []
    for number, convolution in enumerate(convolutions, start=1):
        between = [nn.Identity() if slip == "no relu in the middle" and number in (3, 4) else relu()]
        if number < 3:
            between.append(norm())
            if slip == "norm before relu":
                between.reverse()
        if number in (1, 2, 5) and not (slip == "no last pool" and number == 5):
            between.insert(1 if slip == "norm behind pool" else len(between), pool())
        layers += [convolution, *between]
    return layers


def _classifier(slip: str, maps: int, hidden: int, num_classes: int) -> list:
    """The three full connections with all that stands between them."""
    from torch import nn

    rectified = slip not in ("no relu", "no relu between full connections")
    relu = nn.Tanh if slip == "tanh" else nn.ReLU if rectified else nn.Identity
    dropout = {"dropout always": _always_dropping, "no dropout": nn.Identity}.get(slip, lambda: nn.Dropout(0.5))
    numbers = maps * _SIDES.get(slip, 6) ** 2
    first = [nn.Linear(numbers, hidden), relu(), dropout()]
    second = [nn.Linear(hidden, hidden), relu(), dropout()]
    last = [nn.Linear(hidden, num_classes)]
    if slip == "dropout in front":
        return [dropout(), *first, *second[:2], *last]
    if slip == "one hidden layer":
        return first + last
    if slip == "dropout on the scores":
        return first + second + last + [dropout()]
    end = {"softmax": [nn.Softmax(dim=1)], "relu on the scores": [nn.ReLU()]}.get(slip, [])
    return first + second + last + end


def _always_dropping():
    from torch import nn

    class Dropping(nn.Dropout):
        def forward(self, x):
            return nn.functional.dropout(x, self.p, training=True)

    return Dropping(0.5)
