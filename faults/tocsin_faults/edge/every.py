"""What faults share that delay every answer of a server, on all of its proxied edges."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection
from tocsin.model.stack import Stack
from tocsin_faults.edge.toxic import edge_residue, reopen


class LatencyParameters(BaseModel):
    """``latency`` and ``jitter`` in milliseconds, one way (downstream)."""

    model_config = ConfigDict(extra="forbid")

    latency: int = Field(default=150, ge=0, le=60_000, description="milliseconds added to every answer")
    jitter: int = Field(default=0, ge=0, le=10_000, description="milliseconds of jitter")


class LatencyOnEveryEdge:
    """A Toxiproxy latency toxic on every proxied edge into the target, named after the injection."""

    spec: ClassVar[FaultSpec]
    Parameters: ClassVar[type[BaseModel]] = LatencyParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Name the edges."""
        edges = [edge.name for edge in stack.topology.edges_into(injection.target) if edge.proxied]
        return injection.model_copy(update={"prior": {"edges": edges, "toxic": _toxic(injection)}})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Put the toxic on every edge."""
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

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """Toxics of this injection that are still on an edge, and edges that are missing or closed."""
        return [
            line
            for edge in injection.prior["edges"]
            for line in edge_residue(stack, edge, _toxic(injection), injection)
        ]


def _toxic(injection: Injection) -> str:
    return f"tocsin-{injection.id}"
