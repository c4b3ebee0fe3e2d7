"""Grading processes on this machine: each has one submission at a time, and one that dies is replaced."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

# One thread each: the processes are as many as the cores, and threads beyond that keep each other waiting.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_TICK = 0.5


class Job(Protocol):
    """What a process is given. seconds: how long it may take before it is given up."""

    seconds: float


@dataclass(frozen=True)
class Failure:
    """Stands for the result of a job that has none. why: a sentence without its full stop."""

    why: str


def in_processes(work: Callable[[Any], Any], jobs: Iterator[Job], count: int) -> Iterator[tuple[Job, Any]]:
    """Each job with what work(job) gave, or a Failure, as they come. work: a function of a module.

    Jobs are taken one by one as processes become free. A job whose process dies or takes too long is given up, and only
    that job. On leaving, also by an error, the processes end.
    """
    busy, free = [], []
    try:
        for job in jobs:
            while len(busy) >= count:
                yield from _finished(busy, free)
            while free and not free[-1].alive:
                free.pop().close()
            one = free.pop() if free else _Process(work)
            busy.append(one)
            one.begin(job)
        while busy:
            yield from _finished(busy, free)
    finally:
        for one in (*busy, *free):
            one.close()


def _finished(busy: list["_Process"], free: list["_Process"]) -> Iterator[tuple[Job, Any]]:
    """Wait for a moment, and take from the busy ones those that have an answer, have died, or take too long."""
    by_handle = {handle: one for one in busy for handle in one.handles}
    found = {id(by_handle[handle]): by_handle[handle] for handle in wait(list(by_handle), timeout=_TICK)}
    found |= {id(one): one for one in busy if one.late}
    for one in found.values():
        busy.remove(one)
        job, result, usable = one.finish()
        if usable:
            free.append(one)
        else:
            one.close()
        yield job, result


class _Process:
    """A process, and the job that it is at."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process: BaseProcess = context.Process(target=_serve, args=(work, other), daemon=True)
        with _environment(_ONE_THREAD):
            self._process.start()
        other.close()

    @property
    def handles(self) -> tuple[Connection, int]:
        """What becomes ready when it answers, and when it dies."""
        return self._pipe, self._process.sentinel

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    @property
    def late(self) -> bool:
        return time.monotonic() > self._until

    def begin(self, job: Job) -> None:
        self._job, self._until = job, time.monotonic() + job.seconds
        try:
            self._pipe.send(job)
        # It has died; `finish` finds that.
        except OSError:
            return

    def finish(self) -> tuple[Job, Any, bool]:
        """The job, what came of it, and whether the process can take another."""
        job = self._job
        if self._pipe.poll():
            try:
                return job, self._pipe.recv(), True
            except (EOFError, OSError):
                pass
        elif self.late and self.alive:
            return job, Failure(f"grading took more than {job.seconds:.0f} s and was given up"), False
        # It may have begun to end only now.
        self._process.join(timeout=5)
        return job, Failure(f"the grading process {_ending(self._process.exitcode)}"), False

    def close(self) -> None:
        self._pipe.close()
        self._process.kill()
        self._process.join(timeout=5)


def _serve(work: Callable[[Any], Any], pipe: Connection) -> None:
    """The program of a process: jobs in, results out, until the pipe is closed, as it is when the parent is gone."""
    # Of its own, so that Ctrl-C is for the parent alone to hear.
    if hasattr(os, "setsid"):
        os.setsid()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        pipe.send(done(work, job))


def done(work: Callable[[Any], Any], job: Any) -> Any:
    """work(job), or a Failure that names the error."""
    try:
        return work(job)
    except Exception as error:
        return Failure(f"grading failed: {type(error).__name__}: {error}"[:500])


def _ending(code: int | None) -> str:
    if code is None:
        return "gave no answer"
    if code >= 0:
        return f"ended with status {code}"
    name = next((one.name for one in signal.Signals if one == -code), f"signal {-code}")
    return f"was ended by {name}" + (", as happens when memory runs out" if name == "SIGKILL" else "")


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
