"""A stated time for a learner's function, so that an endless loop ends with a message and not with a dead kernel."""

import ctypes
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
    lock = threading.Lock()
    running = True

    def interrupt() -> None:
        # Again and again, because a bare `except:` in a loop swallows the first.
        while True:
            with lock:
                if not running:
                    return
                _raise_in(thread, OutOfTime)
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
            stop()
    except OutOfTime:
        # It may have arrived in the line above, before `stop` had begun.
        stop()
        raise


def _raise_in(thread: int, exception: type[BaseException] | None) -> None:
    kind = None if exception is None else ctypes.py_object(exception)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), kind)
