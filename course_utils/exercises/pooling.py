"""What the four pooling exercises share: windows with a slip in them, the names of such slips, and cases."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from course_utils import layers
from course_utils.exercises.convolution_forward import as_pair
from course_utils.exercises.drawing_cases import digits, int_or_pair, random_arrays
from course_utils.exercises.slips import Slips
from course_utils.exercises.specification import Case

ARGUMENTS = ("x", "kernel_size", "stride", "padding")
Pair = tuple[int, int]


@dataclass(frozen=True)
class Windows:
    """Where the windows of a pooling layer lie: `out` places, each `kernel` large, in a picture with `padding`."""

    kernel: Pair
    stride: Pair
    padding: Pair
    out: Pair
    slip: str

    def pad(self, x: np.ndarray, border: float) -> np.ndarray:
        """x with a border of that value."""
        ph, pw = self.padding
        return np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=border)

    def places(self) -> Iterator[tuple[int, int, slice, slice]]:
        """Row and column of each output, with the rows and columns of the padded picture that its window covers."""
        for i in range(self.out[0]):
            for j in range(self.out[1]):
                top = i if self.slip == "stride ignored" else i * self.stride[0]
                left = j if self.slip in ("stride ignored", "stride on rows only") else j * self.stride[1]
                yield i, j, slice(top, top + self.kernel[0]), slice(left, left + self.kernel[1])

    def cut(self, dpadded: np.ndarray, size: Pair) -> np.ndarray:
        """The gradient of a picture of that size: dpadded without its border."""
        (ph, pw), (height, width) = self.padding, size
        if self.slip == "p to -p":
            return dpadded[:, :, ph:-ph, pw:-pw]
        if self.slip == "padding left on":
            return dpadded
        if self.slip == "far corner":
            return dpadded[:, :, :height, :width]
        if self.slip == "only with padding" and 0 in self.padding:
            raise UnboundLocalError("made only where there is padding")
        if self.slip == "sizes from the output":
            height = (self.out[0] - 1) * self.stride[0] + self.kernel[0] - 2 * ph
            width = (self.out[1] - 1) * self.stride[1] + self.kernel[1] - 2 * pw
        return dpadded[:, :, ph : ph + height, pw : pw + width]


def windows(size: Pair, kernel_size, stride, padding, slip: str, out: Pair | None = None) -> Windows:
    """The windows in a picture of that size, with a slip in them. A backward pass gives the `out` that it knows."""
    (kh, kw), (ph, pw) = as_pair(kernel_size), as_pair(padding)
    sh, sw = as_pair(kernel_size if stride is None else stride)
    if slip == "kernel as stride":
        sh, sw = kh, kw
    if slip == "stride 1" and stride is None:
        sh, sw = 1, 1
    if slip == "one number for both axes":
        kw, sw, pw = kh, sh, ph
    if slip == "padding ignored":
        ph = pw = 0
    room_h, room_w = size[0] + 2 * ph - kh, size[1] + 2 * pw - kw
    if slip == "tiles only":
        assert (kh, kw) == (sh, sw), "windows must lie side by side"
    if slip in ("asserts", "tiles only"):
        assert room_h % sh == 0, "stride does not fit"
        assert room_w % sw == 0, "stride does not fit"
    rows, columns = out or (room_h // sh + 1, room_w // sw + 1)
    if slip == "rounded up":
        rows, columns = -(-room_h // sh) + 1, -(-room_w // sw) + 1
    if slip == "square image":
        columns = rows
    if slip == "square kernel":
        kw = kh
    return Windows((kh, kw), (sh, sw), (ph, pw), (rows, columns), slip)


GEOMETRY: Slips = (
    (
        "height used for width (the picture)",
        "square image",
        "You go through as many columns of the output as it has rows.",
    ),
    (
        "height used for width (the window)",
        "square kernel",
        "You use the window's height for its width as well.",
    ),
    (
        "one number of a pair for both axes",
        "one number for both axes",
        "Where the window's size, the stride or the padding is a pair, you use its first number for the columns too.",
    ),
    (
        "stride on one axis only",
        "stride on rows only",
        "Your window jumps down by the stride but walks right pixel by pixel.",
    ),
    (
        "the stride ignored where windows are read",
        "stride ignored",
        "Your windows start at pixel (i, j), whatever the stride.",
    ),
    (
        "the window's size used as the stride",
        "kernel as stride",
        "Your windows always lie side by side, even where the stride says that they overlap or leave gaps.",
    ),
    (
        "sizes that do not divide are refused",
        "asserts",
        "Your function stops where the stride does not fit evenly. PyTorch drops the last, incomplete step and goes on.",
    ),
    (
        "only windows that lie side by side",
        "tiles only",
        "Your function stops unless the windows tile the picture. They may overlap, leave gaps, or leave a rest.",
    ),
)
FORWARD: Slips = (
    (
        "stride 1 where none is given",
        "stride 1",
        "Without a stride your window moves pixel by pixel, as a convolution's does. Pooling has another custom.",
    ),
    (
        "rounded up",
        "rounded up",
        "You keep a last window that hangs over the edge. PyTorch drops it unless it is told otherwise.",
    ),
    (
        "padding ignored",
        "padding ignored",
        "Your windows never leave the picture, even where a border was asked for.",
    ),
    (
        "only the first picture of the batch",
        "first picture",
        "The first picture is right and the others stay zero.",
    ),
)
BACKWARD: Slips = (
    (
        "padding cut off from p to -p",
        "p to -p",
        "You cut the border off with a slice that ends at minus the padding. Minus zero is zero, so where there is no "
        "padding the slice ends where it begins, and nothing is left.",
    ),
    (
        "works only where there is padding",
        "only with padding",
        "Without padding your function stops: something that it needs exists only where there is a border.",
    ),
    (
        "the padding left on",
        "padding left on",
        "Your dx is as large as the padded picture. Nobody asked for the gradient of the border.",
    ),
    (
        "the padding cut from the wrong side",
        "far corner",
        "Your dx has the right size, but all of the border was cut off below and on the right.",
    ),
    (
        "sizes computed back from the output",
        "sizes from the output",
        "You compute the height and width of dx from the output. Where a step did not fit, some last pixels are in no "
        "window: the output does not know of them, but dx has them.",
    ),
    (
        "dx of the first picture only",
        "first picture",
        "The first picture's dx is right and the others stay zero.",
    ),
)


def out_shape(x: np.ndarray, kernel_size, stride=None, padding=0) -> tuple[int, ...]:
    """Shape of what comes out of a pooling layer."""
    stride = kernel_size if stride is None else stride
    return (*x.shape[:2], *map(layers.conv_output_size, x.shape[2:], *map(as_pair, (kernel_size, stride, padding))))


def distinct(seed: int, *shape: int) -> np.ndarray:
    """Whole numbers around 0 in random order, no two alike, float64: a maximum that is never a tie."""
    count = int(np.prod(shape))
    return (np.random.default_rng(seed).permutation(count) - count // 2).astype(np.float64).reshape(shape)


def add_dout(case: Case, seed: int) -> Case:
    """The same case with a gradient of whole numbers from the seed, none of them 0, for what comes out of it."""
    return Case(case.label, {**case.values, "dout": digits(seed, *out_shape(**case.values), low=1, high=8)})


def random_pooling(rng: np.random.Generator, backward: bool) -> Case:
    """A small picture, rectangular, with overlapping or spread windows, padded or not, that need not fit evenly."""
    kernel_size = int_or_pair(rng, 1, 3)
    kernel = as_pair(kernel_size)
    stride = None if rng.random() < 0.3 else int_or_pair(rng, 1, 3)
    padding = tuple(int(rng.integers(0, side // 2 + 1)) for side in kernel)
    size = (max(1, side - 2 * p) + int(rng.integers(0, 6)) for side, p in zip(kernel, padding, strict=True))
    padding = padding[0] if padding[0] == padding[1] else padding
    shape = (*(int(n) for n in rng.integers(1, 4, 2)), *size)
    settings = {"kernel_size": kernel_size, "stride": stride, "padding": padding}
    dout = {"dout": out_shape(np.empty(shape), **settings)} if backward else {}
    arrays = random_arrays(rng, x=shape, **dout)
    label = ", ".join(f"{name}={value}" for name, value in settings.items())
    return Case(f"x {shape}, {label}", arrays | settings)
