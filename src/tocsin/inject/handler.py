"""How the guardian applies and reverts injections, and how anybody probes them."""

from collections.abc import Callable
from typing import Any

from tocsin.errors import BadInput, StackGone
from tocsin.inject.registry import load_fault
from tocsin.model.fault import Bites, Injection, LeavesResidue, Proof
from tocsin.model.stack import Stack, StackReference

Attach = Callable[[StackReference], Stack]
Say = Callable[[str], None]


class InjectionHandler:
    """Applies and reverts injections from their records alone.

    Where the very stack of a record does not exist any more, nothing of the injection can be left: it is gone with it.
    """

    def __init__(self, attach: Attach, say: Say = lambda _: None) -> None:
        self._attach = attach
        self._say = say

    def apply(self, record: dict[str, Any]) -> dict[str, Any]:
        """Apply the fault.

        Raises:
            BadInput: for a fault that cannot be undone and that nobody has agreed to.
        """
        injection = Injection.model_validate(record)
        fault = load_fault(injection.fault)
        if fault.spec.undo == "irreversible" and not injection.confirmed:
            raise BadInput(f"{injection.fault} cannot be undone, and nobody has agreed to it")
        fault.apply(self._attach(injection.stack), injection)
        return {}

    def revert(self, record: dict[str, Any]) -> None:
        """Revert the fault."""
        injection = Injection.model_validate(record)
        try:
            load_fault(injection.fault).revert(self._attach(injection.stack), injection)
        except StackGone as gone:
            self._say(f"{injection.fault} on {injection.target} is gone with its stack: {gone.message}")

    def residue(self, record: dict[str, Any]) -> list[str]:
        """What the fault left behind."""
        injection = Injection.model_validate(record)
        try:
            return residue_of(self._attach(injection.stack), injection)
        except StackGone:
            return []

    def by_hand(self, record: dict[str, Any]) -> list[str]:
        """Commands that undo what the fault took hold of."""
        injection = Injection.model_validate(record)
        holds = load_fault(injection.fault).spec.holds
        stack = self._attach(injection.stack)
        return stack.by_hand(holds, injection.target, injection.replicas, injection.prior)


def residue_of(stack: Stack, injection: Injection) -> list[str]:
    """What an injection left behind; a fault without that capability leaves nothing to see."""
    fault = load_fault(injection.fault)
    return fault.residue(stack, injection) if isinstance(fault, LeavesResidue) else []


def probe_bite(stack: Stack, injection: Injection) -> Proof:
    """Look once whether an injection has taken effect."""
    fault = load_fault(injection.fault)
    if not isinstance(fault, Bites):
        return Proof(holds=True, evidence=f"{injection.fault} has no bite probe; its applying is taken as its proof")
    try:
        return fault.bites(stack, injection)
    except Exception as error:  # noqa: BLE001 - a fault is a plug-in, and a probe that fails proves nothing
        return Proof(holds=False, evidence=f"the bite probe failed: {type(error).__name__}: {error}")
