"""The volume between two steps: its size, and which pixels of the picture its outputs see."""

from dataclasses import dataclass, replace

Pair = tuple[int, int]
Size = tuple[int, ...]


@dataclass(frozen=True)
class Axis:
    """What is seen along one axis of the picture: output i sees the pixels i * jump + low to i * jump + high.

    Pixels below 0 or past the edge are padding. `whole`: each output sees all of `low` to `high`, whatever its index,
    as after a global pool; `jump` is then 0, or the spacing of the grid that the pooled values were spread over.
    """

    jump: int = 1
    low: int = 0
    high: int = 0
    whole: bool = False

    @property
    def field(self) -> int:
        return self.high - self.low + 1

    def after_window(self, reach: int, stride: int, padding: int) -> "Axis":
        """Seen through a window that reaches over `reach` inputs."""
        if self.whole:
            return replace(self, jump=self.jump * stride)
        low = self.low - padding * self.jump
        return Axis(self.jump * stride, low, low + self.high - self.low + (reach - 1) * self.jump)

    def after_all(self, length: int) -> "Axis":
        """Seen by what reads all of the axis, which has `length` outputs."""
        if self.whole:
            return replace(self, jump=0)
        return Axis(0, self.low, self.high + (length - 1) * self.jump, whole=True)

    def merged(self, length: int, other: "Axis", other_length: int) -> "Axis":
        """Seen by what reads output i of both. Raises ValueError if both have a jump and they differ."""
        if self.jump and other.jump and self.jump != other.jump:
            raise ValueError(f"{self.jump} and {other.jump}")
        jump = self.jump or other.jump
        if self.whole or other.whole:
            first, second = self.after_all(length), other.after_all(other_length)
            return Axis(jump, min(first.low, second.low), max(first.high, second.high), whole=True)
        return Axis(jump, min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Volume:
    """The output of a step for one image. `size` is (C, H, W), (F,), or as a step arranged it.

    `axes` says which entries of the size are rows and columns, None where there are none any more.
    """

    size: Size
    axes: Pair | None
    rows: Axis
    columns: Axis

    @property
    def seen(self) -> tuple[Axis, Axis]:
        return self.rows, self.columns

    @property
    def places(self) -> Pair:
        """How many rows and columns; (1, 1) where there are none."""
        return (self.size[self.axes[0]], self.size[self.axes[1]]) if self.axes else (1, 1)

    def flat(self, size: Size) -> "Volume":
        """A volume without rows and columns, each output made of all of this one."""
        rows, columns = (axis.after_all(length) for axis, length in zip(self.seen, self.places, strict=True))
        return Volume(size, None, rows, columns)


def picture(input_size: Size) -> Volume:
    """The input of a network: (C, H, W), or (F,) for a network of fully connected layers.

    Raises ValueError for anything else.
    """
    size = tuple(input_size) if isinstance(input_size, tuple | list) else (input_size,)
    whole_numbers = all(isinstance(length, int) and not isinstance(length, bool) and length > 0 for length in size)
    if len(size) not in (1, 3) or not whole_numbers:
        raise ValueError(f"input_size must be (C, H, W), such as (3, 224, 224), or (features,), got {input_size!r}")
    if len(size) == 1:
        # No picture, hence no pixels to see: the fields are empty.
        nothing = Axis(0, 0, -1, whole=True)
        return Volume(size, None, nothing, nothing)
    return Volume(size, (1, 2), Axis(), Axis())


def as_text(size: Size) -> str:
    """(3, 224, 224) as 3x224x224."""
    return "x".join(map(str, size))
