"""Who holds how much memory, moment by moment: the books of a simulated step."""

from collections import Counter
from dataclasses import dataclass

SOURCES = (
    "input",
    "parameters",
    "gradients",
    "optimizer state",
    "buffers",
    "activations",
    "temporaries",
    "workspace",
)


@dataclass(frozen=True)
class Moment:
    """A step of the network on its way forward or back. All in bytes.

    phase: "forward", "loss", "backward" or "optimizer". kept: what autograd holds from here on because of this step.
    held: all that is held when it is done; peak: the most while it runs.
    """

    name: str
    phase: str
    kept: int
    held: int
    peak: int


@dataclass
class Block:
    """Memory of one tensor, or of several that share it. variables and nodes: how many hold it, of code and of autograd."""

    size: int
    variables: int = 0
    nodes: int = 0

    @property
    def source(self) -> str | None:
        """None: nobody holds it, it is free."""
        if self.nodes:
            return "activations"
        return "temporaries" if self.variables else None


class Ledger:
    """What is held now, by source; the moments that were; and the most that was held at once."""

    def __init__(self) -> None:
        self.held: Counter[str] = Counter()
        self.moments: list[Moment] = []
        self.peak = 0
        self.sources_at_peak: dict[str, int] = {}
        # Which of the moments the peak lies in; while it lasts, one past the last.
        self.peak_moment = 0
        self._peak_now = 0

    @property
    def total(self) -> int:
        return self.held.total()

    def add(self, source: str, size: int) -> None:
        """`size` bytes more, or fewer if it is negative."""
        self.held[source] += size
        self._peak_now = max(self._peak_now, self.total)
        if self.total > self.peak:
            self.peak, self.sources_at_peak = self.total, dict(self.held)
            self.peak_moment = len(self.moments)

    def briefly(self, source: str, size: int) -> None:
        self.add(source, size)
        self.add(source, -size)

    def hold(self, block: Block, variables: int = 0, nodes: int = 0) -> None:
        """So many more hold the block, or fewer. What nobody holds is free."""
        before = block.source
        block.variables += variables
        block.nodes += nodes
        if block.source != before:
            # First out of the one source, then into the other, or a peak would count it twice.
            if before:
                self.add(before, -block.size)
            if block.source:
                self.add(block.source, block.size)

    def close(self, name: str, phase: str, kept: int = 0) -> None:
        """A moment is over."""
        self.moments.append(Moment(name, phase, kept, self.total, self._peak_now))
        self._peak_now = self.total
