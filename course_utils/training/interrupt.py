"""Ctrl-C between two steps, so that what is saved is whole."""

import signal
import threading


class Interrupt:
    """While it is open, the first Ctrl-C sets `asked`; a second one interrupts at once, as it would have anyway.

    Only the main thread hears of signals; elsewhere, and with active=False, nothing changes.
    """

    def __init__(self, active: bool = True) -> None:
        self.asked = False
        self._active = active and threading.current_thread() is threading.main_thread()

    def __enter__(self) -> "Interrupt":
        if self._active:
            self._usual = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(self, *error: object) -> None:
        if self._active:
            signal.signal(signal.SIGINT, self._usual)

    def _heard(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
