"""edge.reset: connections over one link are torn down."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.exchange import both_ways
from tocsin_faults.edge.toxic import EdgeToxic


class ResetParameters(BaseModel):
    """``after`` in milliseconds."""

    model_config = ConfigDict(extra="forbid")

    after: int = Field(default=0, ge=0, le=60_000, description="milliseconds that a connection lives before its reset")


class Reset(EdgeToxic):
    """Resets every connection over an edge (TCP RST)."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="edge.reset",
        cause="edge.reset",
        component="edge",
        holds="edge",
        undo="reversible",
        summary="reset every connection over an edge",
    )
    Parameters: ClassVar[type[BaseModel]] = ResetParameters
    kind: ClassVar[str] = "reset_peer"

    def attributes(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Toxiproxy calls it a timeout."""
        return {"timeout": parameters["after"]}

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """An exchange over the edge ends in an error, and one straight to the callee does not."""
        through, straight = both_ways(stack, injection.target)
        text = f"over the edge: {through.error or 'answered'}; straight: {straight.error or 'answered'}"
        return Proof(holds=bool(through.error) and not straight.error, evidence=text)
