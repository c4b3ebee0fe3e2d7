"""A stated time for a learner's function, so that an endless loop ends with a message and not with a dead kernel."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
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
    lock = threading.Lock()
    running = True

    def interrupt() -> None:
        # Again and again, should compiled code swallow the first.
        while True:
            with lock:
                if not running:
                    return
                _raise_in(thread, _Interruption)
            time.sleep(0.05)

    def stop() -> None:
        nonlocal running
        while running:
            try:
                with lock:
                    running = False
                    _raise_in(thread, None)
            except OutOfTime:
                continue
        timer.cancel()

    timer = threading.Timer(seconds, interrupt)
    timer.daemon = True
    timer.start()
    try:
        try:
            return function()
        finally:
            sys.settrace(tracer)
            stop()
    except OutOfTime:
        # It may have arrived in the lines above, before `stop` had begun.
        sys.settrace(tracer)
        stop()
        raise


class _Interruption(OutOfTime):
    """OutOfTime that comes back: where a bare `except:` swallows it, it is raised again before the next step.

    Python makes the exception in the thread that it was put into, at the moment that it is raised. That is the place
    from which the steps of that thread can be watched.
    """

    def __init__(self) -> None:
        super().__init__()
        frame = sys._getframe(1)
        while frame is not None and frame.f_code is not call_within.__code__:
            frame.f_trace = _raise_again
            frame = frame.f_back
        sys.settrace(_raise_again)


def _raise_again(_frame: FrameType, _event: str, _argument: Any) -> Callable[..., Any]:
    # Python stops watching when a watcher raises, so the exception is put into the thread here, too.
    _raise_in(threading.get_ident(), OutOfTime)
    return _raise_again


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    kind = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)
