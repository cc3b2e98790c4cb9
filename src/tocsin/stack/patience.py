"""Waiting for a server that has just been started, by asking it what is wanted until it does it."""

from collections.abc import Callable

from tocsin import clock
from tocsin.errors import TocsinError

_EVERY = 0.1


def insist(step: Callable[[], object], within: float) -> None:
    """Try a step again and again until it succeeds, for ``within`` seconds.

    Raises:
        TocsinError: what the last try has raised.
    """
    deadline = clock.monotonic() + within
    while True:
        try:
            step()
        except TocsinError:
            if clock.monotonic() > deadline:
                raise
            clock.pause(_EVERY)
        else:
            return
