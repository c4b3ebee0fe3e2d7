"""How large outputs are. Volumes are written as the lectures do: height x width x depth."""

from fractions import Fraction

from course_utils.layers.sizes import conv_output_size

Volume = tuple[int, int, int]


def output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Outputs along one axis, a last place that hangs over the edge dropped: floor((W - D(F-1) - 1 + 2P) / S) + 1."""
    return conv_output_size(size, kernel_size, stride, padding, dilation)


def exact_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> Fraction:
    """(W - F + 2P) / S + 1 without rounding: a fraction where the window does not fit."""
    return Fraction(size - kernel_size + 2 * padding, stride) + 1


def fits(size: int, kernel_size: int, stride: int = 1, padding: int = 0) -> bool:
    """Whether the windows end exactly at the edge: (W - F + 2P) / S is whole."""
    return exact_size(size, kernel_size, stride, padding).denominator == 1


def conv_volume(volume: int | Volume, out_channels: int, kernel_size: int, stride: int = 1, padding: int = 0) -> Volume:
    """The volume after a convolution with out_channels filters. volume: (H, W, D), or the side of a square one."""
    height, width = (volume, volume) if isinstance(volume, int) else volume[:2]
    side = (output_size(one, kernel_size, stride, padding) for one in (height, width))
    return (*side, out_channels)


def pool_volume(volume: Volume, kernel_size: int, stride: int, padding: int = 0) -> Volume:
    """The volume after pooling, slice by slice: the depth stays."""
    return conv_volume(volume, volume[2], kernel_size, stride, padding)


def concatenated(height: int, width: int, *depths: int) -> Volume:
    """Volumes of one height and width stacked along their depth."""
    return height, width, sum(depths)


def halved(volume: Volume) -> Volume:
    """The half of a volume's depth that is on one of two GPUs."""
    height, width, maps = volume
    if maps % 2:
        raise ValueError(f"{maps} maps cannot be halved")
    return height, width, maps // 2


def depth_first(volume: Volume) -> Volume:
    """(H, W, D) as (D, H, W)."""
    return volume[2], volume[0], volume[1]


def ceiling_size(size: int, kernel_size: int, stride: int = 1) -> int:
    """The rule for no padding that says ceil((W - F + 1) / S)."""
    return -((size - kernel_size + 1) // -stride)


def ceiling_size_padded(size: int, stride: int = 1) -> int:
    """The rule for "same" padding that says ceil(W / S)."""
    return -(size // -stride)


def padding_that_keeps(kernel_size: int) -> Fraction:
    """The padding that keeps the size at stride 1: (F - 1) / 2."""
    return Fraction(kernel_size - 1, 2)


def values(*volume: int) -> int:
    """How many numbers a volume holds."""
    product = 1
    for one in volume:
        product *= one
    return product


def percent_discarded(kernel_size: int, stride: int, size: int = 224) -> Fraction:
    """Share of a slice's activations that pooling drops, in percent: 75 for 2x2 at stride 2."""
    kept = output_size(size, kernel_size, stride) ** 2
    return 100 * (1 - Fraction(kept, size * size))


FUNCTIONS = (
    output_size,
    exact_size,
    fits,
    conv_volume,
    pool_volume,
    concatenated,
    halved,
    depth_first,
    ceiling_size,
    ceiling_size_padded,
    padding_that_keeps,
    values,
    percent_discarded,
)
