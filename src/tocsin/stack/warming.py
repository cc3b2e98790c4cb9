"""The last step of a start: the application's caches."""

from tocsin.model.stack import Stack
from tocsin.stack.patience import insist

_WITHIN = 15.0


def warm(stack: Stack) -> None:
    """Call the rebuild hook; an application that is just warming its caches by itself may refuse at first."""
    insist(lambda: stack.call_hook("rebuild"), _WITHIN)
