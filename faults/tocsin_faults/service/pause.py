"""service.pause: processes of any service stop running and keep their connections."""

from typing import ClassVar

from pydantic import BaseModel

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.service.choice import Replicas, chosen

_CAUSES = {"consumer": "kafka.consumer_pause", "kafka": "kafka.broker_pause"}


class Pause:
    """Freezes replicas; whoever asks them waits."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="service.pause",
        cause="service.pause",
        component="any",
        holds="process",
        undo="reversible",
        summary="freeze replicas of a service: connections stay, nobody answers",
    )
    Parameters: ClassVar[type[BaseModel]] = Replicas

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Choose the replicas; a frozen consumer or broker has a cause of its own."""
        cause = _CAUSES.get(stack.topology.services[injection.target].component, injection.cause)
        return injection.model_copy(update={"replicas": chosen(stack, injection), "cause": cause})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Freeze them."""
        for replica in injection.replicas:
            stack.freeze(replica)

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Let them run again; one that was replaced meanwhile is another process and is not touched."""
        for replica in injection.replicas:
            stack.thaw(replica)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Every chosen replica is there and frozen."""
        frozen = [replica.name for replica in injection.replicas if stack.is_frozen(replica)]
        total = len(injection.replicas)
        return Proof(holds=0 < len(frozen) == total, evidence=f"{len(frozen)} of {total} chosen replicas are frozen")

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Replicas that are still frozen."""
        return [f"{replica.name} is still frozen" for replica in injection.replicas if stack.is_frozen(replica)]
