"""What calls what: the services and edges of a stack, as its compose.yaml tells them."""

from pydantic import Field

from tocsin.model.base import Strict


class Edge(Strict):
    """A caller→callee link; ``proxied`` when it runs through a Toxiproxy proxy of the same name."""

    name: str
    caller: str
    callee: str
    proxied: bool = False
    allow: list[str] = Field(default_factory=list, description="faults that may touch it")

    @property
    def entity(self) -> str:
        """How signals name this edge."""
        return f"{self.caller}->{self.callee}"


class ServiceNode(Strict):
    """A compose service: ``component`` says what kind of thing it is (redis, mysql, kafka, http, consumer, ...)."""

    name: str
    component: str
    replicas: int = 1
    allow: list[str] = Field(default_factory=list, description="faults that may touch it")


class Topology(Strict):
    """Services and edges of one stack."""

    stack: str
    services: dict[str, ServiceNode]
    edges: dict[str, Edge]
    hooks: list[str] = Field(default_factory=list, description="what the stack offers its operators, `rebuild` for one")

    def callers(self, service: str) -> set[str]:
        """Every service that depends on ``service``, directly or not."""
        found: set[str] = set()
        frontier = {service}
        while frontier:
            frontier = {e.caller for e in self.edges.values() if e.callee in frontier} - found
            found |= frontier
        return found - {service}

    def edges_into(self, service: str) -> list[Edge]:
        """Edges whose callee is ``service``."""
        return [edge for edge in self.edges.values() if edge.callee == service]

    def edges_out_of(self, service: str) -> list[Edge]:
        """Edges whose caller is ``service``."""
        return [edge for edge in self.edges.values() if edge.caller == service]

    def service_of(self, entity: str) -> str | None:
        """The service an entity belongs to: itself, or that of a replica ``service-2``; None for an edge."""
        if entity in self.services:
            return entity
        name, _, number = entity.rpartition("-")
        return name if number.isdigit() and name in self.services else None
