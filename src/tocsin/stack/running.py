"""What whoever runs a stack may ask of it, beyond what faults and remedies may do."""

from dataclasses import dataclass, field
from typing import Literal, Protocol

from tocsin.model.stack import Stack
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.planned import Planned


@dataclass(frozen=True)
class ReplicaLook:
    """One replica that belongs to the stack, as it is now; ``identity`` names it for people (``pid 123``).

    ``ports`` are on loopback, by name.
    """

    service: str
    name: str
    state: Literal["running", "frozen", "gone"]
    identity: str
    pid: int = 0
    ports: dict[str, int] = field(default_factory=dict)


class RunningStack(Stack, Protocol):
    """A stack of any backend for the director, the residue scan and the command line."""

    @property
    def compose(self) -> ComposeFile:
        """The stack's compose file."""
        ...

    @property
    def planned(self) -> Planned:
        """What it was started with, and how it was when it had become ready.

        Raises:
            StackGone: when the stack was taken down, or another one runs in its place.
        """
        ...

    def looks(self) -> list[ReplicaLook]:
        """Every replica that the stack should have, dead ones included."""
        ...

    def unlisted(self) -> list[str]:
        """What runs as a part of the stack and is not listed, one line each."""
        ...

    def cpu_limits(self, service: str) -> dict[str, float | None]:
        """The limit in force by replica name, in cores; None = unlimited."""
        ...

    def flags(self, *, timeout: float = 10.0) -> dict[str, bool]:
        """The operator flags of the stack's application; waits at most ``timeout`` seconds for them."""
        ...
