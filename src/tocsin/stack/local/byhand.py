"""What a person types when the tool cannot undo, for processes of this machine; it can be pasted as it is."""

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin.errors import TocsinError
from tocsin.model.stack import Address, Replica
from tocsin.stack.byhand import ByHand
from tocsin.stack.composefile import ComposeFile
from tocsin.stack.local.cpu import CpuLimits
from tocsin.stack.local.memory import MemoryLimits
from tocsin.stack.local.replicas import Replicas, leader_of
from tocsin.stack.local.state import StackState
from tocsin.stack.ports import HOST
from tocsin.stack.process import is_same
from tocsin.stack.toxiproxy import ToxiproxyClient


class ProcessesByHand(ByHand):
    """Commands for one stack as its state is now."""

    def __init__(self, state: StackState, compose: ComposeFile) -> None:
        super().__init__(compose)
        self._state = state

    def _sessions(self, service: str, marks: Sequence[str]) -> list[str]:
        return [self._python("tocsin.stack.local.end_sessions", service, marks)]

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

    def _cpu(self, service: str, cores: float | None) -> list[str]:
        return CpuLimits(self._state).by_hand(service, cores)

    def _memory(self, service: str, limit: int | None) -> list[str]:
        return MemoryLimits(self._state).by_hand(service, limit)

    def _proxy_places(self, edge: str) -> tuple[Address, Address]:
        listen = Address(host=HOST, port=self._state.edges[edge])
        return listen, self._address(self._compose.topology.edges[edge].callee)

    def _toxics(self, edge: str, prior: Mapping[str, Any]) -> list[str]:
        """The one that the injection has recorded, or whatever is on the edge and was not before."""
        if "toxic" in prior:
            return super()._toxics(edge, prior)
        try:
            found = ToxiproxyClient(self._proxy()).toxics(edge)
        except TocsinError:
            return []
        return [toxic["name"] for toxic in found if toxic["name"] not in prior.get("toxics", [])]

    def _redis(self, service: str) -> list[str]:
        address = self._address(service)
        return [f"redis-cli -h {address.host} -p {address.port}"]

    def _quotas(self, service: str, quotas: Mapping[str, float | None]) -> list[str]:  # noqa: ARG002 - see below
        """Nothing: the broker that runs here has no quotas, and refuses the fault that would set some."""
        return []

    def _python(self, module: str, service: str, words: Sequence[str]) -> str:
        state = str(Path(self._state.folder) / "state.json")
        return shlex.join([sys.executable, "-m", module, state, service, *words])

    def _address(self, service: str) -> Address:
        return Address(host=HOST, port=self._state.ports[f"{service}-1"]["main"])


def _alive(replica: Replica) -> bool:
    return is_same(leader_of(replica))
