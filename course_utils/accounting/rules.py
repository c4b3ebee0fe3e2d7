"""How each type of step counts: sizes, parameters, buffers and multiply-accumulates, by formula.

Only convolutions and fully connected layers have multiply-accumulates: comparing, adding, normalising and activating
are left out, as in the papers.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from course_utils.accounting.refusals import WrongFeatures
from course_utils.accounting.volumes import Size, Volume, as_text
from course_utils.accounting.window_rules import (
    Counted,
    adaptive_pool2d,
    check_picture,
    conv2d,
    global_pool,
    pool2d,
    window,
    zero_pad2d,
    zero_pad_shortcut,
)


def linear(name: str, x: Volume, *, out_features: int, in_features: int | None = None, bias: bool = True) -> Counted:
    """A fully connected layer along the last axis, once for each place of the axes before it."""
    features = x.size[-1]
    if in_features not in (None, features):
        raise WrongFeatures(name, features, in_features)
    weights = features * out_features
    size = (*x.size[:-1], out_features)
    volume = replace(x, size=size) if _keeps_places(x, len(size) - 1) else x.flat(size)
    return Counted(volume, weights, out_features if bias else 0, macs=math.prod(x.size[:-1]) * weights)


def dense(name: str, x: Volume, *, out_features: int, in_features: int | None = None) -> Counted:
    volume = linear(name, x, out_features=out_features, in_features=in_features, bias=False).volume
    return Counted(volume)


def pointwise(name: str, x: Volume, *, inplace: bool = False) -> Counted:
    return Counted(x)


def batch_norm(
    name: str,
    x: Volume,
    *,
    num_features: int | None = None,
    affine: bool = True,
    track_running_stats: bool = True,
) -> Counted:
    """A weight and a bias a channel; a running mean and a variance a channel, and one counter of batches, as buffers."""
    channels = x.size[0]
    if num_features not in (None, channels):
        raise ValueError(f"{name} needs {num_features} channels and gets {channels} ({as_text(x.size)})")
    learned = channels if affine else 0
    return Counted(x, learned, learned, buffers=2 * channels + 1 if track_running_stats else 0)


def layer_norm(
    name: str, x: Volume, *, normalized_shape: int | Size, elementwise_affine: bool = True, bias: bool = True
) -> Counted:
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if x.size[-len(shape) :] != shape:
        raise ValueError(f"{name} normalises the last axes {as_text(shape)} and gets {as_text(x.size)}")
    return _layer_norm(x, math.prod(shape), elementwise_affine, bias)


def layer_norm2d(
    name: str, x: Volume, *, normalized_shape: int | Size, elementwise_affine: bool = True, bias: bool = True
) -> Counted:
    """Layer normalisation over the channels of each place of a (C, H, W) volume."""
    check_picture(name, x)
    channels = normalized_shape if isinstance(normalized_shape, int) else normalized_shape[0]
    if x.size[0] != channels:
        raise ValueError(f"{name} normalises {channels} channels and gets {as_text(x.size)}")
    return _layer_norm(x, channels, elementwise_affine, bias)


def group_norm(
    name: str, x: Volume, *, num_groups: int, num_channels: int | None = None, affine: bool = True
) -> Counted:
    if num_channels not in (None, x.size[0]) or x.size[0] % num_groups:
        raise ValueError(
            f"{name} normalises {num_channels or x.size[0]} channels in {num_groups} groups and gets {as_text(x.size)}"
        )
    return Counted(x, *(2 * (x.size[0] if affine else 0,)))


def flatten(name: str, x: Volume, *, start_dim: int = 1, end_dim: int = -1) -> Counted:
    """Axes are counted as PyTorch does, with the batch as axis 0, which must stay."""
    first, last = (dim + len(x.size) if dim < 0 else dim - 1 for dim in (start_dim, end_dim))
    if first < 0:
        raise ValueError(f"{name} flattens from axis {start_dim}, which mixes the images of a batch; use start_dim=1")
    if first >= last:
        return Counted(x)
    return Counted(x.flat((*x.size[:first], math.prod(x.size[first : last + 1]), *x.size[last + 1 :])))


def permute(name: str, x: Volume, *, dims: Size) -> Counted:
    order = [dim + len(x.size) if dim < 0 else dim - 1 for dim in dims[1:]]
    if dims[0] != 0 or sorted(order) != list(range(len(x.size))):
        raise ValueError(f"{name} must keep axis 0, the batch, and name each axis of {as_text(x.size)} once: {dims}")
    axes = x.axes and (order.index(x.axes[0]), order.index(x.axes[1]))
    return Counted(replace(x, size=tuple(x.size[axis] for axis in order), axes=axes))


def concat(name: str, *volumes: Volume, dim: int = 1) -> Counted:
    first = volumes[0]
    axis = dim + len(first.size) if dim < 0 else dim - 1
    for other in volumes[1:]:
        if len(other.size) != len(first.size) or _without(other.size, axis) != _without(first.size, axis):
            sizes = " and ".join(as_text(volume.size) for volume in volumes)
            raise ValueError(f"{name} joins along axis {dim}, where the other axes must agree, and gets {sizes}")
    size = list(first.size)
    size[axis] = sum(volume.size[axis] for volume in volumes)
    return Counted(_merged(name, volumes, tuple(size)))


def combine(name: str, *volumes: Volume, inplace: bool = False) -> Counted:
    """A sum or product place by place; an axis of length 1 is spread over the others', as NumPy and PyTorch do."""
    size = []
    for lengths in zip(*_aligned([volume.size for volume in volumes]), strict=True):
        if len(set(lengths) - {1}) > 1:
            sizes = " and ".join(as_text(volume.size) for volume in volumes)
            raise ValueError(f"{name} combines volumes of one size, and gets {sizes}")
        size.append(max(lengths))
    return Counted(_merged(name, volumes, tuple(size)))


