"""Entries of the ledger and the Protocol of what undoes them."""

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

Kind = Literal["stack", "load", "injection", "remedy"]
State = Literal["intended", "applied", "reverted", "verified"]

BEING_UNDONE = "being undone"
"""The detail of an entry from the moment at which its undoing was begun."""


class Entry(BaseModel):
    """One thing that must be undone, with everything needed to undo it from this record alone."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Kind
    state: State
    record: dict[str, Any]
    at: float  # seconds since the epoch of the last change of state
    detail: str = ""

    @property
    def is_open(self) -> bool:
        """True until its undoing was verified."""
        return self.state != "verified"


class Handler(Protocol):
    """Applies and undoes entries of one kind; everything works from the record alone, in any process, twice."""

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Do it; returns what the asker wants to know."""
        ...

    def revert(self, record: dict[str, Any]) -> None:
        """Put back what was there."""
        ...

    def residue(self, record: dict[str, Any]) -> list[str]:
        """What is still left behind; empty when nothing is."""
        ...

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """Shell commands that finish the undoing by hand; empty when there are none to give."""
        ...
