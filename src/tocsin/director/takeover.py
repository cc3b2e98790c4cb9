"""Undoing in the director's own process when the guardian is lost: it has been killed for certain before."""

from collections.abc import Callable
from pathlib import Path

from tocsin import clock
from tocsin.handlers import handlers
from tocsin.ledger.store import Ledger, is_held
from tocsin.ledger.undo import undo_all


def undo_without_guardian(path: Path, say: Callable[[str], None]) -> list[str]:
    """Undo everything open in the ledger; returns what is left.

    A guardian that outlived the director's sleep may be undoing already: then it is left to finish.
    """
    clock.wait_until(lambda: not is_held(path), timeout=60.0)
    ledger = Ledger(path)
    try:
        return undo_all(ledger, handlers(lambda _: None), say).residue
    finally:
        ledger.close()
