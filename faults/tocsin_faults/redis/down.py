"""redis.down: Redis is dead and stays dead, and with it everything that it held."""

import socket
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.redis.keys import client_of, lasting, not_back, rebuild
from tocsin_faults.service.kill import Kill

_WAIT = 0.5
"""Seconds that a connection may take."""


class DownParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class Down(Kill):
    """SIGKILL to every replica; nobody starts them again before the fault is undone, then the stack rebuilds."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.down",
        cause="redis.down",
        component="redis",
        holds="process",
        undo="rebuild",
        summary="kill Redis and leave it dead; started again and rebuilt from the database at the end",
    )
    Parameters: ClassVar[type[BaseModel]] = DownParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """All replicas, and the keys that never expire."""
        with client_of(stack, injection) as client:
            prior = {"lasting": lasting(client), "rebuild": True}
        return injection.model_copy(update={"replicas": stack.replicas(injection.target), "prior": prior})

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Start again what nobody has started again meanwhile, then have the stack rebuild what was in it."""
        super().revert(stack, injection)
        rebuild(stack)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The processes are gone, and where they listened nobody takes connections."""
        gone = super().bites(stack, injection)
        refused = _refuses(stack, injection)
        text = f"{gone.evidence}; a connection is {'refused' if refused else 'taken'}"
        return Proof(holds=gone.holds and refused, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Replicas that are missing; once all are there, lasting keys that are not back."""
        return super().residue(stack, injection) or not_back(stack, injection)


def _refuses(stack: Stack, injection: Injection) -> bool:
    address = stack.address(injection.target)
    try:
        socket.create_connection((address.host, address.port), timeout=_WAIT).close()
    except OSError:
        return True
    return False
