"""What a person types when the tool cannot undo: exact commands for this machine, which can be pasted as they are."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.errors import TocsinError
from tocsin.model.stack import Address, Replica
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.edges import PROXY_COMPONENT
from tocsin.stack.local.cpu import CpuLimits
from tocsin.stack.local.memory import MemoryLimits
from tocsin.stack.local.replicas import Replicas, leader_of
from tocsin.stack.local.state import StackState
from tocsin.stack.ports import HOST
from tocsin.stack.process import is_same
from tocsin.stack.toxiproxy import ToxiproxyClient

_CURL = "curl -s --noproxy 127.0.0.1"
_HEADER = "-H 'Content-Type: application/json'"


class ByHand:
    """Commands for one stack as its state is now."""

    def __init__(self, state: StackState, compose: ComposeFile) -> None:
        self._state = state
        self._compose = compose

    def commands(self, holds: str, target: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        """Commands by what an injection took hold of: processes, a CPU limit, edges, settings or data."""
        if prior.get("marks"):
            return [self._python("tocsin.stack.local.end_sessions", target, prior["marks"])]
        ways: dict[str, Callable[[], list[str]]] = {
            "process": lambda: self._processes(target, replicas),
            "cpu": lambda: CpuLimits(self._state).by_hand(target, prior.get("cores")),
            "memory": lambda: self._memory(target, replicas, prior),
            "edge": lambda: [line for edge in prior.get("edges") or [target] for line in self._edge(edge, prior)],
            "settings": lambda: self._settings(target, prior.get("settings", {})),
        }
        found = ways[holds]() if holds in ways else []
        return found + (self._rebuild() if prior.get("rebuild") or holds == "data" else [])

    def _memory(self, service: str, replicas: Sequence[Replica], prior: Mapping[str, Any]) -> list[str]:
        limits = MemoryLimits(self._state).by_hand(service, prior.get("bytes"))
        return limits + self._processes(service, replicas)

    def _processes(self, service: str, replicas: Sequence[Replica]) -> list[str]:
        """SIGCONT to every member of those that exist, a start of those that do not."""
        found, processes = [], Replicas(self._state)
        for replica in replicas:
            pids = " ".join(str(process.pid) for process in processes.members(replica))
            found += [f"kill -CONT {pids}   # {replica.name}, if it is frozen"] if pids else []
        running = {one.number for one in self._state.replicas if one.service == service and _alive(one.replica)}
        gone = [str(replica.number) for replica in replicas if replica.number not in running]
        if gone:
            found.append(self._python("tocsin.stack.local.again", service, gone))
        return found

    def _python(self, module: str, service: str, words: Sequence[str]) -> str:
        state = str(Path(self._state.folder) / "state.json")
        return shlex.join([sys.executable, "-m", module, state, service, *words])

    def _edge(self, edge: str, prior: Mapping[str, Any]) -> list[str]:
        """Make the proxy if it is missing, take the injection's toxics off, let it take connections as before."""
        url = f"{self._toxiproxy_url()}/proxies"
        upstream = self._address(self._compose.topology.edges[edge].callee)
        proxy = {
            "name": edge,
            "listen": f"{HOST}:{self._state.edges[edge]}",
            "upstream": f"{upstream.host}:{upstream.port}",
            "enabled": True,
        }
        return [
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps(proxy))} {url}   # only if the proxy is missing",
            *(f"{_CURL} -X DELETE {url}/{edge}/toxics/{name}" for name in self._toxics(edge, prior)),
            f"{_CURL} {_HEADER} -d {shlex.quote(json.dumps({'enabled': prior.get('enabled', True)}))} {url}/{edge}",
        ]

    def _toxics(self, edge: str, prior: Mapping[str, Any]) -> list[str]:
        """The name that the injection has recorded, or whatever is on the edge and was not before."""
        if "toxic" in prior:
            return [str(prior["toxic"])]
        try:
            found = ToxiproxyClient(self._address(self._proxy_service)).toxics(edge)
        except TocsinError:
            return []
        return [toxic["name"] for toxic in found if toxic["name"] not in prior.get("toxics", [])]

    def _settings(self, service: str, settings: Mapping[str, str]) -> list[str]:
        """Those that the injection has recorded, and an end of a pause; only a Redis has any so far."""
        address = self._address(service)
        client = f"redis-cli -h {address.host} -p {address.port}"
        put_back = [f"{client} CONFIG SET {name} {shlex.quote(value)}" for name, value in settings.items()]
        return [*put_back, f"{client} CLIENT UNPAUSE"]

    def _rebuild(self) -> list[str]:
        hook = self._compose.extension.hooks.get("rebuild")
        if hook is None:
            return []
        address = self._address(hook.service)
        return [f"{_CURL} -X POST http://{address.host}:{address.port}{hook.path}"]

    @property
    def _proxy_service(self) -> str:
        return next(n for n, s in self._compose.topology.services.items() if s.component == PROXY_COMPONENT)

    def _toxiproxy_url(self) -> str:
        address = self._address(self._proxy_service)
        return f"http://{address.host}:{address.port}"

    def _address(self, service: str) -> Address:
        return Address(host=HOST, port=self._state.ports[f"{service}-1"]["main"])


def _alive(replica: Replica) -> bool:
    return is_same(leader_of(replica))
