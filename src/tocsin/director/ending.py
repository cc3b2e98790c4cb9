"""The end of a run or an injection: the guardian undoes what is open, or this process does, from the ledger."""

from collections.abc import Callable
from pathlib import Path

from tocsin.errors import TocsinError
from tocsin.handlers import handlers
from tocsin.ledger.client import GuardianClient, GuardianLost
from tocsin.ledger.store import Ledger
from tocsin.ledger.undo import undo_all

WITHIN = 180.0
"""Seconds that the guardian gets to undo everything; a single revert has a shorter time of its own."""


class Ending:
    """Has everything undone; ``begin`` asks for it at once, ``wait`` answers with what is left."""

    def __init__(self, guardian: GuardianClient, ledger: Path, say: Callable[[str], None]) -> None:
        self._guardian = guardian
        self._ledger = ledger
        self._say = say
        self._request: int | None = None

    def begin(self) -> None:
        """Ask the guardian to undo everything; what it has under way is given up."""
        try:
            self._request = self._guardian.submit("finish")
        except GuardianLost as error:
            self._say(f"{error.message}; undoing from the ledger")

    def wait(self) -> list[str]:
        """What is left once everything was tried."""
        if self._request is not None:
            try:
                answer = self._guardian.wait(self._request, timeout=WITHIN)
                self._guardian.close()
                return [str(line) for line in answer["residue"]]
            except GuardianLost as error:
                self._say(f"{error.message}; undoing from the ledger")
            except TocsinError as error:
                self._say(f"the guardian could not undo: {error.message}; undoing from the ledger")
                self._guardian.kill()
        return self._without_guardian()

    def _without_guardian(self) -> list[str]:
        ledger = Ledger(self._ledger)
        try:
            return undo_all(ledger, handlers(lambda _: None), self._say).residue
        finally:
            ledger.close()
