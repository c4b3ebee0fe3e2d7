"""Two formulas worth knowing by heart: the operations of a convolution, and how far an output sees."""

from collections.abc import Sequence

from course_utils.layers.arguments import check_integer, check_pair


def count_macs(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    output_size: int | tuple[int, int],
    groups: int = 1,
) -> int:
    """Multiply-accumulates of one convolution on one image: OH * OW * K * (C / groups) * KH * KW.

    C is `in_channels`, K `out_channels`, (OH, OW) `output_size`. Adding the bias is not counted. A fully connected
    layer is a convolution with `kernel_size=1` and `output_size=1`. One multiply-accumulate is two FLOP.

    Raises TypeError if a count is not an integer, ValueError if one is below 1 or `groups` does not divide both
    channel counts.
    """
    counts = {"in_channels": in_channels, "out_channels": out_channels}
    counts = {name: check_integer(name, count, least=1) for name, count in counts.items()}
    groups = check_integer("groups", groups, least=1)
    for name, count in counts.items():
        if count % groups:
            raise ValueError(f"groups must divide {name}={count}, got {groups}")
    kernel_height, kernel_width = check_pair("kernel_size", kernel_size, least=1)
    height, width = check_pair("output_size", output_size, least=1)
    per_output = counts["in_channels"] // groups * kernel_height * kernel_width
    return height * width * counts["out_channels"] * per_output


def receptive_field(
    kernel_sizes: Sequence[int], strides: Sequence[int] | None = None, dilations: Sequence[int] | None = None
) -> tuple[int, int]:
    """(field, jump) along one axis after a chain of layers, first layer first; pooling layers count as layers.

    One output sees `field` neighbouring inputs, its neighbour the same number of inputs `jump` further on. Both start
    at 1; layer l adds D(F-1) jumps to the field, then multiplies the jump by its stride:
    r_l = r_(l-1) + D_l (F_l - 1) j_(l-1),  j_l = j_(l-1) S_l.  `strides` and `dilations` None: all 1.

    Raises TypeError if an entry is not an integer, ValueError if one is below 1 or the lengths differ.
    """
    chains = {"kernel_sizes": list(kernel_sizes)}
    for name, values in (("strides", strides), ("dilations", dilations)):
        chains[name] = [1] * len(chains["kernel_sizes"]) if values is None else list(values)
        if len(chains[name]) != len(chains["kernel_sizes"]):
            raise ValueError(
                f"{name} must have one entry a layer, {len(chains['kernel_sizes'])}, got {len(chains[name])}"
            )
    for name, values in chains.items():
        chains[name] = [check_integer(f"{name}[{i}]", value, least=1) for i, value in enumerate(values)]
    field, jump = 1, 1
    for kernel_size, stride, dilation in zip(*chains.values(), strict=True):
        field += dilation * (kernel_size - 1) * jump
        jump *= stride
    return field, jump
