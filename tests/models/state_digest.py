"""A state dict's names, order and shapes in one line each, and all lines in one hash: what published weights must meet.

`torchvision_states.json` has the hash, the number of lines and the number of parameters of torchvision's networks as it builds
them, one line a network: GoogLeNet and Inception are there with their auxiliary heads.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from torch import nn

TORCHVISION = json.loads(Path(__file__).with_name("torchvision_states.json").read_text())


def state_lines(network: nn.Module) -> list[str]:
    """One line for each entry of the state dict, in its order: "features.0.weight 64,3,11,11"; of a scalar, the name."""
    return [_line(name, value.shape) for name, value in network.state_dict().items()]


def state_record(network: nn.Module) -> dict[str, int | str]:
    """{"parameters", "keys", "sha256"} of a network, to be compared with `TORCHVISION[name]`."""
    lines = state_lines(network)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return {"parameters": parameters, "keys": len(lines), "sha256": digest(lines)}


def digest(lines: Iterable[str]) -> str:
    """The SHA-256, in hexadecimal, of the lines, each with its line feed, in ASCII."""
    return sha256("".join(f"{line}\n" for line in lines).encode("ascii")).hexdigest()


def _line(name: str, shape: Iterable[int]) -> str:
    return f"{name} {','.join(map(str, shape))}".rstrip()
