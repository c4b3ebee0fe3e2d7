"""How steps with a sliding window count: convolutions, pooling, padding.

A rule takes the step's name, the volumes it reads and its settings by PyTorch's names, and gives what it counts.
"""

from dataclasses import dataclass, replace

from course_utils.accounting.formulas import count_macs
from course_utils.accounting.parameters import count_conv_parameters
from course_utils.accounting.refusals import TooSmall
from course_utils.accounting.volumes import Axis, Pair, Size, Volume, as_text
from course_utils.layers.arguments import check_pair
from course_utils.layers.sizes import conv_output_size

Pairish = int | Pair


@dataclass(frozen=True)
class Counted:
    """The output of a step and what it costs, for one image."""

    volume: Volume
    weights: int = 0
    biases: int = 0
    buffers: int = 0
    macs: int = 0


def conv2d(
    name: str,
    x: Volume,
    *,
    out_channels: int,
    kernel_size: Pairish,
    stride: Pairish = 1,
    padding: Pairish | str = 0,
    dilation: Pairish = 1,
    groups: int = 1,
    bias: bool = True,
    in_channels: int | None = None,
) -> Counted:
    check_picture(name, x)
    channels = x.size[0]
    if in_channels not in (None, channels):
        raise ValueError(f"{name} needs {in_channels} channels and gets {channels} ({as_text(x.size)})")
    if isinstance(padding, str):
        padding = _named_padding(name, padding, kernel_size, dilation)
    volume = slide(name, x, kernel_size, stride, padding, dilation, out_channels=out_channels)
    parameters = count_conv_parameters(channels, out_channels, _pair(kernel_size), groups, bias=False)
    macs = count_macs(channels, out_channels, kernel_size, volume.places, groups)
    return Counted(volume, weights=parameters, biases=out_channels if bias else 0, macs=macs)


def pool2d(
    name: str,
    x: Volume,
    *,
    kernel_size: Pairish,
    stride: Pairish | None = None,
    padding: Pairish = 0,
    dilation: Pairish = 1,
    ceil_mode: bool = False,
) -> Counted:
    check_picture(name, x)
    stride = kernel_size if stride is None else stride
    return Counted(slide(name, x, kernel_size, stride, padding, dilation, ceil_mode))


def adaptive_pool2d(name: str, x: Volume, *, output_size: Pairish | tuple[int | None, int | None]) -> Counted:
    """Windows that share the axis out. Where they are not all equal, each is counted as seeing the whole axis."""
    check_picture(name, x)
    wanted = output_size if isinstance(output_size, tuple | list) else (output_size, output_size)
    lengths, seen = [], []
    for axis, length, target in zip(x.seen, x.places, wanted, strict=True):
        target = length if target is None else target
        window = length // target
        evenly = target > 1 and window * target == length
        seen.append(axis.after_window(window, window, 0) if evenly else _whole(axis, length, target))
        lengths.append(target)
    return Counted(Volume((x.size[0], *lengths), x.axes, *seen))


def global_pool(name: str, x: Volume, *, dim: Size = (-2, -1), keepdim: bool = False) -> Counted:
    """The mean over axes, counted as PyTorch does, with the batch as axis 0."""
    axes = {axis + len(x.size) if axis < 0 else axis - 1 for axis in ((dim,) if isinstance(dim, int) else dim)}
    size = tuple(1 if axis in axes else length for axis, length in enumerate(x.size) if keepdim or axis not in axes)
    if not x.axes or not axes & set(x.axes):
        return Counted(replace(x, size=size))
    if keepdim:
        seen = (
            axis.after_all(length) if place in axes else axis
            for axis, length, place in zip(x.seen, x.places, x.axes, strict=True)
        )
        return Counted(Volume(size, x.axes, *seen))
    return Counted(x.flat(size))


def zero_pad2d(name: str, x: Volume, *, padding: int | tuple[int, int, int, int]) -> Counted:
    """`padding` as PyTorch orders it: left, right, top, bottom."""
    check_picture(name, x)
    left, right, top, bottom = (padding,) * 4 if isinstance(padding, int) else padding
    rows, columns = (
        replace(axis, low=axis.low - before * axis.jump, high=axis.high - before * axis.jump)
        if not axis.whole
        else axis
        for axis, before in zip(x.seen, (top, left), strict=True)
    )
    height, width = x.places
    return Counted(Volume((x.size[0], height + top + bottom, width + left + right), x.axes, rows, columns))


