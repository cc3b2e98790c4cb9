"""redis.latency: every answer of Redis takes longer on the way to its callers."""

import time
from typing import ClassVar

import redis
from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Address, Stack
from tocsin_faults.edge.toxic import edge_residue, reopen


class LatencyParameters(BaseModel):
    """``latency`` and ``jitter`` in milliseconds, one way (downstream)."""

    model_config = ConfigDict(extra="forbid")

    latency: int = Field(default=150, ge=0, le=60_000, description="milliseconds added to every answer")
    jitter: int = Field(default=0, ge=0, le=10_000, description="milliseconds of jitter")


class Latency:
    """A Toxiproxy latency toxic on every edge into the target."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.latency",
        cause="redis.latency",
        component="redis",
        holds="edge",
        undo="reversible",
        summary="delay every answer of Redis on its edges; the server itself stays healthy",
    )
    Parameters: ClassVar[type[BaseModel]] = LatencyParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Name the edges and measure how long a PING through each takes now."""
        edges = [edge.name for edge in stack.topology.edges_into(injection.target) if edge.proxied]
        before = {edge: _ping_ms(stack.edge_address(edge)) for edge in edges}
        return injection.model_copy(update={"prior": {"edges": edges, "toxic": _toxic(injection), "ping_ms": before}})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Put the toxic on every edge, named after the injection."""
        for edge in injection.prior["edges"]:
            stack.add_toxic(
                edge,
                name=_toxic(injection),
                kind="latency",
                stream="downstream",
                attributes={key: injection.parameters[key] for key in ("latency", "jitter")},
            )

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Take the toxic off every edge."""
        for edge in injection.prior["edges"]:
            stack.remove_toxic(edge, _toxic(injection))
            reopen(stack, edge, injection)

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """A PING through the edge takes at least half of the latency longer than one straight to the server."""
        direct = _ping_ms(stack.address(injection.target))
        through = [_ping_ms(stack.edge_address(edge)) for edge in injection.prior["edges"]]
        wanted = injection.parameters["latency"] / 2
        slowest = max(through, default=direct)
        text = f"PING through the edge {slowest:.1f} ms, straight {direct:.1f} ms"
        return Proof(holds=bool(through) and wanted > 0 and slowest - direct >= wanted, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Toxics of this injection that are still on an edge, and edges that are missing or closed."""
        return [
            line
            for edge in injection.prior["edges"]
            for line in edge_residue(stack, edge, _toxic(injection), injection)
        ]


def _toxic(injection: Injection) -> str:
    return f"tocsin-{injection.id}"


def _ping_ms(address: Address) -> float:
    with redis.Redis(host=address.host, port=address.port, socket_timeout=5.0) as client:
        client.ping()  # the first call also connects
        begun = time.perf_counter()
        client.ping()
        return (time.perf_counter() - begun) * 1000
