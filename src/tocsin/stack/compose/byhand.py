"""What a person types when the tool cannot undo, for containers; made without asking an engine that may be away."""

import shlex
from collections.abc import Mapping, Sequence

from tocsin.model.stack import Address, Replica
from tocsin.stack.byhand import ByHand
from tocsin.stack.compose.limits import cores_by_hand
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.ports import HOST

_BROKER_PORT = 9092
"""Where a broker listens in the stack's own network; the port on loopback sends its clients on to another one."""


class ContainersByHand(ByHand):
    """Commands for one stack of containers, from its state file."""

    def __init__(self, state: ComposeState, compose: ComposeFile) -> None:
        super().__init__(compose)
        self._state = state

    def _sessions(self, service: str, marks: Sequence[str]) -> list[str]:  # noqa: ARG002 - all sessions end
        return [f"docker restart {name}   # ends the sessions that hold on" for name in self._names(service)]

    def _processes(self, service: str, replicas: Sequence[Replica]) -> list[str]:
        """Unpause what is paused, start what has ended; the one that does not apply is refused and does no harm."""
        names = {one.id: one.container for one in self._state.containers if one.service == service}
        found = []
        for replica in replicas:
            name = names.get(replica.container, replica.container[:12])
            found += [f"docker unpause {name}   # if it is paused", f"docker start {name}   # if it has ended"]
        return found

    def _cpu(self, service: str, cores: float | None) -> list[str]:
        limited = self._state.planned_limits.get(service) is not None
        return [cores_by_hand(name, cores, started_with_limit=limited) for name in self._names(service)]

    def _memory(self, service: str, limit: int | None) -> list[str]:
        return [f"docker update --memory={limit} {name}" for name in self._names(service)]

    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        return proxy_places(edge, self._compose)

    def _redis(self, service: str) -> list[str]:
        return [f"docker exec {name} redis-cli" for name in self._names(service)]

    def _quotas(self, service: str, quotas: Mapping[str, float | None]) -> list[str]:
        """By the broker's own tool; one broker keeps them for all."""
        tool = f"kafka-configs --bootstrap-server {service}:{_BROKER_PORT} --alter --entity-type clients"
        found = []
        for client, value in quotas.items():
            how = (
                f"--add-config request_percentage={value:g}"
                if value is not None
                else ("--delete-config request_percentage")
            )
            found.append(f"docker exec {self._names(service)[0]} {tool} --entity-name {shlex.quote(client)} {how}")
        return found

    def _names(self, service: str) -> list[str]:
        return [one.container for one in self._state.containers if one.service == service]

    def _address(self, service: str) -> Address:
        return Address(host=HOST, port=self._state.ports[service]["main"])


def proxy_places(edge: str, compose: ComposeFile) -> tuple[Address, Address]:
    """Where an edge's proxy listens and what it leads to, within the project's network."""
    callee = compose.topology.edges[edge].callee
    inside = compose.services[callee].container_ports["main"]
    listen = compose.extension.edges[edge].listen or inside
    return Address(host="0.0.0.0", port=listen), Address(host=callee, port=inside)  # noqa: S104 - in its container
