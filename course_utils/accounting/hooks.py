"""The same table by watching: the network runs on tensors without memory, and hooks write down what they see.

Nothing here knows a formula for a size or a number of parameters: sizes are those of the tensors, parameters those
that the modules hold, multiply-accumulates those of the weights that meet the outputs.
"""

import copy
from typing import Any

from course_utils.accounting.counting import Row
from course_utils.accounting.naming import Names, function_name, function_type, is_bias, is_one_row, row_type
from course_utils.accounting.rules import VIEWS
from course_utils.accounting.volumes import Size, picture

# Two images: batch normalisation in training refuses one whose channels have a single place.
_BATCH = 2
_WEIGHTED = {"linear", *(f"conv{kind}{axes}d" for kind in ("", "_transpose") for axes in (1, 2, 3))}
_PRODUCTS = frozenset({"matmul", "mm", "bmm"})
_UNCOUNTED = frozenset(
    {
        "einsum",
        "tensordot",
        "bilinear",
        "baddbmm",
        "addmm",
        "scaled_dot_product_attention",
        "multi_head_attention_forward",
    }
    | {"rnn_tanh", "rnn_relu", "gru", "lstm"}
)


def observe(network: Any, input_size: Size, bias: bool = True) -> tuple[Row, ...]:
    """A row for each module that is one row, and for each function of torch called between them, as they run.

    The network runs in the mode it is in, on a copy whose parameters are on the meta device and take no memory.
    Receptive fields cannot be seen in shapes, and are None.
    """
    import torch

    picture(input_size)
    watcher = _Watcher(bias)
    copied = without_memory(network)
    handles = watcher.attach(copied)
    x = torch.empty(_BATCH, *input_size, device="meta")
    with torch.no_grad(), watcher.function_mode():
        copied(x)
    for handle in handles:
        handle.remove()
    return tuple(watcher.rows)


class _Watcher:
    def __init__(self, bias: bool):
        self.bias = bias
        self.rows = []
        self.names = Names()
        self.counted = set()
        # The names of the network's own tensors, by their identity.
        self.parameters, self.buffers = {}, {}
        self.owners = [""]
        # How many rows are open, and the multiply-accumulates seen in the outermost of them.
        self.inside = 0
        self.macs = 0

    def attach(self, network: Any) -> list[Any]:
        """Hooks on every module; the inside of a module that is one row stays its own."""
        self.parameters = {id(each): name for name, each in network.named_parameters()}
        self.buffers = {id(each): name for name, each in network.named_buffers()}
        handles, opened = [], [("", network)]
        while opened:
            path, module = opened.pop()
            before, after = self._hooks(path, module)
            handles += [module.register_forward_pre_hook(before, prepend=True), module.register_forward_hook(after)]
            if not is_one_row(module):
                opened += [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
        return handles

    def _hooks(self, path: str, module: Any) -> tuple[Any, Any]:
        def enter(module, arguments):
            self.owners.append(path)

        def leave(module, arguments, output):
            self.owners.pop()

        def start(module, arguments):
            self.inside += 1
            self.macs = 0

        def finish(module, arguments, output):
            self.inside -= 1
            name = self.names.unique("", path or type(module).__name__.lower())
            held = self._held(module.named_parameters(), module.named_buffers())
            self._add(name, row_type(module), output, held)

        return (start, finish) if is_one_row(module) else (enter, leave)

    def function_mode(self) -> Any:
        """Sees every function of torch that Python calls; those inside a row count for it, others are rows."""
        from torch.overrides import TorchFunctionMode

        watcher = self

        class Mode(TorchFunctionMode):
            def __torch_function__(self, function, types, args=(), kwargs=None):
                output = function(*args, **(kwargs or {}))
                watcher._called(function, args, kwargs or {}, output)
                return output

        return Mode()

    def _called(self, function: Any, args: tuple, kwargs: dict, output: Any) -> None:
        import torch

        name = function_name(function)
        if not isinstance(output, torch.Tensor):
            return
        macs = _multiplied(name, args, kwargs, output)
        if self.inside:
            self.macs += macs
            return
        given = {id(each): each for each in _tensors((args, kwargs))}
        if (
            name in ("get", "contiguous", "to", "float")
            or not given.keys() - self.parameters.keys() - self.buffers.keys()
        ):
            return
        self.macs = macs
        parameters = [(self.parameters[key], each) for key, each in given.items() if key in self.parameters]
        held = self._held(parameters, [(self.buffers[key], each) for key, each in given.items() if key in self.buffers])
        self._add(self.names.unique(self.owners[-1], name), function_type(name), output, held)

    def _held(self, parameters: Any, buffers: Any) -> dict[str, int]:
        held = {"weights": 0, "biases": 0, "buffers": 0}
        kinds = [("biases" if is_bias(name) else "weights", each) for name, each in parameters]
        for kind, each in [*kinds, *(("buffers", each) for _, each in buffers)]:
            if id(each) not in self.counted:
                held[kind] += each.numel()
                self.counted.add(id(each))
        return held

    def _add(self, name: str, kind: str, output: Any, held: dict[str, int]) -> None:
        output = output[0] if isinstance(output, tuple | list) else output
        parameters = held["weights"] + (held["biases"] if self.bias else 0)
        activations = 0 if kind in VIEWS else output.numel() // _BATCH
        size = tuple(output.shape[1:])
        self.rows.append(Row(name, kind, size, parameters=parameters, macs=self.macs, activations=activations, **held))
        self.macs = 0


def _multiplied(name: str, args: tuple, kwargs: dict, output: Any) -> int:
    """Multiply-accumulates of one call, for one image: outputs times what each of them is summed over.

    Raises ValueError for what multiplies in a way that is not known here: better none than a total that lacks something.
    """
    if name in _UNCOUNTED:
        raise ValueError(f"{name} multiplies in a way that is not counted here; count this network without that part")
    if name in _PRODUCTS:
        return output.numel() // _BATCH * args[0].shape[-1]
    if name not in _WEIGHTED:
        return 0
    weight = args[1] if len(args) > 1 else kwargs["weight"]
    # A transposed convolution hands each input on to as many outputs.
    places = args[0] if name.startswith("conv_transpose") else output
    return places.numel() // _BATCH * (weight.numel() // weight.shape[0])


def _tensors(value: Any) -> list[Any]:
    import torch

    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = tuple(value.values())
    return [each for entry in value for each in _tensors(entry)] if isinstance(value, tuple | list) else []


def without_memory(network: Any) -> Any:
    """A copy of a network on the meta device, made without copying its numbers."""
    import torch

    def empty(tensor):
        return torch.empty_like(tensor, device="meta")

    with torch.no_grad():
        standing_in = {id(each): torch.nn.Parameter(empty(each), each.requires_grad) for each in network.parameters()}
        standing_in |= {id(each): empty(each) for each in network.buffers()}
    return copy.deepcopy(network, standing_in)
