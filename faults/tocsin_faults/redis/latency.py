"""redis.latency: every answer of Redis takes longer on the way to its callers."""

import time
from typing import ClassVar

import redis

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Address, Stack
from tocsin_faults.edge.every import LatencyOnEveryEdge


class Latency(LatencyOnEveryEdge):
    """A Toxiproxy latency toxic on every edge into the target."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="redis.latency",
        cause="redis.latency",
        component="redis",
        holds="edge",
        undo="reversible",
        summary="delay every answer of Redis on its edges; the server itself stays healthy",
    )

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Name the edges and measure how long a PING through each takes now."""
        planned = super().plan(stack, injection)
        before = {edge: _ping_ms(stack.edge_address(edge)) for edge in planned.prior["edges"]}
        return planned.model_copy(update={"prior": planned.prior | {"ping_ms": before}})

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """A PING through the edge takes at least half of the latency longer than one straight to the server."""
        direct = _ping_ms(stack.address(injection.target))
        through = [_ping_ms(stack.edge_address(edge)) for edge in injection.prior["edges"]]
        wanted = injection.parameters["latency"] / 2
        slowest = max(through, default=direct)
        text = f"PING through the edge {slowest:.1f} ms, straight {direct:.1f} ms"
        return Proof(holds=bool(through) and wanted > 0 and slowest - direct >= wanted, evidence=text)


def _ping_ms(address: Address) -> float:
    with redis.Redis(host=address.host, port=address.port, socket_timeout=5.0) as client:
        client.ping()  # the first call also connects
        begun = time.perf_counter()
        client.ping()
        return (time.perf_counter() - begun) * 1000
