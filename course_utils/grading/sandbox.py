"""A submission at work: its cells run in a sandbox, its functions are called there, and plain values come back.

    with Worker(assignment, cells) as worker:
        replies = worker.start()
        reply = worker.call(exercise.plan, case.values, exercise.compared, seconds=5.0)

Whatever the submission does, each of these returns within its time: a worker that crashes, hangs or floods is killed and
told of in the reply, and the next call starts another.
"""

import builtins
import re
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.exercises.specification import Call
from course_utils.grading.assignments import Assignment, ExerciseItem, QualityItem
from course_utils.grading.bubblewrap import SandboxMissing, sandbox_problem
from course_utils.grading.wire import Opaque
from course_utils.grading.worker_process import StoppedError, WorkerProcess

__all__ = ["Opaque", "Reply", "SandboxMissing", "Worker", "sandbox_problem"]

CELL_SECONDS = 20.0
_MESSAGE, _PRINTED = 500, 2000
# Larger arguments are not sent back to see whether they were changed.
_LOOKED_AT = 1 << 24
_MOST_RESTARTS = 8
_TOO_MANY = "too many of the cells before it had to be stopped"


@dataclass(frozen=True)
class Reply:
    """What came of a cell or a call.

    results: by name, {} if it failed. error: the exception's nearest name among Python's own, "ResultCountError", or
    "Error"; message: one line of at most 500 characters. line: "line 7: out[i] = ..." of the student's cell, "" where
    unknown. changed: given arrays that differ after the call. printed: at most 2,000 characters. stopped: "", or why the
    worker had to be killed: "time", "memory", "processes", "output", "crashed" or "forged".
    """

    results: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    message: str = ""
    line: str = ""
    changed: tuple[str, ...] = ()
    printed: str = ""
    stopped: str = ""


