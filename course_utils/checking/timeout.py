"""A stated time for a learner's function, so that an endless loop ends with a message and not with a dead kernel."""

import ctypes
import functools
import sys
import threading
import time
from collections.abc import Callable
from typing import Any


class OutOfTime(BaseException):
    """Raised inside a learner's function when its time is up. Not an Exception: `except Exception` must not eat it."""


def call_within(seconds: float, function: Callable[[], Any]) -> Any:
    """The result of `function()`, or OutOfTime if it runs longer than `seconds`.

    The exception is put into the calling thread, between two steps of Python code. One call into compiled code
    (a single huge matrix product, a long sleep) is let finish first.
    """
    thread = threading.get_ident()
    tracer = sys.gettrace()
    over = threading.Lock()

    def interrupt() -> None:
        # Again and again, should compiled code swallow the first.
        while over.acquire(blocking=False):
            _raise_in(thread, _Interruption)
            over.release()
            time.sleep(0.05)

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    try:
        try:
            timer.start()
            return function()
        finally:
            # Held for good, so that no more interruptions come. One compiled call, which none can come in the middle of.
            over.acquire()
            sys.settrace(tracer)
            timer.cancel()
    except OutOfTime:
        # The last may have come between the lines above.
        sys.settrace(tracer)
        timer.cancel()
        raise


class _Interruption(OutOfTime):
    """OutOfTime that cannot be swallowed: where a bare `except:` catches it, it is raised anew at the next step.

    Python makes the exception in the thread that it was put into, when it is raised. That is the place from which
    the steps of that thread can be watched.
    """

    def __init__(self) -> None:
        super().__init__()
        watcher = functools.partial(_put_into, threading.get_ident(), OutOfTime)
        frame = sys._getframe(1)
        while frame is not None and frame.f_code is not call_within.__code__:
            frame.f_trace = watcher
            frame = frame.f_back
        sys.settrace(watcher)


def _raise_in(thread: int, exception: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(exception))


# The same as a compiled function, which takes a watcher's three arguments, too, and does not look at them. A watcher
# written in Python would be hit by its own exception, and Python stops watching when a watcher raises.
_put_into = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, *4 * [ctypes.py_object])(
    ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
)
