"""A convolutional network that is drawn from a student's id and an assignment's key, and described for counting."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from course_utils.accounting import Row, Step, summary
from course_utils.accounting.tables import aligned, cell, framed

T = TypeVar("T")
MOST_TRIES = 10_000


@dataclass(frozen=True)
class Convolution:
    """A square convolution. norm: batch normalisation follows it, and it has no biases; else it has biases."""

    name: str
    in_channels: int
    out_channels: int
    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    norm: bool = True

    @property
    def words(self) -> tuple[str, str]:
        """What it is, and its settings as far as they are not the usual ones."""
        usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
        others = [f"{name} {getattr(self, name)}" for name in usual if getattr(self, name) != usual[name]]
        return f"{self.kernel_size}x{self.kernel_size}, {self.in_channels} → {self.out_channels}", ", ".join(others)


@dataclass(frozen=True)
class Pool:
    """Maxima of square windows without padding. ceil_mode: a last window that hangs over the edge counts."""

    name: str
    kernel_size: int
    stride: int
    ceil_mode: bool = False

    @property
    def words(self) -> tuple[str, str]:
        size = f"{self.kernel_size}x{self.kernel_size}, stride {self.stride}"
        return size, f"rounds {'up' if self.ceil_mode else 'down'}"


@dataclass(frozen=True)
class Network:
    """One student's network, for square pictures of `channels` channels and `side` pixels.

    conv1 → pool1 → conv2 (in groups, with biases) → conv3 (dilated) → a residual block → pool2 and flatten, or the mean of
    each map where pool2 is None → fc1 → fc2. ReLU follows every convolution but the block's last and its shortcut, the
    block's sum, and fc1. batch_size: pictures in a training step.
    """

    side: int
    channels: int
    conv1: Convolution
    pool1: Pool
    conv2: Convolution
    conv3: Convolution
    block: tuple[Convolution, ...]
    shortcut: Convolution
    pool2: Pool | None
    hidden: int
    classes: int
    batch_size: int

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        return self.conv1, self.conv2, self.conv3, *self.block, self.shortcut

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The network as the accounting reads it."""
        last = self.block[-1].name
        steps = [*_convolution(self.conv1, relu=True), _pool(self.pool1)]
        steps += [*_convolution(self.conv2, relu=True), *_convolution(self.conv3, relu=True)]
        arriving = steps[-1].name
        for one in self.block:
            steps += _convolution(one, relu=one.name != last)
        steps += _convolution(self.shortcut, relu=False, reads=arriving)
        steps += [Step("sum", "Add", inputs=(f"{last}.norm", f"{self.shortcut.name}.norm")), Step("sum.relu", "ReLU")]
        steps += [_pool(self.pool2) if self.pool2 else Step("average", "AdaptiveAvgPool2d", {"output_size": 1})]
        steps += [Step("flatten", "Flatten"), Step("fc1", "Linear", {"out_features": self.hidden})]
        return (*steps, Step("fc1.relu", "ReLU"), Step("fc2", "Linear", {"out_features": self.classes}))

    @cached_property
    def rows(self) -> dict[str, Row]:
        """What each step counts, by its name."""
        return {row.name: row for row in summary(self.steps, (self.channels, self.side, self.side)).rows}

    @property
    def lines(self) -> list[tuple[str, str, str]]:
        """(name, what it is, its settings) for each row of the student's table."""
        pool2 = (
            ("pool2", "max pooling", ", ".join(self.pool2.words)) if self.pool2 else ("average", "mean of each map", "")
        )
        return [
            ("picture", "", f"{self.channels}x{self.side}x{self.side}"),
            _line(self.conv1, ", ReLU"),
            ("pool1", "max pooling", ", ".join(self.pool1.words)),
            _line(self.conv2, ", ReLU"),
            _line(self.conv3, ", ReLU"),
            *(_line(one, "" if one is self.block[-1] else ", ReLU") for one in self.block),
            _line(self.shortcut, ", around the block"),
            ("sum", "block and shortcut added, ReLU", ""),
            pool2,
            ("fc1", "full connection, biases, ReLU", f"→ {self.hidden}"),
            ("fc2", "full connection, biases", f"→ {self.classes}"),
        ]

    def figure(self):
        """The network drawn, without any of its sizes."""
        from course_utils.figures import layer_columns

        front = [(one.name, *one.words) for one in (self.conv1, self.pool1, self.conv2, self.conv3)]
        block = [(one.name, *one.words) for one in self.block]
        pool2 = ("pool2", *self.pool2.words) if self.pool2 else ("average", "mean of each map", "")
        head = [pool2, ("fc1", f"→ {self.hidden}", ""), ("fc2", f"→ {self.classes}", "")]
        around = ("shortcut", *self.shortcut.words)
        return layer_columns([("The front", front, None), ("The block", block, around), ("The head", head, None)])

    def __str__(self) -> str:
        lines = [_HEAD, None, *((*line, "", "", "") for line in self.lines)]
        return "\n".join([self._caption, *aligned(lines, (False,) * len(_HEAD))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def line(values: Sequence[str], tag: str = "td") -> str:
            return "".join(cell(value, False, "padding:2px 9px;white-space:nowrap", tag) for value in values)

        head = f"<thead><tr>{line(_HEAD, 'th')}</tr></thead>"
        body = "".join(f"<tr>{line((*values, '', '', ''))}</tr>" for values in self.lines)
        return framed(f"{head}<tbody>{body}</tbody>", self._caption, "your network", (), "overflow:auto")

    @property
    def _caption(self) -> str:
        return f"Your network. In training it sees {self.batch_size} pictures at a time."


def drawn(student: str, key: str) -> Network:
    """The network of that student for that key. Hashes alone decide, so it is the same on every machine, for ever."""
    draws = _Draws(f"{key}\n{student}".encode())
    for _ in range(MOST_TRIES):
        if (network := _candidate(draws)) is not None:
            return network
    raise AssertionError("no network was found, which has not been seen in a million draws")


class _Draws:
    """Choices that follow from a secret, one after the other."""

    def __init__(self, secret: bytes):
        self.secret, self.number = secret, 0

    def choose(self, options: Sequence[T]) -> T:
        self.number += 1
        digest = hmac.new(self.secret, str(self.number).encode(), hashlib.sha256).digest()
        return options[int.from_bytes(digest[:8], "big") % len(options)]


def _candidate(draws: _Draws) -> Network | None:
    """A network drawn at random; None if its numbers would be too easy or too awkward."""
    side, channels = draws.choose(range(61, 140)), draws.choose((1, 3, 3))
    kernel1, stride1 = draws.choose((5, 7, 9)), draws.choose((2, 3, 4))
    padding1 = draws.choose(range(1, kernel1 // 2 + 1))
    widths = [draws.choose(range(16, 65, 8)), draws.choose(range(32, 97, 8)), draws.choose(range(32, 129, 8))]
    conv1 = Convolution("conv1", channels, widths[0], kernel1, stride1, padding1)
    pool1 = Pool("pool1", *draws.choose(((2, 2), (3, 2), (3, 3))), ceil_mode=draws.choose((False, True)))
    kernel2 = draws.choose((3, 5))
    padding2, groups = draws.choose((1, kernel2 // 2)), draws.choose((2, 4, 8))
    conv2 = Convolution("conv2", widths[0], widths[1], kernel2, 1, padding2, groups=groups, norm=False)
    kernel3, dilation = draws.choose((3, 5)), draws.choose((2, 3))
    conv3 = Convolution("conv3", widths[1], widths[2], kernel3, 1, draws.choose((1, 2)), dilation)
    block, shortcut = _block(draws, widths[2])
    pool2 = draws.choose((Pool("pool2", 2, 2), Pool("pool2", 3, 2), None))
    rest = draws.choose(range(40, 201, 8)), draws.choose(range(5, 101)), draws.choose((16, 32, 48, 64, 96, 128))
    network = Network(side, channels, conv1, pool1, conv2, conv3, block, shortcut, pool2, *rest)
    return network if _is_fit(network) else None


def _block(draws: _Draws, arriving: int) -> tuple[tuple[Convolution, ...], Convolution]:
    if draws.choose((True, False)):
        width = draws.choose(range(48, 161, 16))
        layers = ((arriving, width, 3, 2), (width, width, 3, 1))
    else:
        middle = draws.choose(range(16, 49, 4))
        layers, width = ((arriving, middle, 1, 1), (middle, middle, 3, 2), (middle, 4 * middle, 1, 1)), 4 * middle
    block = (
        Convolution(f"block{number}", before, after, kernel, stride, kernel // 2)
        for number, (before, after, kernel, stride) in enumerate(layers, start=1)
    )
    return tuple(block), Convolution("shortcut", arriving, width, 1, 2)


def _is_fit(network: Network) -> bool:
    """Whether the first window and the pooling do not fit evenly, and the maps stay neither too small nor too large."""
    first, pool = network.conv1, network.pool1
    steps, rest = divmod(network.side + 2 * first.padding - first.kernel_size, first.stride)
    if not rest or not (steps + 1 - pool.kernel_size) % pool.stride:
        return False
    try:
        side = {name: row.output_size[-1] for name, row in network.rows.items() if len(row.output_size) == 3}
    except ValueError:
        return False
    return (
        7 <= side["conv3"] != side["conv2"] <= 32
        and side["sum"] >= 4
        and network.shortcut.in_channels != network.shortcut.out_channels
        and side.get("pool2", 2) >= 2
    )


def _convolution(one: Convolution, relu: bool, reads: str | None = None) -> list[Step]:
    names = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups")
    settings = {name: getattr(one, name) for name in names} | {"bias": not one.norm}
    steps = [Step(one.name, "Conv2d", settings, (reads,) if reads else ())]
    steps += [Step(f"{one.name}.norm", "BatchNorm2d")] if one.norm else []
    return steps + ([Step(f"{one.name}.relu", "ReLU")] if relu else [])


def _pool(one: Pool) -> Step:
    settings = {"kernel_size": one.kernel_size, "stride": one.stride, "ceil_mode": one.ceil_mode}
    return Step(one.name, "MaxPool2d", settings)


def _line(one: Convolution, behind: str) -> tuple[str, str, str]:
    what = f"convolution, {'batch norm' if one.norm else 'biases'}{behind}"
    return one.name, what, ", ".join(filter(None, one.words))


_HEAD = ("layer", "what it is", "settings", "output size", "parameters", "MACs")
