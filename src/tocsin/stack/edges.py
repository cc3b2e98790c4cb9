"""The proxied edges of a stack, through its Toxiproxy: toxics, open and closed, and proxies that are missing."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from tocsin.errors import TocsinError
from tocsin.model.stack import Address
from tocsin.model.topology import Topology
from tocsin.stack.toxiproxy import ToxiproxyClient

PROXY_COMPONENT = "proxy"


class ProxiedEdges(ABC):
    """Part of a stack of any backend: what is done to its edges."""

    @property
    @abstractmethod
    def topology(self) -> Topology:
        """Its services and edges."""

    @abstractmethod
    def address(self, service: str, port: str = "main", number: int = 1) -> Address:
        """Where a replica listens, straight and not through an edge."""

    @abstractmethod
    def restart(self, service: str, numbers: Sequence[int] | None = None) -> None:
        """Kill and start replicas again and wait until they are ready."""

    @abstractmethod
    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        """Where an edge's proxy listens and what it leads to, as Toxiproxy sees them."""

    @property
    def _proxy_service(self) -> str:
        return next(n for n, s in self.topology.services.items() if s.component == PROXY_COMPONENT)

    def _toxiproxy(self) -> ToxiproxyClient:
        return ToxiproxyClient(self.address(self._proxy_service))

    def edge_enabled(self, edge: str) -> bool | None:
        """Whether the edge's proxy takes connections; None when the proxy is missing."""
        return self._toxiproxy().enabled(edge)

    def set_edge_enabled(self, edge: str, enabled: bool) -> None:  # noqa: FBT001 - the Protocol's signature
        """Open or close an edge's proxy; closing ends its connections. A missing proxy is made first.

        When Toxiproxy hangs the proxy is made again, and at last Toxiproxy itself is restarted.
        """
        places = self._proxy_places(edge)
        try:
            self._mend_edge(edge, *places)
            self._toxiproxy().set_enabled(edge, enabled)
        except TocsinError:
            self._restart_toxiproxy()
            if not enabled:
                self._toxiproxy().set_enabled(edge, enabled)

    def toxics(self, edge: str) -> list[dict[str, Any]]:
        """Toxics on an edge as Toxiproxy reports them; an error when the proxy is missing."""
        return self._toxiproxy().toxics(edge)

    def add_toxic(self, edge: str, *, name: str, kind: str, stream: str, attributes: Mapping[str, Any]) -> None:
        """Put a toxic on an edge; one of the same name is replaced."""
        self._toxiproxy().add(edge, name=name, kind=kind, stream=stream, attributes=attributes)

    def remove_toxic(self, edge: str, name: str) -> None:
        """Take a toxic off; a missing proxy is made again, and so is one that hangs; at last Toxiproxy is restarted."""
        places = self._proxy_places(edge)
        try:
            self._mend_edge(edge, *places)
            self._toxiproxy().remove(edge, name)
        except TocsinError:
            self._restart_toxiproxy()

    def _mend_edge(self, edge: str, listen: Address, upstream: Address) -> None:
        """Make an edge's proxy as the stack's state has it, where it is missing."""
        client = self._toxiproxy()
        if client.enabled(edge) is None:
            client.create(edge, listen=listen, upstream=upstream)

    def _restart_toxiproxy(self) -> None:
        """The last resort: it makes every proxy anew, open and without a toxic."""
        self.restart(self._proxy_service)
