"""edge.timeout: nothing comes back over one link, and nobody says so."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.exchange import both_ways
from tocsin_faults.edge.toxic import EdgeToxic


class TimeoutParameters(BaseModel):
    """``after`` in milliseconds."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0, le=60_000, description="milliseconds until the connection is closed; 0 = never")


class Timeout(EdgeToxic):
    """Swallows every answer on an edge."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="edge.timeout",
        cause="edge.timeout",
        component="edge",
        holds="edge",
        undo="reversible",
        summary="swallow every answer on an edge: callers wait until their own time-out",
    )
    Parameters: ClassVar[type[BaseModel]] = TimeoutParameters
    kind: ClassVar[str] = "timeout"

    def attributes(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Toxiproxy calls it a timeout as well."""
        return {"timeout": parameters["after"]}

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """Not one byte comes back over the edge, and an answer does straight from the callee."""
        through, straight = both_ways(stack, injection.target)
        text = f"over the edge: {through.error or 'answered'}; straight: {straight.error or 'answered'}"
        return Proof(holds=bool(through.error) and through.received == 0 and not straight.error, evidence=text)
