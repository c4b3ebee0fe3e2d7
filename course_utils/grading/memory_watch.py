"""Watches how much memory a process and all its descendants hold together, and calls for help when it is too much."""

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

_EVERY = 0.05
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")
_COUNTED_PARTS = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")


class MemoryWatch(threading.Thread):
    """A thread that looks every 50 ms, from `start` until `stop` or until there is more than `limit` bytes.

    peak: the most bytes seen so far; exceeded: whether that was too much. Files that are only mapped, such as libraries,
    do not count: they can be had back at any time.
    """

    def __init__(self, pid: int, limit: int, on_exceeded: Callable[[], None]) -> None:
        super().__init__(daemon=True, name=f"memory of {pid}")
        self.pid, self.limit, self.on_exceeded = pid, limit, on_exceeded
        self.peak, self.exceeded = 0, False
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_EVERY):
            held = memory_of(self.pid)
            if held > self.limit:
                held = memory_of(self.pid, shared_once=True)
            self.peak = max(self.peak, held)
            if held > self.limit:
                self.exceeded = True
                self.on_exceeded()
                return

    def stop(self) -> None:
        """Look no more."""
        self._done.set()


def memory_of(pid: int, *, shared_once: bool = False) -> int:
    """Bytes that a process and its descendants hold; 0 where that cannot be seen.

    shared_once: what a process shares with those that it forked counts once and not for each, which takes longer to see.
    """
    return sum((shared_once and _own_part(one)) or _held(one) for one in descendants(pid))


def descendants(pid: int) -> list[int]:
    """A process and all that come from it, as far as they are still there."""
    found = [pid]
    for one in found:
        # A process goes while it is looked at: then there is nothing to count.
        with contextlib.suppress(OSError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                with contextlib.suppress(OSError):
                    found += map(int, (thread / "children").read_text().split())
    return found


def _held(pid: int) -> int:
    return _summed(Path(f"/proc/{pid}/status"), _COUNTED)


def _own_part(pid: int) -> int:
    """Pages that n processes share count an n-th; 0 where only the process itself may look."""
    return _summed(Path(f"/proc/{pid}/smaps_rollup"), _COUNTED_PARTS)


def _summed(path: Path, names: tuple[str, ...]) -> int:
    with contextlib.suppress(OSError, ValueError):
        return sum(int(line.split()[1]) * 1024 for line in path.read_text().splitlines() if line.startswith(names))
    return 0
