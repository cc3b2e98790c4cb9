"""redis.memory_pressure: Redis may keep only a part of what it holds, and throws keys out all the time."""

from typing import Any, ClassVar

import redis
from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.redis.keys import client_of, lasting, not_back, rebuild

_SETTINGS = ("maxmemory", "maxmemory-policy")
_FULL = 0.98
"""Share of the limit from which the server counts as full."""


class MemoryPressureParameters(BaseModel):
    """``share``: what is left to the keys of the memory that they take when the fault is planned."""

    model_config = ConfigDict(extra="forbid")

    share: float = Field(
        default=0.5,
        ge=0.01,
        le=1.0,
        description="share (0.01 to 1) of the keys' memory that is left to them",
    )


class MemoryPressure:
    """CONFIG SET maxmemory below what is in use, under the policy that is set; keys that go may be coupon state.

    So the settings are put back first, and then the stack rebuilds what is missing. What the server and its clients
    take counts against the limit as well: with a small share nothing may be left for keys, and writes are refused.
    """

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.memory_pressure",
        cause="redis.memory_pressure",
        component="redis",
        holds="settings",
        undo="rebuild",
        summary="lower Redis's memory limit until it evicts keys; put back, then rebuilt from the database",
    )
    Parameters: ClassVar[type[BaseModel]] = MemoryPressureParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """The settings and evictions as they are, the limit, and the keys that never expire."""
        with client_of(stack, injection) as client:
            memory = client.info("memory")
            bare, keys = int(memory["used_memory_overhead"]), int(memory["used_memory_dataset"])
            prior = {
                "settings": {name: client.config_get(name)[name] for name in _SETTINGS},
                "limit": bare + max(1, int(keys * injection.parameters["share"])),
                "evicted": _evicted(client),
                "lasting": lasting(client),
                "rebuild": True,
            }
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Lower the limit."""
        with client_of(stack, injection) as client:
            client.config_set("maxmemory", injection.prior["limit"])

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Put the settings back, then have the stack rebuild what was thrown out."""
        with client_of(stack, injection) as client:
            for name, value in injection.prior["settings"].items():
                client.config_set(name, value)
        rebuild(stack)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The limit is in force, and keys were thrown out or the server is full."""
        limit = injection.prior["limit"]
        with client_of(stack, injection) as client:
            in_force = int(client.config_get("maxmemory")["maxmemory"]) == limit
            evicted, used = _evicted(client) - injection.prior["evicted"], int(client.info("memory")["used_memory"])
        text = f"{evicted} keys evicted, {used} of {limit} bytes in use, limit in force: {in_force}"
        return Proof(holds=in_force and (evicted > 0 or used >= _FULL * limit), evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Settings that are not what they were, and lasting keys that are not back."""
        with client_of(stack, injection) as client:
            now = {name: client.config_get(name)[name] for name in _SETTINGS}
        changed = [
            f"setting {name} of {injection.target} is {now[name]!r}, it was {was!r}"
            for name, was in injection.prior["settings"].items()
            if now[name] != was
        ]
        return changed + not_back(stack, injection)


def _evicted(client: "redis.Redis") -> int:
    statistics: dict[str, Any] = client.info("stats")
    return int(statistics["evicted_keys"])
