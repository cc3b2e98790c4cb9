"""What applies and undoes each kind of ledger entry: used by the guardian, and by whoever must finish for it."""

from collections.abc import Callable

from tocsin.inject.handler import InjectionHandler
from tocsin.ledger.undo import Handlers
from tocsin.load.handler import LoadHandler
from tocsin.respond.handler import RemedyHandler
from tocsin.stack.backends import attach
from tocsin.stack.handler import StackHandler


def handlers(progress: Callable[[str], None]) -> Handlers:
    """One handler per kind of entry."""
    return {
        "stack": StackHandler(progress),
        "load": LoadHandler(),
        "injection": InjectionHandler(attach, progress),
        "remedy": RemedyHandler(attach, progress),
    }
