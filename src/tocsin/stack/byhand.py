"""What a person types when the tool cannot undo: commands for this machine, made from the record of an injection."""

import json
import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tocsin.model.stack import Address, Replica
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.edges import PROXY_COMPONENT

_CURL = "curl -s --noproxy 127.0.0.1"
_HEADER = "-H 'Content-Type: application/json'"


class ByHand(ABC):
    """Commands for one stack, whatever runs it; what differs between backends is asked of the class that knows."""

    def __init__(self, compose: ComposeFile) -> None:
        self._compose = compose

    def commands(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Commands by what an injection took hold of: processes, limits, edges, settings or data."""
        if prior.get("marks"):
            return self._sessions(target, prior["marks"])
        ways: dict[str, Callable[[], list[str]]] = {
            "process": lambda: self._processes(target, replicas),
            "cpu": lambda: self._cpu(target, prior.get("cores")),
            "memory": lambda: self._memory(target, prior.get("bytes")) + self._processes(target, replicas),
            "edge": lambda: [line for edge in prior.get("edges") or [target] for line in self._edge(edge, prior)],
            "settings": lambda: self._settings(target, prior),
        }
        found = ways[holds]() if holds in ways else []
        return found + (self._rebuild() if prior.get("rebuild") or holds == "data" else [])

    @abstractmethod
    def _sessions(self, service: str, marks: Sequence[str]) -> list[str]:
        """End the sessions of a database that bear the marks."""

    @abstractmethod
    def _processes(self, service: str, replicas: Sequence[Replica]) -> list[str]:
        """Let run what is frozen, start what has ended."""

    @abstractmethod
    def _cpu(self, service: str, cores: float | None) -> list[str]:
        """Set the CPU limit of every replica."""

    @abstractmethod
    def _memory(self, service: str, limit: int | None) -> list[str]:
        """Set the memory limit of every replica, in bytes."""

    @abstractmethod
    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        """Where an edge's proxy listens and what it leads to, as Toxiproxy sees them."""

    @abstractmethod
    def _redis(self, service: str) -> list[str]:
        """The beginning of a command to each replica of a Redis."""

    @abstractmethod
    def _quotas(self, service: str, quotas: Mapping[str, float | None]) -> list[str]:
        """Set the request quotas of a broker's clients by name; None removes one."""

    @abstractmethod
    def _address(self, service: str) -> Address:
        """Where a service is reached on this machine."""

    def _edge(self, edge: str, prior: Mapping[str, Any]) -> list[str]:
        """Make the proxy if it is missing, take the injection's toxics off, let it take connections as before."""
        url = f"{_url(self._proxy())}/proxies"
        listen, upstream = self._proxy_places(edge)
        proxy = {
            "name": edge,
            "listen": f"{listen.host}:{listen.port}",
            "upstream": f"{upstream.host}:{upstream.port}",
            "enabled": True,
        }
        return [
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps(proxy))} {url}   # only if the proxy is missing",
            *(f"{_CURL} -X DELETE {url}/{edge}/toxics/{name}" for name in self._toxics(edge, prior)),
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps({'enabled': prior.get('enabled', True)}))} {url}/{edge}",
        ]

    def _toxics(self, edge: str, prior: Mapping[str, Any]) -> list[str]:  # noqa: ARG002 - for those who can ask
        """Names of the injection's toxics: the one that it has recorded."""
        return [str(prior["toxic"])] if "toxic" in prior else []

    def _settings(self, service: str, prior: Mapping[str, Any]) -> list[str]:
        """Quotas of a broker, or settings of a Redis that the injection has recorded and an end of its pause."""
        if "quotas" in prior:
            return self._quotas(service, prior["quotas"])
        put_back = [f"CONFIG SET {name} {shlex.quote(value)}" for name, value in prior.get("settings", {}).items()]
        return [f"{client} {line}" for client in self._redis(service) for line in [*put_back, "CLIENT UNPAUSE"]]

    def _rebuild(self) -> list[str]:
        hook = self._compose.extension.hooks.get("rebuild")
        return [f"{_CURL} -X POST {_url(self._address(hook.service))}{hook.path}"] if hook is not None else []

    def _proxy(self) -> Address:
        """Where Toxiproxy's API is reached."""
        services = self._compose.topology.services.items()
        return self._address(next(name for name, node in services if node.component == PROXY_COMPONENT))


def _url(address: Address) -> str:
    return f"http://{address.host}:{address.port}"
