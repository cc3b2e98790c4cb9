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
        """Note the toxics that are there already: they are somebody else's."""
        others = [toxic["name"] for toxic in stack.toxics(injection.target)]
        return injection.model_copy(update={"prior": {"toxics": others}})

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
        """Take it off."""
        stack.remove_toxic(injection.target, _name(injection))

    def residue(self, stack: Stack, injection: Injection) -> list[str]:
        """The toxic is still on."""
        names = [toxic["name"] for toxic in stack.toxics(injection.target)]
        return [f"toxic {_name(injection)} is still on {injection.target}"] if _name(injection) in names else []


def _name(injection: Injection) -> str:
    return f"tocsin-{injection.id}"
