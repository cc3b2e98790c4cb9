"""service.kill: processes of any service are gone, as after a crash."""

from typing import ClassVar

from pydantic import BaseModel

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.service.choice import Replicas, chosen


class Kill:
    """Ends replicas with SIGKILL; undone by starting them again."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="service.kill",
        cause="service.kill",
        component="any",
        holds="process",
        undo="reversible",
        summary="kill replicas of a service at once; they are started again at the end",
    )
    Parameters: ClassVar[type[BaseModel]] = Replicas

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Choose the replicas."""
        return injection.model_copy(update={"replicas": chosen(stack, injection)})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Kill them."""
        for replica in injection.replicas:
            stack.kill(replica)

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Start again what nobody has started again meanwhile."""
        numbers = self._missing(stack, injection)
        if numbers:
            stack.restart(injection.target, numbers)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Not one of the chosen processes exists any more."""
        gone = [replica.name for replica in injection.replicas if not stack.is_alive(replica)]
        total = len(injection.replicas)
        return Proof(holds=0 < len(gone) == total, evidence=f"{len(gone)} of {total} chosen replicas are gone")

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Numbers under which nothing runs."""
        return [f"{injection.target}-{number} is still gone" for number in self._missing(stack, injection)]

    def _missing(self, stack: Stack, injection: Injection) -> list[int]:
        running = {replica.number for replica in stack.replicas(injection.target)}
        return [replica.number for replica in injection.replicas if replica.number not in running]
