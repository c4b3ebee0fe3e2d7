"""A torch network as steps: torch.fx writes down what it calls, and nothing is computed."""

import inspect
from collections.abc import Mapping
from typing import Any

from course_utils.accounting.naming import Names, function_name, function_type, is_bias, is_one_row, row_type, step_type
from course_utils.accounting.rules import RULES
from course_utils.accounting.steps import INPUT, Step

# The arguments of functions that say how to count, in their order after the tensor.
_ARGUMENTS = {
    "flatten": ("start_dim", "end_dim"),
    "cat": ("dim",),
    "mean": ("dim", "keepdim"),
    "permute": ("dims",),
    "relu": ("inplace",),
    "relu6": ("inplace",),
    "silu": ("inplace",),
    "max_pool2d": ("kernel_size", "stride", "padding", "dilation", "ceil_mode"),
    "avg_pool2d": ("kernel_size", "stride", "padding", "ceil_mode"),
    "adaptive_avg_pool2d": ("output_size",),
    "adaptive_max_pool2d": ("output_size",),
}
# What gives a number, such as the batch's size in x.view(x.size(0), -1), or the same tensor again.
_NUMBERS = frozenset({"size", "getattr", "getitem", "dim"})
_SAME = frozenset({"contiguous", "to", "float"})


def trace(network: Any) -> tuple[Step, ...]:
    """The steps of a torch module, named by the paths of its parts: "layer1.0.conv1", "layer1.0.add", "flatten".

    The network is traced in the mode it is in: what runs in training only, such as auxiliary heads, is there if
    `network.training`. Parameters that two modules share are counted at the first.

    Raises ValueError naming the operation where torch.fx cannot follow, as where a shape decides what is called.
    """
    from torch import fx

    class Tracer(fx.Tracer):
        def is_leaf_module(self, module, qualified_name):
            return is_one_row(module)

    if is_one_row(network):
        # fx opens what it is given, even a single layer.
        return _Writer(network).single()
    tracer = Tracer()
    try:
        graph = tracer.trace(network)
    except Exception as error:
        raise ValueError(_cannot_trace(network, tracer, error)) from error
    return _Writer(network).steps(graph)