RULES: dict[str, Callable[..., Counted]] = {
    "Conv2d": conv2d,
    "Linear": linear,
    "MaxPool2d": pool2d,
    "AvgPool2d": pool2d,
    "LPPool2d": pool2d,
    "AdaptiveAvgPool2d": adaptive_pool2d,
    "AdaptiveMaxPool2d": adaptive_pool2d,
    "Mean": global_pool,
    "ZeroPad2d": zero_pad2d,
    "BatchNorm1d": batch_norm,
    "BatchNorm2d": batch_norm,
    "LayerNorm": layer_norm,
    "LayerNorm2d": layer_norm2d,
    "GroupNorm": group_norm,
    "Flatten": flatten,
    "Permute": permute,
    "Concat": concat,
    "Add": combine,
    "Multiply": combine,
    "Window": window,
    "ZeroPadShortcut": zero_pad_shortcut,
    "Dense": dense,
    **dict.fromkeys(
        (
            *("Pointwise", "Identity", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "GELU", "SiLU", "Hardswish"),
            *("Sigmoid", "Hardsigmoid", "Tanh", "ScaledTanh", "Softmax", "LogSoftmax", "Softplus"),
            *("Dropout", "Dropout2d", "StochasticDepth", "LocalResponseNorm"),
        ),
        pointwise,
    ),
}
# What only looks at its input in another way makes no new numbers.
VIEWS = frozenset({"Flatten", "Identity", "Permute"})


def _layer_norm(x: Volume, numbers: int, affine: bool, bias: bool) -> Counted:
    return Counted(x, weights=numbers if affine else 0, biases=numbers if affine and bias else 0)


def _keeps_places(x: Volume, last: int) -> bool:
    """Whether a layer along the last axis leaves rows and columns alone: (H, W, C), or no rows and columns at all."""
    return x.axes is not None and last not in x.axes


def _without(size: Size, axis: int) -> Size:
    return (*size[:axis], *size[axis + 1 :])


def _aligned(sizes: list[Size]) -> list[Size]:
    longest = max(map(len, sizes))
    return [(1,) * (longest - len(size)) + size for size in sizes]


def _merged(name: str, volumes: tuple[Volume, ...], size: Size) -> Volume:
    """One volume that sees what all of them see."""
    merged = max(volumes, key=lambda volume: (volume.axes is not None, volume.places))
    axes, places = merged.axes, merged.places
    seen = list(merged.seen)
    for volume in volumes:
        for side, (axis, length) in enumerate(zip(volume.seen, volume.places, strict=True)):
            spread = axis.after_all(length) if length < places[side] else axis
            try:
                seen[side] = seen[side].merged(places[side], spread, length)
            except ValueError as error:
                raise ValueError(f"{name} reads volumes whose outputs stand {error} pixels apart") from error
    return Volume(size, axes, *seen)
