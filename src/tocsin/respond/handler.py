"""How the guardian carries remedies out and puts their changes back."""

from collections.abc import Callable
from typing import Any

from tocsin.errors import StackGone
from tocsin.model.remedy import RemedyRecord
from tocsin.model.stack import Stack, StackReference
from tocsin.respond.registry import remedy_named


class RemedyHandler:
    """Applies and reverts remedies from their records alone; what was done to a stack that is gone is gone with it."""

    def __init__(self, attach: Callable[[StackReference], Stack], say: Callable[[str], None] = lambda _: None) -> None:
        self._attach = attach
        self._say = say

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Carry the remedy out."""
        remedy = RemedyRecord.model_validate(record)
        remedy_named(remedy.remedy).apply(self._attach(remedy.stack), remedy)
        return {}

    def revert(self, record: dict[str, Any]) -> None:
        """Put its change back."""
        remedy = RemedyRecord.model_validate(record)
        try:
            remedy_named(remedy.remedy).revert(self._attach(remedy.stack), remedy)
        except StackGone as gone:
            self._say(f"{remedy.remedy} is gone with its stack: {gone.message}")

    def residue(self, record: dict[str, Any]) -> list[str]:
        """What is still as the remedy left it."""
        remedy = RemedyRecord.model_validate(record)
        try:
            return remedy_named(remedy.remedy).residue(self._attach(remedy.stack), remedy)
        except StackGone:
            return []

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """A stack that was changed by an operator ends with all changes."""
        return [f"tocsin down {RemedyRecord.model_validate(record).stack.name}"]
