"""A table of what a network costs, a row a layer: sizes, parameters, multiply-accumulates, receptive fields."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from course_utils.accounting import rendering
from course_utils.accounting.counting import Row, count_steps, smallest_size
from course_utils.accounting.hooks import observe
from course_utils.accounting.steps import Step
from course_utils.accounting.tracing import trace
from course_utils.accounting.volumes import Size

METHODS = ("formula", "hooks")
UNITS = ("MAC", "FLOP")


@dataclass(frozen=True)
class Summary:
    """The rows of a network and their totals, for one image.

    `weights`, `biases` and `buffers` are always counted apart; `parameters` has the biases or not, as `bias` says.
    `unused` are parameters that the network holds but no row uses, such as those of auxiliary heads outside training.
    Shown in a notebook it is a table, printed it is text.
    """

    title: str
    input_size: Size
    rows: tuple[Row, ...]
    method: str = "formula"
    bias: bool = True
    unit: str = "MAC"
    unused: int = 0

    @property
    def weights(self) -> int:
        return sum(row.weights for row in self.rows)

    @property
    def biases(self) -> int:
        return sum(row.biases for row in self.rows)

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def buffers(self) -> int:
        return sum(row.buffers for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    @property
    def flops(self) -> int:
        return 2 * self.macs

    @property
    def activations(self) -> int:
        return sum(row.activations for row in self.rows)

    def row(self, name: str) -> Row:
        """The row of that name. Raises ValueError if there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise ValueError(f"there is no row {name!r}; the rows are {', '.join(row.name for row in self.rows)}")

    def grouped(self, depth: int) -> "Summary":
        """Rows that share the first `depth` parts of their names as one: layer1.0.conv1 at depth 1 is in layer1.

        Sizes and fields are those of a group's last row. Raises ValueError for a depth below 1.
        """
        if depth < 1:
            raise ValueError(f"depth must be at least 1, got {depth}")
        groups: dict[str, list[Row]] = {}
        for row in self.rows:
            groups.setdefault(".".join(row.name.split(".")[:depth]), []).append(row)
        return replace(self, rows=tuple(_together(name, rows) for name, rows in groups.items()))

    def to_csv(self) -> str:
        """All rows as CSV, sizes and pairs as 64x56x56; the names of the columns say the conventions."""
        return rendering.to_csv(self)

    def to_markdown(self) -> str:
        """The table with its totals in Markdown."""
        return rendering.to_markdown(self)

    def __str__(self) -> str:
        return rendering.to_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return rendering.to_html(self)


def summary(
    network: Any,
    input_size: Size,
    *,
    method: str = "formula",
    bias: bool = True,
    unit: str = "MAC",
    depth: int | None = None,
) -> Summary:
    """What a network costs on one image of `input_size`, (C, H, W).

    network: a torch module, on any device (nothing is computed, so "meta" will do), or a sequence of `Step`. It is
    counted in the mode it is in. method: "formula" reads what the network calls and does the arithmetic; "hooks" runs
    it on tensors without memory and observes the shapes: no receptive fields, but any network. bias: whether
    `parameters` counts biases (of convolutions, fully connected layers and normalisation alike). unit: "MAC", one
    multiplication with its addition, or "FLOP", two each; only convolutions and fully connected layers have any.
    depth: rows grouped by so many parts of their names, for long networks.

    Raises TooSmall for an input on which a window does not fit, ValueError for what cannot be counted; both name the
    layer.
    """
    if method not in METHODS:
        raise ValueError(f'method must be "formula" or "hooks", got {method!r}')
    if unit not in UNITS:
        raise ValueError(f'unit must be "MAC" or "FLOP", got {unit!r}')
    if not isinstance(bias, bool):
        raise TypeError(f"bias must be True or False, got {bias!r}")
    of_steps = _are_steps(network)
    if of_steps and method == "hooks":
        raise ValueError('method="hooks" runs a torch module; a sequence of steps can be counted by formula alone')
    if method == "hooks":
        rows = observe(network, input_size, bias)
    else:
        rows = count_steps(network if of_steps else trace(network), input_size, bias)
    title = "Network" if of_steps else type(network).__name__
    size = tuple(input_size)
    unused = 0 if of_steps else _held(network) - sum(row.weights + row.biases for row in rows)
    result = Summary(title, size, rows, method, bias, unit, unused)
    return result if depth is None else result.grouped(depth)


def smallest_input(network: Any, in_channels: int) -> tuple[int, str | None]:
    """The height and width of the smallest square picture that a network takes, and the layer that refuses a smaller.

    network: as for `summary`. The layer is None if one pixel is enough. Raises ValueError if no square picture fits.
    """
    return smallest_size(network if _are_steps(network) else trace(network), in_channels)


def _are_steps(network: Any) -> bool:
    """Whether it is a sequence of steps. Raises TypeError if it is no torch module either."""
    if isinstance(network, Sequence):
        for step in network:
            if not isinstance(step, Step):
                raise TypeError(f"network must be a torch module or a sequence of Step, got {step!r} in it")
        return True
    from torch import nn

    if not isinstance(network, nn.Module):
        raise TypeError(f"network must be a torch module or a sequence of Step, got {type(network).__name__}")
    return False


def _held(network: Any) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def _together(name: str, rows: list[Row]) -> Row:
    """Several rows as one of type "3 rows": what they hold and do added up."""
    if len(rows) == 1:
        return replace(rows[0], name=name)
    added = ("weights", "biases", "parameters", "macs", "activations", "buffers")
    totals = {key: sum(getattr(row, key) for row in rows) for key in added}
    return replace(rows[-1], name=name, type=f"{len(rows)} rows", **totals)
