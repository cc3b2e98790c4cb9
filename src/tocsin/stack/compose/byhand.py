"""What a person types when the tool cannot undo, for containers; made without asking an engine that may be away."""

import json
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.model.stack import Address, Replica
from tocsin.stack.compose.limits import cores_by_hand
from tocsin.stack.compose.state import ComposeState
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.edges import PROXY_COMPONENT
from tocsin.stack.ports import HOST

_CURL = "curl -s --noproxy 127.0.0.1"
_HEADER = "-H 'Content-Type: application/json'"


class ByHand:
    """Commands for one stack of containers, from its state file."""

    def __init__(self, state: ComposeState, compose: ComposeFile) -> None:
        self._state = state
        self._compose = compose

    def commands(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Commands by what an injection took hold of."""
        if prior.get("marks"):
            return [f"docker restart {name}   # ends the sessions that hold on" for name in self._names(target)]
        ways: dict[str, Callable[[], list[str]]] = {
            "process": lambda: self._processes(target, replicas),
            "cpu": lambda: self._cpu(target, prior.get("cores")),
            "memory": lambda: self._memory(target, prior.get("bytes")) + self._processes(target, replicas),
            "edge": lambda: [line for edge in prior.get("edges") or [target] for line in self._edge(edge, prior)],
            "settings": lambda: self._settings(target, prior.get("settings", {})),
        }
        found = ways[holds]() if holds in ways else []
        return found + (self._rebuild() if prior.get("rebuild") or holds == "data" else [])

    def _memory(self, service: str, limit: int | None) -> list[str]:
        return [f"docker update --memory={limit} {name}" for name in self._names(service)]

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

    def _names(self, service: str) -> list[str]:
        return [one.container for one in self._state.containers if one.service == service]

    def _edge(self, edge: str, prior: Mapping[str, Any]) -> list[str]:
        """Make the proxy if it is missing, take the injection's toxic off, let it take connections as before."""
        api = self._address(
            next(n for n, s in self._compose.topology.services.items() if s.component == PROXY_COMPONENT)
        )
        url = f"http://{api.host}:{api.port}/proxies"
        listen, upstream = proxy_places(edge, self._compose)
        proxy = {
            "name": edge,
            "listen": f"{listen.host}:{listen.port}",
            "upstream": f"{upstream.host}:{upstream.port}",
            "enabled": True,
        }
        toxic = [f"{_CURL} -X DELETE {url}/{edge}/toxics/{prior['toxic']}"] if "toxic" in prior else []
        return [
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps(proxy))} {url}   # only if the proxy is missing",
            *toxic,
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps({'enabled': prior.get('enabled', True)}))} {url}/{edge}",
        ]

    def _settings(self, service: str, settings: Mapping[str, str]) -> list[str]:
        """Those that the injection has recorded, and an end of a pause; only a Redis has any so far."""
        client = [f"docker exec {name} redis-cli" for name in self._names(service)]
        put_back = [f"CONFIG SET {name} {shlex.quote(value)}" for name, value in settings.items()]
        return [f"{one} {line}" for one in client for line in [*put_back, "CLIENT UNPAUSE"]]

    def _rebuild(self) -> list[str]:
        hook = self._compose.extension.hooks.get("rebuild")
        if hook is None:
            return []
        address = self._address(hook.service)
        return [f"{_CURL} -X POST http://{address.host}:{address.port}{hook.path}"]

    def _address(self, service: str) -> Address:
        return Address(host=HOST, port=self._state.ports[service]["main"])


def proxy_places(edge: str, compose: ComposeFile) -> tuple[Address, Address]:
    """Where an edge's proxy listens and what it leads to, within the project's network."""
    callee = compose.topology.edges[edge].callee
    inside = compose.services[callee].container_ports["main"]
    listen = compose.extension.edges[edge].listen or inside
    return Address(host="0.0.0.0", port=listen), Address(host=callee, port=inside)  # noqa: S104 - in its container
