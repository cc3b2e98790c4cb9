"""The Protocol of a fault, and the record of one application of it."""

from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, Field

from tocsin.model.base import Strict
from tocsin.model.stack import Replica, Stack, StackReference

Undo = Literal["expires", "reversible", "rebuild", "irreversible"]
Holds = Literal["process", "cpu", "memory", "edge", "data", "settings"]
"""What a fault takes hold of; two injections that hold the same of the same target would fight over it."""


class FaultSpec(Strict):
    """What a fault says of itself."""

    id: str
    cause: str = Field(description="what a right diagnosis names; usually the id")
    component: str = Field(description="what its target must be: redis, mysql, consumer, ..., any service, or an edge")
    holds: Holds = Field(
        description="what it takes hold of: processes, CPU or memory limit, edges, data or settings of its target"
    )
    undo: Undo
    summary: str


class Proof(Strict):
    """Whether a fault took effect, with what was seen."""

    holds: bool
    evidence: str


class Injection(Strict):
    """One application of a fault: what to do, what was there before, how to undo. Pure JSON, written before acting."""

    id: str
    fault: str
    cause: str
    target: str
    parameters: dict[str, Any]
    duration: float = Field(default=0.0, description="seconds after which the guardian reverts it by itself; 0 = never")
    confirmed: bool = Field(default=False, description="a person agreed to what cannot be undone")
    prior: dict[str, Any] = Field(default_factory=dict)
    replicas: list[Replica] = Field(default_factory=list)
    stack: StackReference


class Fault(Protocol):
    """A kind of breakage, one small file.

    ``plan`` has no side effect. ``apply`` and ``revert`` work from the record alone, in another process, and may be
    called twice. ``residue`` lists what the fault left behind, empty when all is as it was.
    """

    spec: ClassVar[FaultSpec]
    Parameters: ClassVar[type[BaseModel]]

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """The record completed with the prior state that ``revert`` needs; reads only."""
        ...

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Break it."""
        ...

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Put back what was there."""
        ...


@runtime_checkable
class Bites(Protocol):
    """A fault that can prove that it took effect."""

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Look once whether the fault has taken effect."""
        ...


@runtime_checkable
class LeavesResidue(Protocol):
    """A fault that can say what is left of it."""

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """What is left behind, one line each; empty when nothing is."""
        ...
