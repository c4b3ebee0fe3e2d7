"""What a row is called and which type it has, the same whether a network is traced or observed as it runs."""

from collections.abc import Callable
from typing import Any

from course_utils.accounting.rules import RULES

# Functions of torch that are rows of a table, by their names, and the types they are rows of.
_TYPES = {
    "flatten": "Flatten",
    "cat": "Concat",
    "concat": "Concat",
    "add": "Add",
    "mul": "Multiply",
    "mean": "Mean",
    "permute": "Permute",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "gelu": "GELU",
    "silu": "SiLU",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softmax": "Softmax",
    "log_softmax": "LogSoftmax",
    "dropout": "Dropout",
    "max_pool2d": "MaxPool2d",
    "avg_pool2d": "AvgPool2d",
    "adaptive_avg_pool2d": "AdaptiveAvgPool2d",
    "adaptive_max_pool2d": "AdaptiveMaxPool2d",
    # An nn.Flatten in other words, where the second number is left open: the tracer looks.
    "view": "Flatten",
    "reshape": "Flatten",
}
# Modules of the course that are one row, by their class names.
_OWN_ROWS = frozenset({"LayerNorm2d", "StochasticDepth", "ZeroPadShortcut"})


class Names:
    """Unique names in the order in which they are asked for: relu, then relu_1 for the second call of the same."""

    def __init__(self):
        self._given = set()

    def unique(self, owner: str, name: str) -> str:
        full = base = f"{owner}.{name}" if owner else name
        count = 0
        while full in self._given:
            count += 1
            full = f"{base}_{count}"
        self._given.add(full)
        return full


def function_name(function: Callable | str) -> str:
    """`operator.iadd`, `Tensor.add_`, `Tensor.__radd__` and "add" are all add."""
    name = function if isinstance(function, str) else getattr(function, "__name__", str(function))
    bare = name.strip("_")
    for short in ("add", "mul"):
        if bare in (f"i{short}", f"r{short}"):
            return short
    return "cat" if bare == "concat" else bare


def function_type(name: str) -> str:
    """The type of a row for the function of that name; its own name if it has none."""
    return _TYPES.get(name, name)


def step_type(module: Any) -> str:
    """The type of a module's step: what it says itself, or its class's name, or that of the class it is derived from."""
    if hasattr(module, "accounting_step"):
        return module.accounting_step()[0]
    names = [each.__name__ for each in type(module).__mro__]
    return next((name for name in names if name in RULES), names[0])


def row_type(module: Any) -> str:
    """What the table calls it: its class's own name where it says itself how it counts."""
    return type(module).__name__ if hasattr(module, "accounting_step") else step_type(module)


def is_one_row(module: Any) -> bool:
    """Whether a module is one row of the table, rather than opened to its parts."""
    from torch import nn

    if hasattr(module, "accounting_step") or type(module).__name__ in _OWN_ROWS:
        return True
    return type(module).__module__.startswith("torch.nn") and not isinstance(
        module, nn.Sequential | nn.ModuleList | nn.ModuleDict
    )


def is_bias(parameter_name: str) -> bool:
    return parameter_name.rpartition(".")[2].endswith("bias")
