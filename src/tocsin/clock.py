"""The one place that knows what time it is and how to wait."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

_never = threading.Event()
_SLICE = 0.1
"""Longest wait, in seconds, between two looks at whether a wait should be given up."""

_STALL = 0.6
"""Seconds between two looks at a silence beyond which this process did not run either."""

Check = Callable[[], None]
_check: ContextVar[Check | None] = ContextVar("check", default=None)


def monotonic() -> float:
    """Seconds on a clock that never jumps; comparable between processes of one boot."""
    return time.monotonic()


def wall() -> float:
    """Seconds since the Unix epoch."""
    return time.time()


@cache
def boot() -> str:
    """The kernel's identity of this boot, within which ``monotonic`` may be compared."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


@contextmanager
def interruptible(check: Check) -> Iterator[None]:
    """Within this context every wait of this thread calls ``check`` ten times a second; it raises to end the wait."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


class Silence:
    """Seconds without a sign of life from somebody else, counted only while this process itself runs.

    A machine that stands still for a while (a virtual one may) stands still for both: nobody is dead because of it.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._looked = monotonic()

    def look(self, *, heard: bool) -> float:
        """One look, to be taken several times a second; the seconds of silence so far."""
        now = monotonic()
        self.seconds = 0.0 if heard else self.seconds + min(now - self._looked, _STALL)
        self._looked = now
        return self.seconds


def pause(seconds: float) -> None:
    """Let ``seconds`` pass between two looks at something; readiness is never guessed with this."""
    check = _check.get()
    if check is None:
        _never.wait(seconds)
        return
    deadline = monotonic() + seconds
    check()
    while (left := deadline - monotonic()) > 0:
        _never.wait(min(left, _SLICE))
        check()


def wait_until(condition: Callable[[], bool], *, timeout: float, every: float = 0.05) -> bool:
    """Look at ``condition`` every ``every`` seconds until it holds; False when ``timeout`` seconds have passed."""
    deadline = monotonic() + timeout
    while True:
        if condition():
            return True
        if monotonic() >= deadline:
            return False
        pause(every)
