"""The one place that knows what time it is and how to wait."""

import threading
import time
from collections.abc import Callable

_never = threading.Event()


def monotonic() -> float:
    """Seconds on a clock that never jumps; comparable between processes of one boot."""
    return time.monotonic()


def wall() -> float:
    """Seconds since the Unix epoch."""
    return time.time()


def pause(seconds: float) -> None:
    """Let ``seconds`` pass between two looks at something; readiness is never guessed with this."""
    _never.wait(seconds)


def wait_until(condition: Callable[[], bool], *, timeout: float, every: float = 0.05) -> bool:
    """Look at ``condition`` every ``every`` seconds until it holds; False when ``timeout`` seconds have passed."""
    deadline = monotonic() + timeout
    while True:
        if condition():
            return True
        if monotonic() >= deadline:
            return False
        pause(every)
