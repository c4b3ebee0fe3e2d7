"""Every network of the course by its name."""

import difflib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from typing import Any

import torch
from torch import nn

from course_utils.models.input_check import check_inputs

# In the order in which the course meets them.
_FAMILIES = (
    "lenet",
    "alexnet",
    "zfnet",
    "vgg",
    "nin",
    "googlenet",
    "resnet",
    "resnet_cifar",
    "preact_resnet",
    "wide_resnet",
    "resnext",
    "se_resnet",
    "densenet",
    "mobilenet",
    "convnext",
)


@dataclass(frozen=True)
class Entry:
    """A network that `create` can build, and what its authors say about it.

    build: called with num_classes, in_channels and the network's own options. family: the module it stands in. paper:
    authors, year and table. input_size: (C, H, W) of the pictures it was published for; num_classes its classes there.
    parameters, macs: as published, in words such as "60 million", and source, where that is said; empty where nobody did.
    smallest: the smallest height and width of a picture that it takes; fixed: True if it takes pictures of input_size's
    height and width alone. torchvision: its name there, if the names and shapes of its weights are the same.
    """

    name: str
    build: Callable[..., nn.Module]
    family: str
    paper: str
    input_size: tuple[int, int, int] = (3, 224, 224)
    num_classes: int = 1000
    parameters: str = ""
    macs: str = ""
    source: str = ""
    smallest: int = 1
    fixed: bool = False
    torchvision: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """The network's own options with their defaults, such as {"shortcut": "A"}."""
        # What a partial has fixed is what makes it this network and no other.
        fixed = self.build.keywords if isinstance(self.build, partial) else {}
        own = list(inspect.signature(self.build).parameters.values())[2:]
        return {parameter.name: parameter.default for parameter in own if parameter.name not in fixed}


def create(
    name: str,
    num_classes: int | None = None,
    in_channels: int | None = None,
    *,
    seed: int | None = None,
    device: str | torch.device | None = None,
    **options: Any,
) -> nn.Module:
    """A new network with its published initialisation, in training mode.

    num_classes, in_channels: as published where left out. seed: the weights are drawn from this seed, and PyTorch's own
    generator is left as it was; None draws from that generator. device: where the weights are made; on "meta" they take no
    memory and have no values, which is enough to count them. options: the network's own, see describe(name).options.

    Raises ValueError for an unknown name (the nearest ones are suggested), a count below 1 or a bad value of an option,
    TypeError for an option that this network does not have.
    """
    entry = describe(name)
    num_classes = entry.num_classes if num_classes is None else _count("num_classes", num_classes)
    in_channels = entry.input_size[0] if in_channels is None else _count("in_channels", in_channels)
    unknown = [option for option in options if option not in entry.options]
    if unknown:
        known = ", ".join(f"{option}={default!r}" for option, default in entry.options.items()) or "none"
        raise TypeError(f"{name} has no option {unknown[0]!r}; its options are: {known}")
    device = torch.device(device or torch.get_default_device())
    # The weights are drawn on the CPU wherever they go afterwards, so that a seed gives the same ones everywhere.
    with torch.random.fork_rng([], enabled=seed is not None), torch.device("meta" if device.type == "meta" else "cpu"):
        if seed is not None:
            torch.default_generator.manual_seed(seed)
        network = entry.build(num_classes, in_channels, **options)
    network = network.to(device)
    check_inputs(network, name, in_channels, entry.input_size[1:], entry.smallest, entry.fixed)
    return network


def list_models(family: str | None = None) -> list[str]:
    """The names of all networks, or of one family, in the order of the course. Raises ValueError for an unknown family."""
    if family is None:
        return [*_entries()]
    families = {entry.family for entry in _entries().values()}
    if family not in families:
        raise ValueError(_unknown("family", family, sorted(families)))
    return [name for name, entry in _entries().items() if entry.family == family]


def describe(name: str) -> Entry:
    """What is known of a network. Raises ValueError for an unknown name, with the nearest ones."""
    if name not in _entries():
        raise ValueError(_unknown("network", name, [*_entries()]))
    return _entries()[name]


@cache
def _entries() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for family in _FAMILIES:
        for entry in import_module(f"course_utils.models.{family}").ENTRIES:
            if entry.name in found:
                raise ValueError(f"two networks are called {entry.name!r}; rename the one in {family}.py")
            found[entry.name] = entry
    return found


def _count(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return value


def _unknown(kind: str, name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(str(name).lower().replace("-", "_"), known, n=3, cutoff=0.5)
    remedy = f"did you mean {' or '.join(map(repr, close))}?" if close else f"there are {', '.join(known)}"
    return f"there is no {kind} called {name!r}; {remedy}"
