"""Published weights: fetched, compared with their SHA-256, and put into a network; and weights of one's own.

The files are those of torchvision's first training on ImageNet, IMAGENET1K_V1 (1000 classes). They expect colour pictures
with values from 0 to 1, from which IMAGENET_MEAN has been subtracted, divided by IMAGENET_STD, per channel.
"""

import difflib
import warnings
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from course_utils.datasets import download
from course_utils.datasets.catalogue import RemoteFile, RemoteSet
from course_utils.models.densenet import modern_names
from course_utils.models.registry import create, describe

SERVER = "https://download.pytorch.org/models/"
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# The digits in a file's name are the first eight of its SHA-256.
PUBLISHED = {
    "alexnet": "alexnet-owt-7be5be79.pth",
    "vgg11": "vgg11-8a719046.pth",
    "vgg13": "vgg13-19584684.pth",
    "vgg16": "vgg16-397923af.pth",
    "vgg19": "vgg19-dcbb9e9d.pth",
    "vgg11_bn": "vgg11_bn-6002323d.pth",
    "vgg13_bn": "vgg13_bn-abd245e5.pth",
    "vgg16_bn": "vgg16_bn-6c64b313.pth",
    "vgg19_bn": "vgg19_bn-c79401a0.pth",
    "googlenet": "googlenet-1378be20.pth",
    "resnet18": "resnet18-f37072fd.pth",
    "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
    "resnet152": "resnet152-394f9c45.pth",
    "wide_resnet50_2": "wide_resnet50_2-95faca4d.pth",
    "wide_resnet101_2": "wide_resnet101_2-32ee1156.pth",
    "resnext50_32x4d": "resnext50_32x4d-7cdf4587.pth",
    "resnext101_32x8d": "resnext101_32x8d-8ba56ff5.pth",
    "resnext101_64x4d": "resnext101_64x4d-173b62eb.pth",
    "densenet121": "densenet121-a639ec97.pth",
    "mobilenet_v2": "mobilenet_v2-b0353104.pth",
    "convnext_tiny": "convnext_tiny-983f1562.pth",
}
# How many names of a long list an error shows.
_SHOWN = 5


class WeightsDoNotFit(ValueError):  # noqa: N818
    """Weights of another network. The message says which; the network is as it was."""


def load_pretrained(
    name: str,
    *,
    num_classes: int | None = None,
    in_channels: int | None = None,
    offline: bool = False,
    device: str | torch.device | None = None,
) -> nn.Module:
    """The network with its published weights, in evaluation mode; call `train()` before you train it further.

    num_classes, in_channels: with other numbers than 1000 and 3, the layers that depend on them keep their random weights,
    which a warning says. offline: never ask the network; COURSE_OFFLINE=1 says the same. device: where the weights are to be.

    The file is asked for once, and kept in the learner's own folder. Raises ValueError if the network is unknown or nobody
    has published its weights, DataSetMissing if they are not here and must not be loaded, DownloadError if they could not be.
    """
    remote = published_file(name)
    # torchvision says of GoogLeNet's heads that they are not trained; its input is scaled otherwise than the others'.
    options = {"aux_logits": False, "transform_input": in_channels in (None, 3)} if name == "googlenet" else {}
    network = create(name, num_classes, in_channels, device="cpu", **options)
    own = network.state_dict()
    state = torch.load(download(remote, offline) / remote.files[0].name, map_location="cpu", weights_only=True)
    if name == "densenet121":
        state = modern_names(state)
    if name == "googlenet":
        state = {key: value for key, value in state.items() if not key.startswith("aux")}
    published = create(name, device="meta").state_dict()
    kept = [key for key in own if own[key].shape != published[key].shape]
    load_weights(network, {**state, **{key: own[key] for key in kept}})
    if kept:
        layers = dict.fromkeys(key.rpartition(".")[0] for key in kept)
        warnings.warn(
            f"{name}: {', '.join(layers)} kept random weights, since the published ones are for 1000 classes and 3 channels; "
            "everything else is loaded. Train the network before you use it.",
            stacklevel=2,
        )
    return network.eval().to(device or torch.get_default_device())


def published_file(name: str) -> RemoteSet:
    """Where a network's published weights are, and how they are known to be right.

    Raises ValueError if the network is unknown, or nobody has published its weights.
    """
    entry = describe(name)
    if name not in PUBLISHED:
        family = [other for other in PUBLISHED if describe(other).family == entry.family]
        (nearest,) = difflib.get_close_matches(name, family or PUBLISHED, n=1, cutoff=0)
        raise ValueError(f'there are no published weights for {name}; the nearest network that has some is "{nearest}"')
    file = PUBLISHED[name]
    digits = file.removesuffix(".pth").rpartition("-")[2]
    return RemoteSet(
        name=name,
        title=f"The weights file of {name}",
        content=f"weights of {name}, trained on ImageNet",
        mirrors=(SERVER,),
        files=(RemoteFile(file, None, digits),),
        place="weights",
        command=f'models.load_pretrained("{name}")',
    )


def load_weights(network: nn.Module, state: Mapping[str, torch.Tensor]) -> None:
    """Puts weights, as `state_dict()` returns them, into a network: all of them or, if they do not fit, none.

    The counters of batch normalisation, num_batches_tracked, may be missing: old files have none.

    Raises TypeError if state is no such mapping, WeightsDoNotFit with the names that are missing, unexpected, or of another
    shape.
    """
    _check_is_state(state)
    own = network.state_dict()
    counters = {key: own[key] for key in own if key.endswith("num_batches_tracked") and key not in state}
    lists = {
        "missing": [key for key in own if key not in state and key not in counters],
        "unexpected": [key for key in state if key not in own],
        "of another shape": [
            f"{key} is {tuple(state[key].shape)} instead of {tuple(own[key].shape)}"
            for key in own
            if key in state and state[key].shape != own[key].shape
        ],
    }
    if any(lists.values()):
        found = "; ".join(f"{kind}: {_some(names)}" for kind, names in lists.items() if names)
        raise WeightsDoNotFit(f"these weights are not for this {type(network).__name__}: {found}{_remedy(own, state)}")
    network.load_state_dict({**state, **counters})


def _check_is_state(state: object) -> None:
    if isinstance(state, nn.Module):
        raise TypeError("state must be the weights of a network, got the network; hand over its state_dict()")
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be what state_dict() returns, got {type(state).__name__}; torch.load reads a file")
    inner = [key for key, value in state.items() if isinstance(value, Mapping)]
    if inner:
        raise TypeError(
            f"state has no weights but whole dictionaries in it: hand over one of them, as state[{inner[0]!r}]"
        )
    if strange := [key for key, value in state.items() if not isinstance(value, torch.Tensor)]:
        raise TypeError(f"state[{strange[0]!r}] must be a tensor, got {type(state[strange[0]]).__name__}")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _remedy(own: Iterable[str], state: Iterable[str]) -> str:
    """What to do, where a prefix before all names is the whole difference."""
    prefix = "module."
    if {prefix + key for key in own} == set(state):
        return f'. All names begin with "{prefix}", as nn.DataParallel saves them: remove it'
    return ""
