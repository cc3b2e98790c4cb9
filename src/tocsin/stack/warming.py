"""The last step of a start: the application's caches."""

from tocsin import clock
from tocsin.errors import TocsinError
from tocsin.model.stack import Stack

_WITHIN = 15.0


def warm(stack: Stack) -> None:
    """Call the rebuild hook; an application that is just warming its caches by itself may refuse at first."""
    deadline = clock.monotonic() + _WITHIN
    while True:
        try:
            stack.call_hook("rebuild")
        except TocsinError:
            if clock.monotonic() > deadline:
                raise
            clock.pause(0.1)
        else:
            return
