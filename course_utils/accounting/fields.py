"""The receptive field seen rather than computed: which pixels an output's gradient reaches."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from course_utils.accounting.counting import Row, count_steps
from course_utils.accounting.hooks import without_memory
from course_utils.accounting.naming import is_bias, step_type
from course_utils.accounting.rules import RULES, batch_norm, group_norm, layer_norm, layer_norm2d, pointwise
from course_utils.accounting.tracing import trace
from course_utils.accounting.volumes import Pair, Size

# What works on each value, or is about the values rather than their places, lets everything through.
_LET_THROUGH = (pointwise, batch_norm, layer_norm, layer_norm2d, group_norm)


@dataclass(frozen=True)
class Support:
    """The pixels that one output of `layer` depends on: the first and the last row and column, both counted.

    `output` is that output's place, (row, column), in a picture of `input_size`.
    """

    layer: str
    input_size: Size
    output: Pair
    rows: Pair
    columns: Pair

    @property
    def size(self) -> Pair:
        """(rows, columns) from the first pixel to the last."""
        return self.rows[1] - self.rows[0] + 1, self.columns[1] - self.columns[0] + 1


def receptive_field_support(
    model: Any, input_size: Size | None = None, *, layer: str | None = None, output: Pair | None = None
) -> Support:
    """Which pixels of a picture of `input_size` (C, H, W) reach one output, found by its gradient.

    model: a torch module; a copy of it is used, with every weight positive, so that no two paths cancel, maxima
    replaced by averages over the same windows, and normalisation and activations letting everything through: what is
    left is the wiring. In float64 even a path that counts for 1e-300 is seen. Maxima must be modules; a model whose
    class says how it counts is left as it is but for its weights.

    layer: the module whose output is looked at, by its path; None takes the last one whose map has more than one
    place. output: (row, column) in its map; None takes the centre. input_size None: the smallest square on which the
    formula says that the field of the centre fits. The model is looked at in evaluation mode.

    Raises ValueError if `layer` is no module with a map, or the output is not in it.
    """
    network = without_memory(model).eval()
    steps = trace(network)
    if layer is None:
        layer = _last_map(count_steps(steps, input_size or _roomy(network)), dict(network.named_modules()))
    elif layer not in dict(network.named_modules()):
        raise ValueError(f"layer must be the path of a module, such as {steps[0].name!r}, got {layer!r}")
    before = [index for index, step in enumerate(steps) if f"{step.name}.".startswith(f"{layer}.")]
    steps = steps[: before[-1] + 1] if before else steps
    if input_size is None:
        input_size = _holding(steps, _in_channels(network))
    _open_paths(network, {step.name for step in steps})
    gradient, output = _gradient(network, layer, tuple(input_size), output)
    rows, columns = (gradient > 0).nonzero(as_tuple=True)
    if not len(rows):
        raise ValueError(f"the output of {layer} at {output} depends on no pixel: it sees padding alone")
    return Support(
        layer,
        tuple(input_size),
        output,
        rows=(int(rows.min()), int(rows.max())),
        columns=(int(columns.min()), int(columns.max())),
    )


def _open_paths(network: Any, used: set[str]) -> None:
    """Makes a network without memory one on the CPU, in float64, in which every path is open and positive."""
    import torch
    from torch import nn

    for name, module in network.named_modules():
        # The large layers after the last one that is used stay without memory.
        if name in used or not isinstance(module, nn.Linear):
            module.to_empty(device="cpu", recurse=False).double()
    with torch.no_grad():
        for name, tensor in (*network.named_parameters(), *network.named_buffers()):
            # Averages keep the numbers where floating point has room; what multiplies each value leaves it.
            inputs = max(1, tensor[0].numel()) if tensor.ndim > 1 else 1
            tensor.fill_(0 if is_bias(name) else 1 / inputs)
            tensor.requires_grad = False
    opened = [network]
    while opened:
        parent = opened.pop()
        for name, module in parent.named_children():
            kind = step_type(module)
            if RULES.get(kind) in _LET_THROUGH:
                setattr(parent, name, nn.Identity())
            elif kind in ("MaxPool2d", "LPPool2d"):
                setattr(parent, name, _averaging(module))
            elif kind == "AdaptiveMaxPool2d":
                setattr(parent, name, nn.AdaptiveAvgPool2d(module.output_size))
            else:
                opened.append(module)


def _averaging(pool: Any) -> Any:
    """The mean over the windows of a maximum."""
    from torch import nn

    padding = getattr(pool, "padding", 0)
    if getattr(pool, "dilation", 1) not in (1, (1, 1)):
        raise ValueError(f"a maximum over a dilated window cannot be replaced by an average: {pool}")
    return nn.AvgPool2d(pool.kernel_size, pool.stride, padding, ceil_mode=pool.ceil_mode)


def _last_map(rows: tuple[Row, ...], modules: dict[str, Any]) -> str:
    for row in reversed(rows):
        if row.name in modules and len(row.output_size) == 3 and max(row.output_size[1:]) > 1 and any(row.jump):
            return row.name
    raise ValueError("the network has no map with more than one place; give a larger input_size, or the layer")


def _in_channels(network: Any) -> int:
    from torch import nn

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            return module.in_channels
    raise ValueError("the network has no convolution to tell how many channels it takes; give input_size")


def _roomy(network: Any) -> Size:
    return _in_channels(network), 224, 224


def _holding(steps: tuple, in_channels: int) -> Size:
    """The smallest square on which the field of the last step's centre lies wholly, by formula."""
    for side in count(1):
        try:
            row = count_steps(steps, (in_channels, side, side))[-1]
        except ValueError:
            continue
        first = row.start[0] + row.output_size[1] // 2 * row.jump[0]
        if first >= 0 and first + row.receptive_field[0] <= side:
            return in_channels, side, side
    raise AssertionError("unreachable")


def _gradient(network: Any, layer: str, input_size: Size, output: Pair | None) -> tuple[Any, Pair]:
    """How much each pixel, all channels together, changes one output, all channels together."""
    import torch

    seen = []

    def stop(module, arguments, result):
        seen.append(result)
        raise _Reached

    handle = network.get_submodule(layer).register_forward_hook(stop)
    x = torch.ones(1, *input_size, dtype=torch.float64, requires_grad=True)
    try:
        network(x)
    except _Reached:
        pass
    finally:
        handle.remove()
    if not seen or seen[0].ndim != 4:
        raise ValueError(f"layer {layer!r} has no map (N, C, H, W) to take an output from")
    height, width = seen[0].shape[2:]
    row, column = (height // 2, width // 2) if output is None else output
    if not (0 <= row < height and 0 <= column < width):
        raise ValueError(f"output must lie in the {height}x{width} map of {layer}, got {(row, column)}")
    seen[0][0, :, row, column].sum().backward()
    return x.grad[0].sum(0), (row, column)


class _Reached(Exception):  # noqa: N818
    """The layer has given its output; what comes after it is not needed."""
