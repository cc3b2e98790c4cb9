"""redis.flush: everything that Redis held is gone."""

from typing import Any, ClassVar

import redis
from pydantic import BaseModel, ConfigDict

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.redis.keys import client_of, lasting, not_back


class FlushParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class Flush:
    """FLUSHALL; undone by the stack's rebuild hook, which restores caches and sets from the source of truth."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.flush",
        cause="redis.flush",
        component="redis",
        holds="data",
        undo="rebuild",
        summary="FLUSHALL: caches, rankings, coupon stock and issued sets are lost; rebuilt from the database",
    )
    Parameters: ClassVar[type[BaseModel]] = FlushParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Count keys and earlier flushes, and name the keys that never expire: no reader brings those back."""
        with client_of(stack, injection) as client:
            prior = {"keys": _keys(client), "flushes": _flushes(client), "lasting": lasting(client)}
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Flush; once only, so that applying twice does not undo a rebuild."""
        with client_of(stack, injection) as client:
            if _flushes(client) == injection.prior["flushes"]:
                client.flushall()

    def revert(self, stack: Stack, injection: Injection) -> None:  # noqa: ARG002 - the Protocol's signature
        """Have the stack rebuild from the source of truth."""
        stack.call_hook("rebuild")

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The server counted one more flush, and there had been keys to lose."""
        with client_of(stack, injection) as client:
            flushed, keys = _flushes(client) > injection.prior["flushes"], _keys(client)
        before = injection.prior["keys"]
        return Proof(
            holds=flushed and before > 0, evidence=f"flush counted by the server: {flushed}; keys {before} → {keys}"
        )

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Fewer than half of the keys that never expire are back."""
        return not_back(stack, injection)


def _keys(client: "redis.Redis") -> int:
    return int(client.dbsize())


def _flushes(client: "redis.Redis") -> int:
    statistics: dict[str, Any] = client.info("commandstats")
    return sum(int(statistics.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("flushall", "flushdb"))
