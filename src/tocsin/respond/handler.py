"""How the guardian carries remedies out and puts their changes back."""

from collections.abc import Callable
from typing import Any

from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack, StackReference
from tocsin.respond.registry import remedy_named


class RemedyHandler:
    """Applies and reverts remedies from their records alone."""

    def __init__(self, attach: Callable[[StackReference], Stack]) -> None:
        self._attach = attach

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Carry the remedy out."""
        remedy = RemedyRecord.model_validate(record)
        remedy_named(remedy.remedy).apply(self._attach(remedy.stack), remedy)
        return {}

    def revert(self, record: dict[str, Any]) -> None:
        """Put its change back."""
        remedy = RemedyRecord.model_validate(record)
        remedy_named(remedy.remedy).revert(self._attach(remedy.stack), remedy)

    def residue(self, record: dict[str, Any]) -> list[str]:  # noqa: ARG002 - the stack's residue scan looks at all
        """A remedy leaves an operator's change, which its revert has put back."""
        return []

    def by_hand(self, record: dict[str, Any]) -> list[str]:  # noqa: ARG002 - `down` takes a changed stack away
        """None: a stack that was changed by an operator ends with it."""
        return []
