"""A network as plain data: one `Step` an operation, which all counting reads.

A torch module of this course that is one row of a table says itself how it counts, by a method

    def accounting_step(self) -> tuple[str, dict]:
        return "Window", {"kernel_size": 2, "stride": 2, "weights": 6, "biases": 6}

which gives the type and the settings of its `Step`; nothing inside such a module is looked at. The types are those of
`course_utils.accounting.rules`, named as PyTorch's classes, and three general ones:

- "Pointwise": each output is made of the input at its own place; the size stays.
- "Window": a sliding window with `kernel_size`, `stride`, `padding`, `dilation`, as PyTorch names them; `out_channels`
  if they change. The shortcut by zero padding is a window of one pixel: `kernel_size=1, stride=2, out_channels=32`.
- "Dense": `in_features` to `out_features`, each output from all inputs, as the radial basis units of LeNet-5.

They learn nothing and multiply nothing unless the settings say so: `weights`, `biases` and `buffers` are how many
numbers the module holds, `macs_per_place` its multiply-accumulates for all channels of one place of the output, and
`label` what the table calls it instead of its type (the tracer gives the class's name). A parameter that a network
multiplies or adds in directly needs none of this.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUT = "input"


@dataclass(frozen=True)
class Step:
    """One operation of a network: what it is called, what it does, and whose outputs it reads.

    `type` is PyTorch's class name ("Conv2d", "Linear", "MaxPool2d", "BatchNorm2d", "ReLU", "Flatten", …), or "Concat",
    "Add", "Multiply", "Mean" for what PyTorch has as a function. `settings` are PyTorch's argument names, with its
    defaults: `{"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3}`. `inputs` are the names of the steps
    it reads, () for the step before; "input" is the picture.
    """

    name: str
    type: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
