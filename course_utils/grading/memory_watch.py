"""Watches how much a process and all its descendants take together, and calls for help when it is too much.

It is memory above all; and processors, so that a submission which keeps many busy does not take others their time.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

_EVERY = 0.05
_COUNTED = ("RssAnon:", "RssShmem:", "VmSwap:")
_COUNTED_PARTS = ("Pss_Anon:", "Pss_Shmem:", "SwapPss:")
# What an empty file costs the system, which counts as nobody's memory.
_FILE = 1 << 10
# So many may be at work at once for as long as they like, and more for half of these looks or so.
MOST_BUSY = 4
_LOOKS = 20


class MemoryWatch(threading.Thread):
    """A thread that looks every 50 ms, from `start` until `stop` or until there is more than `limit` bytes.

    peak: the most bytes seen so far; exceeded: "memory" if that was too much, "processes" if too many were at work at
    once, else "". Files that are only mapped, such as libraries, do not count: they can be had back at any time.
    room: bytes of the one folder that may be written, by which it is known; 0 for none.
    """

    def __init__(self, pid: int, limit: int, on_exceeded: Callable[[], None], room: int = 0) -> None:
        super().__init__(daemon=True, name=f"memory of {pid}")
        self.pid, self.limit, self.on_exceeded, self.room = pid, limit, on_exceeded, room
        self.peak, self.exceeded, self._busy = 0, "", 0.0
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_EVERY):
            held = memory_of(self.pid)
            if held > self.limit:
                held = memory_of(self.pid, shared_once=True)
            held += _FILE * files_of(self.pid, self.room) if self.room else 0
            self.peak = max(self.peak, held)
            self._busy += (min(at_work(self.pid), 2 * MOST_BUSY) - self._busy) / _LOOKS
            if held > self.limit or self._busy > MOST_BUSY:
                self.exceeded = "memory" if held > self.limit else "processes"
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


def files_of(pid: int, room: int) -> int:
    """How many files a process and its descendants have in their /tmp, if that holds `room` bytes; 0 if none has one."""
    for one in reversed(descendants(pid)):
        with contextlib.suppress(OSError):
            status = os.statvfs(f"/proc/{one}/root/tmp")
            if status.f_blocks * status.f_frsize == room:
                return status.f_files - status.f_ffree
    return 0


def at_work(pid: int) -> int:
    """How many threads of a process and its descendants are running, or would if there were a processor for them."""
    count = 0
    for one in descendants(pid):
        with contextlib.suppress(OSError, IndexError):
            for thread in Path(f"/proc/{one}/task").iterdir():
                count += (thread / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "R"
    return count


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
