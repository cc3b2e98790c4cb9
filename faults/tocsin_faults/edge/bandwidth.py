"""edge.bandwidth: one link carries far less than it is asked to."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.exchange import both_ways
from tocsin_faults.edge.toxic import EdgeToxic

_SEEN = 0.5
"""Share of the time that the answer must need at that rate; Toxiproxy lets the first bytes through at once."""


class BandwidthParameters(BaseModel):
    """``rate`` in kilobytes per second."""

    model_config = ConfigDict(extra="forbid")

    rate: int = Field(default=2, ge=1, le=1_000_000, description="kilobytes per second and connection")


class Bandwidth(EdgeToxic):
    """Limits what each connection over an edge carries towards the caller."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="edge.bandwidth",
        cause="edge.bandwidth",
        component="edge",
        holds="edge",
        undo="reversible",
        summary="limit the bandwidth of every connection over an edge",
    )
    Parameters: ClassVar[type[BaseModel]] = BandwidthParameters
    kind: ClassVar[str] = "bandwidth"

    def attributes(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Toxiproxy counts in kilobytes per second as well."""
        return {"rate": parameters["rate"]}

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """The answer took the time that so many bytes need at that rate, and far less straight from the callee."""
        through, straight = both_ways(stack, injection.target)
        received = max(through.received, straight.received)
        needed = received / (injection.parameters["rate"] * 1024)
        extra = through.seconds - straight.seconds
        took, direct = through.seconds * 1000, straight.seconds * 1000
        text = f"{received} bytes took {took:.0f} ms over the edge, {direct:.1f} ms straight"
        return Proof(holds=received > 0 and extra >= _SEEN * needed and extra > 0.01, evidence=text)
