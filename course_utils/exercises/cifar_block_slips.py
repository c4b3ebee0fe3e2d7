"""Slips in the residual block of homework 4: in option A, in what its scales begin as, in its layers."""

import functools

from course_utils.exercises.basic_block import wrong_basic_block
from course_utils.exercises.residual_slips import OF_THE_SUM


@functools.cache
def wrong_cifar_block(slip: str) -> type:
    """CifarBlock with one slip in it."""
    from torch import nn

    class CifarBlock(wrong_basic_block(slip)):
        def __init__(self, in_channels, channels, stride=1, shortcut="A", zero_init=False):
            if shortcut not in ("A", "B") and slip != "any option":
                raise ValueError(shortcut)
            super().__init__(in_channels, channels, stride)
            option = {"A for B": "A", "B for A": "B", "options exchanged": "AB"[shortcut == "A"]}.get(slip, shortcut)
            changes = {"A where channels change": in_channels != channels, "A where the stride is 2": stride != 1}.get(
                slip, stride != 1 or in_channels != channels
            )
            if option == "A" and slip != "no shortcut":
                self.shortcut = _wrong_zeros(slip)(channels, stride) if changes else None
            _wrong_start(self, slip, zero_init)

    def _wrong_start(block, slip, zero_init):
        first, last = block.bn1.weight, getattr(block.bn2, "weight", None)
        if not zero_init and slip != "zeros always":
            return
        zeroed = {
            "first norm zero": [first],
            "both norms zero": [first, last],
            "zeros ignored": [],
            "convolution zero": [block.conv2.weight],
        }.get(slip, [last])
        for weight in zeroed:
            if weight is not None:
                nn.init.zeros_(weight)
        if slip == "all norms zero":
            for module in block.modules():
                if isinstance(module, nn.BatchNorm2d):
                    nn.init.zeros_(module.weight)

    return CifarBlock


@functools.cache
def _wrong_zeros(slip: str) -> type:
    """The shortcut of option A."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Zeros(nn.Module):
        def __init__(self, channels, stride):
            super().__init__()
            self.channels, self.stride = channels, stride
            self.norm = nn.BatchNorm2d(channels) if slip == "zeros normalised" else nn.Identity()

        def forward(self, x):
            first = 1 if slip == "odd pixels" and self.stride > 1 else 0
            if slip == "mean pooling":
                x = functional.avg_pool2d(x, self.stride, ceil_mode=True)
            elif slip == "max pooling":
                x = functional.max_pool2d(x, self.stride, ceil_mode=True)
            elif slip != "pixels kept":
                x = x[:, :, first :: self.stride, first :: self.stride]
            more = self.channels - x.shape[1]
            if slip == "channels repeated":
                return torch.cat([x] * -(-self.channels // x.shape[1]), dim=1)[:, : self.channels]
            before = {"zeros first": more, "zeros on both sides": more // 2}.get(slip, 0)
            return self.norm(functional.pad(x, (0, 0, 0, 0, before, more - before)))

    return Zeros


_OF_OPTION_A = (
    (
        "option A whatever is asked for",
        "A for B",
        "Your block pads with zeros where option B is asked for. That is a projection.",
    ),
    (
        "a projection whatever is asked for",
        "B for A",
        "Your block projects where option A is asked for. That has nothing to learn.",
    ),
    (
        "the options exchanged",
        "options exchanged",
        "Your option A projects and your option B pads with zeros. It is the other way round.",
    ),
    (
        "any option taken",
        "any option",
        "Your block takes options that there are not. It should refuse them with a ValueError.",
    ),
    (
        "option A only where the channels change",
        "A where channels change",
        "A block can halve the picture and keep the channels. What has option A to do then?",
    ),
    (
        "option A only where the stride is 2",
        "A where the stride is 2",
        "A block can change the channels without a stride. What has option A to do then?",
    ),
    (
        "the zeros before the channels",
        "zeros first",
        "Your maps of zeros come first, so that each channel is added to another one's output. They are appended.",
    ),
    (
        "zeros on both sides",
        "zeros on both sides",
        "You put half of the maps of zeros before the channels and half behind, as some published code does. Here all are "
        "appended.",
    ),
    (
        "channels repeated",
        "channels repeated",
        "You fill up with copies of the channels. Option A fills up with zeros.",
    ),
    (
        "means of pixels",
        "mean pooling",
        "Your option A averages neighbouring pixels. It takes every second one as it is.",
    ),
    (
        "maxima of pixels",
        "max pooling",
        "Your option A takes the largest of neighbouring pixels. It takes every second one as it is.",
    ),
    (
        "the pixels between",
        "odd pixels",
        "You begin with the second pixel. A convolution with a stride sits on the first one first.",
    ),
    (
        "all pixels kept",
        "pixels kept",
        "Your option A sees to the channels, but the picture keeps its size on that way.",
    ),
    (
        "the zeros normalised",
        "zeros normalised",
        "A normalisation follows your zeros, and it learns something. Option A has nothing to learn.",
    ),
)
_OF_THE_START = (
    (
        "zero_init ignored",
        "zeros ignored",
        "With `zero_init` all of your normalisations still begin with scales of 1.",
    ),
    (
        "zeros whether asked for or not",
        "zeros always",
        "Your block begins with zeros without being asked to.",
    ),
    (
        "the first normalisation zero",
        "first norm zero",
        "You set the first normalisation's scales to 0. Nothing comes through the ReLU behind it, no gradient either: that "
        "block can never learn.",
    ),
    (
        "both normalisations zero",
        "both norms zero",
        "With both scales at 0 no gradient gets past the first normalisation. One is enough: which?",
    ),
    (
        "the projection's normalisation zero, too",
        "all norms zero",
        "You set the scales on the shortcut to 0 as well, and then nothing at all comes through.",
    ),
    (
        "the convolution zero",
        "convolution zero",
        "You set the weights of the last convolution to 0. Set the scales of the last normalisation.",
    ),
)
_OF_THE_LAYERS = (
    (
        "biases",
        "biases of the layers",
        "Your convolutions have biases. The normalisation behind each takes them off again.",
    ),
    ("no ReLU between the layers", "no relu between", "Nothing stands between your two convolutions."),
    (
        "the ReLU before the normalisation",
        "relu before norm",
        "Each convolution is normalised first, and then comes the ReLU.",
    ),
    (
        "one normalisation for both layers",
        "norm shared",
        "Both convolutions go through one and the same normalisation. Each has its own scale, shift and statistics.",
    ),
    (
        "the stride in both layers",
        "stride twice",
        "Both of your convolutions make the picture smaller. The first one does it.",
    ),
    (
        "the stride in the second layer",
        "stride late",
        "Your second convolution makes the picture smaller. The first one does it.",
    ),
    ("no padding", "padding", "Your 3x3 convolutions do not pad, so the picture shrinks."),
    ("projected everywhere", "projection always", "Option B projects only where the shape changes. Yours always does."),
    (
        "a projection of 3x3",
        "projection 3x3",
        "Your projection looks at nine pixels. It has to change channels and size, no more.",
    ),
    (
        "a projection without normalisation",
        "projection without norm",
        "Every convolution of this network is normalised, that of the shortcut, too.",
    ),
)
SLIPS = (*OF_THE_SUM, *_OF_OPTION_A, *_OF_THE_START, *_OF_THE_LAYERS)