def window(
    name: str,
    x: Volume,
    *,
    kernel_size: Pairish,
    stride: Pairish = 1,
    padding: Pairish = 0,
    dilation: Pairish = 1,
    out_channels: int | None = None,
) -> Counted:
    """A sliding window of our own; what it learns and multiplies is in the settings that every step may have."""
    check_picture(name, x)
    return Counted(slide(name, x, kernel_size, stride, padding, dilation, out_channels=out_channels))


def zero_pad_shortcut(
    name: str, x: Volume, *, out_channels: int, stride: int = 1, in_channels: int | None = None
) -> Counted:
    """A shortcut that leaves pixels out and appends channels of zeros (He et al. 2015, option A)."""
    return window(name, x, kernel_size=1, stride=stride, out_channels=out_channels)


def slide(
    name: str,
    x: Volume,
    kernel_size: Pairish,
    stride: Pairish,
    padding: Pairish,
    dilation: Pairish = 1,
    ceil_mode: bool = False,
    out_channels: int | None = None,
) -> Volume:
    """The volume after a window has slid over `x`. Raises TooSmall where it does not fit."""
    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "dilation": dilation}
    for key, value in settings.items():
        settings[key] = check_pair(f"{name}: {key}", value, least=0 if key == "padding" else 1)
    along = [dict(zip(settings, values, strict=True)) for values in zip(*settings.values(), strict=True)]
    needed = tuple(_least_input(ceil_mode=ceil_mode, **each) for each in along)
    if x.places[0] < needed[0] or x.places[1] < needed[1]:
        raise TooSmall(name, x.places, needed)
    sizes, seen = [], []
    for length, axis, each in zip(x.places, x.seen, along, strict=True):
        sizes.append(pool_output_size(length, ceil_mode=ceil_mode, **each))
        reach = each["dilation"] * (each["kernel_size"] - 1) + 1
        seen.append(axis.after_window(reach, each["stride"], each["padding"]))
    channels = x.size[0] if out_channels is None else out_channels
    return Volume((channels, *sizes), x.axes, *seen)


def pool_output_size(
    size: int, kernel_size: int, stride: int, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> int:
    """Output length of pooling along one axis: `conv_output_size`, or rounded up with `ceil_mode`.

    A window that hangs over the end counts then, unless it would start in the padding at the end, as in PyTorch.
    """
    if not ceil_mode:
        return conv_output_size(size, kernel_size, stride, padding, dilation)
    reach = dilation * (kernel_size - 1) + 1
    places = -(-(size + 2 * padding - reach) // stride) + 1
    starts_past_the_end = (places - 1) * stride >= size + padding
    return places - 1 if starts_past_the_end else places


def check_picture(name: str, x: Volume) -> None:
    """Raises ValueError unless x is (C, H, W)."""
    if x.axes != (1, 2) or len(x.size) != 3:
        raise ValueError(f"{name} reads a volume (C, H, W), but gets one of size {as_text(x.size)}")


def _least_input(kernel_size: int, stride: int, padding: int, dilation: int, ceil_mode: bool) -> int:
    """The shortest axis on which the window has a place."""
    reach = dilation * (kernel_size - 1) + 1
    return max(1, reach - 2 * padding - (stride - 1 if ceil_mode else 0))


def _whole(axis: Axis, length: int, target: int) -> Axis:
    return axis if length == target else axis.after_all(length)


def _named_padding(name: str, padding: str, kernel_size: Pairish, dilation: Pairish) -> Pair:
    if padding == "valid":
        return 0, 0
    reaches = [d * (k - 1) for k, d in zip(_pair(kernel_size), _pair(dilation), strict=True)]
    if padding != "same" or any(reach % 2 for reach in reaches):
        raise ValueError(f'{name}: padding must be a number, "valid", or "same" with an odd window, got {padding!r}')
    return reaches[0] // 2, reaches[1] // 2


def _pair(value: Pairish) -> Pair:
    return (value, value) if isinstance(value, int) else tuple(value)
