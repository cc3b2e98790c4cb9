"""edge.latency: answers over one link come late."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.exchange import both_ways
from tocsin_faults.edge.toxic import EdgeToxic


class EdgeLatencyParameters(BaseModel):
    """``latency`` and ``jitter`` in milliseconds, one way (downstream)."""

    model_config = ConfigDict(extra="forbid")

    latency: int = Field(default=200, ge=0, le=60_000, description="milliseconds added to every answer")
    jitter: int = Field(default=0, ge=0, le=10_000, description="milliseconds of jitter")


class EdgeLatency(EdgeToxic):
    """Delays every answer on an edge."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="edge.latency",
        cause="edge.latency",
        component="edge",
        holds="edge",
        undo="reversible",
        summary="delay every answer on an edge; the callee itself stays healthy",
    )
    Parameters: ClassVar[type[BaseModel]] = EdgeLatencyParameters
    kind: ClassVar[str] = "latency"

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Of a Redis the cause is that of a slow link to Redis."""
        callee = stack.topology.services[stack.topology.edges[injection.target].callee]
        cause = "redis.latency" if callee.component == "redis" else injection.cause
        return super().plan(stack, injection).model_copy(update={"cause": cause})

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """An exchange over the edge takes at least half of the latency longer than one straight to the callee."""
        through, straight = both_ways(stack, injection.target)
        wanted = injection.parameters["latency"] / 2000
        text = (
            f"an exchange over the edge took {through.seconds * 1000:.0f} ms, straight {straight.seconds * 1000:.1f} ms"
        )
        return Proof(holds=wanted > 0 and through.seconds - straight.seconds >= wanted, evidence=text)