class _Writer:
    """Turns the nodes of a graph into steps, remembering which parameters were counted."""

    def __init__(self, network: Any):
        self.network = network
        self.modules = dict(network.named_modules())
        self.names = Names()
        self.counted = set()
        # For each node the step whose output it is; None for a number.
        self.step_of = {}

    def single(self) -> tuple[Step, ...]:
        name = self.names.unique("", type(self.network).__name__.lower())
        return (Step(name, step_type(self.network), self._module_settings(self.network), (INPUT,)),)

    def steps(self, graph: Any) -> tuple[Step, ...]:
        return tuple(step for node in graph.nodes if (step := self._step(node)) is not None)

    def _step(self, node: Any) -> Step | None:
        if node.op == "placeholder":
            self.step_of[node] = INPUT
        if node.op in ("placeholder", "output", "get_attr"):
            return None
        if isinstance(node.target, type) and issubclass(node.target, tuple):
            # Several outputs in one record, such as scores with those of auxiliary heads.
            return None
        inputs = tuple(self.step_of[each] for each in node.all_input_nodes if self.step_of.get(each))
        if node.op == "call_module":
            module = self.modules[node.target]
            kind, settings, name = (
                step_type(module),
                self._module_settings(module),
                self.names.unique("", node.target),
            )
        else:
            called = function_name(node.target)
            first = node.args[0] if node.args else None
            if called in _NUMBERS and self._is_number(called, first):
                self.step_of[node] = None
                return None
            if called in _SAME and inputs:
                self.step_of[node] = inputs[0]
                return None
            kind, settings = self._function(node, called)
            name = self.names.unique(_owner(node), called)
        self.step_of[node] = name
        return Step(name, kind, settings, inputs)

    def _is_number(self, called: str, of: Any) -> bool:
        """x.size(0), x.shape, and an entry of those; not an entry of a tensor."""
        return called != "getitem" or self.step_of.get(of) is None

    def _module_settings(self, module: Any) -> dict[str, Any]:
        if hasattr(module, "accounting_step"):
            settings = {"label": row_type(module)} | dict(module.accounting_step()[1])
        else:
            settings = _read_settings(module, step_type(module))
        return settings | self._counted_before(dict(module.named_parameters()), dict(module.named_buffers()))

    def _counted_before(self, parameters: Mapping[str, Any], buffers: Mapping[str, Any]) -> dict[str, int]:
        """What is left to count of a module, if another has counted some of its parameters or buffers; else {}."""
        held = [*parameters.values(), *buffers.values()]
        known = {id(each) for each in held} & self.counted
        left = self._held(parameters, buffers)
        return left if known else {}

    def _held(self, parameters: Mapping[str, Any], buffers: Mapping[str, Any]) -> dict[str, int]:
        """How many numbers are held that were not counted before; they are counted from now on."""
        held = {"weights": 0, "biases": 0, "buffers": 0}
        kinds = [("biases" if is_bias(name) else "weights", each) for name, each in parameters.items()]
        for kind, each in [*kinds, *(("buffers", each) for each in buffers.values())]:
            if id(each) not in self.counted:
                held[kind] += each.numel()
                self.counted.add(id(each))
        return held

    def _function(self, node: Any, called: str) -> tuple[str, dict[str, Any]]:
        """Type and settings of a function's step, with the parameters that it is called with directly."""
        given = dict(zip(_ARGUMENTS.get(called, ()), node.args[1:], strict=False))
        given |= {name: value for name, value in node.kwargs.items() if name in _ARGUMENTS.get(called, ())}
        kind = function_type(called)
        if called == "permute" and isinstance(given.get("dims"), int):
            given["dims"] = tuple(node.args[1:])
        if called in ("view", "reshape"):
            sizes = node.args[1] if isinstance(node.args[1], tuple | list) else node.args[1:]
            flattens = len(sizes) == 2 and sizes[1] == -1
            kind = kind if flattens else f"{called} that is not (n, -1)"
        parameters, buffers = {}, {}
        for source in node.all_input_nodes:
            if source.op == "get_attr":
                value = _attribute(self.network, source.target)
                held = parameters if getattr(value, "requires_grad", False) or _is_parameter(value) else buffers
                held[source.target] = value
        held = {name: count for name, count in self._held(parameters, buffers).items() if count}
        return kind, given | held


def _read_settings(module: Any, kind: str) -> dict[str, Any]:
    """The attributes of a module that its type's rule asks for, without those that are PyTorch's defaults."""
    if kind not in RULES:
        return {}
    settings = {}
    for name, parameter in inspect.signature(RULES[kind]).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY or not hasattr(module, name):
            continue
        value = getattr(module, name)
        if name == "bias":
            value = value is not None and value is not False
        if isinstance(value, tuple) and len(value) == 2 and value[0] == value[1] and name != "normalized_shape":
            value = value[0]
        if value != parameter.default:
            settings[name] = value
    return settings


def _owner(node: Any) -> str:
    """The path of the module in whose forward a function is called."""
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return stack[-1][0] if stack else ""


def _attribute(network: Any, path: str) -> Any:
    for name in path.split("."):
        network = getattr(network, name)
    return network


def _is_parameter(value: Any) -> bool:
    from torch import nn

    return isinstance(value, nn.Parameter)


def _cannot_trace(network: Any, tracer: Any, error: Exception) -> str:
    nodes = list(tracer.graph.nodes) if hasattr(tracer, "graph") else []
    calls = [node for node in nodes if node.op != "placeholder"]
    where = ""
    if calls:
        owner = _owner(calls[-1])
        where = f" after {function_name(calls[-1].target)}" + (f" in {owner}" if owner else "")
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return (
        f"{type(network).__name__} cannot be traced{where}: {reason}; "
        'count it with method="hooks", which runs it on tensors without memory'
    )
