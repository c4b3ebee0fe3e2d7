"""How many numbers a layer learns."""


def count_conv_parameters(
    in_channels: int,
    out_channels: int,
    kernel_size: int | tuple[int, int],
    groups: int = 1,
    bias: bool = True,
) -> int:
    """Parameters of a 2-D convolution: KH * KW * (C / groups) weights for each of K filters, and K biases.

    Raises ValueError if a count is below 1 or `groups` does not divide both channel counts.
    """
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    counts = {"in_channels": in_channels, "out_channels": out_channels, "kernel_size": min(height, width)}
    for name, count in (counts | {"groups": groups}).items():
        if count < 1:
            raise ValueError(f"{name} must be at least 1, got {count}")
    for name in ("in_channels", "out_channels"):
        if counts[name] % groups:
            raise ValueError(f"groups must divide {name}={counts[name]}, got {groups}")
    weights = height * width * (in_channels // groups) * out_channels
    return weights + (out_channels if bias else 0)
