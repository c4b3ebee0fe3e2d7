"""What a convolution takes for a moment on the CPU, beside its result.

PyTorch hands convolutions to oneDNN, which computes on copies: it cuts the channels into blocks of 16 that lie together
in memory, and copies the result back. So there are moments with every picture twice. Small ones go another way, through a
matrix of all windows. The rules below are those of PyTorch 2.13 (`use_mkldnn` in aten/src/ATen/native/Convolution.cpp)
and of oneDNN 3.12 as observed on x86-64 with AVX-512. Elsewhere, on a processor of another kind, they are a guess; what
they give is therefore a source of its own, "workspace".

Left out are a few more short-lived rows of strided and grouped convolutions on the way back, and with several threads up
to a copy of the weights' gradient for each.
"""

import math
from dataclasses import dataclass

_BLOCK = 16
# Batches from here on, and pictures from here on, are worth oneDNN's copies.
_MANY_IMAGES = 16
_MANY_NUMBERS = 20480


@dataclass(frozen=True)
class Convolution:
    """A convolution of a batch: sizes (C, H, W) of input and output, and its settings as pairs."""

    batch_size: int
    input_size: tuple[int, int, int]
    output_size: tuple[int, int, int]
    kernel_size: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    is_padded: bool = False
    bias: bool = True
    threads: int = 1
    bytes_per_value: int = 4

    def forward(self) -> int:
        """Bytes beyond the output, at the worst moment on the way forward."""
        if not self.uses_copies:
            return self._windows()
        copies = self._copy_of_input() + self._copy_of_weights() + self._copy_of_output()
        return max(copies + self._picked_pixels() - self._output(), self._copy_of_output())

    def backward(self, needs_dx: bool) -> int:
        """Bytes beyond dx, dweight and dbias, at the worst moment on the way back."""
        if not self.uses_copies:
            return self._windows()
        dx = self._input() if needs_dx else 0
        dweight = self._weights()
        dout, weight, x = self._copy_of_output(), self._copy_of_weights(), self._copy_of_input()
        moments = [dx + dout + x + weight, dx + weight + dweight]
        if needs_dx:
            copy_of_dx = self._blocked(self.input_size)
            moments += [dout + self._copy_of_weights(for_dx=True) + copy_of_dx, dx + copy_of_dx]
            if self._is_strided and self.groups == 1:
                moments.append(2 * dx + copy_of_dx)
        return max(0, max(moments) - dx - dweight)

    @property
    def uses_copies(self) -> bool:
        """Whether oneDNN computes it."""
        if self.bytes_per_value != 4:
            return False
        height, width = self.kernel_size
        worth_starting = (
            self._is_strided
            or self.dilation != (1, 1)
            or self.batch_size >= _MANY_IMAGES
            or self.kernel_size != (1, 1)
            or self.threads > 1
        )
        large = (height > 3 and width > 3) or self.batch_size > 1 or math.prod(self.input_size) > _MANY_NUMBERS
        return worth_starting and (self.groups > 1 or large)

    @property
    def _is_strided(self) -> bool:
        return self.stride != (1, 1)

    def _windows(self) -> int:
        """The matrix of all windows, a column for each output; 1x1 windows are the picture itself."""
        if self.kernel_size == (1, 1) and not self._is_strided and not self.is_padded:
            return 0
        rows = self.input_size[0] * math.prod(self.kernel_size)
        return self.batch_size * rows * math.prod(self.output_size[1:]) * self.bytes_per_value

    def _input(self) -> int:
        return self.batch_size * math.prod(self.input_size) * self.bytes_per_value

    def _output(self) -> int:
        return self.batch_size * math.prod(self.output_size) * self.bytes_per_value

    def _weights(self) -> int:
        return (
            self.output_size[0] * self.input_size[0] // self.groups * math.prod(self.kernel_size) * self.bytes_per_value
        )

    def _blocked(self, size: tuple[int, int, int]) -> int:
        """A copy with the channels filled up to whole blocks."""
        channels, height, width = size
        blocks = math.ceil(channels / _BLOCK)
        return self.batch_size * blocks * _BLOCK * height * width * self.bytes_per_value

    def _copy_of_input(self) -> int:
        """None of a few channels: they are read where they lie."""
        few = self.groups == 1 and self.input_size[0] < _BLOCK
        return 0 if few else self._blocked(self.input_size)

    def _copy_of_output(self) -> int:
        return self._blocked(self.output_size)

    def _copy_of_weights(self, for_dx: bool = False) -> int:
        """Filters are filled up to whole blocks, and for dx their channels, too."""
        channels = self.input_size[0] // self.groups
        if for_dx and self.groups == 1:
            channels = math.ceil(channels / _BLOCK) * _BLOCK
        outputs = math.ceil(self.output_size[0] / _BLOCK) * _BLOCK
        return outputs * channels * math.prod(self.kernel_size) * self.bytes_per_value

    def _picked_pixels(self) -> int:
        """The pixels of one picture that a strided 1x1 convolution reads, for each thread."""
        if self.kernel_size != (1, 1) or not self._is_strided or self.groups > 1:
            return 0
        return self.threads * self.input_size[0] * math.prod(self.output_size[1:]) * self.bytes_per_value
