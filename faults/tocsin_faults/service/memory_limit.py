"""service.memory_limit: a service may use hardly more memory than it does now."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack

_FULL = 0.9
"""Share of the limit from which a replica counts as full."""
_SMALLEST = 6 << 20
"""Bytes: the smallest memory limit that a container engine takes (docker run --memory, Docker's manual)."""


class MemoryLimitParameters(BaseModel):
    """``spare``: what is left beyond the memory in use when the fault is planned."""

    model_config = ConfigDict(extra="forbid")

    spare: int = Field(default=4, ge=1, le=65_536, description="megabytes left beyond what is in use now")


class MemoryLimit:
    """Lowers the memory limit to a little more than is in use, 6 MB at the least.

    Whoever wants more is killed by the kernel. Nothing starts a killed replica again but a remedy, or the end of the
    fault.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="service.memory_limit",
        cause="service.memory_limit",
        component="any",
        holds="memory",
        undo="reversible",
        summary="lower a service's memory limit to hardly more than it uses: it is killed when it wants more",
    )
    Parameters: ClassVar[type[BaseModel]] = MemoryLimitParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """The limit, what is in use, and the kills so far."""
        used, now = stack.memory_used(injection.target), stack.memory_limit(injection.target)
        wanted = max(used + (injection.parameters["spare"] << 20), _SMALLEST)
        limit = wanted if now is None else min(wanted, now)
        prior = {"bytes": now, "limit": limit, "used": used, "kills": stack.memory_kills(injection.target)}
        return injection.model_copy(update={"prior": prior, "replicas": stack.replicas(injection.target)})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Lower the limit."""
        stack.set_memory_limit(injection.target, injection.prior["limit"])

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Set the limit that was there before, and start again what was killed meanwhile."""
        stack.set_memory_limit(injection.target, injection.prior["bytes"])
        numbers = self._missing(stack, injection)
        if numbers:
            stack.restart(injection.target, numbers)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The limit is in force, and it is nearly reached or has killed."""
        now, limit = stack.memory_limit(injection.target), injection.prior["limit"]
        kills = stack.memory_kills(injection.target) - injection.prior["kills"]
        used = stack.memory_used(injection.target)
        text = f"limit {now} bytes, in use {used}, {kills} killed, {len(self._missing(stack, injection))} gone"
        felt = kills > 0 or used >= _FULL * limit or bool(self._missing(stack, injection))
        return Proof(holds=now is not None and abs(now - limit) < 65_536 and felt, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The limit is not what it was, or a replica is gone."""
        now, before = stack.memory_limit(injection.target), injection.prior["bytes"]
        changed = [] if now == before else [f"memory limit of {injection.target} is {now}, it was {before}"]
        return changed + [f"{injection.target}-{number} is gone" for number in self._missing(stack, injection)]

    def _missing(self, stack: Stack, injection: Injection) -> list[int]:
        running = {replica.number for replica in stack.replicas(injection.target)}
        return [replica.number for replica in injection.replicas if replica.number not in running]
