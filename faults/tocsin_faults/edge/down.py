"""edge.down: one link is cut."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from tocsin.model.fault import FaultSpec, Injection, Proof
from tocsin.model.stack import Stack
from tocsin_faults.edge.exchange import both_ways


class DownParameters(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


class Down:
    """Closes the edge's proxy: connections end, new ones are refused."""

    spec: ClassVar[FaultSpec] = FaultSpec(
        id="edge.down",
        cause="edge.down",
        component="edge",
        holds="edge",
        undo="reversible",
        summary="cut an edge: its connections end, new ones are refused",
    )
    Parameters: ClassVar[type[BaseModel]] = DownParameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Whether the edge was open."""
        return injection.model_copy(update={"prior": {"enabled": stack.edge_enabled(injection.target)}})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Close it."""
        stack.set_edge_enabled(injection.target, False)

    def revert(self, stack: Stack, injection: Injection) -> None:
        """As it was."""
        stack.set_edge_enabled(injection.target, bool(injection.prior["enabled"]))

    def bites(self, stack: Stack, injection: Injection) -> Proof:
        """A connection over the edge is refused, and one straight to the callee is not."""
        through, straight = both_ways(stack, injection.target)
        text = f"over the edge: {through.error or 'answered'}; straight: {straight.error or 'answered'}"
        return Proof(holds=bool(through.error) and through.received == 0 and not straight.error, evidence=text)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The edge is not as it was."""
        now = stack.edge_enabled(injection.target)
        if now is None:
            return [f"the proxy of {injection.target} is missing"]
        same = now is bool(injection.prior["enabled"])
        return [] if same else [f"the edge {injection.target} is {'open' if now else 'closed'}, it was not"]