class Worker:
    """A submission's cells and the functions that they define, in a sandbox of their own.

    cell_seconds: the most that one cell may take. sandboxed=False runs the same program under the same limits of time and
    memory, but where it can read and write what the caller can.
    """

    def __init__(
        self,
        assignment: Assignment,
        cells: Sequence[str],
        *,
        sandboxed: bool = True,
        cell_seconds: float = CELL_SECONDS,
    ) -> None:
        self.assignment, self.cells = assignment, list(cells)
        self.sandboxed, self.cell_seconds = sandboxed, cell_seconds
        self.seconds = 0.0
        self._peak = 0
        self._process: WorkerProcess | None = None
        # How often each cell has stopped a worker: then only its definitions are run, and then nothing of it.
        self._stops: dict[int, int] = {}
        self._given_up = ""
        self._items = [item.name for item in assignment.items if isinstance(item, ExerciseItem | QualityItem)]

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def peak_memory(self) -> int:
        """The most bytes that the submission has held so far, all its processes together."""
        return max(self._peak, self._process.peak_memory if self._process else 0)

    def start(self) -> list[Reply]:
        """Run all cells in order, in a new worker, and return what came of each.

        A cell that failed because a name was not there yet is tried once more after the rest. One that stops the worker
        runs again in a new one with its imports and definitions alone, or is left out if these stop it, too. Raises
        SandboxMissing if no worker can be started.
        """
        stopped: dict[int, Reply] = {}
        while True:
            self.close()
            replies: dict[int, Reply] = {}
            self._run_cells(replies)
            killer = next((number for number, reply in replies.items() if reply.stopped), None)
            if killer is None:
                break
            stopped.setdefault(killer, replies[killer])
            self._stops[killer] = self._stops.get(killer, 0) + 1
            if sum(self._stops.values()) >= _MOST_RESTARTS or self._left() <= 0:
                self._given_up = _TOO_MANY if self._left() > 0 else self._used_up()
                break
        nothing = Reply(stopped="time", message=self._given_up)
        return [stopped.get(number) or replies.get(number, nothing) for number in range(len(self.cells))]

    def call(self, plan: Sequence[Call], values: Mapping[str, Any], wanted: Sequence[str], seconds: float) -> Reply:
        """Run the calls on the student's functions and the helpers, and return the wanted results.

        An argument that has no value but the name of an item stands for the student's function or class of that name.
        Raises TypeError for a value that cannot be sent, and SandboxMissing if a worker cannot be started anew.
        """
        small = [name for name, value in values.items() if isinstance(value, np.ndarray) and value.dtype.kind in "fiub"]
        back = small if sum(values[name].nbytes for name in small) <= _LOOKED_AT else []
        request = {
            "do": "call",
            "plan": [[call.function, list(call.arguments), list(call.returns)] for call in plan],
            "student": [*self._items, *(call.function for call in plan)],
            "values": dict(values),
            "wanted": list(wanted),
            "back": back,
        }
        return self._ask(request, seconds, tuple(wanted), {name: values[name] for name in back})

    def value(self, variable: str) -> Reply:
        """What the submission's variable stands for, as results={variable: value}; error="NameError" if there is none."""
        return self._ask({"do": "value", "variable": variable}, 5.0, (variable,))

    def close(self) -> None:
        """End the worker, if there is one, and all that the submission has started."""
        if self._process:
            self._process.kill()
            self._peak, self._process = max(self._peak, self._process.peak_memory), None

    def _left(self) -> float:
        """Seconds that the submission may still take."""
        return self.assignment.seconds - self.seconds

    def _run_cells(self, replies: dict[int, Reply]) -> None:
        """Run the cells in a new worker until one stops it."""
        self._process = WorkerProcess(self.assignment, sandboxed=self.sandboxed, cpu_seconds=self.assignment.seconds)
        numbers = [number for number in range(len(self.cells)) if self._stops.get(number, 0) < 2]
        for number in numbers:
            replies[number] = self._run_cell(number)
            if replies[number].stopped:
                return
        for number in [number for number in numbers if replies[number].error == "NameError"]:
            again = self._run_cell(number)
            if again.stopped or not again.error:
                replies[number] = again
            if again.stopped:
                return

    def _run_cell(self, number: int) -> Reply:
        request = {"do": "cell", "number": number, "source": self.cells[number], "definitions": number in self._stops}
        return self._exchange(request, self.cell_seconds, (), {})

    def _ask(
        self, request: dict[str, Any], seconds: float, wanted: tuple[str, ...], given: Mapping[str, Any] | None = None
    ) -> Reply:
        if self._process is None and not self._given_up:
            self.start()
        if self._process is None:
            return Reply(stopped="time", message=self._given_up)
        return self._exchange(request, seconds, wanted, given or {})

    def _exchange(
        self, request: dict[str, Any], seconds: float, wanted: tuple[str, ...], given: Mapping[str, np.ndarray]
    ) -> Reply:
        left, process = self._left(), self._process
        if left <= 0:
            self.close()
            return Reply(stopped="time", message=self._used_up())
        began = time.monotonic()
        try:
            values = process.ask(request, min(seconds, left))
            reply = self._reply(values, wanted, given, process.printed())
        except StoppedError as stopped:
            told = self._used_up() if stopped.why == "time" and seconds >= left else stopped.what
            reply = Reply(printed=clean(process.printed(), _PRINTED), stopped=stopped.why, message=one_line(told))
        finally:
            self.seconds += time.monotonic() - began
        if reply.stopped:
            self.close()
        return reply

    def _used_up(self) -> str:
        return f"the time for the whole submission, {self.assignment.seconds:g} seconds, is used up"

    def _reply(
        self, values: dict[str, Any], wanted: tuple[str, ...], given: Mapping[str, np.ndarray], printed: str
    ) -> Reply:
        """The reply that a worker's message tells of. Raises StoppedError if it is not one that our worker makes."""
        printed = clean(printed, _PRINTED)
        if "error" in values:
            error, message, where = (values.get(name) for name in ("error", "message", "where"))
            if not isinstance(error, str) or not isinstance(message, str):
                raise StoppedError("forged", "an error that is none")
            return Reply(error=_known(error), message=one_line(message), line=self._line(where), printed=printed)
        results, after = values.get("results", {}), values.get("after", {})
        if not isinstance(results, dict) or set(results) != set(wanted):
            raise StoppedError("forged", "other results than were asked for")
        if not isinstance(after, dict) or set(after) != set(given):
            raise StoppedError("forged", "other arguments than were given")
        changed = tuple(name for name, value in given.items() if not _same(value, after[name]))
        return Reply(results=results, changed=changed, printed=printed)

    def _line(self, where: Any) -> str:
        """The line of our own copy of the cell that an error's place names."""
        found = re.fullmatch(r"<cell (\d{1,6})>", where[0]) if _is_place(where) else None
        if not found or int(found[1]) >= len(self.cells):
            return ""
        lines, number = self.cells[int(found[1])].splitlines(), where[1]
        return f"line {number}: {one_line(lines[number - 1])}" if 1 <= number <= len(lines) else ""


def one_line(text: str) -> str:
    """Text without control characters or line breaks, of at most 500 characters."""
    return " ".join(clean(text, _MESSAGE).split())


def clean(text: str, most: int) -> str:
    """Text of at most so many characters, with a mark for each that a terminal or page could take for a command."""
    kept = text if len(text) <= most else f"{text[: most - 2]} …"
    plain = (one if one in "\n\t" or unicodedata.category(one)[0] != "C" else "\ufffd" for one in kept)
    return "".join(plain).encode("utf-8", "replace").decode()


def _known(error: str) -> str:
    own = getattr(builtins, error, None)
    return (
        error if error == "ResultCountError" or (isinstance(own, type) and issubclass(own, BaseException)) else "Error"
    )


def _is_place(where: Any) -> bool:
    return isinstance(where, list) and len(where) == 2 and isinstance(where[0], str) and type(where[1]) is int


def _same(before: np.ndarray, after: Any) -> bool:
    if not isinstance(after, np.ndarray) or after.dtype != before.dtype or after.shape != before.shape:
        return False
    return np.array_equal(before, after, equal_nan=before.dtype.kind == "f")
