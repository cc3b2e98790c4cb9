"""What faults share that put one toxic on one edge."""

from typing import Any, ClassVar

from pydantic import BaseModel

from tocsin.model.fault import FaultSpec, Injection
from tocsin.model.stack import Stack


class EdgeToxic:
    """A toxic of one kind on one edge, named after the injection."""

    spec: ClassVar[FaultSpec]
    Parameters: ClassVar[type[BaseModel]]
    kind: ClassVar[str]

    def attributes(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """The toxic's attributes; the parameters as they are unless a fault says otherwise."""
        return parameters

    def plan(self, stack: Stack, injection: Injection) -> Injection:
        """Note the toxics that are there already (they are somebody else's) and whether the edge is open."""
        others = [toxic["name"] for toxic in stack.toxics(injection.target)]
        prior = {"toxics": others, "toxic": _name(injection), "enabled": stack.edge_enabled(injection.target)}
        return injection.model_copy(update={"prior": prior})

    def apply(self, stack: Stack, injection: Injection) -> None:
        """Put the toxic on."""
        stack.add_toxic(
            injection.target,
            name=_name(injection),
            kind=self.kind,
            stream="downstream",
            attributes=self.attributes(injection.parameters),
        )

    def revert(self, stack: Stack, injection: Injection) -> None:
        """Take it off; an edge whose proxy had to be made again is as open as it was."""
        stack.remove_toxic(injection.target, _name(injection))
        reopen(stack, injection.target, injection)

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The toxic is still on, or the edge is not as open as it was."""
        return edge_residue(stack, injection.target, _name(injection), injection)


def reopen(stack: Stack, edge: str, injection: Injection) -> None:
    """Open or close an edge as the record says it was; nothing is done where it is so."""
    before = bool(injection.prior.get("enabled", True))
    if stack.edge_enabled(edge) is not before:
        stack.set_edge_enabled(edge, before)


def edge_residue(stack: Stack, edge: str, toxic: str, injection: Injection) -> list[str]:
    """What an injection has left on one edge: a missing or closed proxy, or its toxic."""
    now = stack.edge_enabled(edge)
    if now is None:
        return [f"the proxy of {edge} is missing"]
    before = bool(injection.prior.get("enabled", True))
    found = [] if now is before else [f"the edge {edge} is {'open' if now else 'closed'}, it was not"]
    return found + [f"toxic {toxic} is still on {edge}" for one in stack.toxics(edge) if one["name"] == toxic]


def _name(injection: Injection) -> str:
    return f"tocsin-{injection.id}"
