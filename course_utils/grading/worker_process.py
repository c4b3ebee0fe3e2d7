"""One worker as the grader sees it: a process, or a sandbox of them, that is asked over one pipe and answers on another.

What comes back is a message or a StoppedError that says why the worker had to be killed. Nothing that it can write, or fail to
read, makes the grader wait longer than it was told to, hold more than one bounded answer, or raise anything else.
"""

import contextlib
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course_utils.grading import bubblewrap, inside, seccomp, wire
from course_utils.grading.assignments import Assignment
from course_utils.grading.memory_watch import MemoryWatch

# Importing what an assignment needs, on a busy computer.
START_SECONDS = 120.0
PROCESSES, FILES, ROOM = 20, 128, 1 << 26
_CHUNK, _PRINTED, _MOST_PRINTED = 1 << 16, 1 << 13, 1 << 22
_REPLIES = wire.Bounds()
_REQUESTS = wire.Bounds(header=1 << 24, body=1 << 32, depth=32, values=1_000_000, text=1 << 22)


class StoppedError(Exception):
    """The worker is gone. why: "time", "memory", "processes", "output", "crashed" or "forged"; what: more."""

    def __init__(self, why: str, what: str = "") -> None:
        super().__init__(why)
        self.why, self.what = why, what


class WorkerProcess:
    """A worker that is ready for requests, from its making to `kill`. Raises SandboxMissing if it cannot be started."""

    def __init__(self, assignment: Assignment, *, sandboxed: bool, cpu_seconds: float) -> None:
        if os.name != "posix":
            raise bubblewrap.SandboxMissing("A worker needs Linux or a Mac; on Windows, run this inside WSL.")
        self._folder = (
            None if sandboxed else tempfile.TemporaryDirectory(prefix="course-worker-", ignore_cleanup_errors=True)
        )
        self._process = self._sandboxed(assignment) if sandboxed else self._bare(assignment)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            os.set_blocking(pipe.fileno(), False)
        self._ended = False
        self._watch = MemoryWatch(self._process.pid, assignment.memory, self._end, ROOM if sandboxed else 0)
        self._watch.start()
        self._printed, self._said = bytearray(), 0
        limits = {
            "NPROC": PROCESSES if sandboxed else 4096,
            "NOFILE": FILES,
            "FSIZE": ROOM,
            "AS": assignment.memory,
            "CPU": int(cpu_seconds) + 2,
        }
        setup = {
            "do": "setup",
            "packages": list(assignment.packages),
            "helpers": sorted(set(inside.helpers().values())),
            "kit": inside.kit_entries(assignment),
            "limits": limits,
        }
        try:
            reply = self.ask(setup, START_SECONDS)
            problem = f"{reply['error']}: {reply.get('message')}" if reply.get("error") else ""
        except StoppedError as stopped:
            problem = f"{stopped.what} {self.printed()}"
        if problem:
            self.kill()
            raise bubblewrap.SandboxMissing(bubblewrap.start_problem(problem))

    @property
    def peak_memory(self) -> int:
        """The most bytes that all its processes have held together, as far as was seen."""
        return self._watch.peak

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The reply to a request. Raises StoppedError, and then there is no worker any more."""
        self._printed.clear()
        self._said = 0
        deadline = time.monotonic() + seconds
        nonce = secrets.token_hex(16)
        # What cannot be sent is the caller's mistake, not the worker's.
        frame = wire.pack({**request, "nonce": nonce}, _REQUESTS, as_node)
        try:
            reply = self._exchange(frame, nonce, deadline)
            # A second question, which only the worker itself can answer: whoever sent a reply of their own, and is still at
            # it or sent another, is found out before the next request.
            nonce = secrets.token_hex(16)
            self._exchange(
                wire.pack({"do": "ready", "nonce": nonce}, _REQUESTS), nonce, max(deadline, time.monotonic() + 0.5)
            )
            return reply
        except wire.WireError as error:
            self.kill()
            raise StoppedError("forged", str(error)) from error
        except StoppedError as stopped:
            self.kill()
            if self._watch.exceeded:
                raise StoppedError(self._watch.exceeded) from stopped
            raise

    def printed(self) -> str:
        """The beginning of what was printed since the last request."""
        return self._printed.decode("utf-8", "replace")

    def kill(self) -> None:
        """End the worker and all that it has started. May be called again."""
        self._watch.stop()
        self._end()
        # The last process of the sandbox closes the last end of this pipe.
        until = time.monotonic() + 2
        with contextlib.suppress(StoppedError, ValueError):
            while time.monotonic() < until and self._readable(self._process.stderr, 0.05) and self._listen():
                pass
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        if self._folder:
            self._folder.cleanup()

    def _sandboxed(self, assignment: Assignment) -> subprocess.Popen:
        program = [str(inside.COURSE / "worker.py"), str(inside.packages_inside())]
        refused = seccomp.program()
        source, sink = os.pipe() if refused else (None, None)
        if refused:
            os.write(sink, refused)
            os.close(sink)
        try:
            command = bubblewrap.command(assignment, program, ROOM, source)
            return _started(command, pass_fds=[source] if refused else [])
        except (ImportError, FileNotFoundError) as error:
            raise bubblewrap.SandboxMissing(bubblewrap.sandbox_problem() or str(error)) from error
        finally:
            if refused:
                os.close(source)

    def _bare(self, assignment: Assignment) -> subprocess.Popen:
        """The same program on the same files, as links in a folder of its own."""
        folder = Path(self._folder.name)
        for place, path in inside.course_files(assignment).items():
            (folder / "course" / place).parent.mkdir(parents=True, exist_ok=True)
            # Copies, since a module looks for its neighbours where it really lies.
            (folder / "course" / place).write_bytes(path.read_bytes())
        for name, path in inside.package_paths(assignment.packages).items():
            (folder / "packages").mkdir(exist_ok=True)
            (folder / "packages" / name).symlink_to(path)
        (folder / "work").mkdir()
        program = [str(folder / "course/worker.py"), str(folder / "packages")]
        return _started([sys.executable, "-I", "-S", *program], cwd=folder / "work")

    def _exchange(self, frame: bytes, nonce: str, deadline: float) -> dict[str, Any]:
        header, body = self._transfer(frame, deadline)
        reply = wire.unpack(header, body, _REPLIES)
        if reply.pop("nonce", None) != nonce:
            raise StoppedError("forged", "a reply that belongs to no request")
        return reply

    def _transfer(self, frame: bytes, deadline: float) -> tuple[bytes, bytes]:
        """Send a frame while reading the one that answers it and all that is printed; header and body of the answer."""
        requests, replies, output = (self._process.stdin, self._process.stdout, self._process.stderr)
        if self._readable(replies, 0):
            raise self._gone() if not self._read(replies) else StoppedError("forged", "a reply before its request")
        poll = select.poll()
        poll.register(replies, select.POLLIN)
        poll.register(output, select.POLLIN)
        poll.register(requests, select.POLLOUT)
        to_write, got, length = memoryview(frame), bytearray(), wire.PREFIX.size
        header = -1
        while len(got) < length:
            left = deadline - time.monotonic()
            if left <= 0:
                raise StoppedError("time")
            ready = {descriptor for descriptor, _ in poll.poll(min(left, 1.0) * 1000)}
            if to_write and requests.fileno() in ready:
                to_write = to_write[self._written(to_write) :]
                if not to_write:
                    poll.unregister(requests)
            if output.fileno() in ready and not self._listen():
                poll.unregister(output)
            if replies.fileno() in ready:
                more = self._read(replies)
                if not more:
                    raise self._gone()
                got += more
                if header < 0 and len(got) >= length:
                    header, body = wire.lengths(bytes(got[:length]), _REPLIES)
                    length += header + body
        if len(got) > length:
            raise StoppedError("forged", "more than one reply")
        # What was printed before the reply is in the pipe by now.
        while self._readable(output, 0) and self._listen():
            pass
        start = wire.PREFIX.size
        return bytes(got[start : start + header]), bytes(got[start + header :])

    def _written(self, data: memoryview) -> int:
        try:
            return os.write(self._process.stdin.fileno(), data[: 1 << 20])
        except BlockingIOError:
            return 0
        except OSError:
            # It reads no more; what became of it is told by the other pipe.
            return len(data)

    def _listen(self) -> bool:
        """Take in some of what was printed; whether there may be more. Raises StoppedError where it is too much."""
        more = self._read(self._process.stderr)
        self._said += len(more)
        self._printed += more[: max(0, _PRINTED - len(self._printed))]
        if self._said > _MOST_PRINTED:
            raise StoppedError("output")
        return bool(more)

    @staticmethod
    def _read(pipe: Any) -> bytes:
        try:
            return os.read(pipe.fileno(), _CHUNK)
        except OSError:
            return b""

    @staticmethod
    def _readable(pipe: Any, seconds: float) -> bool:
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def _gone(self) -> StoppedError:
        """Why there is nobody on the other end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        code = self._process.returncode
        if code is None:
            return StoppedError("crashed", "it closed the pipe on which it answers")
        # A shell's way to tell of a signal, which bubblewrap has as well.
        number = -code if code < 0 else code - 128
        name = signal.Signals(number).name if number in set(signal.Signals) else ""
        if name == "SIGXCPU":
            return StoppedError("time")
        return StoppedError(
            "crashed", f"it was ended by {name}" if name else f"it ended by itself with exit code {code}"
        )

    def _end(self) -> None:
        if self._ended:
            # Its number may be another's by now.
            return
        self._ended = True
        # The group is that of the sandbox's outermost processes; all inside dies with them.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)


def as_node(value: Any) -> wire.Node:
    """A value of a case that is no plain one: a seed, a dtype, or something that is found inside by its name.

    A function of the course stands for the helper, the offered layer or the student's own function of that name. Raises
    TypeError for anything else.
    """
    from course_utils.exercises.specification import Lazy, Seed

    if isinstance(value, Seed):
        return wire.Node(["seed", value.number])
    if isinstance(value, type) and getattr(value, "__name__", "") in wire.DTYPES:
        return wire.Node(["dtype", value.__name__])
    if isinstance(value, Lazy) and value.module.partition(".")[0] == "torch":
        return wire.Node(
            ["torch", value.module, value.name, dict(value.settings) if value.settings is not None else None]
        )
    module = getattr(value, "module" if isinstance(value, Lazy) else "__module__", "")
    name = getattr(value, "name" if isinstance(value, Lazy) else "__name__", "")
    if str(module).startswith("course_utils.") and isinstance(name, str) and name:
        return wire.Node(["named", name])
    raise TypeError(f"a case's value must be plain, an array, a Seed or a named function, got {value!r}")


def _started(command: list[str], **settings: Any) -> subprocess.Popen:
    return subprocess.Popen(
        command,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        start_new_session=True,
        **settings,
    )
